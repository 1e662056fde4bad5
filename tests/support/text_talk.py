"""Calls in text: customers by their lines, calls about an example alert, what triage makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from agent.brains.rules import RulesBrain
from agent.dialogue.conversation import Conversation, Reply
from agent.dialogue.text_session import TextCustomer, TextMove, run_text_session
from cases.domain.alert import Alert
from cases.domain.call import Call
from cases.domain.ruling import Assessment
from cases.domain.triage import assess
from cases.domain.vocabulary import Act, Disposition, Language
from cases.policies import load
from tests.support.alerts import alert_en, alert_zh
from tests.support.call_fakes import StepClock

POLICY = load()
ALERTS = {Language.EN: alert_en(), Language.ZH: alert_zh()}
AFTERNOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
Script = Mapping[str, str | list[str]]
EN: dict[str, str | list[str]] = {
    "greet": "Yes, speaking.",
    "ask_identity": "The twelfth of March.",
    "ask_made": "Yes, that was me.",
    "ask_purpose": "I'm buying a used car.",
    "ask_payee_source": "From the invoice.",
    "ask_contacted": "No, nobody contacted me.",
    "ask_told_what_to_say": "No, nobody told me what to say.",
    "ask_remote_access": "No, nobody has access to my computer.",
}
ZH: dict[str, str | list[str]] = {
    "greet": "对，我是陈晓雨。",
    "ask_identity": "三月十二号。",
    "ask_made": "是的，是我自己付的。",
    "ask_purpose": "我在买一辆二手车。",
    "ask_payee_source": "是从合同上抄下来的。",
    "ask_contacted": "没有，没人联系过我。",
    "ask_told_what_to_say": "没有，没人教我怎么说。",
    "ask_remote_access": "没有，没装过什么软件。",
}


def talk(alert: Alert, brain: object = None) -> Conversation:
    return Conversation(alert=alert, policy=POLICY, brain=brain or RulesBrain(), match_code="47")  # type: ignore[arg-type]


def scripted(answers: Script, default: str = "") -> TextCustomer:
    """A customer who answers the last act that they have words for; a list is used in order, its last repeats."""
    given: dict[str, int] = {}

    def move(acts: tuple[Act, ...], text: str) -> TextMove:
        for act in reversed(acts):
            if act.value in answers:
                words = answers[act.value]
                said = [words] if isinstance(words, str) else words
                given[act.value] = given.get(act.value, 0) + 1
                return TextMove(said[min(given[act.value], len(said)) - 1])
        return TextMove(default)

    return move


async def call(alert: Alert, customer: TextCustomer, brain: object = None) -> Call:
    return await run_text_session(
        call_id="case-1:1", conversation=talk(alert, brain), customer=customer, clock=StepClock(AFTERNOON), llm="rules"
    )


def judged(alert: Alert, held: Call) -> Assessment:
    return assess(alert, held.verification, POLICY, disposition=Disposition.ANSWERED, ending=held.ending)


def acts_of(held: Call) -> list[Act]:
    return [act for turn in held.turns for act in turn.acts]


async def opened(alert: Alert, *said: str, brain: object = None) -> Conversation:
    """A conversation in which the greeting was played and these words were answered."""
    conversation = talk(alert, brain)
    reply = conversation.open()
    for words in (*said, None):
        conversation.commit(reply)
        await spoken(reply)
        conversation.played(reply, reply.text, complete=True)
        if words is not None:
            reply = await conversation.consider(words)
    return conversation


async def spoken(reply: Reply) -> list[str]:
    return [chunk async for chunk in reply.chunks()]
