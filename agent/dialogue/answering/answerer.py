"""Tells by words who, or what, answered; the patterns stand in machine.yaml, screener.yaml and network.yaml."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import Any

from cases import fast_yaml
from cases.domain.vocabulary import Disposition, Language

LIKELY_NEEDED = 2
"""Patterns that people use too make a machine only where so many different ones are found."""
_NOT_WORDS = re.compile(r"[^\w]+|_")


class Answerer(StrEnum):
    """Who, or what, speaks."""

    PERSON = "person"
    VOICEMAIL = "voicemail"
    """A mailbox or an answering machine that takes a message after its beep."""
    MAILBOX_FULL = "mailbox_full"
    """One that takes none."""
    SCREENER = "screener"
    """Asks, for a person, who calls and why."""
    SCREENER_WAITS = "screener_waits"
    """Passes the call on."""
    SCREENER_DECLINES = "screener_declines"
    """Says that nobody comes."""
    UNALLOCATED = "unallocated"
    SWITCHED_OFF = "switched_off"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class Answered:
    """How a dial ended, as what was heard on the line tells.

    Attributes:
        disposition: What answered.
        detail: Why nothing was said to it, or who did not come, as a stable code; empty where there is nothing to add.
    """

    disposition: Disposition
    detail: str = ""


ANSWERED = Answered(Disposition.ANSWERED)
"""A person answered."""
_AS: Mapping[Answerer, Answered] = {
    Answerer.PERSON: ANSWERED,
    Answerer.VOICEMAIL: Answered(Disposition.VOICEMAIL),
    Answerer.MAILBOX_FULL: Answered(Disposition.VOICEMAIL, "mailbox_full"),
    Answerer.SCREENER: Answered(Disposition.SCREENER, "nobody_came"),
    Answerer.SCREENER_WAITS: Answered(Disposition.SCREENER, "nobody_came"),
    Answerer.SCREENER_DECLINES: Answered(Disposition.SCREENER, "declined"),
    Answerer.UNALLOCATED: Answered(Disposition.FAILED, "unallocated"),
    Answerer.SWITCHED_OFF: Answered(Disposition.NO_ANSWER, "switched_off"),
    Answerer.UNREACHABLE: Answered(Disposition.NO_ANSWER, "unreachable"),
    Answerer.BUSY: Answered(Disposition.BUSY, "announced"),
    Answerer.NO_ANSWER: Answered(Disposition.NO_ANSWER, "announced"),
}
MESSAGE_TAKERS = frozenset({Answerer.VOICEMAIL})
"""What a message is left to."""
SILENT = frozenset(_AS) - {Answerer.PERSON, Answerer.VOICEMAIL, Answerer.SCREENER, Answerer.SCREENER_WAITS}
"""What nothing is said to: the call ends."""


def answered_as(answerer: Answerer) -> Answered:
    """How a dial ended that this answered, and nobody else."""
    return _AS[answerer]


def who_answers(text: str, language: Language, *, screened: bool = False) -> Answerer:
    """Who, or what, says these words.

    Args:
        text: What was said after the call was answered, and before anybody was identified: a customer who asks to be
            left a message later on is a person.
        language: Language of the call; a machine that speaks the other one is told too.
        screened: Whether a call screener is known to have answered: what it says next need not name itself.
    """
    for one in (language, *(other for other in Language if other is not language)):
        found = _found(text, one, screened=screened)
        if found is not Answerer.PERSON:
            return found
    return Answerer.PERSON


def speaks_on(text: str, language: Language) -> bool:
    """Whether somebody has picked up who says these words while a machine was thought to be on the line."""
    if who_answers(text, language) is not Answerer.PERSON:
        return False
    patterns = _load(language)
    said = _put_right(_folded(text, language), patterns)
    return _any(patterns.machine["speaks_on"], said) or _any(patterns.machine["person"], said)


@dataclass(frozen=True, slots=True)
class _Patterns:
    """Patterns of one language by file and group, and what is put right before they are looked for."""

    misheard: tuple[tuple[re.Pattern[str], str], ...]
    machine: Mapping[str, tuple[re.Pattern[str], ...]]
    screener: Mapping[str, tuple[re.Pattern[str], ...]]
    network: Mapping[str, tuple[re.Pattern[str], ...]]


def _found(text: str, language: Language, *, screened: bool) -> Answerer:
    patterns = _load(language)
    said = _put_right(_folded(text, language), patterns)
    screener, machine = patterns.screener, patterns.machine
    if _any(machine["full"], said):
        return Answerer.MAILBOX_FULL
    if _any(screener["declines"], said) and not _any(machine["certain"], said):
        return Answerer.SCREENER_DECLINES
    if _any(screener["asks"], said):
        return Answerer.SCREENER
    if not _any(machine["person"], said):
        if _any(machine["certain"], said):
            return Answerer.VOICEMAIL
        network = next((name for name, group in patterns.network.items() if _any(group, said)), None)
        if network is not None:
            return Answerer(network)
        if sum(pattern.search(said) is not None for pattern in machine["likely"]) >= LIKELY_NEEDED:
            return Answerer.VOICEMAIL
    return _screener_goes_on(patterns, said) if screened else Answerer.PERSON


def _screener_goes_on(patterns: _Patterns, said: str) -> Answerer:
    """What a screener says next, or a person whom it let through."""
    screener = patterns.screener
    if _any(patterns.machine["speaks_on"], said):
        return Answerer.PERSON
    if _any(screener["known"], said):
        return Answerer.SCREENER_DECLINES
    if _any(screener["waits"], said):
        return Answerer.SCREENER_WAITS
    return Answerer.SCREENER if _any(screener["asks_on"], said) else Answerer.PERSON


def _any(patterns: tuple[re.Pattern[str], ...], said: str) -> bool:
    return any(pattern.search(said) for pattern in patterns)


def _folded(text: str, language: Language) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _NOT_WORDS.sub("" if language is Language.ZH else " ", plain).strip()


def _put_right(said: str, patterns: _Patterns) -> str:
    for misheard, word in patterns.misheard:
        said = misheard.sub(word, said)
    return said


@functools.cache
def _load(language: Language) -> _Patterns:
    misheard = tuple((re.compile(heard), word) for heard, word in _file("machine", language)["misheard"])
    return _Patterns(misheard, *(_groups(name, language) for name in ("machine", "screener", "network")))


def _groups(name: str, language: Language) -> Mapping[str, tuple[re.Pattern[str], ...]]:
    groups = {group: patterns for group, patterns in _file(name, language).items() if group != "misheard"}
    return {group: tuple(map(re.compile, patterns)) for group, patterns in groups.items()}


def _file(name: str, language: Language) -> Mapping[str, Any]:
    text = (resources.files("agent.dialogue.answering") / f"{name}.yaml").read_text(encoding="utf-8")
    found: Mapping[str, Any] = fast_yaml.load(text)[language.value]
    return found
