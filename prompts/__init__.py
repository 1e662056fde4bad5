"""All wording of the agent: acts, warnings, fact phrases and system prompts, as files with one content hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from cases.domain.vocabulary import Act, Language, PaymentChannel, Typology

__all__ = ["DEFAULT_FORM", "Facts", "PromptError", "Prompts", "fill", "load"]

DEFAULT_FORM = "default"
"""Form of an act that serves where no other fits."""
VARIABLES = frozenset(
    {"bank", "customer", "amount", "payee", "when", "channel", "code", "deadline", "warning", "likelihood"}
)
"""Every variable that wording may name."""
_VARIABLE = re.compile(r"\{(\w*)\}")
_FILES = (
    "acts/en.yaml",
    "acts/zh.yaml",
    "facts/en.yaml",
    "facts/zh.yaml",
    "system/data.md",
    "system/reading.md",
    "warnings/en.yaml",
    "warnings/zh.yaml",
)


class PromptError(Exception):
    """Wording is missing or names something that does not exist; the message names file and key.

    Attributes:
        code: Stable identifier for programs.
    """

    code = "prompt"


@dataclass(frozen=True, slots=True)
class Facts:
    """How facts of a payment are worded inside a line.

    Attributes:
        channel: Where a payment was started.
        likelihood: How probable a scam is: `high`, `medium`, `low`.
    """

    channel: Mapping[PaymentChannel, str]
    likelihood: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Prompts:
    """The loaded wording.

    Attributes:
        acts: Wordings by language, act and form; a repeat takes the next one.
        warnings: The warning against each kind of fraud.
        facts: Phrases for facts.
        system: System prompts for a language model by file name without ending.
        version: SHA-256 over all files, hexadecimal.
    """

    acts: Mapping[Language, Mapping[Act, Mapping[str, tuple[str, ...]]]]
    warnings: Mapping[Language, Mapping[Typology, str]]
    facts: Mapping[Language, Facts]
    system: Mapping[str, str]
    version: str


def fill(template: str, variables: Mapping[str, str]) -> str:
    """Put variables into a wording; braces inside a value stay as they are.

    Raises:
        PromptError: The wording names a variable that has no value.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] not in variables:
            raise PromptError(f"variable {{{match[1]}}} has no value in {template!r}")
        return variables[match[1]]

    return _VARIABLE.sub(value, template)


@cache
def load() -> Prompts:
    """Load and check all wording once.

    Raises:
        PromptError: A file is wrong; the message names file and key.
    """
    texts = {name: _read(name) for name in _FILES}
    return parse(texts)


def parse(texts: Mapping[str, str]) -> Prompts:
    """Check and build wording from file contents by name.

    Raises:
        PromptError: A file is wrong; the message names file and key.
    """
    digest = hashlib.sha256()
    for name in _FILES:
        if name not in texts:
            raise PromptError(f"{name}: the file is missing")
        digest.update(f"{name}\0{texts[name]}\0".encode())
    return Prompts(
        acts={language: _acts(f"acts/{language}.yaml", texts) for language in Language},
        warnings={language: _warnings(f"warnings/{language}.yaml", texts) for language in Language},
        facts={language: _facts(f"facts/{language}.yaml", texts) for language in Language},
        system={name[7:-3]: texts[name] for name in _FILES if name.startswith("system/")},
        version=digest.hexdigest(),
    )


def _read(name: str) -> str:
    return resources.files("prompts").joinpath(name).read_text(encoding="utf-8")


def _mapping(name: str, texts: Mapping[str, str]) -> dict[str, Any]:
    try:
        document = yaml.safe_load(texts[name])
    except yaml.YAMLError as error:
        raise PromptError(f"{name}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict):
        raise PromptError(f"{name}: must be a mapping")
    return document


def _exactly(name: str, found: set[str], wanted: set[str]) -> None:
    for key in sorted(wanted - found):
        raise PromptError(f"{name}: {key} is missing")
    for key in sorted(found - wanted):
        raise PromptError(f"{name}: there is no {key!r}")


def _wording(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise PromptError(f"{where}: must be text")
    for match in _VARIABLE.finditer(value):
        if match[1] not in VARIABLES:
            raise PromptError(f"{where}: there is no variable {{{match[1]}}}; known are {', '.join(sorted(VARIABLES))}")
    return value.strip()


def _acts(name: str, texts: Mapping[str, str]) -> dict[Act, dict[str, tuple[str, ...]]]:
    document = _mapping(name, texts)
    _exactly(name, set(document), {act.value for act in Act})
    return {act: _forms(document[act.value], f"{name}: {act.value}") for act in Act}


def _forms(value: object, where: str) -> dict[str, tuple[str, ...]]:
    forms = value if isinstance(value, dict) else {DEFAULT_FORM: value}
    checked = {}
    for form, wordings in forms.items():
        if not isinstance(wordings, list) or not wordings:
            raise PromptError(f"{where}.{form}: must be a list of wordings")
        checked[str(form)] = tuple(_wording(wording, f"{where}.{form}") for wording in wordings)
    return checked


def _warnings(name: str, texts: Mapping[str, str]) -> dict[Typology, str]:
    document = _mapping(name, texts)
    _exactly(name, set(document), {typology.value for typology in Typology})
    return {typology: _wording(document[typology.value], f"{name}: {typology.value}") for typology in Typology}


def _facts(name: str, texts: Mapping[str, str]) -> Facts:
    document = _mapping(name, texts)
    _exactly(name, set(document), {"channel", "likelihood"})
    channel, likelihood = document["channel"], document["likelihood"]
    if not isinstance(channel, dict) or not isinstance(likelihood, dict):
        raise PromptError(f"{name}: channel and likelihood must be mappings")
    _exactly(f"{name}: channel", set(channel), {item.value for item in PaymentChannel})
    _exactly(f"{name}: likelihood", set(likelihood), {"high", "medium", "low"})
    return Facts(
        channel={item: _wording(channel[item.value], f"{name}: channel.{item.value}") for item in PaymentChannel},
        likelihood={key: _wording(value, f"{name}: likelihood.{key}") for key, value in likelihood.items()},
    )
