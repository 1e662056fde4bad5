"""Word errors: how far what was heard is from what was said."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:'[^\W_\u3400-\u9fff]+)*")
"""A word; in Chinese a character."""


def words_of(text: str) -> list[str]:
    """Words of a text as they are compared: lower case, no punctuation, Chinese by the character."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return _WORD.findall(folded)


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """Least number of words wrong, missed or added, and the number of words said."""
    truth, found = words_of(said), words_of(heard)
    row = list(range(len(found) + 1))
    for index, word in enumerate(truth, start=1):
        before, row[0] = row[0], index
        for column, other in enumerate(found, start=1):
            best = min(row[column] + 1, row[column - 1] + 1, before + (word != other))
            before, row[column] = row[column], best
    return row[-1], len(truth)
