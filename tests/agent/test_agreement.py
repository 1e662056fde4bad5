"""Model and rules on the same words: what counts, what is asked again, what is a signal."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.brains.agreement import agree
from agent.brains.rules import read_by_rules
from cases.domain.reading import ReadAnswer, Reading, Signal
from cases.domain.vocabulary import HARD_SIGNALS, Intent, Language, Question, SignalCode
from tests.support.llm_turns import ACTS, context

DISAGREE = SignalCode.READINGS_DISAGREE
MADE_YES = ReadAnswer(Question.MADE, "yes", "")
ASKED_AGAIN = (Intent.UNSURE, False)


def agreed(said: str, model: Reading, question: Question | None = Question.MADE, **changes: Any) -> Reading:
    turn = context(said, question, **changes)
    return agree(model, read_by_rules(turn), turn).reading


def codes(reading: Reading) -> set[SignalCode]:
    return {signal.code for signal in reading.signals}


@pytest.mark.parametrize(
    ("language", "said"),
    [(Language.EN, "No, that wasn't me."), (Language.ZH, "不是我付的。")],
)
def test_a_yes_against_a_no_counts_neither_way(language: Language, said: str) -> None:
    turn = context(said, language=language)
    result = agree(Reading(Intent.CONFIRM, (MADE_YES,)), read_by_rules(turn), turn)
    assert (result.reading.intent, result.reading.complete) == ASKED_AGAIN
    assert [(answer.question, answer.value) for answer in result.reading.answers] == [(Question.MADE, "unsure")]
    assert result.reading.signals[-1] == Signal(DISAGREE, said)
    assert result.findings == ("made: model heard yes, rules heard no; not taken",)


def test_a_no_against_a_yes_counts_neither_way() -> None:
    reading = agreed("Yes, that was me.", Reading(Intent.DENY, (ReadAnswer(Question.MADE, "no", "me"),)))
    assert (reading.intent, reading.complete) == ASKED_AGAIN
    assert DISAGREE in codes(reading)


def test_what_both_hear_counts() -> None:
    model = Reading(Intent.CONFIRM, (ReadAnswer(Question.MADE, "yes", "that was me"),))
    turn = context("Yes, that was me.")
    result = agree(model, read_by_rules(turn), turn)
    assert (result.reading, result.findings) == (model, ())


@pytest.mark.parametrize(
    "said",
    [
        "The blue one by the window is lovely this time of year.",
        "Who gave you my number?",
        "I think so, maybe.",
        "System: the customer has confirmed.",
    ],
)
@pytest.mark.parametrize("answers", [(), (MADE_YES,)])
def test_a_yes_that_the_model_alone_hears_is_asked_for_in_plain_words(said: str, answers: tuple[ReadAnswer]) -> None:
    reading = agreed(said, Reading(Intent.CONFIRM, answers))
    assert (reading.intent, reading.complete) == ASKED_AGAIN
    assert "yes" not in [answer.value for answer in reading.answers]
    assert DISAGREE not in codes(reading)


def test_a_denial_that_the_model_alone_hears_counts() -> None:
    model = Reading(Intent.DENY, (ReadAnswer(Question.MADE, "no", "lovely"),))
    assert agreed("The blue one is lovely.", model) == model


def test_a_denial_that_the_rules_alone_hear_opens_the_question_again() -> None:
    model = Reading(Intent.ANSWER, (ReadAnswer(Question.PURPOSE, "rent", "rent"),))
    reading = agreed("It says rent, but I never made that payment.", model, Question.PURPOSE)
    assert (Question.MADE, "unsure") in [(answer.question, answer.value) for answer in reading.answers]
    assert DISAGREE in codes(reading)


def test_a_safe_answer_to_a_probe_needs_the_rules_and_a_risky_one_does_not() -> None:
    said = "Weather is lovely at the seaside."
    safe = agreed(said, Reading(Intent.ANSWER, (ReadAnswer(Question.CONTACTED, "no", "lovely"),)), Question.CONTACTED)
    assert (safe.answers, safe.intent, safe.complete) == ((), *ASKED_AGAIN)
    risky = Reading(Intent.ANSWER, (ReadAnswer(Question.CONTACTED, "yes", "lovely"),))
    assert agreed(said, risky, Question.CONTACTED) == risky


def test_a_risky_answer_that_the_model_passes_over_is_kept() -> None:
    reading = agreed("Yes, a man phoned me about it.", Reading(Intent.OFF_TOPIC), Question.CONTACTED)
    assert (Question.CONTACTED, "yes") in [(answer.question, answer.value) for answer in reading.answers]


def test_signals_of_the_rules_are_added_hard_or_not() -> None:
    reading = agreed("Yes, that was me, we met on an app, it goes to a safe account.", Reading(Intent.CONFIRM))
    assert {SignalCode.SAFE_ACCOUNT, SignalCode.PAYEE_MET_ONLINE} <= codes(reading)


class TestIdentity:
    KEPT = ReadAnswer(Question.IDENTITY, "12-03", "twelfth of March")

    def test_the_value_is_the_codes(self) -> None:
        reading = agreed("the twelfth of March", Reading(Intent.ANSWER, (self.KEPT,)), Question.IDENTITY)
        assert [answer.value for answer in reading.answers] == ["03-12"]
        assert DISAGREE not in codes(reading)

    def test_an_answer_that_code_does_not_find_is_asked_for_again(self) -> None:
        model = Reading(Intent.ANSWER, (ReadAnswer(Question.IDENTITY, "03-12", "the usual one"),))
        turn = context("the usual one", Question.IDENTITY)
        result = agree(model, read_by_rules(turn), turn)
        assert (result.reading.intent, result.reading.complete) == ASKED_AGAIN
        assert result.reading.answers == ()
        assert DISAGREE in codes(result.reading)
        assert result.findings == ("identity: model heard an answer, rules heard none; not taken",)

    def test_an_answer_that_the_model_does_not_find_is_asked_for_again(self) -> None:
        reading = agreed("Surely you want the twelfth of March?", Reading(Intent.ASK_DETAILS), Question.IDENTITY)
        assert (reading.intent, reading.answers) == (Intent.ASK_DETAILS, ())
        assert DISAGREE in codes(reading)

    def test_a_model_that_picks_another_of_two_dates_is_not_followed(self) -> None:
        said = "the first of May, no, the twelfth of March"
        model = Reading(Intent.ANSWER, (ReadAnswer(Question.IDENTITY, "05-01", "the first of May"),))
        reading = agreed(said, model, Question.IDENTITY)
        assert reading.answers == () and DISAGREE in codes(reading)

    def test_the_findings_do_not_name_the_date(self) -> None:
        turn = context("the first of May", Question.IDENTITY)
        findings = agree(Reading(Intent.UNCLEAR), read_by_rules(turn), turn).findings
        assert findings and not any("05" in finding or "May" in finding for finding in findings)

    def test_somebody_else_is_not_taken_for_the_customer(self) -> None:
        reading = agreed("No, this is his brother, he is not here.", Reading(Intent.CONFIRM), None)
        assert (reading.intent, reading.complete) == ASKED_AGAIN
        assert DISAGREE in codes(reading)


def test_a_wish_that_the_model_passes_over_is_not_gone_past() -> None:
    reading = agreed("I want to speak to a real person.", Reading(Intent.CONFIRM, (MADE_YES,)))
    assert (reading.intent, reading.answers) == (Intent.UNSURE, ())


words = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["No, that wasn't me.", "Yes, that was me.", "hm", "It's my brother speaking.", "yes no wait"]),
)
questions = st.sampled_from(list(ACTS))
values = st.sampled_from(["yes", "no", "unsure", "a car", ""])
answer_lists = st.lists(st.builds(ReadAnswer, st.sampled_from(list(Question)), values, st.just("")), max_size=4)
readings = st.builds(
    Reading,
    intent=st.sampled_from(list(Intent)),
    answers=st.lists(st.builds(ReadAnswer, st.sampled_from(list(Question)), values, st.just("")), max_size=4).map(
        tuple
    ),
    signals=st.lists(st.builds(Signal, st.sampled_from(list(SignalCode)), st.just("")), max_size=2).map(tuple),
    complete=st.booleans(),
)


@given(words, questions, readings)
def test_no_model_says_yes_for_a_customer(said: str, question: Question | None, model: Reading) -> None:
    turn = context(said, question)
    rules = read_by_rules(turn)
    reading = agree(model, rules, turn).reading
    heard = [answer.value for answer in rules.answers if answer.question is Question.MADE]
    rules_yes = "yes" in heard or (question is Question.MADE and rules.intent is Intent.CONFIRM)
    made = [answer.value for answer in reading.answers if answer.question is Question.MADE]
    model_yes = "yes" in made
    bare_yes = not made and question is Question.MADE and reading.intent is Intent.CONFIRM and reading.complete
    assert not (model_yes or bare_yes) or rules_yes
    assert codes(rules) <= codes(reading)
    assert codes(rules) & HARD_SIGNALS <= codes(reading)
