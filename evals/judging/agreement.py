"""How far a judge agrees with people, against what agrees by chance (Cohen 1960), with bootstrap intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cases.domain.vocabulary import Language
from evals.judging.labelled import Excerpt, Half
from evals.judging.model import BEST, Criterion, Cut, Judgement, Label
from evals.statistics import DRAWS, SEED, rate

ENOUGH_KAPPA = 0.6
"""Kappa from which on a judge's marks count: substantial agreement (Landis & Koch 1977)."""
Pair = tuple[Label, Label | None]
"""What people say and what the judge says; None where it says nothing that counts, which agrees with nobody."""
_CODES: dict[Label | None, int] = {Label.GOOD: 0, Label.BAD: 1, None: 2}


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement on one criterion in one language.

    Attributes:
        criterion: The criterion.
        language: The language.
        count: Excerpts that people labelled for it.
        accuracy: Share on which judge and people say the same, with its 95 % interval.
        accuracy_low: Its lower bound.
        accuracy_high: Its upper bound.
        majority: The same share of who always says what people say most often; its kappa is 0.
        kappa: Agreement beyond chance: 1 is perfect, 0 is chance.
        kappa_low: Lower bound of its 95 % bootstrap interval over excerpts.
        kappa_high: Upper bound.
        confusion: How often each pair of labels occurs.
    """

    criterion: Criterion
    language: Language
    count: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    majority: float
    kappa: float
    kappa_low: float
    kappa_high: float
    confusion: Mapping[Pair, int]

    @property
    def calibrated(self) -> bool:
        """Whether marks count: enough kappa, surely above chance, and better than the majority's label."""
        return self.kappa >= ENOUGH_KAPPA and self.kappa_low > 0 and self.accuracy > self.majority


def pairs_of(excerpts: Sequence[Excerpt], judgements: Sequence[Judgement], cut: Cut, half: Half) -> list[Pair]:
    """Labels of people and of a judge, for the criterion and language of a cut in one half."""
    return [
        (excerpt.labels[cut.criterion], cut.label(judgement))
        for excerpt, judgement in zip(excerpts, judgements, strict=True)
        if excerpt.half is half and excerpt.language is cut.language and cut.criterion in excerpt.labels
    ]


def fitted(
    excerpts: Sequence[Excerpt], judgements: Sequence[Judgement], criterion: Criterion, language: Language
) -> Cut:
    """The cut that agrees best with people on the calibration half; of equal ones that which calls least bad."""
    cuts = [Cut(criterion, language, bad_to) for bad_to in range(1, BEST)]
    return max(cuts, key=lambda cut: (kappa(pairs_of(excerpts, judgements, cut, Half.CALIBRATION)), -cut.bad_to))


def agreement(pairs: Sequence[Pair], criterion: Criterion, language: Language) -> Agreement:
    """Agreement over pairs of labels.

    Raises:
        ValueError: There are none.
    """
    if not pairs:
        raise ValueError(f"nobody labelled {criterion} in {language}")
    said = Counter(person for person, _ in pairs)
    found = rate(sum(person == judge for person, judge in pairs), len(pairs))
    low, high = kappa_interval(pairs)
    return Agreement(
        criterion=criterion,
        language=language,
        count=len(pairs),
        accuracy=found.hits / found.of,
        accuracy_low=found.low,
        accuracy_high=found.high,
        majority=max(said.values()) / len(pairs),
        kappa=kappa(pairs),
        kappa_low=low,
        kappa_high=high,
        confusion=Counter(pairs),
    )


def kappa(pairs: Sequence[Pair]) -> float:
    """Cohen's kappa; 0 where one label is all there is, for then agreement shows nothing."""
    if not pairs:
        return 0.0
    return float(_kappas(_coded(pairs)[np.newaxis])[0])


def kappa_interval(pairs: Sequence[Pair]) -> tuple[float, float]:
    """Its 95 % interval: percentiles over excerpts drawn with replacement."""
    coded = _coded(pairs)
    drawn = np.random.default_rng(SEED).integers(0, len(pairs), (DRAWS, len(pairs)))
    low, high = np.percentile(_kappas(coded[drawn]), [2.5, 97.5])
    return float(low), float(high)


def _coded(pairs: Sequence[Pair]) -> NDArray[np.int64]:
    return np.array([(_CODES[person], _CODES[judge]) for person, judge in pairs], np.int64)


def _kappas(samples: NDArray[np.int64]) -> NDArray[np.float64]:
    """Kappa of each sample; samples x pairs x (person, judge)."""
    person, judge = samples[..., 0], samples[..., 1]
    observed = (person == judge).mean(axis=1)
    by_chance = sum((person == code).mean(axis=1) * (judge == code).mean(axis=1) for code in _CODES.values())
    room = np.asarray(1.0 - by_chance)
    shown = room > 1e-12
    return np.where(shown, (observed - by_chance) / np.where(shown, room, 1.0), 0.0)
