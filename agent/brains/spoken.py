"""Which language some words are in: enough to know when the script's languages are not spoken."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from cases import fast_yaml
from cases.domain.vocabulary import Language

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_MOST_ENGLISH = "\u024f"
"""Last letter of the extended Latin block."""


def spoken_language(text: str, script: Language) -> Language | None:
    """The language of some words.

    Args:
        text: What was said.
        script: What holds where there are no letters.

    Returns:
        Chinese by its characters, English by Latin letters, None for other scripts and for Latin letters that spell
        words of another language (the package's tongues.yaml).
    """
    chinese = sum("\u4e00" <= character <= "\u9fff" for character in text)
    letters = [character for character in text if character.isalpha() and not "\u4e00" <= character <= "\u9fff"]
    latin = sum(character <= _MOST_ENGLISH for character in letters)
    if not chinese and not letters:
        return script
    if chinese and 2 * chinese >= len(letters):
        return Language.ZH
    if 2 * latin <= len(letters):
        return None
    return None if _foreign(text) else Language.EN


@cache
def _tongues() -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    document = fast_yaml.load(resources.files("agent.brains.lexicon").joinpath("tongues.yaml").read_text("utf-8"))
    other = {str(tongue): frozenset(map(str, words)) for tongue, words in document["other"].items()}
    return other, frozenset(map(str, document["english"]))


def _foreign(text: str) -> bool:
    """Whether more words are of one other language than are English; a single one is enough only with an accent."""
    other, english = _tongues()
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)]
    most = max(sum(word in tongue for word in words) for tongue in other.values())
    accents = any(not character.isascii() for word in words for character in word)
    known = sum(word in english for word in words)
    return most > known and (most >= 2 or accents)
