"""Wording of the first analysis, what it looks for, the words a model may use, and its prompt; one content hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from cases import fast_yaml
from cases.domain.analysis import Section
from cases.domain.vocabulary import Language, Outcome, Question, SignalCode, Typology

__all__ = ["AnalysisPrompts", "AnalysisPromptError", "Claim", "Cue", "NextSteps", "load", "parse"]

SLOTS = frozenset(
    {
        "account",
        "agent",
        "amount",
        "days",
        "deadline",
        "first",
        "heard",
        "label",
        "payee",
        "question",
        "questions",
        "quotes",
        "reason",
        "second",
        "typology",
        "unheard",
    }
)
"""Every slot that a sentence may have."""
_SLOT = re.compile(r"\{(\w*)\}")
_FILES = ("en.yaml", "zh.yaml", "steps.yaml", "cues.yaml", "vocabulary.yaml", "system.md")
_GENERAL = {"list", "no_words"}


class AnalysisPromptError(Exception):
    """A file of prompts/analysis is wrong; the message names file and key.

    Attributes:
        code: Stable identifier for programs.
    """

    code = "analysis_prompt"


@dataclass(frozen=True, slots=True)
class NextSteps:
    """Which next steps an analysis names; each names a sentence of the section `next_steps`.

    Attributes:
        most: How many are kept, without the deadline.
        released: Where policy releases.
        doubted: Where triage found nothing and policy did not release all the same.
        signals: By what was observed, most pressing first.
        outcomes: By outcome.
        scam_outcomes: Outcomes under which the likeliest kind of fraud has a step of its own.
        receiving_outcomes: Outcomes under which the payee's bank is asked.
    """

    most: int
    released: tuple[str, ...]
    doubted: tuple[str, ...]
    signals: Mapping[SignalCode, tuple[str, ...]]
    outcomes: Mapping[Outcome, tuple[str, ...]]
    scam_outcomes: frozenset[Outcome]
    receiving_outcomes: frozenset[Outcome]


@dataclass(frozen=True, slots=True)
class Cue:
    """Words of a customer that an alert's fact may speak against.

    Attributes:
        pattern: What is looked for, by language.
        unless: Words that turn it into its opposite, by language.
    """

    pattern: Mapping[Language, re.Pattern[str]]
    unless: Mapping[Language, re.Pattern[str]]


@dataclass(frozen=True, slots=True)
class Claim:
    """Words that say something decisive, which a sentence may hold only where the record says the same.

    Attributes:
        holds: What must be so: a fact of the call, a signal, an outcome or an action; names are those of the checker.
        patterns: The words, by language.
    """

    holds: str
    patterns: Mapping[Language, re.Pattern[str]]


@dataclass(frozen=True, slots=True)
class AnalysisPrompts:
    """Everything that analyses are written and checked with.

    Attributes:
        lines: Sentences by language and dotted key.
        steps: Which next steps are named.
        cues: What to look for in the customer's words, by name.
        words: Words that a model may use beside names and quotes, by language.
        claims: Words that need the record behind them.
        forbidden: Words that no analysis holds, by language.
        unheard: Words by which a sentence says that something was not heard, by language.
        system: The system prompt.
        version: SHA-256 over all files, hexadecimal.
    """

    lines: Mapping[Language, Mapping[str, str]]
    steps: NextSteps
    cues: Mapping[str, Cue]
    words: Mapping[Language, frozenset[str]]
    claims: tuple[Claim, ...]
    forbidden: Mapping[Language, re.Pattern[str]]
    unheard: Mapping[Language, re.Pattern[str]]
    system: str
    version: str


@cache
def load() -> AnalysisPrompts:
    """Load and check all files once.

    Raises:
        AnalysisPromptError: A file is wrong; the message names file and key.
    """
    folder = resources.files("prompts.analysis")
    return parse({name: folder.joinpath(name).read_text(encoding="utf-8") for name in _FILES})


def parse(texts: Mapping[str, str]) -> AnalysisPrompts:
    """Check and build from file contents by name.

    Raises:
        AnalysisPromptError: A file is wrong; the message names file and key.
    """
    digest = hashlib.sha256()
    for name in _FILES:
        digest.update(f"{name}\0{texts[name]}\0".encode())
    lines = {language: _lines(f"{language}.yaml", texts) for language in Language}
    _same(lines)
    vocabulary = _document("vocabulary.yaml", texts)
    return AnalysisPrompts(
        lines=lines,
        steps=_steps(_document("steps.yaml", texts), lines[Language.EN]),
        cues=_cues(_document("cues.yaml", texts)),
        words={one: frozenset(str(vocabulary["words"][one.value]).split()) for one in Language},
        claims=tuple(Claim(claim["holds"], _patterns(claim, "vocabulary.yaml")) for claim in vocabulary["claims"]),
        forbidden=_patterns(vocabulary["forbidden"], "vocabulary.yaml"),
        unheard=_patterns(vocabulary["unheard"], "vocabulary.yaml"),
        system=texts["system.md"],
        version=digest.hexdigest(),
    )


def _document(name: str, texts: Mapping[str, str]) -> dict[str, Any]:
    try:
        document = fast_yaml.load(texts[name])
    except yaml.YAMLError as error:
        raise AnalysisPromptError(f"{name}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict):
        raise AnalysisPromptError(f"{name}: must be a mapping")
    return document


def _lines(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    document = _document(name, texts)
    flat: dict[str, str] = {}
    for key, value in document.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        for part, text in parts:
            place = f"{key}.{part}" if part else key
            if not isinstance(text, str) or not text.strip():
                raise AnalysisPromptError(f"{name}: {place}: must be text")
            flat[place] = text
    known = {*(f"questions.{one.value}" for one in Question), *(f"next_steps.{one.value}" for one in Typology)}
    for place in sorted(known - flat.keys()):
        raise AnalysisPromptError(f"{name}: {place} is missing")
    sections = {*_GENERAL, "questions", *(one.value for one in Section)}
    for place, text in flat.items():
        if place.split(".")[0] not in sections:
            raise AnalysisPromptError(f"{name}: there is no {place!r}")
        for slot in _SLOT.findall(text):
            if slot not in SLOTS:
                raise AnalysisPromptError(f"{name}: {place}: there is no slot {{{slot}}}")
    return flat


def _same(lines: Mapping[Language, Mapping[str, str]]) -> None:
    english, chinese = lines[Language.EN], lines[Language.ZH]
    for key in sorted(english.keys() ^ chinese.keys()):
        raise AnalysisPromptError(f"{key}: stands in one of en.yaml and zh.yaml only")
    for key, text in english.items():
        if sorted(_SLOT.findall(text)) != sorted(_SLOT.findall(chinese[key])):
            raise AnalysisPromptError(f"{key}: en.yaml and zh.yaml have other slots")


def _steps(document: dict[str, Any], lines: Mapping[str, str]) -> NextSteps:
    def named(value: list[str]) -> tuple[str, ...]:
        for name in value:
            if f"next_steps.{name}" not in lines:
                raise AnalysisPromptError(f"steps.yaml: there is no sentence for {name!r}")
        return tuple(value)

    outcomes = {Outcome(name): named(value) for name, value in document["outcomes"].items()}
    for outcome in sorted(set(Outcome) - outcomes.keys()):
        raise AnalysisPromptError(f"steps.yaml: outcomes: {outcome.value} is missing")
    return NextSteps(
        most=int(document["most"]),
        released=named(document["released"]),
        doubted=named(document["doubted"]),
        signals={SignalCode(name): named(value) for name, value in document["signals"].items()},
        outcomes=outcomes,
        scam_outcomes=frozenset(Outcome(name) for name in document["scam_outcomes"]),
        receiving_outcomes=frozenset(Outcome(name) for name in document["receiving_outcomes"]),
    )


def _cues(document: dict[str, Any]) -> dict[str, Cue]:
    unless = _patterns(document["unless"], "cues.yaml")
    never = {language: re.compile(r"(?!)") for language in Language}
    return {
        "paid_before": Cue(_patterns(document["paid_before"], "cues.yaml"), unless),
        "never_paid": Cue(_patterns(document["never_paid"], "cues.yaml"), never),
    }


def _patterns(value: Mapping[str, str], name: str) -> dict[Language, re.Pattern[str]]:
    try:
        return {language: re.compile(value[language.value], re.IGNORECASE) for language in Language}
    except (KeyError, re.error) as error:
        raise AnalysisPromptError(f"{name}: {error}") from error
