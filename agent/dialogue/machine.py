"""Whether words are the greeting of an answering machine; pure, its patterns are data."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from importlib import resources

from cases import fast_yaml
from cases.domain.vocabulary import Language

LIKELY_NEEDED = 2
"""Patterns that people use too make a machine only where so many different ones are found."""
_NOT_WORDS = re.compile(r"[^\w]+|_")


@dataclass(frozen=True, slots=True)
class _Patterns:
    """Patterns of one language, as machine.yaml explains them."""

    certain: tuple[re.Pattern[str], ...]
    likely: tuple[re.Pattern[str], ...]
    person: tuple[re.Pattern[str], ...]


def sounds_like_machine(text: str, language: Language) -> bool:
    """Whether these words are a machine's that answered in place of a person.

    Args:
        text: What was said after the call was answered, and before anybody was identified: a customer who asks to be
            left a message later on is a person.
        language: Language of the call; a greeting in the other one is found too.
    """
    others = [other for other in Language if other is not language]
    return any(_found(text, one) for one in (language, *others))


def _found(text: str, language: Language) -> bool:
    patterns, said = _load(language), _folded(text, language)
    if any(pattern.search(said) for pattern in patterns.person):
        return False
    if any(pattern.search(said) for pattern in patterns.certain):
        return True
    return sum(pattern.search(said) is not None for pattern in patterns.likely) >= LIKELY_NEEDED


def _folded(text: str, language: Language) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _NOT_WORDS.sub("" if language is Language.ZH else " ", plain).strip()


@functools.cache
def _load(language: Language) -> _Patterns:
    text = (resources.files("agent.dialogue") / "machine.yaml").read_text(encoding="utf-8")
    of = fast_yaml.load(text)[language.value]
    return _Patterns(*(tuple(map(re.compile, of[kind])) for kind in ("certain", "likely", "person")))
