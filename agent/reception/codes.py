"""Codes in what a caller says and keys in; pure, and nothing of it is ever written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from agent import numbers
from agent.brains.lexicon import OTHER, expected_phrases
from agent.brains.understanding import Heard, understand
from agent.speech.engine import Transcript
from cases.domain.vocabulary import Intent, Language

LEAST, MOST = 6, 10
"""Digits of a code."""
PERSON_KEY, END_KEY, AGAIN_KEY = "0", "#", "*"
_LOCALES = {Language.EN: "en-GB", Language.ZH: "zh-CN"}
_ZEROS = {Language.EN: ("oh",), Language.ZH: ("洞", "幺")}


class Found(StrEnum):
    """What is in what a caller said."""

    DIGITS = "digits"
    PERSON = "person"
    OTHER = "other"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was made of an utterance.

    Attributes:
        found: What is in it.
        digits: Its digits.
        language: The language in which it was understood; None where it was not.
    """

    found: Found
    digits: str = ""
    language: Language | None = None


def is_code(digits: str) -> bool:
    """Whether so many digits can be a code."""
    return LEAST <= len(digits) <= MOST


@cache
def expected(language: Language) -> tuple[str, ...]:
    """Phrases that a recognizer is to expect: every digit after every other, and being asked for a person."""
    digits = [numbers.say_digits(str(digit), _LOCALES[language]) for digit in range(10)] + list(_ZEROS[language])
    space = " " if language is Language.EN else ""
    pairs = [space.join((one, two, three)) for one in digits for two in digits for three in (one, two)]
    people = [phrase for phrase in expected_phrases(language) if _asks_for_person(phrase, language)]
    return (*pairs, *digits, *people)


def understood(heard: Mapping[Language, Transcript], before: str = "") -> Spoken:
    """What a caller said: the language counts in which it makes a code, then that in which it has digits at all.

    Args:
        heard: The utterance by language.
        before: Digits that were said before it.
    """
    order = list(Found)

    def rank(one: Spoken) -> tuple[bool, int]:
        return not is_code(before + one.digits), order.index(one.found)

    found = [_in_one(transcript, language, before) for language, transcript in heard.items()]
    return min(found, key=rank, default=Spoken(Found.NOTHING))


def _in_one(transcript: Transcript, language: Language, before: str) -> Spoken:
    if not transcript.text:
        return Spoken(Found.NOTHING)
    for text in (transcript.text, *transcript.alternatives):
        digits = _digits(text, language)
        if is_code(before + digits):
            return Spoken(Found.DIGITS, digits, language)
    if digits := _digits(transcript.text, language):
        return Spoken(Found.DIGITS, digits, language)
    found = Found.PERSON if _asks_for_person(transcript.text, language) else Found.OTHER
    return Spoken(found, language=language)


def _asks_for_person(text: str, language: Language) -> bool:
    return understand(Heard(text, OTHER, language, _LOCALES[language])).reading.intent is Intent.ASK_HUMAN


def _digits(text: str, language: Language) -> str:
    return "".join(found.value for found in numbers.find_digits(text, _LOCALES[language]))
