"""Names from the alert in what a customer said, as they were said or as they were misheard."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from rapidfuzz import fuzz
from rapidfuzz.distance import Hamming

from evals.recording.lists import ordinary
from evals.recording.names import CJK_RUN, FEWEST_LETTERS, LATIN_WORD, Words, telling_parts
from evals.recording.spans import Span

_WIDEST = 4
"""Most words in a row that one word of a name may have been heard as."""
_ALIKE = 82
"""From this likeness on (rapidfuzz ratio, 0 to 100) a word counts as a name misheard."""
_ALIKE_WHOLE = 78
"""The same of all words of a name together."""
_LONG_NAME = 8
"""Names with fewer letters are too like other words to be looked for misheard as a whole."""
_TITLES = "先生|女士|小姐|太太|老师|经理|总|主任|师傅|阿姨|叔叔|大爷|大妈|大哥|大姐|姐|哥|某"


def name_spans(text: str, names: Iterable[Words]) -> Iterator[Span]:
    """Every name with its stand-in, wholes before their parts."""
    names = tuple(names)
    for one in names:
        yield from _whole(text, one)
    for one in names:
        yield from _chinese(text, one)
    tokens = [(match.start(), match.end(), folded(match.group())) for match in LATIN_WORD.finditer(text)]
    for one in names:
        yield from _latin(tokens, one)


def folded(text: str) -> str:
    """A text without case, accents and compatibility forms."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))


def _whole(text: str, name: Words) -> Iterator[Span]:
    if len(name.whole) >= FEWEST_LETTERS:
        for match in re.finditer(re.escape(name.whole), text, re.IGNORECASE):
            yield Span(match.start(), match.end(), name.new)


def _chinese(text: str, name: Words) -> Iterator[Span]:
    for old, new in name.chinese:
        for match in re.finditer(re.escape(old), text):
            yield Span(match.start(), match.end(), new)
    for old, new in name.chinese:
        yield from _misheard(text, old, new)
        if not name.person:
            yield from _parts(text, old, new)
    surname, new = name.surname
    if surname:
        pattern = rf"(?<=[姓小老阿])({surname})|({surname})(?=(?:{_TITLES}))"
        for match in re.finditer(pattern, text):
            yield Span(match.start(), match.end(), new)


def _misheard(text: str, old: str, new: str) -> Iterator[Span]:
    """Three characters or more of which one was heard as another."""
    if len(old) < 3:
        return
    for run in CJK_RUN.finditer(text):
        for start in range(run.start(), run.end() - len(old) + 1):
            if Hamming.distance(text[start : start + len(old)], old) == 1:
                yield Span(start, start + len(old), new)


def _parts(text: str, old: str, new: str) -> Iterator[Span]:
    """What is said of a long name: three characters of it in a row, unless they name nobody."""
    for size in range(len(old) - 1, 2, -1):
        for part in telling_parts(old, size):
            for match in re.finditer(re.escape(part), text):
                yield Span(match.start(), match.end(), new)


def _latin(tokens: list[tuple[int, int, str]], name: Words) -> Iterator[Span]:
    yield from _misheard_whole(tokens, name)
    for old, new in name.latin:
        wanted = folded(old)
        if len(wanted) < FEWEST_LETTERS and wanted in ordinary("en"):
            continue
        yield from _spelled(tokens, wanted, new)
        for alike in (_same, _misheard_word):
            for size in range(1, _WIDEST + 1):
                for at in range(len(tokens) - size + 1):
                    window = tokens[at : at + size]
                    if alike("".join(word for _, _, word in window), wanted, size):
                        yield Span(window[0][0], window[-1][1], new)


def _misheard_whole(tokens: list[tuple[int, int, str]], name: Words) -> Iterator[Span]:
    """All words of a person's long name in a row, each heard a little differently."""
    parts = LATIN_WORD.findall(folded(name.whole))
    wanted = "".join(parts)
    if not name.person or len(parts) < 2 or len(wanted) < _LONG_NAME:
        return
    for size in (len(parts), len(parts) + 1):
        for at in range(len(tokens) - size + 1):
            window = tokens[at : at + size]
            said = "".join(word for _, _, word in window)
            if said[0] == wanted[0] and fuzz.ratio(said, wanted) >= _ALIKE_WHOLE:
                yield Span(window[0][0], window[-1][1], name.new)


def _same(said: str, wanted: str, size: int) -> bool:
    """Whether words are a name; several words in a row make one of two letters each at least."""
    return said == wanted and (size == 1 or len(wanted) >= 2 * size)


def _misheard_word(said: str, wanted: str, size: int) -> bool:
    """Whether words are a name heard a little differently: only long ones, of the same beginning."""
    if said in ordinary("en") or min(len(said), len(wanted)) < 5 or said[0] != wanted[0]:
        return False
    if size > 1 and abs(len(said) - len(wanted)) > 1:
        return False
    return fuzz.ratio(said, wanted) >= _ALIKE


def _spelled(tokens: list[tuple[int, int, str]], wanted: str, new: str) -> Iterator[Span]:
    """A name spelt out letter by letter."""
    if len(wanted) < FEWEST_LETTERS:
        return
    for at in range(len(tokens) - len(wanted) + 1):
        letters = tokens[at : at + len(wanted)]
        if all(len(word) == 1 for _, _, word in letters) and "".join(word for _, _, word in letters) == wanted:
            yield Span(letters[0][0], letters[-1][1], new)
