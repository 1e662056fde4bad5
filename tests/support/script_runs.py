"""A driver of the call script for property tests, with its own record of what went in and out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cases.domain import script
from cases.domain.alert import Alert
from cases.domain.call import CallEnding, CustomerRequest
from cases.domain.errors import IllegalInputError
from cases.domain.reading import ReadAnswer, Reading
from cases.domain.ruling import Assessment
from cases.domain.script_reading import Cue
from cases.domain.script_table import TABLE
from cases.domain.triage import assess
from cases.domain.vocabulary import (
    HARD_SIGNALS,
    QUESTION_OF_ACT,
    Act,
    BankAction,
    Disposition,
    Intent,
    Key,
    Outcome,
    Question,
    Tier,
)
from tests.support.script_talk import BIRTHDAY, CLEAN, POLICY

PAYMENT_ACTS = {
    Act.RELEASE_CONFIRMED: BankAction.RELEASE,
    Act.REASSURE_DENIED: BankAction.BLOCK,
    Act.HOLD_FOR_REVIEW: BankAction.HOLD,
}
NEUTRAL_ACTS = {
    Act.GREET,
    Act.EXPLAIN_WHO,
    Act.SHOW_CODE,
    Act.ASK_IDENTITY,
    Act.RETRY_IDENTITY,
    Act.TRANSFER_TO_HUMAN,
    Act.PUT_THROUGH,
    Act.STILL_LOOKING,
    Act.INTRODUCE,
    Act.NOBODY_FREE,
    Act.PERSON_LOST,
    Act.TAKE_BACK,
    Act.OFFER_CALLBACK,
    Act.GOODBYE,
    Act.CLOSE_WRONG_PARTY,
    Act.LEAVE_VOICEMAIL,
    Act.REPEAT,
    Act.CLARIFY,
    Act.STILL_THERE,
    Act.REFUSE_SECRET,
    Act.ANSWER_QUESTION,
    Act.WAIT,
    Act.OFFER_KEYS,
    Act.EXPLAIN_KEYS,
    Act.REFUSE_DIGITS,
    Act.ANSWER_SCREENER,
}
RISKY = {(Question.TOLD_WHAT_TO_SAY, "yes"), (Question.REMOTE_ACCESS, "yes")}


@dataclass(frozen=True)
class Say:
    """Words of the customer, as read."""

    reading: Reading


@dataclass(frozen=True)
class Cooperate:
    """The clean answer to whatever was asked last, even where the customer was since asked to wait."""


@dataclass(frozen=True)
class Press:
    request: CustomerRequest


@dataclass(frozen=True)
class Keep:
    """Silence, a secret, a machine."""

    kind: str


@dataclass(frozen=True)
class Person:
    """What becomes of a person who is called for or takes over."""

    cue: Cue


@dataclass(frozen=True)
class PressKey:
    """A key of the telephone."""

    key: Key


Input = Say | Cooperate | Press | PressKey | Keep | Person


def cooperative(question: Question | None) -> Reading:
    if question is None:
        return Reading(Intent.CONFIRM)
    value = {Question.IDENTITY: BIRTHDAY, Question.MADE: "yes", Question.PROCEED: "yes", **CLEAN}[question]
    return Reading(Intent.ANSWER, (ReadAnswer(question, value, ""),))


@dataclass(frozen=True)
class Said:
    """A reading, the question that was open, what had been heard to its end by then, whether the call was closing."""

    reading: Reading
    open: Question | None
    heard: frozenset[Act]
    closing: bool


@dataclass(frozen=True)
class Typed:
    """A key, what was put last, what had been heard to its end by then, whether the keys were ever offered."""

    key: Key
    put: Act | None
    heard: frozenset[Act]
    offered: bool


@dataclass
class Run:
    """A driven call and, apart from the script's own record, what went in and out."""

    plan: script.CallPlan
    step: script.Step
    spoken: list[tuple[Act, ...]] = field(default_factory=list)
    heard: set[Act] = field(default_factory=set)
    said: list[Said] = field(default_factory=list)
    pressed: list[CustomerRequest] = field(default_factory=list)
    joined: bool = False
    keys: list[Typed] = field(default_factory=list)
    turn: int = 0

    @classmethod
    def of(cls, alert: Alert, disposition: Disposition = Disposition.ANSWERED, *, transfers: bool = False) -> Run:
        plan = script.plan_call(alert, POLICY, disposition=disposition, transfers=transfers)
        run = cls(plan, script.begin(plan))
        run.spoken.append(run.step.acts)
        return run

    @property
    def values(self) -> set[tuple[Question, str]]:
        """Every answer that any reading proposed."""
        return {(a.question, a.value) for said in self.said for a in said.reading.answers}

    def play(self, complete: bool | None) -> None:
        if complete is None:
            return
        if complete:
            self.heard |= set(self.step.acts)
        state = script.on_played(self.plan, self.step.state, self.step.acts, complete)
        self.step = replace(self.step, state=state)

    def feed(self, given_: Input) -> None:
        before = self.step.state
        try:
            self.step = self._next(given_)
        except IllegalInputError:
            assert self.step.state == before
            return
        self._check_move(before)
        self.spoken.append(self.step.acts)

    def _next(self, given_: Input) -> script.Step:
        state, plan = self.step.state, self.plan
        match given_:
            case Press(request):
                step = script.on_request(plan, state, request)
                self.pressed.append(request)
                return step
            case Person(cue):
                step = script.on_person(plan, state, cue)
                self.joined = self.joined or cue is Cue.PERSON_JOINED
                return step
            case PressKey(key):
                offered = any(Act.OFFER_KEYS in acts for acts in self.spoken)
                pressed = script.on_key(plan, state, key, self.turn + 1, "[key]")
                if pressed is None:
                    raise IllegalInputError("the key means nothing")
                self.turn += 1
                self.keys.append(Typed(key, state.pending, frozenset(self.heard), offered))
                return pressed
            case Keep("screener"):
                return script.on_screener(plan, state)
            case Keep("silence"):
                return script.on_silence(plan, state)
            case Keep("secret"):
                return script.on_secret(plan, state)
            case Keep():
                return script.on_machine(plan, state)
            case _:
                pending = QUESTION_OF_ACT.get(state.pending) if state.pending is not None else None
                words = given_.reading if isinstance(given_, Say) else cooperative(pending)
                self.turn += 1
                self.said.append(Said(words, self.step.question, frozenset(self.heard), state.ended))
                return script.on_reading(plan, state, words, self.turn)

    def _check_move(self, before: script.ScriptState) -> None:
        after = self.step.state
        allowed = {stage for row in TABLE[before.stage].values() for stage in row.leads_to}
        capped = after.agent_turns >= POLICY.limits.max_agent_turns
        assert after.stage in allowed or capped, (before.stage, after.stage)
        assert self.step.acts
        assert self.step.ends == after.ended
        assert (self.step.question is None) or QUESTION_OF_ACT.get(self.step.acts[-1]) is self.step.question

    def assess(self, ending: CallEnding = CallEnding.COMPLETED, state: script.ScriptState | None = None) -> Assessment:
        verification = script.close(self.plan, state or self.step.state, ending)
        return assess(self.plan.alert, verification, POLICY, disposition=self.plan.disposition, ending=ending)


def drive(
    alert: Alert, inputs_: list[tuple[Input, bool | None]], disposition: Disposition, *, transfers: bool = False
) -> Run:
    run = Run.of(alert, disposition, transfers=transfers)
    for given_, complete in inputs_:
        run.play(complete)
        run.feed(given_)
    return run


def answered_cleanly(run: Run, question: Question) -> bool:
    """Whether a reading said something clean about the question after it was heard, while a question was open."""
    act = next(act for act, asked in QUESTION_OF_ACT.items() if asked is question)
    clean = "yes" if question is Question.MADE else CLEAN[question]
    if question is Question.MADE and any(
        typed.key is Key.MADE and typed.put is act and {act, Act.OFFER_KEYS} <= typed.heard for typed in run.keys
    ):
        return True
    for said in run.said:
        values_ = {a.value.strip().lower() for a in said.reading.answers if a.question is question}
        bare = said.open is question and said.reading.intent in (Intent.CONFIRM, Intent.DENY)
        if question in POLICY.probes.free:
            if values_ - {"", "unsure"}:
                return True
        elif act in said.heard and said.open is not None and ({"yes", "no", clean} & values_ or bare):
            return True
    return False


def check_releases(run: Run) -> None:
    """Hold every release of this call, however it ends, against what went in and out."""
    alert = run.plan.alert
    for ending in CallEnding:
        result = run.assess(ending)
        if result.action is not BankAction.RELEASE and result.outcome is not Outcome.CONFIRMED_GENUINE:
            continue
        assert ending in (CallEnding.COMPLETED, CallEnding.CUSTOMER_HUNG_UP)
        assert (Question.IDENTITY, BIRTHDAY) in run.values
        assert all(answered_cleanly(run, question) for question in run.plan.required[1:])
        assert not any(signal.code in HARD_SIGNALS for said in run.said for signal in said.reading.signals)
        assert not any(said.reading.language is None for said in run.said)
        assert not run.pressed
        assert not run.joined
        assert POLICY.tier_of(alert) is not Tier.HIGH
        assert run.plan.disposition is Disposition.ANSWERED
        assert not alert.customer.contacts[0].forwarding
        assert alert.customer.contacts[0].sim_swapped_at is None
        assert result.score < POLICY.scorecard.release_line
        assert not any(finding.hard for finding in result.findings)
        told = [act for acts in run.spoken for act in acts if act in PAYMENT_ACTS]
        assert told[-1] is Act.RELEASE_CONFIRMED
        check_nothing_risky_was_said(run)


def check_nothing_risky_was_said(run: Run) -> None:
    """No denial and no hard answer, from the moment identity passed."""
    assert not any(typed.key is Key.NOT_MADE and typed.put is Act.ASK_MADE and typed.offered for typed in run.keys)
    assert not any(typed.key is Key.PERSON for typed in run.keys)
    passed = False
    for said in run.said:
        words = said.reading
        found = {(a.question, a.value.strip().lower()) for a in words.answers}
        if passed:
            assert not found & RISKY
            assert (Question.MADE, "no") not in found
            no = words.intent is Intent.DENY and words.complete and not found
            assert not (no and said.open is Question.MADE)
            assert not (no and said.closing)
        passed = passed or (Question.IDENTITY, BIRTHDAY) in found
