"""The labelled set: excerpts of talk of which people said what is good and bad (labelled/*.yaml)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources

from cases.domain.vocabulary import Language, Speaker
from evals.errors import JudgeError, ScenarioError
from evals.judging.model import Criterion, Label, Spoken
from evals.located import Located, compose

_ID = re.compile(r"[a-z0-9-]{1,40}")
_KEYS = ("id", "half", "kind", "talk", "bad", "skip")


class Half(StrEnum):
    """What an excerpt is for."""

    CALIBRATION = "calibration"
    """The cuts are fitted on it."""
    CHECK = "check"
    """Agreement on it decides whether marks count."""


class Kind(StrEnum):
    """What sort of talk an excerpt is."""

    GOOD = "good"
    BAD = "bad"
    BORDERLINE = "borderline"
    ADVERSARIAL = "adversarial"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A labelled excerpt.

    Attributes:
        id: Its name.
        language: Its language.
        half: What it is for.
        kind: What sort of talk it is.
        talk: Its turns.
        labels: What people say of it; a criterion that it does not show is missing.
    """

    id: str
    language: Language
    half: Half
    kind: Kind
    talk: tuple[Spoken, ...]
    labels: Mapping[Criterion, Label]


def labelled_set() -> tuple[Excerpt, ...]:
    """The excerpts of both languages.

    Raises:
        JudgeError: A file is wrong; the message names file, line and key.
    """
    return tuple(
        one for language in Language for one in parse_excerpts(_text(language), language, f"labelled/{language}.yaml")
    )


def labelled_version() -> str:
    """SHA-256 over the files of the labelled set, hex."""
    return hashlib.sha256("\0".join(_text(language) for language in Language).encode()).hexdigest()


def _text(language: Language) -> str:
    folder = resources.files("evals") / "judging" / "labelled"
    return (folder / f"{language.value}.yaml").read_text(encoding="utf-8")


def parse_excerpts(text: str, language: Language, source: str) -> tuple[Excerpt, ...]:
    """Excerpts of one file.

    Raises:
        JudgeError: The file is wrong.
    """
    try:
        top = compose(text, source)
        excerpts = tuple(_excerpt(item, language) for item in top.items())
        if len({one.id for one in excerpts}) < len(excerpts):
            top.fail("two excerpts have the same id; give each its own")
    except ScenarioError as error:
        raise JudgeError(str(error)) from error
    return excerpts


def _excerpt(block: Located, language: Language) -> Excerpt:
    entries = block.known(_KEYS)
    if block.problems:
        raise block.problems[0]
    name = block.required(entries, "id", "name the excerpt")
    if not _ID.fullmatch(name.text()):
        name.fail("use small letters, digits and hyphens")
    bad = _criteria(entries.get("bad"))
    skip = _criteria(entries.get("skip"))
    if bad & skip:
        block.fail("a criterion is either bad or skipped")
    rest = [one for one in Criterion if one not in skip]
    return Excerpt(
        id=name.text(),
        language=language,
        half=block.required(entries, "half", "say calibration or check").choice(Half),
        kind=block.required(entries, "kind", f"say {', '.join(Kind)}").choice(Kind),
        talk=_talk(block.required(entries, "talk", "write the turns as a list of agent and customer")),
        labels={one: Label.BAD if one in bad else Label.GOOD for one in rest},
    )


def _criteria(block: Located | None) -> set[Criterion]:
    return {one.choice(Criterion) for one in block.items()} if block is not None else set()


def _talk(block: Located) -> tuple[Spoken, ...]:
    turns: list[Spoken] = []
    for index, item in enumerate(block.items()):
        entries = item.known(tuple(Speaker))
        if len(entries) != 1:
            item.fail("write one turn as `agent: words` or `customer: words`")
        ((speaker, words),) = entries.items()
        turns.append(Spoken(index, Speaker(speaker), words.filled_text()))
    if not any(turn.speaker is Speaker.AGENT for turn in turns):
        block.fail("the agent says nothing here; there is nothing to judge")
    return tuple(turns)
