"""What words sound like: English by the Metaphone algorithm, Chinese by pinyin without tones and common confusions.

Metaphone: L. Philips, "Hanging on the Metaphone", Computer Language 7(12), 1990.
"""

from __future__ import annotations

import re
from functools import lru_cache

from jellyfish import metaphone
from rapidfuzz.distance import Levenshtein

from agent import numbers
from agent.numbers.english import MONTHS
from cases.domain.vocabulary import Language

_NOT_WORDS = re.compile(r"[^\w\s']+")
_CONFUSIONS = (
    (re.compile(r"^([zcs])h"), r"\1"),
    (re.compile(r"^n"), "l"),
    (re.compile(r"(?<=[aeiou])ng$"), "n"),
)
"""Sounds that many speakers, and recognizers, do not tell apart: zh/z, ch/c, sh/s, n/l, -ng/-n."""
_NUMERALS = {
    "ling": "零", "yi": "一", "yao": "一", "er": "二", "san": "三", "si": "四", "wu": "五", "liu": "六", "qi": "七",
    "ba": "八", "jiu": "九", "shi": "十", "yue": "月", "hao": "号", "ri": "日",
}  # fmt: skip
_LIKE_A_MONTH = 1
"""Sounds in which a word may differ from a month's name."""
_LONG_ENOUGH = 4
"""Letters that a word must have to be taken for a month."""


@lru_cache(maxsize=4096)
def sound(text: str, language: Language) -> str:
    """What a text sounds like, as a string of sounds that can be compared."""
    plain = _NOT_WORDS.sub(" ", text.lower())
    if language is Language.EN:
        return metaphone(plain).replace(" ", "")
    return "".join(_syllable(syllable) for syllable in _pinyin("".join(plain.split())))


def likeness(one: str, other: str) -> float:
    """How alike two strings of sounds are, between 0 and 1."""
    return Levenshtein.normalized_similarity(one, other)


def day_by_sound(text: str, language: Language, locale: str) -> tuple[int, int] | None:
    """The one (month, day) that a text sounds like, or None where it sounds like none or like several.

    Args:
        text: Words that hold no date as they are written ("the twelfth of mars", 三月是二号).
        language: Language of the words.
        locale: Whose way of saying dates holds.
    """
    if language is Language.ZH:
        respelled = "".join(_NUMERALS.get(syllable, "，") for syllable in _pinyin(text))
    else:
        respelled = " ".join(_month(word) for word in re.findall(r"[A-Za-z]+|\d+", text))
    found = {found.value for found in numbers.find_days(respelled, locale)}
    return found.pop() if len(found) == 1 else None


def _pinyin(text: str) -> list[str]:
    """The syllables of a Chinese text, without tones."""
    # The dictionaries are a tenth of a second and 30 MB, which nobody pays where no call is held in Chinese.
    from pypinyin import lazy_pinyin

    return lazy_pinyin(text)


def _syllable(syllable: str) -> str:
    for pattern, same in _CONFUSIONS:
        syllable = pattern.sub(same, syllable)
    return syllable


@lru_cache(maxsize=1024)
def _month(word: str) -> str:
    """The month's name that a word sounds like, or the word."""
    if len(word) < _LONG_ENOUGH or numbers.find_number(word, "en-GB") is not None:
        return word
    heard = metaphone(word)
    near = [month for month in MONTHS if Levenshtein.distance(metaphone(month), heard) <= _LIKE_A_MONTH]
    return near[0] if len(near) == 1 and len(heard) > 1 else word
