"""The summary as Markdown, for the page that a build server shows beside a job."""

from __future__ import annotations

from html import escape

from evals.comparison import Comparison, Verdict
from evals.reports.goals import goals
from evals.reports.model import Report, SuiteRecord
from evals.reports.words import MARKS, SUITES, difference_words, figure_words, place

_MOST_FAILURES = 50
_SIGNS = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_{}[]|#~"})


def markdown_summary(report: Report, comparison: Comparison | None = None) -> str:
    """Goals, totals and failures of a report, and what changed against a baseline."""
    stopped = [f"> Stopped: {report.done} of {report.planned} runs were made.", ""] if report.partial else []
    lines = ["## Evaluation", "", f"{report.mode}, {_safe(report.versions.brain)}", "", *stopped]
    for suite in report.suites:
        lines += _suite(suite, report.mode)
    if comparison is not None:
        lines += _changes(comparison)
    return "\n".join(lines) + "\n"


def _safe(text: str) -> str:
    """Words of others as words: no Markdown, no HTML, one line."""
    return " ".join(escape(text, quote=False).translate(_SIGNS).split())


def _suite(suite: SuiteRecord, mode: str) -> list[str]:
    total = suite.total
    lines = [
        f"### {SUITES.get(suite.name, suite.name)}: {total.passed} of {total.runs} passed, "
        f"{total.failed} failed, {total.invalid} invalid",
        "",
        "| | Goal | Found | 95 % interval | Wanted |",
        "|---|---|---|---|---|",
    ]
    for goal in goals(suite, mode):
        mark = "·" if goal.met is None else "✓" if goal.met else "✗"
        lines.append(f"| {mark} | {goal.label} | {goal.found} | {goal.interval} | {goal.wanted} |")
    wanting = [run for run in suite.runs if run.status != "passed"]
    if wanting:
        lines += ["", "| | Scenario | Why | Where |", "|---|---|---|---|"]
        for run in wanting[:_MOST_FAILURES]:
            why = _safe(run.reason)
            lines.append(f"| {MARKS[run.status]} | {_safe(run.id)} #{run.number} | {why} | {_safe(place(run))} |")
    if len(wanting) > _MOST_FAILURES:
        lines += ["", f"… and {len(wanting) - _MOST_FAILURES} more."]
    return [*lines, ""]


def _changes(comparison: Comparison) -> list[str]:
    lines = ["### Against the baseline", ""]
    for suite in comparison.suites:
        name = SUITES.get(suite.name, suite.name)
        counts = f"{len(suite.broken)} newly failing, {len(suite.fixed)} newly passing, {len(suite.changed)} changed"
        lines.append(f"- {name}: {counts} (McNemar p = {suite.chance:.3f})")
        lines += [f"  - ✗ {_safe(one.id)}: {_safe(one.after.reason)}" for one in suite.broken[:_MOST_FAILURES]]
        lines += [
            f"  - {one.metric.label}: {figure_words(one.metric, one.before)} → "
            f"{figure_words(one.metric, one.after)}, {difference_words(one)}"
            for one in suite.metrics
            if one.verdict in (Verdict.BETTER, Verdict.WORSE)
        ]
    return [*lines, ""]
