from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.domain.alert import Alert
from cases.domain.call import (
    Answer,
    CallEnding,
    Confirmation,
    CustomerRequest,
    Identity,
    ObservedSignal,
    Verification,
)
from cases.domain.policy import Bar
from cases.domain.reading import Signal
from cases.domain.ruling import Assessment
from cases.domain.script import plan_call
from cases.domain.triage import assess, likely_typologies
from cases.domain.vocabulary import (
    HARD_SIGNALS,
    BankAction,
    Disposition,
    Outcome,
    Question,
    SignalCode,
    Tier,
    Typology,
)
from tests.support.script_talk import CLEAN, NOW, PHONE, POLICY, card_alert, make_alert, with_release_line


def clean(alert: Alert) -> Verification:
    """What a call leaves that may be released."""
    required = plan_call(alert, POLICY).required
    values = {Question.IDENTITY: "03-12", Question.MADE: "yes", **CLEAN}
    return Verification(
        identity=Identity.PASSED,
        confirmation=Confirmation.CONFIRMED,
        asked=required,
        required=required,
        answers=tuple(Answer(question, values[question], "", 2 * n + 1) for n, question in enumerate(required)),
        disclosed=True,
        completed=True,
    )


def conclude(
    alert: Alert,
    verification: Verification | None,
    disposition: Disposition = Disposition.ANSWERED,
    ending: CallEnding | None = CallEnding.COMPLETED,
) -> Assessment:
    return assess(alert, verification, POLICY, disposition=disposition, ending=ending)


def rules(result: Assessment) -> list[str]:
    return [finding.rule for finding in result.findings]


def observed(*codes: SignalCode) -> tuple[ObservedSignal, ...]:
    return tuple(ObservedSignal(Signal(code, "words"), 2 * n + 1) for n, code in enumerate(codes))


@pytest.mark.parametrize("alert", [make_alert(), card_alert()])
def test_a_clean_call_is_released(alert: Alert) -> None:
    result = conclude(alert, clean(alert))
    assert (result.outcome, result.action, result.escalate) == (Outcome.CONFIRMED_GENUINE, BankAction.RELEASE, False)
    assert result.score < POLICY.scorecard.release_line


@pytest.mark.parametrize(
    ("bar", "changes"),
    [
        (Bar.IDENTITY_FAILED, {"identity": Identity.FAILED}),
        (Bar.NOT_IDENTIFIED, {"identity": Identity.UNKNOWN}),
        (Bar.DENIED, {"confirmation": Confirmation.DENIED}),
        (Bar.NOT_CONFIRMED, {"confirmation": Confirmation.UNKNOWN}),
        (Bar.WARNED, {"warned": True}),
        (Bar.WANTS_PERSON, {"request": CustomerRequest.HUMAN}),
        (Bar.WANTS_CALLBACK, {"request": CustomerRequest.CALLBACK}),
        (Bar.REFUSED, {"request": CustomerRequest.REFUSED}),
        (Bar.WRONG_PARTY, {"request": CustomerRequest.WRONG_PERSON}),
        (Bar.WRONG_PARTY, {"request": CustomerRequest.THIRD_PARTY}),
        (Bar.NOT_COMPLETED, {"completed": False}),
    ],
)
def test_each_bar_alone_stands_between_a_clean_call_and_its_release(bar: Bar, changes: dict[str, object]) -> None:
    alert = make_alert()
    result = conclude(alert, replace(clean(alert), **changes))  # type: ignore[arg-type]
    assert result.action is not BankAction.RELEASE
    assert result.escalate
    assert bar.value in rules(result)


@pytest.mark.parametrize("question", [Question.MADE, Question.CONTACTED, Question.PURPOSE, Question.IDENTITY])
@pytest.mark.parametrize("value", ["", "unsure", None])
def test_a_required_question_without_an_answer_bars_a_release(question: Question, value: str | None) -> None:
    alert = make_alert()
    seen = clean(alert)
    kept = tuple(answer for answer in seen.answers if answer.question is not question)
    if value is not None:
        kept = (*kept, Answer(question, value, "", 99))
    result = conclude(alert, replace(seen, answers=kept))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert Bar.UNANSWERED in rules(result)


def test_a_safety_question_that_was_never_put_is_not_answered() -> None:
    alert = make_alert()
    seen = clean(alert)
    asked = tuple(question for question in seen.asked if question is not Question.REMOTE_ACCESS)
    assert Bar.UNANSWERED in rules(conclude(alert, replace(seen, asked=asked)))


def test_an_answer_that_changed_bars_a_release_and_a_block() -> None:
    alert = card_alert()
    seen = clean(alert)
    first = replace(seen, answers=(Answer(Question.MADE, "no", "", 1), *seen.answers))
    assert conclude(alert, first).outcome is Outcome.INCONCLUSIVE
    last = replace(
        seen,
        answers=(*seen.answers, Answer(Question.MADE, "no", "", 9)),
        confirmation=Confirmation.DENIED,
    )
    result = conclude(alert, last)
    assert (result.outcome, result.action) == (Outcome.DENIED, BankAction.HOLD)
    changed = next(finding for finding in result.findings if finding.rule == Bar.CHANGED_ANSWER)
    assert changed.turns == (3, 9)


@pytest.mark.parametrize("code", sorted(HARD_SIGNALS))
def test_each_hard_signal_alone_holds_the_payment(code: SignalCode) -> None:
    alert = make_alert()
    result = conclude(alert, replace(clean(alert), signals=observed(code)))
    assert result.outcome in (Outcome.SUSPECTED_SCAM, Outcome.IDENTITY_FAILED)
    assert result.action is BankAction.HOLD
    finding = result.findings[0]
    assert (finding.rule, finding.hard, finding.points, finding.turns) == (code.value, True, 0, (1,))


def test_a_hard_answer_holds_even_where_it_was_taken_back() -> None:
    alert = make_alert()
    seen = clean(alert)
    told = replace(seen, answers=(Answer(Question.TOLD_WHAT_TO_SAY, "yes", "", 3), *seen.answers))
    assert conclude(alert, told).outcome is Outcome.SUSPECTED_SCAM


def test_a_weighed_answer_counts_as_last_given() -> None:
    alert = make_alert()
    seen = clean(alert)
    result = conclude(alert, replace(seen, answers=(Answer(Question.CONTACTED, "yes", "", 3), *seen.answers)))
    assert "contacted_yes" not in rules(result)


def test_a_score_on_the_release_line_is_suspected_and_one_below_is_not() -> None:
    alert = make_alert()
    seen = replace(clean(alert), signals=observed(SignalCode.URGENCY))
    score = conclude(alert, seen).score
    at = assess(
        alert,
        seen,
        with_release_line(score),
        disposition=Disposition.ANSWERED,
        ending=CallEnding.COMPLETED,
    )
    assert at.outcome is Outcome.SUSPECTED_SCAM
    assert Bar.SCORE in rules(at)
    below = assess(
        alert,
        seen,
        with_release_line(score + 1),
        disposition=Disposition.ANSWERED,
        ending=CallEnding.COMPLETED,
    )
    assert below.outcome is Outcome.CONFIRMED_GENUINE


def test_a_signal_counts_once_and_cites_every_turn() -> None:
    alert = make_alert()
    result = conclude(alert, replace(clean(alert), signals=observed(SignalCode.URGENCY, SignalCode.URGENCY)))
    finding = next(finding for finding in result.findings if finding.rule == SignalCode.URGENCY)
    assert finding.points == POLICY.signals[SignalCode.URGENCY].weight
    assert finding.turns == (1, 3)


@pytest.mark.parametrize("tier", list(Tier))
def test_only_the_high_tier_bars_a_release(tier: Tier) -> None:
    alert = make_alert(tier=tier)
    assert (conclude(alert, clean(alert)).action is BankAction.RELEASE) is (tier is not Tier.HIGH)


@pytest.mark.parametrize(
    ("contact", "released"),
    [
        (replace(PHONE, forwarding=True), False),
        (replace(PHONE, sim_swapped_at=NOW - timedelta(days=POLICY.limits.sim_swap_days)), False),
        (replace(PHONE, sim_swapped_at=NOW - timedelta(days=POLICY.limits.sim_swap_days + 1)), True),
    ],
)
def test_a_line_that_may_be_somebody_elses_bars_a_release(contact: object, released: bool) -> None:
    alert = make_alert(contact=contact)  # type: ignore[arg-type]
    assert (conclude(alert, clean(alert)).action is BankAction.RELEASE) is released


def test_a_call_answered_on_a_forwarded_line_bars_a_release() -> None:
    alert = card_alert()
    result = conclude(alert, clean(alert), Disposition.FORWARDED)
    assert result.outcome is Outcome.INCONCLUSIVE
    assert Bar.FORWARDED_LINE in rules(result)


@pytest.mark.parametrize("disposition", list(Disposition))
def test_without_a_conversation_the_customer_was_not_reached(disposition: Disposition) -> None:
    result = conclude(make_alert(), None, disposition, None)
    assert (result.outcome, result.action, result.escalate) == (Outcome.UNREACHED, BankAction.HOLD, True)
    assert Bar.NOT_IDENTIFIED not in rules(result)


@pytest.mark.parametrize("disposition", [Disposition.VOICEMAIL, Disposition.SCREENER])
def test_a_machine_that_was_spoken_to_is_no_customer(disposition: Disposition) -> None:
    alert = card_alert()
    assert conclude(alert, clean(alert), disposition).outcome is Outcome.UNREACHED


@pytest.mark.parametrize("ending", list(CallEnding))
def test_a_call_that_breaks_off_before_identity_holds(ending: CallEnding) -> None:
    result = conclude(make_alert(), Verification(), ending=ending)
    assert result.action is BankAction.HOLD
    expected = Outcome.UNREACHED if ending in POLICY.scorecard.unreached_endings else Outcome.INCONCLUSIVE
    assert result.outcome is expected


def test_a_person_who_is_wanted_by_a_suspected_victim_gets_the_suspicion() -> None:
    alert = make_alert()
    seen = replace(clean(alert), request=CustomerRequest.HUMAN, signals=observed(SignalCode.SAFE_ACCOUNT))
    assert conclude(alert, seen).outcome is Outcome.SUSPECTED_SCAM


@pytest.mark.parametrize(
    ("request_", "outcome"),
    [
        (CustomerRequest.HUMAN, Outcome.HUMAN_REQUESTED),
        (CustomerRequest.CALLBACK, Outcome.CALLBACK_REQUESTED),
        (CustomerRequest.REFUSED, Outcome.INCONCLUSIVE),
        (CustomerRequest.WRONG_PERSON, Outcome.WRONG_PARTY),
        (CustomerRequest.THIRD_PARTY, Outcome.WRONG_PARTY),
    ],
)
def test_a_request_becomes_an_outcome(request_: CustomerRequest, outcome: Outcome) -> None:
    assert conclude(make_alert(), Verification(request=request_)).outcome is outcome


def test_facts_of_the_alert_add_their_points() -> None:
    alert = make_alert(score=0.9)
    payment = replace(
        alert.transaction,
        creditor_account_age_days=3,
        creditor=replace(alert.transaction.creditor, country="LT"),
    )
    older = replace(alert.customer, date_of_birth=date(1951, 3, 2))
    result = conclude(replace(alert, transaction=payment, customer=older), None, Disposition.NO_ANSWER, None)
    assert set(rules(result)) == {
        "first_time_payee",
        "young_payee_account",
        "high_alert_score",
        "older_customer",
        "foreign_payee",
    }
    assert result.score == sum(finding.points for finding in result.findings)


def test_unknown_facts_add_nothing() -> None:
    alert = make_alert(score=0.2)
    payment = replace(
        alert.transaction,
        first_time_payee=False,
        creditor_account_age_days=None,
        creditor=replace(alert.transaction.creditor, country=None),
    )
    unknown = replace(alert, transaction=payment, customer=replace(alert.customer, date_of_birth=None))
    assert conclude(unknown, None, Disposition.NO_ANSWER, None).findings == ()


def test_a_birthday_not_yet_had_is_a_year_younger() -> None:
    alert = make_alert()
    almost = replace(alert, customer=replace(alert.customer, date_of_birth=date(1951, 3, 3)))
    assert "older_customer" not in rules(conclude(almost, None, Disposition.BUSY, None))


def test_findings_give_reasons_in_both_languages_hard_ones_first() -> None:
    alert = make_alert()
    seen = replace(clean(alert), signals=observed(SignalCode.URGENCY, SignalCode.SAFE_ACCOUNT))
    result = conclude(alert, seen)
    assert [finding.hard for finding in result.findings] == sorted(
        (finding.hard for finding in result.findings), reverse=True
    )
    for finding in result.findings:
        assert finding.reason_en.isascii()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in finding.reason_zh)


def test_typologies_that_signals_point_to_come_before_the_engines_hypotheses() -> None:
    alert = make_alert(Typology.MERCHANDISE, Typology.INVESTMENT)
    ranked = likely_typologies(alert, observed(SignalCode.ROMANCE, SignalCode.PAYEE_MET_ONLINE), POLICY)
    assert ranked[0] is Typology.ROMANCE_IMPOSTER
    assert likely_typologies(alert, (), POLICY) == (Typology.MERCHANDISE, Typology.INVESTMENT)


verifications = st.builds(
    Verification,
    identity=st.sampled_from([Identity.PASSED, Identity.PASSED, *Identity]),
    confirmation=st.sampled_from([Confirmation.CONFIRMED, Confirmation.CONFIRMED, *Confirmation]),
    asked=st.lists(st.sampled_from(list(Question)), max_size=13).map(tuple),
    required=st.lists(st.sampled_from([Question.MADE, *CLEAN]), max_size=3).map(tuple),
    answers=st.lists(
        st.builds(
            Answer,
            st.sampled_from(list(Question)),
            st.sampled_from(["yes", "no", "unsure", "", "rent"]),
            st.just(""),
            st.integers(0, 40),
        ),
        max_size=12,
    ).map(tuple),
    signals=st.lists(st.sampled_from(list(SignalCode)), max_size=2).map(lambda codes: observed(*codes)),
    warned=st.sampled_from([False, False, True]),
    request=st.sampled_from([None, None, None, *CustomerRequest]),
    completed=st.sampled_from([True, True, False]),
)


@settings(max_examples=1000, deadline=None)
@given(
    verifications,
    st.sampled_from(list(Tier)),
    st.sampled_from([Disposition.ANSWERED, *Disposition]),
    st.sampled_from([CallEnding.COMPLETED, *CallEnding, None]),
)
def test_no_record_is_released_without_every_condition(
    seen: Verification, tier: Tier, disposition: Disposition, ending: CallEnding | None
) -> None:
    result = conclude(make_alert(tier=tier), seen, disposition, ending)
    if result.action is not BankAction.RELEASE:
        assert result.escalate
        return
    latest = {answer.question: answer.value for answer in seen.answers}
    assert seen.identity is Identity.PASSED
    assert seen.confirmation is Confirmation.CONFIRMED
    assert all(latest.get(question, "") not in ("", "unsure") for question in seen.required)
    assert all(question in seen.asked or question in POLICY.probes.free for question in seen.required)
    assert not {observed_.signal.code for observed_ in seen.signals} & HARD_SIGNALS
    assert not (seen.warned or seen.request)
    assert seen.completed
    assert tier is not Tier.HIGH
    assert disposition is Disposition.ANSWERED
    assert ending in (CallEnding.COMPLETED, CallEnding.CUSTOMER_HUNG_UP)
    assert result.score < POLICY.scorecard.release_line
