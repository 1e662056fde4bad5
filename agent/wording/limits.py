"""What wording is held to (limits.yaml, contents.yaml)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from cases.domain.vocabulary import Act, Language, Typology


@dataclass(frozen=True, slots=True)
class StiffWord:
    """A word that nobody says on the telephone.

    Attributes:
        word: The word.
        say: What people say instead.
        unless: A phrase in which it is right, or empty.
    """

    word: str
    say: str
    unless: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on wording.

    Attributes:
        fewest: Fewest wordings of a form.
        fewest_of_questions: Fewest wordings of an act that is asked again up to twice.
        most: Most wordings of a form.
        alike: Share of their letters up to which two wordings may be alike.
        per_minute: English words, Chinese characters that are spoken in a minute.
        sentence: Longest sentence: English words, Chinese characters.
        grade: Highest Flesch-Kincaid grade of an English line.
        clause_characters: Most Chinese characters between two marks.
        seconds: Longest line of an act; `default` for those not named.
        warning_seconds: Longest warning.
        stiff: Words to avoid.
    """

    fewest: int
    fewest_of_questions: int
    most: int
    alike: float
    per_minute: Mapping[Language, int]
    sentence: Mapping[Language, int]
    grade: float
    clause_characters: int
    seconds: Mapping[str, float]
    warning_seconds: float
    stiff: Mapping[Language, tuple[StiffWord, ...]]

    def seconds_of(self, act: Act) -> float:
        """Longest line of an act."""
        return self.seconds.get(act.value, self.seconds["default"])


@dataclass(frozen=True, slots=True)
class Contents:
    """What wording must say.

    Attributes:
        acts: Patterns by language and act, in the order in which they must be said.
        warning: Patterns of every warning, in order.
        names: What a warning calls the fraud, by language, kind and form.
    """

    acts: Mapping[Language, Mapping[Act, tuple[re.Pattern[str], ...]]]
    warning: Mapping[Language, tuple[re.Pattern[str], ...]]
    names: Mapping[Language, Mapping[Typology, Mapping[str, str]]]


@cache
def load_limits() -> Limits:
    """The limits."""
    document = _document("limits.yaml")
    english, chinese, wordings = document["en"], document["zh"], document["wordings"]
    return Limits(
        fewest=wordings["fewest"],
        fewest_of_questions=wordings["questions"],
        most=wordings["most"],
        alike=document["alike"],
        per_minute={Language.EN: english["words_per_minute"], Language.ZH: chinese["characters_per_minute"]},
        sentence={Language.EN: english["sentence_words"], Language.ZH: chinese["sentence_characters"]},
        grade=english["grade"],
        clause_characters=chinese["clause_characters"],
        seconds=document["seconds"],
        warning_seconds=document["warning_seconds"],
        stiff={language: _stiff(document["stiff"][language.value]) for language in Language},
    )


@cache
def load_contents() -> Contents:
    """What wording must say."""
    document = _document("contents.yaml")
    return Contents(
        acts={
            language: {Act(act): _patterns(said[language.value]) for act, said in document["acts"].items()}
            for language in Language
        },
        warning={language: _patterns(document["warning"][language.value]) for language in Language},
        names={
            language: {Typology(kind): forms for kind, forms in document["names"][language.value].items()}
            for language in Language
        },
    )


def _document(name: str) -> dict[str, Any]:
    text = resources.files("agent.wording").joinpath(name).read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def _patterns(patterns: list[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


def _stiff(words: Mapping[str, Any]) -> tuple[StiffWord, ...]:
    return tuple(
        StiffWord(word, say["say"], say["unless"]) if isinstance(say, dict) else StiffWord(word, say)
        for word, say in words.items()
    )
