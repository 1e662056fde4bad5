"""Figures in words, the same on the terminal, in Markdown and in HTML."""

from __future__ import annotations

from evals.comparison import MetricChange
from evals.metrics import Metric, Unit
from evals.reports.model import Figure, RunRecord

LANGUAGES = {"en": "English", "zh": "Chinese"}
"""Languages by code."""
SUITES = {"development": "Development", "heldout": "Held-out", "scenarios": "Scenarios", "attacks": "Attack corpus"}
"""Suites by name."""
MARKS = {"passed": "✓", "failed": "✗", "invalid": "○"}
"""Signs of what a run is worth."""


def number(value: float, unit: Unit) -> str:
    """A figure with its unit."""
    if unit is Unit.SHARE:
        return f"{100 * value:.1f} %"
    if unit is Unit.MILLISECONDS:
        return f"{value:.0f} ms"
    if unit is Unit.SECONDS:
        return f"{value:.1f} s"
    return f"{value:.2f}".rstrip("0").rstrip(".")


def figure_words(metric: Metric, figure: Figure) -> str:
    """A figure in short: hits of tries where it must be 0, else its value."""
    if figure.value is None:
        return "–"
    if metric.must_be_zero:
        return f"{figure.hits} of {figure.n}"
    return number(figure.value, metric.unit)


def interval_words(metric: Metric, figure: Figure) -> str:
    """Its 95 % interval, or empty."""
    if figure.low is None or figure.high is None:
        return ""
    if metric.unit is Unit.SHARE:
        return f"{100 * figure.low:.1f}–{100 * figure.high:.1f} %"
    return f"{number(figure.low, metric.unit).split()[0]}–{number(figure.high, metric.unit)}"


def count_words(figure: Figure) -> str:
    """`hits of n`, or how many values there were."""
    return f"{figure.hits} of {figure.n}" if figure.hits is not None else f"{figure.n}"


def points(value: float) -> str:
    """A difference with its sign."""
    return f"{value:+.1f}".replace("-", "−").replace("+0.0", "0.0").replace("−0.0", "0.0")


def difference_words(change: MetricChange) -> str:
    """After less before, with its interval."""
    if change.difference is None:
        return "–"
    scale, unit = _scale(change.metric.unit)
    told = f"{points(scale * change.difference)}{unit}"
    if change.low is None or change.high is None:
        return told
    return f"{told} ({points(scale * change.low)} to {points(scale * change.high)})"


def _scale(unit: Unit) -> tuple[float, str]:
    return {
        Unit.SHARE: (100.0, " points"),
        Unit.MILLISECONDS: (1.0, " ms"),
        Unit.SECONDS: (1.0, " s"),
        Unit.COUNT: (1.0, ""),
    }[unit]


def place(run: RunRecord) -> str:
    """Where a scenario stands, as `file:line`."""
    return f"{run.source}:{run.line}"


def duration(milliseconds: int) -> str:
    """A time as `minutes:seconds`."""
    return f"{milliseconds // 60_000}:{milliseconds // 1000 % 60:02d}"
