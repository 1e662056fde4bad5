"""Names of people, firms and banks, and what stands in for each word of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from evals.recording.chance import Chance
from evals.recording.lists import ordinary, word_lists

CJK = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
CJK_RUN = re.compile(rf"[{CJK}]+")
LATIN_WORD = re.compile(rf"[^\W\d_{CJK}]+")
"""A word of an alphabet: letters other than Chinese characters."""
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯")
FEWEST_LETTERS = 3
"""Words of a name with fewer letters stand in too many other words to be looked for."""


@dataclass(frozen=True, slots=True)
class Words:
    """What names somebody in words: for each word its stand-in.

    Attributes:
        field: Where in the alert it stands.
        whole: The whole as it is held.
        new: What stands in for the whole.
        latin: Words of an alphabet, folded, with what stands in for each.
        chinese: Chinese names and parts of them, longest first, with what stands in for each.
        surname: Chinese surname, and what stands in for it; empty where it is none.
        person: Whether it names a person; parts of people's names count from two characters on.
    """

    field: str
    whole: str
    new: str
    latin: tuple[tuple[str, str], ...]
    chinese: tuple[tuple[str, str], ...]
    surname: tuple[str, str]
    person: bool


def is_chinese(text: str) -> bool:
    """Whether a text holds Chinese characters."""
    return CJK_RUN.search(text) is not None


def is_firm(name: str) -> bool:
    """Whether a payee is a firm by the words of its name."""
    lists = word_lists("stand_ins")["firm"]
    latin = [word.casefold() for word in LATIN_WORD.findall(name)]
    return any(word in lists["en"] for word in latin) or any(mark in name for mark in lists["zh"]) or len(latin) > 3


class Naming:
    """Gives each name its stand-in: the same name the same one, different names different ones."""

    def __init__(self, chance: Chance, avoided: tuple[str, ...]) -> None:
        """Draw from a key; no stand-in repeats what is to be avoided."""
        self._chance = chance
        self._words = {word.casefold() for text in avoided for word in LATIN_WORD.findall(text)} - ordinary("en")
        self._runs = tuple(run for text in avoided for run in CJK_RUN.findall(text))
        self._given: dict[tuple[str, str], str] = {}

    def person(self, field: str, name: str) -> Words:
        """A person's name."""
        if is_chinese(name):
            family, given = self._pick("zh", "family", name), self._pick("zh", "given", name)
            return _chinese_person(field, name, family, given)
        new_given, new_family = self._pick("en", "given", name), self._pick("en", "family", name)
        latin = LATIN_WORD.findall(name)
        pairs = [(word.casefold(), new_given) for word in latin[:-1]] + [
            (word.casefold(), new_family if len(latin) > 1 else new_given) for word in latin[-1:]
        ]
        new = f"{new_given} {new_family}" if len(latin) > 1 else new_given
        return Words(field, name, new, _each_once(pairs), (), ("", ""), person=True)

    def firm(self, field: str, name: str) -> Words:
        """A firm's name."""
        return self._named(field, name, "companies")

    def bank(self, field: str, name: str) -> Words:
        """A bank's name or BIC."""
        return self._named(field, name, "banks")

    def memo(self, field: str, memo: str) -> Words:
        """Remittance information; a number in it gets another of its shape."""
        words = self._named(field, memo, "memos")
        number = re.search(r"\d+", memo)
        tail = f" {self._chance.like('memo number', number.group())}" if number else ""
        return Words(field, memo, words.new + tail, words.latin, words.chinese, ("", ""), person=False)

    def handle(self, field: str, address: str, new: str) -> Words:
        """An e-mail address, or a name in a messenger."""
        telling = [word.casefold() for word in LATIN_WORD.findall(address) if word.casefold() not in ordinary("en")]
        pairs = [(word, self._pick("en", "given", word)) for word in telling if len(word) >= FEWEST_LETTERS]
        return Words(field, address, new, _each_once(pairs), (), ("", ""), person=False)

    def payee(self, field: str, name: str) -> Words:
        """Whoever is paid, a firm or a person."""
        return self.firm(field, name) if is_firm(name) else self.person(field, name)

    def _named(self, field: str, name: str, kind: str) -> Words:
        language = "zh" if is_chinese(name) else "en"
        new = self._pick(language, kind, name)
        parts = LATIN_WORD.findall(new) or [new]
        telling = [word.casefold() for word in LATIN_WORD.findall(name) if word.casefold() not in ordinary("en")]
        latin = [(word, parts[min(place, len(parts) - 1)]) for place, word in enumerate(telling)]
        chinese = [(run, new) for run in CJK_RUN.findall(name) if telling_chinese(run)]
        return Words(field, name, new, _each_once(latin), _each_once(chinese), ("", ""), person=False)

    def _pick(self, language: str, kind: str, name: str) -> str:
        key = (kind, name.casefold())
        if key not in self._given:
            taken = {new for (other, _), new in self._given.items() if other == kind}
            every: list[str] = word_lists("stand_ins")[language][kind]
            free = [one for one in every if one not in taken and not self._repeats(one)]
            self._given[key] = self._chance.choice(f"{kind}:{name}", free or every)
        return self._given[key]

    def _repeats(self, new: str) -> bool:
        if self._words.intersection(word.casefold() for word in LATIN_WORD.findall(new)):
            return True
        return is_chinese(new) and any(new in run or run in new for run in self._runs)


def telling_chinese(run: str) -> str:
    """A run of Chinese without the words that name nobody; empty where nothing telling is left."""
    rest = run
    for word in sorted(ordinary("zh"), key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest if len(rest) > 1 else ""


def telling_parts(name: str, size: int) -> list[str]:
    """So many characters in a row of a Chinese name, two of them at least outside words that name nobody."""
    parts: list[str] = []
    for run in CJK_RUN.findall(name):
        common = {
            place
            for word in ordinary("zh")
            for match in re.finditer(re.escape(word), run)
            for place in range(match.start(), match.end())
        }
        for at in range(len(run) - size + 1):
            if len(set(range(at, at + size)) - common) > 1:
                parts.append(run[at : at + size])
    return parts


def _chinese_person(field: str, name: str, family: str, given: str) -> Words:
    pairs: list[tuple[str, str]] = []
    surname = ("", "")
    for run in CJK_RUN.findall(name):
        size = 2 if run[:2] in _COMPOUND and len(run) > 2 else 1
        pairs.append((run, family + given))
        if len(run) - size >= 2:
            pairs.append((run[size:], given))
        if size == 2:
            pairs.append((run[:2], family))
        surname = surname if surname[0] else (run[:size], family)
    latin = [(word.casefold(), given) for word in LATIN_WORD.findall(name)]
    return Words(field, name, family + given, _each_once(latin), _each_once(pairs), surname, person=True)


def _each_once(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for old, new in pairs:
        found.setdefault(old, new)
    return tuple(sorted(found.items(), key=lambda pair: -len(pair[0])))
