"""Which engine hears and which speaks: the named one, or the best that is present, always with the reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from agent.speech.engine import Recognizer, Synthesizer
from agent.speech.errors import EngineMissingError, UnknownEngineError
from agent.speech.options import SpeechOptions
from cases.domain.vocabulary import Language

T = TypeVar("T")
AUTO = "auto"
LANGUAGE_NAMES = {Language.EN: "English", Language.ZH: "Chinese"}


@dataclass(frozen=True, slots=True)
class Considered:
    """One engine as it was looked at.

    Attributes:
        name: The engine.
        lacks: What is missing and how to get it, or empty where it is present.
        languages: Languages it serves as set up.
        worth: What it is worth, in words.
    """

    name: str
    lacks: str
    languages: tuple[Language, ...]
    worth: str


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """The engine for a language.

    Attributes:
        engine: The engine, or None where none serves the language.
        why: Which was taken and why, in plain words.
        considered: All engines, best first.
    """

    engine: T | None
    why: str
    considered: tuple[Considered, ...]


@dataclass(frozen=True, slots=True)
class Candidate(Generic[T]):
    """How an engine is looked at and built.

    Attributes:
        name: The engine.
        worth: What it is worth, in words.
        languages: Languages it serves as set up.
        lacks: What is missing and how to get it, or empty; answers without loading the engine.
        build: Makes the engine; nothing is loaded before its `warm`.
    """

    name: str
    worth: str
    languages: Callable[[SpeechOptions], tuple[Language, ...]]
    lacks: Callable[[SpeechOptions], str]
    build: Callable[[SpeechOptions], T]


def choose_recognizer(prefer: str, language: Language, options: SpeechOptions) -> Choice[Recognizer]:
    """The engine that hears a language.

    Args:
        prefer: `auto`, or an engine's name.
        language: What has to be heard.
        options: How engines are set up.

    Raises:
        UnknownEngineError: No engine has this name.
        EngineMissingError: The named engine is not present; the message says how to get it.
    """
    from agent.speech.catalogue import RECOGNIZERS

    return _choose(prefer, language, options, RECOGNIZERS, "hears")


def choose_synthesizer(prefer: str, language: Language, options: SpeechOptions) -> Choice[Synthesizer]:
    """The engine that speaks a language; arguments and errors as for choose_recognizer."""
    from agent.speech.catalogue import SYNTHESIZERS

    return _choose(prefer, language, options, SYNTHESIZERS, "speaks")


def _choose(
    prefer: str, language: Language, options: SpeechOptions, candidates: Sequence[Candidate[T]], does: str
) -> Choice[T]:
    considered = tuple(Considered(c.name, c.lacks(options), c.languages(options), c.worth) for c in candidates)
    spoken = LANGUAGE_NAMES[language]
    if prefer != AUTO:
        named = next((pair for pair in zip(candidates, considered, strict=True) if pair[0].name == prefer), None)
        if named is None:
            names = ", ".join([AUTO, *(c.name for c in candidates)])
            raise UnknownEngineError(f"There is no engine {prefer!r}; choose one of {names}.")
        candidate, seen = named
        if seen.lacks:
            raise EngineMissingError(f"{prefer} is not usable: {seen.lacks}")
        if language not in seen.languages:
            return Choice(None, f"{prefer} was asked for, and no {spoken} is known to it.", considered)
        return Choice(candidate.build(options), f"{prefer} {does} {spoken}: it was asked for.", considered)
    passed: list[str] = []
    for candidate, seen in zip(candidates, considered, strict=True):
        if not seen.lacks and language in seen.languages:
            after = f" ({'; '.join(passed)})" if passed else ""
            why = f"{candidate.name} {does} {spoken}: the best that is present{after}."
            return Choice(candidate.build(options), why, considered)
        passed.append(f"{candidate.name}: {seen.lacks or f'no {spoken}'}")
    return Choice(None, f"No engine here {does} {spoken} ({'; '.join(passed)}).", considered)
