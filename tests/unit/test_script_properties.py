"""Whatever is said, in whatever order, heard or cut off: a payment is never released by accident."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.domain import script
from cases.domain.alert import Alert, Contact, ContactKind
from cases.domain.call import CallEnding, CustomerRequest
from cases.domain.errors import IllegalInputError
from cases.domain.reading import ReadAnswer, Reading, Signal
from cases.domain.ruling import Assessment
from cases.domain.script_table import TABLE
from cases.domain.triage import assess
from cases.domain.vocabulary import (
    HARD_SIGNALS,
    QUESTION_OF_ACT,
    Act,
    BankAction,
    Disposition,
    Intent,
    Language,
    Outcome,
    Question,
    Rail,
    SignalCode,
    Stage,
    Tier,
    Typology,
)
from tests.support.script_talk import BIRTHDAY, CLEAN, NOW, PHONE, POLICY, make_alert

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


Input = Say | Cooperate | Press | Keep

values = st.sampled_from(["yes", "no", "unsure", "", "rent", "YES ", BIRTHDAY, "01-01"])
answers = st.builds(ReadAnswer, st.sampled_from(list(Question)), values, st.just(""))
signals = st.builds(Signal, st.sampled_from(list(SignalCode)), st.just("words"))
readings = st.builds(
    Reading,
    intent=st.sampled_from(list(Intent)),
    answers=st.lists(answers, max_size=3).map(tuple),
    signals=st.one_of(st.just(()), st.just(()), st.lists(signals, max_size=2).map(tuple)),
    language=st.sampled_from([Language.EN, Language.EN, Language.ZH, None]),
    complete=st.sampled_from([True, True, False]),
)
mild = st.builds(
    Reading,
    intent=st.sampled_from(
        [Intent.CONFIRM, Intent.ANSWER, Intent.DENY, Intent.ASK_WHO, Intent.UNCLEAR, Intent.ASK_WAIT]
    ),
    answers=st.lists(answers, max_size=2).map(tuple),
)
flips = st.sampled_from(
    [
        Reading(intent, (ReadAnswer(question, value, ""),))
        for question in (Question.MADE, Question.TOLD_WHAT_TO_SAY, Question.CONTACTED)
        for intent, value in ((Intent.CONFIRM, "yes"), (Intent.DENY, "no"))
    ]
)
inputs: st.SearchStrategy[Input] = st.one_of(
    st.just(Cooperate()),
    st.just(Cooperate()),
    st.just(Cooperate()),
    st.builds(Say, flips),
    st.builds(Say, flips),
    st.builds(Say, mild),
    st.builds(Say, readings),
    st.builds(Press, st.sampled_from(list(CustomerRequest))),
    st.builds(Keep, st.sampled_from(["silence", "silence", "secret", "machine"])),
)
heard = st.sampled_from([True, True, True, False, None])
"""Heard to its end, cut off, or never played."""
COOPERATIVE: list[tuple[Input, bool | None]] = [(Cooperate(), True)] * 12


def disturbed(disturbances: list[tuple[int, Input, bool | None]]) -> list[tuple[Input, bool | None]]:
    """A cooperative call with a few disturbances put into it."""
    made = list(COOPERATIVE)
    for place, given_, complete in disturbances:
        made.insert(place, (given_, complete))
    return made


few = st.lists(st.tuples(st.integers(0, 12), inputs, heard), max_size=3).map(disturbed)
calls = st.one_of(few, few, few, st.lists(st.tuples(inputs, heard), max_size=40))
kinds = st.sampled_from([Typology.UNAUTHORISED_USE, Typology.UNAUTHORISED_USE, *Typology])
alerts = st.builds(
    make_alert,
    kinds,
    kinds,
    rail=st.sampled_from([Rail.CARD, Rail.FASTER_PAYMENTS]),
    tier=st.sampled_from([Tier.LOW, Tier.MEDIUM, Tier.MEDIUM, Tier.HIGH]),
    score=st.sampled_from([0.1, 0.7, 0.93, 0.97]),
    contact=st.sampled_from(
        [
            PHONE,
            PHONE,
            PHONE,
            PHONE,
            PHONE,
            replace(PHONE, forwarding=True),
            replace(PHONE, sim_swapped_at=NOW - timedelta(days=3)),
            Contact(ContactKind.APP, "device-1"),
        ]
    ),
)


def cooperative(question: Question | None) -> Reading:
    if question is None:
        return Reading(Intent.CONFIRM)
    value = {Question.IDENTITY: BIRTHDAY, Question.MADE: "yes", Question.PROCEED: "yes", **CLEAN}[question]
    return Reading(Intent.ANSWER, (ReadAnswer(question, value, ""),))


@dataclass(frozen=True)
class Said:
    """A reading, the question that was open, and what had been heard to its end by then."""

    reading: Reading
    open: Question | None
    heard: frozenset[Act]


@dataclass
class Run:
    """A driven call and, apart from the script's own record, what went in and out."""

    plan: script.CallPlan
    step: script.Step
    spoken: list[tuple[Act, ...]] = field(default_factory=list)
    heard: set[Act] = field(default_factory=set)
    said: list[Said] = field(default_factory=list)
    pressed: list[CustomerRequest] = field(default_factory=list)
    turn: int = 0

    @classmethod
    def of(cls, alert: Alert, disposition: Disposition = Disposition.ANSWERED) -> Run:
        plan = script.plan_call(alert, POLICY, disposition=disposition)
        run = cls(plan, script.begin(plan))
        run.spoken.append(run.step.acts)
        return run

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
                self.said.append(Said(words, self.step.question, frozenset(self.heard)))
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


def drive(alert: Alert, inputs_: list[tuple[Input, bool | None]], disposition: Disposition) -> Run:
    run = Run.of(alert, disposition)
    for given_, complete in inputs_:
        run.play(complete)
        run.feed(given_)
    return run


def answered_cleanly(run: Run, question: Question) -> bool:
    """Whether a reading said something clean about the question after it was heard, while a question was open."""
    act = next(act for act, asked in QUESTION_OF_ACT.items() if asked is question)
    clean = "yes" if question is Question.MADE else CLEAN[question]
    for said in run.said:
        values_ = {a.value.strip().lower() for a in said.reading.answers if a.question is question}
        bare = said.open is question and said.reading.intent in (Intent.CONFIRM, Intent.DENY)
        if question in POLICY.probes.free:
            if values_ - {"", "unsure"}:
                return True
        elif act in said.heard and said.open is not None and ({"yes", "no", clean} & values_ or bare):
            return True
    return False


@settings(max_examples=600, deadline=None)
@given(alerts, calls, st.sampled_from([Disposition.ANSWERED, Disposition.ANSWERED, Disposition.FORWARDED]))
def test_nothing_is_released_without_every_condition(
    alert: Alert, inputs_: list[tuple[Input, bool | None]], disposition: Disposition
) -> None:
    run = drive(alert, inputs_, disposition)
    for ending in CallEnding:
        result = run.assess(ending)
        if result.action is not BankAction.RELEASE and result.outcome is not Outcome.CONFIRMED_GENUINE:
            continue
        assert ending in (CallEnding.COMPLETED, CallEnding.CUSTOMER_HUNG_UP)
        assert any(
            a.value == BIRTHDAY for said in run.said for a in said.reading.answers if a.question is Question.IDENTITY
        )
        assert all(answered_cleanly(run, question) for question in run.plan.required[1:])
        assert not any(signal.code in HARD_SIGNALS for said in run.said for signal in said.reading.signals)
        assert not any(said.reading.language is None for said in run.said)
        assert not run.pressed
        assert POLICY.tier_of(alert) is not Tier.HIGH
        assert disposition is Disposition.ANSWERED
        assert not alert.customer.contacts[0].forwarding
        assert alert.customer.contacts[0].sim_swapped_at is None
        assert result.score < POLICY.scorecard.release_line
        assert not any(finding.hard for finding in result.findings)
        told = [act for acts in run.spoken for act in acts if act in PAYMENT_ACTS]
        assert told[-1] is Act.RELEASE_CONFIRMED


@settings(max_examples=300, deadline=None)
@given(alerts, calls)
def test_no_denial_or_risky_answer_about_the_payment_survives_into_a_release(
    alert: Alert, inputs_: list[tuple[Input, bool | None]]
) -> None:
    run = drive(alert, inputs_, Disposition.ANSWERED)
    if run.assess().action is not BankAction.RELEASE:
        return
    passed = False
    for said in run.said:
        words = said.reading
        found = {(a.question, a.value.strip().lower()) for a in words.answers}
        if passed:
            assert not found & RISKY
            assert (Question.MADE, "no") not in found
            assert not (said.open is Question.MADE and words.intent is Intent.DENY and words.complete and not found)
        passed = passed or (Question.IDENTITY, BIRTHDAY) in found


@settings(max_examples=400, deadline=None)
@given(alerts, calls)
def test_nothing_about_the_payment_is_spoken_before_identity(
    alert: Alert, inputs_: list[tuple[Input, bool | None]]
) -> None:
    run = Run.of(alert)
    known = False
    for given_, complete in inputs_:
        assert known or set(run.step.acts) <= NEUTRAL_ACTS
        run.play(complete)
        assert known or not run.step.state.disclosed
        asked = run.step.question is Question.IDENTITY or run.step.state.stage is Stage.IDENTITY
        count = len(run.said)
        run.feed(given_)
        words = [a for said in run.said[count:] for a in said.reading.answers if a.question is Question.IDENTITY]
        known = known or (asked and any(a.value == BIRTHDAY for a in words))
    assert known or set(run.step.acts) <= NEUTRAL_ACTS


@settings(max_examples=300, deadline=None)
@given(alerts, st.lists(st.tuples(inputs, heard), min_size=60, max_size=60))
def test_every_call_ends_within_the_cap_on_turns(alert: Alert, inputs_: list[tuple[Input, bool | None]]) -> None:
    run = Run.of(alert)
    for given_, complete in inputs_:
        if run.step.ends:
            break
        run.play(complete)
        run.feed(given_)
    assert run.step.ends or run.step.state.agent_turns < POLICY.limits.max_agent_turns
    assert len(run.spoken) <= POLICY.limits.max_agent_turns


@settings(max_examples=50, deadline=None)
@given(alerts, st.sampled_from([Intent.ASK_WAIT, Intent.ASK_WHO, Intent.UNCLEAR, Intent.ASK_DETAILS]))
def test_a_customer_who_never_answers_is_let_go(alert: Alert, intent: Intent) -> None:
    run = Run.of(alert)
    while not run.step.ends:
        run.play(True)
        run.feed(Say(Reading(intent)))
        assert run.step.state.agent_turns <= POLICY.limits.max_agent_turns
    assert run.assess().action is BankAction.HOLD
    assert run.assess().escalate


@settings(max_examples=300, deadline=None)
@given(alerts, calls, st.sampled_from([Disposition.ANSWERED, Disposition.FORWARDED]))
def test_what_is_said_about_the_payment_is_what_is_done(
    alert: Alert, inputs_: list[tuple[Input, bool | None]], disposition: Disposition
) -> None:
    run = Run.of(alert, disposition)
    for given_, complete in inputs_:
        run.play(complete)
        run.feed(given_)
        told = [act for act in run.step.acts if act in PAYMENT_ACTS]
        assert len(told) <= 1
        if told:
            assert run.assess().action is PAYMENT_ACTS[told[0]]


@settings(max_examples=300, deadline=None)
@given(alerts, calls)
def test_everything_but_a_release_goes_to_a_person(alert: Alert, inputs_: list[tuple[Input, bool | None]]) -> None:
    run = drive(alert, inputs_, Disposition.ANSWERED)
    for ending in CallEnding:
        result = run.assess(ending)
        assert result.escalate is (result.action is not BankAction.RELEASE)


def test_the_properties_are_about_something() -> None:
    """A customer who cooperates is released, so the first property is not true of nothing."""
    run = drive(make_alert(), COOPERATIVE, Disposition.ANSWERED)
    assert run.assess().action is BankAction.RELEASE


@pytest.mark.parametrize("cut", [Act.ASK_MADE, Act.ASK_TOLD_WHAT_TO_SAY, Act.ASK_REMOTE_ACCESS])
def test_a_question_that_is_never_heard_out_never_helps_a_release(cut: Act) -> None:
    run = Run.of(make_alert())
    for _ in range(30):
        if run.step.ends:
            break
        run.play(cut not in run.step.acts)
        run.feed(Cooperate())
    assert run.assess().action is BankAction.HOLD
