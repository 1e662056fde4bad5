"""Words that say nothing as they are written, read by what they sound like among the answers that are expected."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from agent.brains.lexicon import OTHER, load
from agent.brains.phonetics import day_by_sound, likeness, sound
from agent.brains.understanding.heard import Heard
from agent.brains.understanding.understand import understand
from cases.domain.alert import IdentityQuestionKind
from cases.domain.reading import ReadAnswer, Reading
from cases.domain.vocabulary import Intent, Language, Question

_ALIKE = 0.8
"""From this likeness on words may stand for an expected answer."""
_SURE = 0.88
"""The same for what ends a call or blocks a payment."""
_MARGIN = 0.1
"""An answer of another meaning must be less alike by so much."""
_SHORTEST = 4
"""Sounds that words must have."""
_GRAVE = frozenset({Intent.DENY, Intent.WRONG_PERSON, Intent.THIRD_PARTY, Intent.REFUSE, Intent.GOODBYE})
_PAYMENT = frozenset({Question.MADE.value, Question.PROCEED.value})


def by_sound(heard: Heard, reading: Reading) -> Reading:
    """A second reading of words that were unclear, or the first one.

    Questions are left alone. A payment is never confirmed by it: what sounds like a yes to the payment is a doubt, so
    that the question is put again. Signals are never taken from it. A birthday is taken only where the words sound
    like exactly one date.

    Args:
        heard: What was said.
        reading: What was understood of it as it is written.
    """
    asks = heard.text.rstrip().endswith(("?", "？"))
    if reading.intent is not Intent.UNCLEAR or reading.language is None or heard.asked == OTHER or asks:
        return reading
    if heard.asked == Question.IDENTITY.value:
        return _birthday(heard, reading)
    phrase = _nearest(heard, reading.language)
    if phrase is None:
        return reading
    meant = understand(replace(heard, text=phrase, names=())).reading
    intent, value = _meaning(meant, heard.asked)
    if heard.asked in _PAYMENT and (intent is Intent.CONFIRM or value == "yes"):
        intent, value = Intent.UNSURE, "unsure"
    answers = () if value is None else (ReadAnswer(Question(heard.asked), value, heard.text.strip()),)
    return replace(reading, intent=intent, answers=answers, complete=True)


def _birthday(heard: Heard, reading: Reading) -> Reading:
    if heard.identity is not IdentityQuestionKind.BIRTHDAY or reading.language is None:
        return reading
    day = day_by_sound(heard.text, reading.language, heard.locale)
    if day is None:
        return reading
    answer = ReadAnswer(Question.IDENTITY, f"{day[0]:02d}-{day[1]:02d}", heard.text.strip())
    return replace(reading, intent=Intent.ANSWER, answers=(answer,), complete=True)


def _nearest(heard: Heard, language: Language) -> str | None:
    """The expected answer that words sound like, where none of another meaning is nearly as alike."""
    said = sound(heard.text, language)
    if len(said) < _SHORTEST:
        return None
    ranked = sorted(
        ((likeness(said, sounds), phrase, meaning) for phrase, sounds, meaning in _expected(heard.asked, language)),
        key=lambda one: one[0],
        reverse=True,
    )
    if not ranked or ranked[0][0] < _ALIKE:
        return None
    best, phrase, meaning = ranked[0]
    rival = next((alike for alike, _, other in ranked if other != meaning), 0.0)
    needed = _SURE if meaning[0] in _GRAVE else _ALIKE
    return phrase if best >= needed and best - rival >= _MARGIN else None


@lru_cache(maxsize=64)
def _expected(asked: str, language: Language) -> tuple[tuple[str, str, tuple[Intent, str | None]], ...]:
    """Expected answers with their sounds and what they mean."""
    phrases = load(language).phrases
    found = []
    for phrase in dict.fromkeys((*phrases.get(asked, ()), *phrases["any"])):
        reading = understand(Heard(phrase, asked, language)).reading
        if reading.intent is not Intent.UNCLEAR and not reading.signals:
            found.append((phrase, sound(phrase, language), _meaning(reading, asked)))
    return tuple(found)


def _meaning(reading: Reading, asked: str) -> tuple[Intent, str | None]:
    return reading.intent, next((answer.value for answer in reading.answers if answer.question == asked), None)
