"""What a suite must reach (goals.yaml), and whether it does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from evals.metrics import METRICS
from evals.reports.model import Figure, SuiteRecord
from evals.reports.words import LANGUAGES, figure_words, interval_words, points

_TWINS = "twins"


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal of a suite.

    Attributes:
        label: What must be reached, for people.
        wanted: The line, such as `≥ 95 %`.
        found: What was found, or `not measured`.
        interval: Its 95 % interval, or empty.
        met: Whether it is met; None where nothing was counted.
    """

    label: str
    wanted: str
    found: str
    interval: str
    met: bool | None


@cache
def _wanted() -> tuple[dict[str, Any], ...]:
    text = (resources.files("evals") / "reports" / "goals.yaml").read_text(encoding="utf-8")
    return tuple(yaml.safe_load(text))


def goals(suite: SuiteRecord, mode: str) -> tuple[Goal, ...]:
    """The goals of a suite that was run in a mode."""
    found: list[Goal] = []
    for entry in _wanted():
        if mode not in entry.get("modes", (mode,)) or suite.name not in entry.get("suites", (suite.name,)):
            continue
        if entry["metric"] == _TWINS:
            found.append(_twins(entry, suite))
        elif entry.get("languages"):
            found += [
                _goal(entry, figures.metrics[entry["metric"]], LANGUAGES[language])
                for language, figures in suite.by_language.items()
            ]
        else:
            found.append(_goal(entry, suite.total.metrics[entry["metric"]], ""))
    return tuple(found)


def _goal(entry: dict[str, Any], figure: Figure, language: str) -> Goal:
    metric = METRICS[entry["metric"]]
    label = f"{metric.label}, {language}" if language else metric.label
    if "at_least" in entry:
        wanted, met = f"≥ {100 * entry['at_least']:g} %", (figure.value or 0) >= entry["at_least"]
    else:
        wanted, met = f"{entry['at_most']:g}", (figure.hits or 0) <= entry["at_most"]
    if figure.value is None:
        return Goal(label, wanted, "not measured", "", None)
    found = figure_words(metric, figure)
    return Goal(label, wanted, found, interval_words(metric, figure), met)


def _twins(entry: dict[str, Any], suite: SuiteRecord) -> Goal:
    difference = suite.twins.difference
    label, wanted = "English and Chinese apart", f"≤ {entry['at_most']:g} points"
    if difference.value is None or difference.low is None or difference.high is None:
        return Goal(label, wanted, "no twins", "", None)
    bounds = f"{points(difference.low)} to {points(difference.high)}"
    return Goal(label, wanted, f"{points(difference.value)} points", bounds, abs(difference.value) <= entry["at_most"])
