"""Whatever is said, in whatever order, heard or cut off: a payment is never released by accident."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.domain import script
from cases.domain.alert import Alert, Contact, ContactKind
from cases.domain.call import CallEnding, CustomerRequest
from cases.domain.reading import ReadAnswer, Reading, Signal
from cases.domain.vocabulary import (
    Act,
    BankAction,
    Disposition,
    Intent,
    Key,
    Language,
    Question,
    Rail,
    SignalCode,
    Stage,
    Tier,
    Typology,
)
from tests.support.script_runs import (
    NEUTRAL_ACTS,
    PAYMENT_ACTS,
    Cooperate,
    Input,
    Keep,
    Person,
    Press,
    PressKey,
    Run,
    Say,
    check_releases,
    drive,
)
from tests.support.script_talk import BIRTHDAY, NOW, PHONE, POLICY, card_alert, make_alert

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
FLIPS = [
    Reading(intent, (ReadAnswer(question, value, ""),))
    for question in (Question.MADE, Question.TOLD_WHAT_TO_SAY, Question.CONTACTED)
    for intent, value in ((Intent.CONFIRM, "yes"), (Intent.DENY, "no"))
]
flips = st.sampled_from(FLIPS)
inputs: st.SearchStrategy[Input] = st.one_of(
    st.just(Cooperate()),
    st.just(Cooperate()),
    st.just(Cooperate()),
    st.builds(Say, flips),
    st.builds(Say, flips),
    st.builds(Say, mild),
    st.builds(Say, readings),
    st.builds(Press, st.sampled_from(list(CustomerRequest))),
    st.builds(Person, st.sampled_from(sorted(script.PERSON_CUES))),
    st.builds(Keep, st.sampled_from(["silence", "silence", "secret", "machine", "screener"])),
    st.builds(Say, st.just(Reading(Intent.ASK_KEYS))),
    st.builds(PressKey, st.sampled_from(list(Key))),
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


few = st.lists(st.tuples(st.integers(0, 9), inputs, heard), min_size=1, max_size=3).map(disturbed)
calls = st.one_of(few, few, few, st.lists(st.tuples(inputs, heard), max_size=40))
any_alert = st.builds(
    make_alert,
    st.sampled_from(list(Typology)),
    st.sampled_from(list(Typology)),
    rail=st.sampled_from([Rail.CARD, Rail.FASTER_PAYMENTS]),
    tier=st.sampled_from([Tier.LOW, Tier.MEDIUM, Tier.MEDIUM, Tier.HIGH]),
    score=st.sampled_from([0.1, 0.7, 0.93, 0.97]),
    contact=st.sampled_from(
        [
            PHONE,
            PHONE,
            replace(PHONE, forwarding=True),
            replace(PHONE, sim_swapped_at=NOW - timedelta(days=3)),
            Contact(ContactKind.APP, "device-1"),
        ]
    ),
)
alerts = st.one_of(st.just(card_alert()), st.just(make_alert()), any_alert)
"""Two alerts that a clean call releases, and any."""


@settings(max_examples=600, deadline=None)
@given(
    alerts, calls, st.sampled_from([Disposition.ANSWERED, Disposition.ANSWERED, Disposition.FORWARDED]), st.booleans()
)
def test_nothing_is_released_without_every_condition(
    alert: Alert, inputs_: list[tuple[Input, bool | None]], disposition: Disposition, transfers: bool
) -> None:
    check_releases(drive(alert, inputs_, disposition, transfers=transfers))


DISTURBANCES: list[Input] = [
    *(Say(words) for words in FLIPS),
    *(Say(Reading(intent)) for intent in Intent),
    Say(Reading(Intent.ANSWER, (ReadAnswer(Question.IDENTITY, "01-01", ""),))),
    *(Person(cue) for cue in sorted(script.PERSON_CUES)),
    *(Keep(kind) for kind in ("silence", "secret", "machine", "screener")),
    *(PressKey(key) for key in Key),
]


@pytest.mark.parametrize("complete", [True, False, None])
@pytest.mark.parametrize("given_", DISTURBANCES, ids=str)
def test_no_single_disturbance_of_a_cooperative_call_releases_by_accident(given_: Input, complete: bool | None) -> None:
    for alert in (card_alert(), make_alert(Typology.INVESTMENT)):
        for place in range(len(COOPERATIVE)):
            check_releases(drive(alert, disturbed([(place, given_, complete)]), Disposition.ANSWERED))


@pytest.mark.parametrize("first", DISTURBANCES, ids=str)
def test_no_pair_of_disturbances_of_a_short_call_releases_by_accident(first: Input) -> None:
    for second in DISTURBANCES:
        for place in range(5):
            pair: list[tuple[Input, bool | None]] = [(first, True), (second, True)]
            call = [*COOPERATIVE[:place], *pair, *COOPERATIVE[: 6 - place]]
            check_releases(drive(card_alert(), call, Disposition.ANSWERED))


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
    persons = sum(isinstance(given_, Person) for given_, _ in inputs_)
    assert len(run.spoken) - persons <= POLICY.limits.max_agent_turns


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


any_key = st.builds(PressKey, st.sampled_from(list(Key)))
WITH_KEYS: list[tuple[Input, bool | None]] = [
    *[(Cooperate(), True)] * 2,
    *[(Say(Reading(Intent.UNCLEAR)), True)] * 2,
]
"""A call up to the offer of keys."""


@settings(max_examples=300, deadline=None)
@given(
    alerts, st.lists(st.tuples(st.one_of(st.builds(PressKey, st.sampled_from(list(Key))), inputs), heard), max_size=12)
)
def test_keys_release_nothing_by_accident(alert: Alert, inputs_: list[tuple[Input, bool | None]]) -> None:
    check_releases(drive(alert, [*WITH_KEYS, *inputs_], Disposition.ANSWERED))


@settings(max_examples=200, deadline=None)
@given(alerts, calls, st.sampled_from([Key.MADE, Key.NOT_MADE, Key.OTHER]))
def test_keys_that_were_never_offered_change_nothing(
    alert: Alert, inputs_: list[tuple[Input, bool | None]], key: Key
) -> None:
    run = Run.of(alert)
    for given_, complete in inputs_:
        if not any(Act.OFFER_KEYS in acts for acts in run.spoken):
            before = run.step
            run.feed(PressKey(key))
            assert run.step == before
        run.play(complete)
        run.feed(given_)


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
