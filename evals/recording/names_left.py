"""Words of a customer that look like a name which the alert does not know: found by how names are said, so not all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from cases.domain.vocabulary import Language
from evals.recording.lists import ordinary, word_lists
from evals.recording.names import CJK
from evals.recording.words import folded

_CAPITAL = re.compile(r"(?<![\w'’])[A-Z][\w'’]*(?:\s+[A-Z][\w'’]*)*")
_SENTENCE = re.compile(r"(?:^|[.!?…—\"“]\s*)$")


def names_left(text: str, language: Language, known: Iterable[str]) -> Iterator[str]:
    """Words that look like a name.

    Args:
        text: What is said, after replacement.
        language: Of the call.
        known: Stand-ins, which name nobody.
    """
    stand_ins = {folded(word) for name in known for word in re.findall(r"\w+", name)}
    yield from dict.fromkeys(_english(text, stand_ins))
    if language is Language.ZH:
        yield from dict.fromkeys(_chinese(text, tuple(known)))


def _english(text: str, stand_ins: set[str]) -> Iterator[str]:
    lists = word_lists("names")["en"]
    nobody = {*stand_ins, *map(str, lists["capitals"])}
    common = nobody | set(map(str, lists["common"])) | ordinary("en")
    for match in _CAPITAL.finditer(text):
        words = match.group().split()
        if _SENTENCE.search(text[: match.start()]):
            words = _of_beginning(words, text[match.end() :], common)
        left = [word for word in words if len(word) > 1 and re.sub(r"['’]\w*$", "", folded(word)) not in nobody]
        if left:
            yield " ".join(left)
    for match in _introduced(kin=text.islower()).finditer(text):
        word = match["name"]
        if word.islower() and folded(word) not in common:
            yield word


def _of_beginning(words: list[str], rest: str, common: set[str]) -> list[str]:
    """What may be a name at the beginning of a sentence, which has a capital letter whatever its word is."""
    if words[0].casefold() in common:
        return words[1:]
    does_something = rest.split()[:1] and rest.split()[0].casefold() in word_lists("names")["en"]["deeds"]
    return words if len(words) > 1 or does_something else []


@cache
def _introduced(*, kin: bool) -> re.Pattern[str]:
    lists = word_lists("names")["en"]
    before = "|".join(re.escape(str(word)) for word in [*lists["before"], *(lists["kin"] if kin else [])])
    return re.compile(rf"(?<![\w'’])(?:{before})\s+(?=(?P<name>[^\W\d_]{{3,}})(?![\w'’]))", re.IGNORECASE)


def _chinese(text: str, known: tuple[str, ...]) -> Iterator[str]:
    lists = word_lists("names")["zh"]
    for match in _chinese_names().finditer(text):
        found = match["kin"] or match["titled"] or match["called"]
        if any(found.startswith(str(word)) for word in lists["words"]):
            continue
        if not any(found in name or name in found for name in known):
            yield found


@cache
def _chinese_names() -> re.Pattern[str]:
    lists = word_lists("names")["zh"]
    surnames, character = lists["surnames"], f"[{CJK}]"
    kin, titles, before = ("|".join(lists[name]) for name in ("kin", "titles", "before"))
    return re.compile(
        rf"(?:{kin})(?P<kin>[{surnames}]{character}{{1,2}})"
        rf"|(?P<titled>[{surnames}]{character}{{0,2}}?)(?={titles})"
        rf"|(?:{before})(?P<called>[{surnames}]{character}{{0,2}})"
    )
