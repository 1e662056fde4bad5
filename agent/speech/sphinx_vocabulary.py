"""The words that pocketsphinx can hear in a call about a payment, how they sound, and how likely they follow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from agent.speech.language_model import Counts, Smoothing, arpa
from agent.speech.phrase_grammar import PhrasePattern

PHRASES = Path(__file__).parent / "phrases"
_HINT_SHARE = 0.5
"""Part of all sentences that the expected answers to the open question make up."""
_SMOOTHING = Smoothing(trigram=0.5, bigram=0.5, background=0.2)
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")
_SHORTEST_PART = 3


class Vocabulary:
    """English words with their phones, and language models that lean towards what is expected.

    Pronunciations come from the CMU dictionary, from the phrase file, or are put together from parts that the
    dictionary has (`northwind` from `north` and `wind`). A phrase is cut at a word that cannot be pronounced.
    """

    def __init__(self, cmu_dictionary: Path, phrases: Path = PHRASES) -> None:
        """Read the phrase files.

        Args:
            cmu_dictionary: The dictionary of the acoustic model.
            phrases: Folder with `customer_en.yaml` and `common_en.txt`.
        """
        document = yaml.load((phrases / "customer_en.yaml").read_text(encoding="utf-8"), _loader())
        self._phones = _read_dictionary(cmu_dictionary)
        self._phones.update({word: (phones,) for word, phones in document["pronunciations"].items()})
        self._base = Counts()
        for line in document["lines"].splitlines():
            if line and not line.startswith("#"):
                self._base.add(PhrasePattern.parse(line, document["classes"]))
        common = [line for line in (phrases / "common_en.txt").read_text().splitlines() if line[:1] != "#"]
        self._background = {word: 1 / (rank + 3) for rank, word in enumerate(common) if word in self._phones}

    def words(self) -> frozenset[str]:
        """Words that every language model has."""
        return frozenset(self._base.unigrams).union(self._background) - {"</s>"}

    def pronounce(self, word: str) -> tuple[str, ...]:
        """Ways to say a word, each as phones with spaces between; empty where there is none."""
        return self._phones.get(word) or _from_parts(word, self._phones)

    def dictionary(self) -> str:
        """The words in the decoder's dictionary format."""
        return "\n".join(line for word in sorted(self.words()) for line in self._entries(word)) + "\n"

    def hinted(self, phrases: Iterable[str], *, closed: bool = False) -> tuple[str, dict[str, tuple[str, ...]]]:
        """A language model in ARPA format that leans towards phrases, and the words it adds, with their phones.

        Without phrases it is the model of what customers say at any time.

        Args:
            phrases: What is expected.
            closed: Whether the model has no other words.
        """
        pieces = [piece for phrase in phrases for piece in self._pieces(phrase)]
        added = {word: self.pronounce(word) for piece in pieces for word in piece}
        counts = self._base
        if pieces:
            hints = Counts()
            for piece in pieces:
                hints.add(PhrasePattern(tuple(((((word,), 1.0),)) for word in piece)), 1 / len(pieces))
            if closed:
                counts = hints
            else:
                counts = self._base.merge(hints, self._base.sentences * _HINT_SHARE / (1 - _HINT_SHARE))
        known = self.words()
        return arpa(counts, {} if closed else self._background, _SMOOTHING), {
            w: p for w, p in added.items() if w not in known
        }

    def _pieces(self, phrase: str) -> list[list[str]]:
        pieces: list[list[str]] = [[]]
        for word in _WORD.findall(phrase.lower().replace("’", "'")):
            if self.pronounce(word):
                pieces[-1].append(word)
            else:
                pieces.append([])
        return [piece for piece in pieces if piece]

    def _entries(self, word: str) -> list[str]:
        ways = self.pronounce(word)
        return [f"{word if n == 0 else f'{word}({n + 1})'} {phones}" for n, phones in enumerate(ways)]


def _loader() -> type[yaml.SafeLoader]:
    """The fast loader where PyYAML was built with it."""
    loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return loader


def _read_dictionary(path: Path) -> dict[str, tuple[str, ...]]:
    """Pronunciations by word; variants stand as `word(2)` right after their word."""
    phones: dict[str, tuple[str, ...]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        entry, _, said = line.partition(" ")
        word = entry.partition("(")[0]
        phones[word] = (*phones.get(word, ()), said)
    return phones


def _from_parts(word: str, phones: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """A pronunciation put together: a stem with an ending in s, or two words written as one."""
    for ending in ("'s", "s"):
        stem = word.removesuffix(ending)
        if stem != word and stem in phones:
            return tuple(f"{said} {_plural(said)}" for said in phones[stem])
    for cut in range(len(word) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
        head, tail = word[:cut], word[cut:]
        if head in phones and tail in phones:
            return (f"{phones[head][0]} {phones[tail][0]}",)
    return ()


def _plural(said: str) -> str:
    last = said.rsplit(" ", 1)[-1]
    if last in {"S", "Z", "SH", "ZH", "CH", "JH"}:
        return "IH Z"
    return "S" if last in {"P", "T", "K", "F", "TH"} else "Z"
