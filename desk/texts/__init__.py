"""Every word of the desk's pages, one YAML file a language; keys are dotted paths and equal in all files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from cases import fast_yaml
from cases.domain.vocabulary import Language


class Texts:
    """The words of one language."""

    def __init__(self, language: Language, words: Mapping[str, str]) -> None:
        """Use flat words by dotted key."""
        self.language = language
        self._words = words

    def __call__(self, key: str, **values: object) -> str:
        """The words of a key with its values put in.

        Raises:
            KeyError: No such key, or a value is missing.
        """
        return self._words[key].format(**values)

    def has(self, key: str) -> bool:
        """Whether there are words for a key."""
        return key in self._words

    def keys(self) -> frozenset[str]:
        """All keys."""
        return frozenset(self._words)


@cache
def load_texts() -> dict[Language, Texts]:
    """Words of every language, read once a process."""
    return {language: Texts(language, _flat(_read(language))) for language in Language}


def _read(language: Language) -> Mapping[str, Any]:
    text = (files(__name__) / f"{language.value}.yaml").read_text("utf-8")
    document: Mapping[str, Any] = fast_yaml.load(text)
    return document


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    words: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            words.update(_flat(value, f"{prefix}{key}."))
        else:
            words[f"{prefix}{key}"] = str(value)
    return words
