"""The corpus of first words, and the errors that are counted on it."""

from __future__ import annotations

import pytest

from agent.dialogue.answering import Answerer
from cases.domain.vocabulary import Language
from evals.greetings import Part, errors, greetings
from evals.statistics import rate

BOTH = pytest.mark.parametrize("language", list(Language))


def test_the_corpus_is_large_and_holds_every_kind_in_each_part_and_language() -> None:
    everything = [one for part in Part for language in Language for one in greetings(part, language)]
    people = [text for who, text in everything if who is Answerer.PERSON]
    assert len(people) >= 150 and len(everything) - len(people) >= 150
    for part in Part:
        for language in Language:
            assert {who for who, _ in greetings(part, language)} == set(Answerer)
            assert len([text for who, text in greetings(part, language) if who is Answerer.PERSON]) >= 40


def test_nothing_stands_in_both_parts_or_twice() -> None:
    texts = [text for part in Part for language in Language for _, text in greetings(part, language)]
    assert len(set(texts)) == len(texts)


@BOTH
def test_nobody_of_either_part_is_hung_up_on(language: Language) -> None:
    for part in Part:
        assert errors(part, language).hung_up.hits == 0


@BOTH
def test_the_development_part_is_told_right(language: Language) -> None:
    assert errors(Part.DEV, language).wrong == ()


def test_errors_of_each_kind_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "evals.greetings.greetings",
        lambda part, language: (
            (Answerer.PERSON, "Please leave a message after the tone."),
            (Answerer.PERSON, "Record your name and reason, I'll see if this person is available."),
            (Answerer.PERSON, "Hello?"),
            (Answerer.VOICEMAIL, "Hello?"),
            (Answerer.MAILBOX_FULL, "Please leave a message after the tone."),
            (Answerer.SCREENER, "Record your name and reason, I'll see if this person is available."),
        ),
    )
    found = errors(Part.DEV, Language.EN)
    assert found.hung_up == rate(1, 3) and found.screened == rate(1, 3)
    assert found.missed == rate(1, 3) and found.mistaken == rate(1, 3)
    assert [one.right for one in found.wrong] == [
        Answerer.PERSON, Answerer.PERSON, Answerer.VOICEMAIL, Answerer.MAILBOX_FULL,
    ]  # fmt: skip
