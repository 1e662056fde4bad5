"""A trigram language model built from phrases, in the ARPA format that decoders read.

Probabilities are interpolated with those of shorter histories (Jelinek and Mercer 1980); expected counts come from
the patterns themselves, so no sentence need be written out.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.speech.phrase_grammar import PhrasePattern

START, END = "<s>", "</s>"
_Gram = tuple[str, ...]


@dataclass(slots=True)
class Counts:
    """Expected counts of words, pairs and triples; sentences begin with START and end with END."""

    unigrams: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    bigrams: dict[_Gram, float] = field(default_factory=lambda: defaultdict(float))
    trigrams: dict[_Gram, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def sentences(self) -> float:
        """Expected number of sentences."""
        return self.unigrams[END]

    def add(self, pattern: PhrasePattern, weight: float = 1.0) -> None:
        """Count the sentences of a pattern, whose weights add up to `weight`."""
        histories: dict[_Gram, float] = {(START,): weight}
        ending = (((END,), 1.0),)
        for slot in (*pattern.slots, ending):
            following: dict[_Gram, float] = defaultdict(float)
            for history, p in histories.items():
                for words, q in slot:
                    following[self._walk(history, words, p * q)] += p * q
            histories = following

    def _walk(self, history: _Gram, words: _Gram, p: float) -> _Gram:
        for word in words:
            self.unigrams[word] += p
            self.bigrams[(history[-1], word)] += p
            if len(history) == 2:
                self.trigrams[(history[0], history[1], word)] += p
            history = (history[-1], word)
        return history

    def merge(self, other: Counts, weight: float) -> Counts:
        """These counts with another's, times a weight, added."""
        merged = Counts()
        for scale, counts in ((1.0, self), (weight, other)):
            for word, c in counts.unigrams.items():
                merged.unigrams[word] += c * scale
            for pair, c in counts.bigrams.items():
                merged.bigrams[pair] += c * scale
            for triple, c in counts.trigrams.items():
                merged.trigrams[triple] += c * scale
        return merged


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How much probability goes to what was not seen.

    Attributes:
        trigram: Share of a two-word history that goes to its last word alone.
        bigram: Share of a one-word history that goes to no history.
        background: Share of single words that goes to words which no phrase has.
    """

    trigram: float = 0.3
    bigram: float = 0.3
    background: float = 0.1


def arpa(counts: Counts, background: Mapping[str, float], smoothing: Smoothing) -> str:
    """Write a model as ARPA text.

    Args:
        counts: Expected counts of the phrases.
        background: Other words that may be heard, with any weights.
        smoothing: Shares of what was not seen.
    """
    unigrams = _unigrams(counts, background, smoothing)
    after = _totals(counts.bigrams)
    bigrams: dict[_Gram, float] = {}
    for (v, w), c in counts.bigrams.items():
        bigrams[v, w] = (1 - smoothing.bigram) * c / after[(v,)] + smoothing.bigram * unigrams[w]
    after = _totals(counts.trigrams)
    trigrams: dict[_Gram, float] = {}
    for (u, v, w), c in counts.trigrams.items():
        trigrams[u, v, w] = (1 - smoothing.trigram) * c / after[u, v] + smoothing.trigram * bigrams[v, w]
    return _text(unigrams, bigrams, trigrams, smoothing)


def _unigrams(counts: Counts, background: Mapping[str, float], smoothing: Smoothing) -> dict[str, float]:
    total = sum(counts.unigrams.values())
    share = smoothing.background if background else 0.0
    unigrams = {word: (1 - share) * c / total for word, c in counts.unigrams.items()}
    mass = sum(background.values())
    for word, weight in background.items():
        unigrams[word] = unigrams.get(word, 0.0) + share * weight / mass
    return unigrams


def _totals(grams: Mapping[_Gram, float]) -> dict[_Gram, float]:
    totals: dict[_Gram, float] = defaultdict(float)
    for gram, c in grams.items():
        totals[gram[:-1]] += c
    return totals


def _text(
    unigrams: Mapping[str, float],
    bigrams: Mapping[_Gram, float],
    trigrams: Mapping[_Gram, float],
    smoothing: Smoothing,
) -> str:
    singles: dict[_Gram, float] = {(word,): unigrams.get(word, 0.0) for word in sorted({*unigrams, START})}
    tables = (singles, bigrams, trigrams)
    lines = ["\\data\\", *(f"ngram {order}={len(table)}" for order, table in enumerate(tables, 1))]
    for order, table in enumerate(tables, 1):
        longer = {gram[:order] for gram in tables[order]} if order < len(tables) else set()
        back_off = f"\t{math.log10(smoothing.bigram if order == 1 else smoothing.trigram):.4f}"
        lines += ["", f"\\{order}-grams:"]
        lines += [f"{_log(p)}\t{' '.join(gram)}{back_off if gram in longer else ''}" for gram, p in table.items()]
    return "\n".join([*lines, "", "\\end\\", ""])


def _log(p: float) -> str:
    return f"{math.log10(p):.4f}" if p > 0 else "-99"
