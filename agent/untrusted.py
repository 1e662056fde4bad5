"""Names and memos that others wrote: made safe to speak and to show to a model."""

from __future__ import annotations

import re
import unicodedata

MAX_NAME = 60
"""Longest name that is spoken, characters."""
MAX_MEMO = 140
"""Longest memo that a model sees, characters (remittance information of ISO 20022)."""

_SPACES = re.compile(r"\s+")
_NOT_NAME = re.compile(r"[^\w\s&'’.,()（）·+/-]", re.UNICODE)
_LONG_NUMBER = re.compile(r"\d[\d\s.-]{5,}\d")
_SENTENCE_END = re.compile(r"(?<=[a-z]{2})[.!?](?:\s|$)|[。！？；;:：\n]")


def plain(text: str, limit: int) -> str:
    """Text without control, format and bidirectional characters, on one line, cut to a length."""
    spaced = "".join(" " if character.isspace() else character for character in unicodedata.normalize("NFKC", text))
    kept = "".join(character for character in spaced if unicodedata.category(character)[0] != "C")
    return _SPACES.sub(" ", kept).strip()[:limit].strip()


def name(text: str) -> str:
    """A name as it may be spoken: its first clause, without symbols and long numbers; may come out empty."""
    first = _SENTENCE_END.split(plain(text, 4 * MAX_NAME))[0]
    bare = _LONG_NUMBER.sub("", _NOT_NAME.sub("", first))
    return _SPACES.sub(" ", bare).strip(" .,-/")[:MAX_NAME].strip()
