"""A conversation whose words the block gives: what a reply costs and when it may be said stay riskcall's own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from agent.brains.rules import RulesBrain
from agent.dialogue.conversation import Conversation, Reply
from agent.dialogue.doubt import Acoustics
from agent.dialogue.guard import Guard, sentences
from agent.dialogue.lines import Lines, facts_of
from agent.dialogue.reply import Considered, Wording
from bench.turn_taking.stage.customer import Customer
from bench.turn_taking.stage.stubs import MODEL_S
from cases.adapters import SystemClock
from cases.alerts import parse_alert
from cases.domain import script
from cases.domain.vocabulary import Question, Speaker
from cases.policies import load as load_policy
from evals import alerts
from prompts import load as load_prompts

_ALERT = "new-payee-transfer"
_MATCH_CODE = "27"


class ScriptedConversation(Conversation):
    """Says what the block's model says, MODEL_S after it was asked; the script never moves and never ends."""

    def __init__(self, customer: Customer, opening: str) -> None:
        """Converse with a customer.

        Args:
            customer: Knows what the model says next and what was asked last.
            opening: What the agent says first.
        """
        alert = parse_alert(alerts.load(_ALERT, now=SystemClock().now()))
        policy, prompts = load_policy(), load_prompts()
        super().__init__(alert=alert, policy=policy, brain=RulesBrain(), match_code=_MATCH_CODE, prompts=prompts)
        self._customer = customer
        self._opening = opening
        self._begun = script.begin(script.plan_call(alert, policy))
        zone = policy.jurisdiction(alert.jurisdiction).time_zones[alert.jurisdiction][0]
        facts = facts_of(alert, _MATCH_CODE, prompts, zone)
        self._words = Wording(Lines(alert, facts, prompts), Guard(alert, facts.variables), alert.language)

    @property
    def question(self) -> Question | None:
        """What the agent asked last."""
        return Question(self._customer.asked) if self._customer.asked else None

    @property
    def machine_possible(self) -> bool:
        """A person has answered."""
        return False

    def open(self) -> Reply:
        """The block's opening."""
        return self._says(self._opening)

    async def consider(
        self, text: str, *, alternatives: Sequence[str] = (), acoustics: Acoustics | None = None
    ) -> Reply:
        """What the model says now, as late as every system's model says it."""
        await asyncio.sleep(MODEL_S)
        return self._says(self._customer.reply, text)

    def consider_silence(self) -> Reply:
        """What the model says to nothing."""
        return self._says(self._customer.reply)

    def consider_resumption(self) -> Reply | None:
        """Nothing: what is cut off is not gone on with."""
        return None

    def commit(self, reply: Reply) -> None:
        """Note the customer's turn."""
        if reply.customer_text is not None:
            self._history.append((Speaker.CUSTOMER, reply.customer_text))

    def played(self, reply: Reply, heard_text: str, *, complete: bool) -> int:
        """Note the agent's turn."""
        index = self.next_turn
        if heard_text:
            self._history.append((Speaker.AGENT, heard_text))
        return index

    def _says(self, words: str, to: str | None = None) -> Reply:
        turn = None if to is None else self.next_turn
        considered = Considered(self._begun.state, self._begun, turn, None if to is None else self.redacted(to))
        return Reply(
            considered,
            self._words,
            before=[sentence.strip() for sentence in sentences(words)],
            free_from=None,
            instead=[],
            after=[],
            findings=(),
            interruptible=True,
            patience=1.0,
        )
