"""How long and how hard a spoken line is."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pocketsphinx

from cases.domain.vocabulary import Language

_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")
_HAN = re.compile(r"[\u3400-\u9fff]")
_SENTENCE = re.compile(r"[^.!?。！？]+")
_CLAUSE = re.compile(r"[^，。！？：、；“”,.!?:;\s]+")
_VOWEL_GROUP = re.compile(r"[aeiouy]+")
_LETTERS_PER_CHARACTER = 3
"""Latin letters, as in an English name, that take as long to say as one Chinese character."""
_LEVEL_ONE = range(0xB0, 0xD8)
"""First bytes of the characters that GB/T 2312-1980 lists as its first level: the 3,755 most used ones."""


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, without their marks."""
    return [sentence.strip() for sentence in _SENTENCE.findall(text) if sentence.strip()]


def clauses_of(text: str) -> list[str]:
    """What stands between two marks in a Chinese text."""
    return _CLAUSE.findall(text)


def size(text: str, language: Language) -> int:
    """English words, or Chinese characters; foreign letters in a Chinese line count by what they take to say."""
    if language is Language.EN:
        return len(_WORD.findall(text))
    letters = sum(len(word) for word in _WORD.findall(text))
    return len(_HAN.findall(text)) + -(-letters // _LETTERS_PER_CHARACTER)


def seconds(text: str, language: Language, per_minute: int) -> float:
    """How long a line takes at a normal rate.

    Args:
        text: The line as it is said, amounts and dates in words.
        language: Its language.
        per_minute: Words or characters in a minute.
    """
    return size(text, language) * 60 / per_minute


def syllables(word: str) -> int:
    """Syllables of an English word after the CMU dictionary; where it has none, its groups of vowels."""
    known = _cmu().get(word.lower())
    if known is not None:
        return known
    return max(1, len(_VOWEL_GROUP.findall(word.lower().removesuffix("e"))))


def grade(text: str) -> float:
    """Flesch-Kincaid grade of an English text: 0.39 words a sentence + 11.8 syllables a word - 15.59."""
    words = _WORD.findall(text)
    if not words:
        return 0.0
    a_word = sum(map(syllables, words)) / len(words)
    return 0.39 * len(words) / len(sentences_of(text)) + 11.8 * a_word - 15.59


def rare_characters(text: str) -> str:
    """The Chinese characters of a text that are not among the 3,755 most used ones, each once."""
    return "".join(dict.fromkeys(one for one in _HAN.findall(text) if not _common(one)))


def _common(character: str) -> bool:
    try:
        return character.encode("gb2312")[0] in _LEVEL_ONE
    except UnicodeEncodeError:
        return False


@cache
def _cmu() -> dict[str, int]:
    """Syllables by word: the vowels of the first pronunciation in pocketsphinx's CMU dictionary."""
    counts: dict[str, int] = {}
    path = Path(pocketsphinx.get_model_path("en-us")) / "cmudict-en-us.dict"
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *phones = line.split()
        counts.setdefault(word, sum(phone[0] in "AEIOU" for phone in phones))
    return counts
