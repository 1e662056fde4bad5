"""Texts cut where a voice may pause, and marks for engines that give none."""

from __future__ import annotations

import re

from agent.speech.engine import WordMark

_SENTENCE = re.compile(r".+?(?:[.!?。！？；]+[\"'”’」』)）]*(?=\s|$|[^\x00-\x7f])|$)", re.S)
_WORD = re.compile(r"[一-鿿][^\w一-鿿]*|[^\s一-鿿]+\s*")
_PAUSE_LETTERS = 4
"""A mark of punctuation takes about as long as so many letters."""


def split_sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, in order, without the spaces between them; joined they hold every letter of it."""
    return tuple(piece for match in _SENTENCE.finditer(text) if (piece := match.group().strip()))


def split_words(text: str) -> tuple[str, ...]:
    """The words of a text with the punctuation that follows each; a Chinese character counts as a word."""
    return tuple(piece for match in _WORD.finditer(text) if (piece := match.group().strip()))


def estimate_marks(text: str, start_ms: float, end_ms: float) -> tuple[WordMark, ...]:
    """Where each word begins, for audio whose engine does not say: words take time by their letters.

    Args:
        text: What was spoken.
        start_ms: Where its audio begins, from the start of the utterance.
        end_ms: Where it ends.
    """
    words = split_words(text)
    weights = [len(word) + _PAUSE_LETTERS * (not word[-1].isalnum()) for word in words]
    total = sum(weights)
    marks, before = [], 0
    for word, weight in zip(words, weights, strict=True):
        marks.append(WordMark(word, round(start_ms + (end_ms - start_ms) * before / total)))
        before += weight
    return tuple(marks)
