"""A conversation without audio: script, brain, lines and guard behind one door, for voice and text alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from agent.brains.brain import Brain, BrainTurn, TurnContext
from agent.brains.fallback import FallbackBrain
from agent.brains.rules import RULES, read_by_rules
from agent.dialogue.answering import Answerer
from agent.dialogue.composing import Composer
from agent.dialogue.doubt import Acoustics, Doubt, keeping, not_taken
from agent.dialogue.guard import Guard
from agent.dialogue.heard import doubts_of, heard_otherwise
from agent.dialogue.keys import pressed
from agent.dialogue.lines import Lines, facts_of
from agent.dialogue.reception import Reception
from agent.dialogue.redaction import Asked, digits_left_open, redact, secret_at
from agent.dialogue.reply import Considered, Reply, Wording
from agent.dialogue.resuming import MOST_RESUMED, Cut, cut_off
from cases.domain import script
from cases.domain.alert import Alert
from cases.domain.call import CallEnding, CustomerRequest, Identity, Verification
from cases.domain.policy import Policy
from cases.domain.reading import Reading
from cases.domain.script import CallPlan, ScriptState, Step
from cases.domain.script_reading import Cue
from cases.domain.vocabulary import QUESTION_OF_ACT, Act, Intent, Language, Question, Speaker, Stage
from prompts import Prompts
from prompts import load as load_prompts

__all__ = ["Conversation", "Reply"]


class Conversation:
    """One verification conversation: what was recorded so far and what to say next.

    `open` and everything that begins with `consider` return values and change nothing; `commit` makes one of them
    what happens; `played` tells what the customer really heard of it.
    `reception` knows who answered.
    Turns are numbered from 0 in the order of `commit` (customer turns) and `played` (agent turns).

    Attributes:
        transfers: Whether a person could be brought into the call now.
    """

    def __init__(
        self,
        *,
        alert: Alert,
        policy: Policy,
        brain: Brain,
        match_code: str,
        prompts: Prompts | None = None,
    ) -> None:
        """Begin a conversation about one alert.

        Args:
            alert: What to verify.
            policy: What policy asks for.
            brain: Reads customer turns; the rules stand behind a model.
            match_code: The digits that the bank's app shows; the agent may read them out.
            prompts: The wording; the files of the package when None.
        """
        self._alert = alert
        self._policy = policy
        self._brain: Brain = brain if brain.name == RULES else FallbackBrain(brain, policy.limits.model)
        self._call = script.plan_call(alert, policy)
        self.transfers: Callable[[], bool] = lambda: False
        self._state: ScriptState = script.begin(self._plan).state
        self._prompts = prompts or load_prompts()
        zone = policy.jurisdiction(alert.jurisdiction).time_zones[alert.jurisdiction][0]
        facts = facts_of(alert, match_code, self._prompts, zone)
        guard = Guard(alert, facts.variables)
        wording = Wording(Lines(alert, facts, self._prompts), guard, alert.language)
        self._composer = Composer(wording, alert, policy)
        self._note = facts.findings
        amount = alert.transaction.amount
        self._keep = frozenset({str(amount.major), str(amount.minor), match_code})
        self._risky = frozenset((rule.question, value) for rule in policy.scorecard.answers for value in rule.values)
        self._yes_no = frozenset(Question) - {Question.IDENTITY, *policy.probes.free}
        self.reception = Reception(alert.language)
        self._act = Act.GREET
        self._history: list[tuple[Speaker, str]] = []
        self._doubted: set[Question] = set()
        self._cut: Cut | None = None

    @property
    def _plan(self) -> CallPlan:
        return replace(self._call, transfers=True) if self.transfers() else self._call

    @property
    def language(self) -> Language:
        """The script's language."""
        return self._alert.language

    @property
    def act(self) -> Act:
        """The act that the customer's next words reply to."""
        return self._act

    @property
    def question(self) -> Question | None:
        """The question that the customer's next words may answer, or None.

        After a wait that is the question before it; after "are you still there?" a yes or no answers only that; while
        the call closes on a release it is whether the payment was made.
        """
        state = self._state
        if not state.paused or state.pending is None:
            return state.question or state.objected_to
        pending = QUESTION_OF_ACT.get(state.pending)
        return pending if self._act is Act.WAIT or pending not in self._yes_no else None

    @property
    def ended(self) -> bool:
        """Whether the committed reply ends the call once it is played."""
        return self._state.ended

    @property
    def next_turn(self) -> int:
        """Index that the next turn of either side gets."""
        return len(self._history)

    @property
    def verification(self) -> Verification:
        """What the script recorded so far."""
        return self._state.verification(self._plan)

    @property
    def prompts_version(self) -> str:
        """Content hash of all wording."""
        return self._prompts.version

    @property
    def policy_version(self) -> str:
        """Content hash of the policy."""
        return self._policy.version

    def open(self) -> Reply:
        """The greeting."""
        step = script.begin(self._plan)
        return self._reply(Considered(self._state, step, findings=self._note))

    async def consider(
        self, text: str, *, alternatives: Sequence[str] = (), acoustics: Acoustics | None = None
    ) -> Reply:
        """The reply to words of the customer; returns once they are understood, free wording still streams.

        Args:
            text: The words.
            alternatives: Other hearings of them, best first.
            acoustics: How they were heard, or None where they were not heard but written.
        """
        if self.secret_at(text) is not None:
            return self.consider_secret(text)
        answerer = self.hears(text)
        if answerer in (Answerer.SCREENER, Answerer.SCREENER_WAITS):
            waits, said = answerer is Answerer.SCREENER_WAITS, self.redacted(text)
            return self._reply(self.reception.screener(self._plan, self._state, self.next_turn, said, waits=waits))
        if answerer is not Answerer.PERSON:
            return self.consider_machine("words", text)
        context = self._context(text, alternatives)
        turn = self._brain.read(context)
        try:
            reading = await turn.head()
        except BaseException:
            await turn.aclose()
            raise
        context, reading = heard_otherwise(context, reading)
        doubted = keeping(self._doubts(context, acoustics), reading, self.question, self._risky)
        if doubted:
            reading = not_taken(reading, self._risky)
        step = self._step(self._state, reading, self.next_turn)
        considered = Considered(
            self._state,
            step,
            self.next_turn,
            context.text,
            reading,
            turn.brain,
            (*turn.findings, *(f"answer in doubt: {doubt}" for doubt in sorted(doubted))),
            self.question if doubted else None,
            partial(self._read_again, reading),
        )
        if Act.ANSWER_QUESTION in step.acts and context.free_reply and reading.intent is not Intent.UNCLEAR:
            return self._reply(considered, turn)
        await turn.aclose()
        return self._reply(considered)

    def may_doubt(self, text: str, alternatives: Sequence[str], acoustics: Acoustics) -> bool:
        """Whether these words, so heard, would be doubted if they turned out to confirm; cheap."""
        return bool(self._doubts(self._context(text, alternatives), acoustics))

    def consider_silence(self) -> Reply:
        """The reply to silence after our question.

        Raises:
            IllegalInputError: The call already closes.
        """
        return self._reply(Considered(self._state, script.on_silence(self._plan, self._state)))

    def consider_resumption(self) -> Reply | None:
        """What was left to say of the utterance that was cut off, where nothing was said to it; None for nothing."""
        cut = self._cut
        if cut is None or cut.resumed >= MOST_RESUMED or self._state.paused or self._state.ended:
            return None
        return self._composer.resumed(
            Considered(self._state, Step(self._state, cut.acts, False, self._state.question)), cut
        )

    def consider_keys(self, keys: str) -> Reply | None:
        """The reply to keys of the customer's telephone; None where they mean nothing, and nothing is noted.

        Args:
            keys: One key, or several that were pressed in a row; of those nothing is kept.

        Raises:
            ValueError: There are none.
        """
        given = pressed(self._plan, self._state, self.next_turn, keys)
        return self._reply(given) if given else None

    def consider_request(self, request: CustomerRequest) -> Reply:
        """The reply to a button (a person, a call back, no recording)."""
        return self._reply(Considered(self._state, script.on_request(self._plan, self._state, request)))

    @property
    def on_hold(self) -> bool:
        """Whether the customer waits for a person."""
        return self._state.stage is Stage.ON_HOLD

    @property
    def with_person(self) -> bool:
        """Whether the customer talks with a person, and the script is paused."""
        return self._state.stage is Stage.WITH_PERSON

    def consider_person(self, cue: Cue) -> Reply:
        """The reply to what becomes of a person who is to speak with the customer.

        Args:
            cue: One of script.PERSON_CUES.

        Raises:
            IllegalInputError: It has no place now.
        """
        return self._reply(Considered(self._state, script.on_person(self._plan, self._state, cue)))

    @property
    def machine_possible(self) -> bool:
        """Whether a machine may have answered: nobody was identified, the call does not close, no screener spoke."""
        return self.reception.open_to(self._state) and not self._state.screened

    def hears(self, text: str) -> Answerer:
        """Who, or what, says these words; cheap enough for every turn."""
        return self.reception.hears(text, self._state)

    def consider_pick_up(self, text: str) -> Reply:
        """The greeting for a person who speaks while a message is being left.

        Raises:
            IllegalInputError: No message is being left.
        """
        return self._reply(self.reception.picked_up(self._plan, self._state, self.next_turn, self.redacted(text)))

    def consider_machine(self, told_by: str, text: str | None = None) -> Reply:
        """The neutral message to a machine that answered, which ends the call.

        Args:
            told_by: What gave it away (`words`, `beep`), for the record.
            text: The words that it replies to, or None where there are none or they are noted already.

        Raises:
            IllegalInputError: Somebody was identified, or the call already closes.
        """
        turn, said = (None, None) if text is None else (self.next_turn, self.redacted(text))
        return self._reply(self.reception.machine(self._plan, self._state, told_by, turn, said))

    def consider_secret(self, text: str) -> Reply:
        """Refuse a secret that the customer begins to read out; `secret_at` tells when.

        The rules alone read what is left of the words, so that a secret never reaches a model.
        """
        context = self._context(text, ())
        reading = read_by_rules(context)
        if reading.signals or reading.intent not in (Intent.UNCLEAR, Intent.ANSWER):
            step = self._step(self._state, reading, self.next_turn)
            step = replace(step, acts=(Act.REFUSE_SECRET, *step.acts))
        else:
            step = script.on_secret(self._plan, self._state)
        found, again = ("secret removed",), partial(self._read_again, reading)
        turn, said = self.next_turn, context.text
        return self._reply(Considered(self._state, step, turn, said, reading, RULES, found, again=again))

    def secret_at(self, text: str) -> int | None:
        """Where in their words the customer begins to read out a secret, or None; cheap enough for every partial."""
        return secret_at(text, self._asked())

    def redacted(self, text: str) -> str:
        """The customer's words without secrets, as they may be stored."""
        return redact(text, self.language, self._asked())

    def _asked(self) -> Asked:
        """What the customer's next words may answer, and whether a secret may go on in them."""
        before = next((text for speaker, text in reversed(self._history) if speaker is Speaker.CUSTOMER), "")
        return Asked(self.question, self._plan.identity.kind, self._keep, digits_left_open(before))

    def commit(self, reply: Reply) -> None:
        """Make a reply what happens: the script moves on and the customer's turn is noted."""
        self._state = self._current(reply.considered)
        self.reception.spoke(reply.acts)
        if Act.OFFER_KEYS in reply.acts:
            self._state = script.on_played(self._plan, self._state, (Act.OFFER_KEYS,), False)
        if reply.considered.doubted is not None:
            self._doubted.add(reply.considered.doubted)
        paused = self._state.paused or self._state.pending is None
        self._act = reply.acts[-1] if paused else self._state.pending or reply.acts[-1]
        if reply.customer_text is not None:
            self._history.append((Speaker.CUSTOMER, reply.customer_text))

    def note(self, text: str) -> int:
        """Note a customer turn that changes nothing ("mm-hm") and return its index."""
        self._history.append((Speaker.CUSTOMER, self.redacted(text)))
        return len(self._history) - 1

    def played(self, reply: Reply, heard_text: str, *, complete: bool) -> int:
        """Tell what was played of a committed reply and return the index of the agent's turn.

        Args:
            reply: The committed reply.
            heard_text: What the customer really heard; where it is empty no turn is noted.
            complete: Whether it was played to its end.
        """
        index = self.next_turn
        self._cut = cut_off(self._cut, reply, heard_text, complete=complete)
        if heard_text:
            self._history.append((Speaker.AGENT, heard_text))
            self._composer.spoken.update(reply.acts)
            whole = reply.acts_in(heard_text)
            self._state = script.on_played(self._plan, self._state, reply.acts, complete, whole)
        return index

    def close(self, ending: CallEnding) -> Verification:
        """End the conversation and return what was recorded."""
        return script.close(self._plan, self._state, ending)

    def _verified(self, state: ScriptState) -> bool:
        return state.identity is Identity.PASSED

    def _context(self, text: str, alternatives: Sequence[str]) -> TurnContext:
        verified = self._verified(self._state)
        return TurnContext(
            alert=self._alert,
            language=self.language,
            act=self._act,
            question=self.question,
            text=self.redacted(text),
            alternatives=tuple(map(self.redacted, alternatives)),
            history=tuple(self._history),
            disclosed=verified,
            free_reply=verified,
            risky=self._risky,
        )

    def _doubts(self, context: TurnContext, acoustics: Acoustics | None) -> frozenset[Doubt]:
        limits, again = self._policy.limits.doubt, self.question in self._doubted
        return doubts_of(context, acoustics, limits, again=again)

    def _step(self, state: ScriptState, reading: Reading, turn: int) -> Step:
        return script.on_reading(self._plan, state, reading, turn)

    def _current(self, considered: Considered) -> ScriptState:
        """The state after a step, with what was played since it was considered."""
        step, turn = considered.step, considered.turn
        if self._state is considered.base and turn in (None, self.next_turn):
            return step.state
        if considered.again is not None:
            again = considered.again(self._state, self.next_turn)
            if again is not None and again.acts == step.acts:
                return again.state
        return replace(
            step.state,
            greeted=self._state.greeted,
            heard=self._state.heard,
            warned=self._state.warned,
            disclosed=self._state.disclosed,
            keys_offered=self._state.keys_offered,
            keys_heard=self._state.keys_heard,
        )

    def _read_again(self, reading: Reading, state: ScriptState, turn: int) -> Step:
        """The step that the same reading makes now."""
        return self._step(state, reading, turn)

    def _reply(self, considered: Considered, free_from: BrainTurn | None = None) -> Reply:
        if self._cut is not None and self._cut.continues(considered.base, considered.step):
            return self._composer.resumed(considered, self._cut)
        return self._composer.reply(considered, free_from)
