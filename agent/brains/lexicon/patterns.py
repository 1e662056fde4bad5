"""Patterns as the lexicon writes them, compiled for text that was folded for matching and maps back to the original."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CUSTOMER = "CUSTOMER"
"""Stands in folded text for the customer's own name; everything else is lower case."""

_WORD = r"[\w']+"
_GAP_EN = r"(?:[^\w']+(?:(?:uh|um|er|erm|like|well|you know)[^\w']+)*)"
_FAR_EN = rf"(?:'\w+)?{_GAP_EN}(?:{_WORD}{_GAP_EN}){{0,4}}?"
_FAR_ZH = r"[^。！？!?]{0,8}?"
_MACRO = re.compile(r"\{(\w+)\}")
_APOSTROPHES = {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'"}


class LexiconError(ValueError):
    """The lexicon is wrong; the message names file and entry.

    Attributes:
        code: Stable identifier for programs.
    """

    code = "lexicon"


@dataclass(frozen=True, slots=True)
class Folded:
    """Text prepared for matching.

    Attributes:
        text: Lower case, one apostrophe, the customer's name replaced; Chinese without spaces and in short form.
        original: What was said.
        origin: For each character of `text`, and one past its end, where it stands in `original`.
    """

    text: str
    original: str
    origin: tuple[int, ...]

    def quote(self, start: int, end: int) -> str:
        """The original words behind a span of the folded text."""
        if start >= end:
            return ""
        return self.original[self.origin[start] : self.origin[end - 1] + 1].strip()


def fold(
    text: str,
    *,
    chinese: bool,
    short_forms: Mapping[str, str],
    names: Sequence[str] = (),
    dialect: Sequence[tuple[re.Pattern[str], str]] = (),
) -> Folded:
    """Prepare text for matching.

    Args:
        text: What was said.
        chinese: Whether spaces mean nothing.
        short_forms: Long form of a character to its short form.
        names: The customer's name and parts of it.
        dialect: Dialect words with the standard words that stand for them.
    """
    characters: list[str] = []
    origin: list[int] = []
    for index, raw in enumerate(text):
        for character in unicodedata.normalize("NFKC", raw).lower():
            if chinese and character.isspace():
                continue
            characters.append(_APOSTROPHES.get(character, short_forms.get(character, character)))
            origin.append(index)
    folded = "".join(characters)
    for pattern, standard in dialect:
        folded, origin = _respell(folded, origin, pattern, standard)
    for name in sorted(names, key=len, reverse=True):
        folded, origin = _replace(folded, origin, name.lower(), chinese)
    return Folded(folded, text, (*origin, len(text)))


def _respell(folded: str, origin: list[int], pattern: re.Pattern[str], standard: str) -> tuple[str, list[int]]:
    """Put standard words for dialect ones; each stands where the words did that it is for."""
    parts: list[str] = []
    places: list[int] = []
    done = 0
    for match in pattern.finditer(folded):
        start, end = match.span()
        parts += [folded[done:start], standard]
        places += [*origin[done:start], *([origin[start]] * (len(standard) - 1)), origin[end - 1]]
        done = end
    if not done:
        return folded, origin
    return "".join([*parts, folded[done:]]), [*places, *origin[done:]]


def _replace(folded: str, origin: list[int], name: str, chinese: bool) -> tuple[str, list[int]]:
    found = re.escape(name) if chinese else rf"(?<![\w']){re.escape(name)}(?![\w])"
    while name and (match := re.search(found, folded)):
        start, end = match.span()
        last = origin[end - 1]
        inner = [origin[start]] * (len(CUSTOMER) - 1) + [last]
        folded = folded[:start] + CUSTOMER + folded[end:]
        origin = origin[:start] + inner + origin[end:]
    return folded, origin


def compile_patterns(patterns: Sequence[str], macros: Mapping[str, str], *, chinese: bool) -> re.Pattern[str]:
    """Compile patterns into one expression.

    Raises:
        LexiconError: A pattern cannot be read or names an unknown macro.
    """
    sources = [_source(pattern, macros, chinese) for pattern in patterns]
    body = "|".join(f"(?:{source})" for source in sources)
    try:
        whole = re.compile(body if chinese else rf"(?<![\w'])(?:{body})(?![\w'])")
    except re.error:
        raise _wrong(patterns, sources) from None
    if whole.fullmatch(""):
        raise _wrong(patterns, sources)
    return whole


def _wrong(patterns: Sequence[str], sources: Sequence[str]) -> LexiconError:
    """Which of several patterns cannot be read, or matches nothing at all."""
    for pattern, source in zip(patterns, sources, strict=True):
        try:
            if re.compile(source).fullmatch(""):
                return LexiconError(f"{pattern!r}: matches nothing at all")
        except re.error as error:
            return LexiconError(f"{pattern!r}: {error}")
    return LexiconError(f"{patterns[0]!r} and the ones after it cannot be read together")


def _source(pattern: str, macros: Mapping[str, str], chinese: bool) -> str:
    expanded = pattern
    for _ in range(4):
        expanded = _MACRO.sub(lambda match: _macro(match, macros, pattern), expanded)
    grouped = re.sub(r"(?<!\\)\((?!\?)", "(?:", expanded)
    if chinese:
        return grouped.replace("~", _FAR_ZH)
    ended = grouped.replace("$", r"(?=[^\w']*\Z)")
    return ended.replace(" ~ ", _FAR_EN).replace(" ", _GAP_EN)


def _macro(match: re.Match[str], macros: Mapping[str, str], pattern: str) -> str:
    if match[1].isdigit():
        return match[0]
    if match[1] not in macros:
        raise LexiconError(f"{pattern!r}: there is no macro {match[1]!r}")
    return macros[match[1]]


@dataclass(frozen=True, slots=True)
class Matcher:
    """Patterns that mean one thing, some of them only while certain questions are open.

    Attributes:
        always: Patterns for any time, or None.
        at: Patterns by question, `opening` before any.
    """

    always: re.Pattern[str] | None
    at: Mapping[str, re.Pattern[str]]

    def spans(self, text: str, asked: str) -> list[tuple[int, int]]:
        """Every place where one of the patterns stands, in the order of the text."""
        patterns = [pattern for pattern in (self.always, self.at.get(asked)) if pattern is not None]
        return sorted(match.span() for pattern in patterns for match in pattern.finditer(text))


def matcher(entries: Sequence[object], macros: Mapping[str, str], where: str, *, chinese: bool) -> Matcher:
    """Build a matcher from entries that are patterns, or mappings of `match` and `at`.

    Raises:
        LexiconError: An entry is neither, or a pattern is wrong.
    """
    always: list[str] = []
    at: dict[str, list[str]] = {}
    for entry in entries:
        if isinstance(entry, str):
            always.append(entry)
        elif isinstance(entry, dict) and set(entry) == {"match", "at"}:
            for asked in entry["at"]:
                at.setdefault(str(asked), []).append(str(entry["match"]))
        else:
            raise LexiconError(f"{where}: {entry!r} is neither a pattern nor a mapping of match and at")
    try:
        return Matcher(
            compile_patterns(always, macros, chinese=chinese) if always else None,
            {asked: compile_patterns(found, macros, chinese=chinese) for asked, found in at.items()},
        )
    except LexiconError as error:
        raise LexiconError(f"{where}: {error}") from error
