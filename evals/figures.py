"""Figures over the runs of a report: every metric with its interval, by language, by tag, twins side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from evals.metrics import METRICS, OUTCOME, Metric
from evals.reports.model import Figure, Figures, RunRecord, Twins
from evals.statistics import (
    Samples,
    Weights,
    clustered_rate,
    interval,
    pass_hat_k_of_each,
    quantile,
    quantile_samples,
    ratio_samples,
    resamples,
    wilson,
)

Groups = Mapping[str, Sequence[RunRecord]]
"""Runs by scenario."""


def by_scenario(runs: Iterable[RunRecord]) -> dict[str, list[RunRecord]]:
    """Runs by the scenario they are of."""
    groups: dict[str, list[RunRecord]] = defaultdict(list)
    for run in runs:
        groups[run.id].append(run)
    return dict(groups)


def counted(metric: Metric, runs: Iterable[RunRecord]) -> list[RunRecord]:
    """The runs that a metric looks at."""
    return [run for run in runs if metric.counts_invalid or run.status != "invalid"]


def parts_of_each(metric: Metric, groups: Groups) -> list[tuple[float, float]]:
    """What each scenario adds above and below a metric's line."""
    assert metric.parts is not None
    pairs = [[metric.parts(run) for run in counted(metric, runs)] for runs in groups.values()]
    return [(sum(above for above, _ in one), sum(below for _, below in one)) for one in pairs]


def values_of_each(metric: Metric, groups: Groups) -> list[list[float]]:
    """The values that each scenario adds to a metric."""
    assert metric.values is not None
    return [[value for run in counted(metric, runs) for value in metric.values(run)] for runs in groups.values()]


def measure(metric: Metric, groups: Groups) -> Figure:
    """A metric's figure over some scenarios."""
    if metric.values is not None:
        values = values_of_each(metric, groups)
        count = sum(len(one) for one in values)
        bounds = interval(samples_of(metric, groups, resamples(len(groups), count))) if count else None
        low, high = bounds or (None, None)
        return Figure(quantile((v for one in values for v in one), metric.quantile), low, high, count)
    parts = parts_of_each(metric, groups)
    if metric.rate:
        return _share(parts)
    above, below = sum(one for one, _ in parts), sum(one for _, one in parts)
    if not below:
        return Figure(None, None, None, 0)
    low, high = interval(ratio_samples(parts, resamples(len(parts)))) or (None, None)
    return Figure(above / below, low, high, round(below), round(above))


def samples_of(metric: Metric, groups: Groups, weights: Weights) -> Samples:
    """A metric in each resample of the scenarios."""
    if metric.values is not None:
        return quantile_samples(values_of_each(metric, groups), metric.quantile, weights)
    return ratio_samples(parts_of_each(metric, groups), weights)


def _share(parts: Iterable[tuple[float, float]]) -> Figure:
    found = clustered_rate((round(above), round(below)) for above, below in parts)
    if not found.of:
        return Figure(None, None, None, 0, 0)
    return Figure(found.share, found.low, found.high, found.of, found.hits)


def figures(runs: Sequence[RunRecord], *, voice: bool) -> Figures:
    """The figures of a group of runs; what voice alone has is left out of text."""
    groups = by_scenario(runs)
    status = [run.status for run in runs]
    metrics = [metric for metric in METRICS.values() if voice or not metric.voice]
    return Figures(
        scenarios=len(groups),
        runs=len(runs),
        passed=status.count("passed"),
        failed=status.count("failed"),
        invalid=status.count("invalid"),
        metrics={metric.name: measure(metric, groups) for metric in metrics},
        pass_k=_pass_k(groups),
    )


def _pass_k(groups: Groups) -> dict[int, Figure]:
    counts = [
        (sum(run.status == "passed" for run in runs), sum(run.status != "invalid" for run in runs))
        for runs in groups.values()
    ]
    deepest = min((runs for _, runs in counts if runs), default=0)
    found: dict[int, Figure] = {}
    for k in range(1, deepest + 1):
        each = pass_hat_k_of_each(counts, k)
        value = fmean(each)
        found[k] = Figure(value, *wilson(value, len(each)), len(each))
    return found


def figures_by_language(runs: Sequence[RunRecord], *, voice: bool) -> dict[str, Figures]:
    """The figures of each language that was run."""
    return {
        language: figures([run for run in runs if run.language == language], voice=voice)
        for language in ("en", "zh")
        if any(run.language == language for run in runs)
    }


def figures_by_tag(runs: Sequence[RunRecord], *, voice: bool) -> dict[str, Figures]:
    """The figures of each tag, by name."""
    tags = sorted({tag for run in runs for tag in run.tags})
    return {tag: figures([run for run in runs if tag in run.tags], voice=voice) for tag in tags}


def twins(runs: Sequence[RunRecord]) -> Twins:
    """Compare the languages over twins: ids that differ only in their ending -en or -zh."""
    valid = [run for run in runs if run.status != "invalid"]
    sides: dict[str, dict[str, list[RunRecord]]] = defaultdict(lambda: {"en": [], "zh": []})
    for run in valid:
        sides[run.twin][run.language].append(run)
    both = {twin: pair for twin, pair in sides.items() if pair["en"] and pair["zh"]}
    parts = {
        language: parts_of_each(OUTCOME, {twin: pair[language] for twin, pair in both.items()})
        for language in ("en", "zh")
    }
    return Twins(
        pairs=len(both),
        en=_share(parts["en"]),
        zh=_share(parts["zh"]),
        difference=_difference(parts["en"], parts["zh"]),
        apart=tuple(
            twin
            for twin, (en, zh) in zip(both, zip(parts["en"], parts["zh"], strict=True), strict=True)
            if en[0] / en[1] != zh[0] / zh[1]
        ),
        lonely=tuple(sorted({run.id for run in valid if run.twin not in both})),
    )


def _difference(en: Sequence[tuple[float, float]], zh: Sequence[tuple[float, float]]) -> Figure:
    """Shares apart, in percentage points, resampling pairs."""
    if not en:
        return Figure(None, None, None, 0)
    weights = resamples(len(en))
    low, high = interval(100 * (ratio_samples(en, weights) - ratio_samples(zh, weights))) or (None, None)
    shares = [sum(above for above, _ in side) / sum(below for _, below in side) for side in (en, zh)]
    return Figure(100 * (shares[0] - shares[1]), low, high, len(en))
