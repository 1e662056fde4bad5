"""The words that rules listen for, per language, and the phrases that customers are expected to say."""

from __future__ import annotations

from functools import cache

from agent.brains.lexicon.loading import OPENING, OTHER, Lexicon, load
from agent.brains.lexicon.patterns import CUSTOMER, Folded, LexiconError
from agent.numbers.chinese import number as chinese_number
from agent.numbers.english import MONTHS, ordinal
from cases.domain.vocabulary import Language, Question

__all__ = ["CUSTOMER", "OPENING", "OTHER", "Folded", "Lexicon", "LexiconError", "expected_phrases", "load"]


@cache
def expected_phrases(language: Language, question: Question | None = None) -> tuple[str, ...]:
    """Phrases a customer is likely to say, lower case, no punctuation, words only (numbers spelled out).

    Args:
        language: Language of the phrases.
        question: The open question, whose answers come first, together with what may be said at any time;
            None for every phrase of the language.
    """
    phrases = load(language).phrases
    keys = [key for key in phrases if key != "any"] if question is None else [question.value]
    said = [phrase for key in keys for phrase in phrases.get(key, ())]
    if question in (None, Question.IDENTITY):
        said += _dates(language)
    return tuple(dict.fromkeys((*said, *phrases["any"])))


def _dates(language: Language) -> list[str]:
    """Every day with three months, so that every month stands beside many days."""
    days = [(day, (day + shift) % 12 + 1) for day in range(1, 32) for shift in (0, 4, 9)]
    if language is Language.ZH:
        return [f"{chinese_number(month)}月{chinese_number(day)}号" for day, month in days]
    said = []
    for day, month in days:
        number = ordinal(day).replace("-", " ")
        said += [f"the {number} of {MONTHS[month - 1]}", f"{MONTHS[month - 1]} the {number}"]
    return said + [f"{ordinal(day).replace('-', ' ')} {MONTHS[day % 12]}" for day in range(1, 32)]
