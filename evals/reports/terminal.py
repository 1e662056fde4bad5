"""The summary on the terminal: groups, failures with their reason and place, goals and totals."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from evals.comparison import SURE, Change, Comparison, SuiteComparison, Verdict
from evals.metrics import METRICS, OUTCOME, PASS
from evals.reports.goals import goals
from evals.reports.model import Report, RunRecord, SuiteRecord
from evals.reports.words import (
    MARKS,
    SUITES,
    difference_words,
    figure_words,
    interval_words,
    place,
    points,
)

_STYLES = {"passed": "green", "failed": "red", "invalid": "yellow"}
_MOST_CHANGES = 20
"""Changes that are listed one by one; the reports hold all."""


def show_report(console: Console, report: Report) -> None:
    """Print the summary of a report."""
    for suite in report.suites:
        _show_suite(console, suite, report)
    if report.partial:
        _line(console, ("! ", "yellow bold"), (f"stopped: {report.done} of {report.planned} runs were made", "bold"))


def _line(console: Console, *parts: tuple[str, str]) -> None:
    # Text, not markup: customers may say square brackets.
    console.print(Text.assemble(*parts), soft_wrap=True)


def _show_suite(console: Console, suite: SuiteRecord, report: Report) -> None:
    scenarios = f"  {suite.total.scenarios} scenarios, {suite.total.runs} runs"
    console.print()
    _line(console, (SUITES.get(suite.name, suite.name), "bold"), (scenarios, "dim"))
    for source, runs in _groups(suite.runs):
        passed = sum(run.status == "passed" for run in runs)
        worst = next(one for one in ("failed", "invalid", "passed") if any(run.status == one for run in runs))
        _line(console, (f" {MARKS[worst]} ", _STYLES[worst]), (f"{source} ", ""), (f"{passed}/{len(runs)}", "dim"))
    wanting = [run for run in suite.runs if run.status != "passed" or run.grade.false_release]
    if wanting:
        console.print()
    for run in wanting:
        _show_failure(console, run)
    console.print()
    _show_goals(console, suite, report.mode)
    _show_totals(console, suite)


def _groups(runs: Sequence[RunRecord]) -> list[tuple[str, list[RunRecord]]]:
    groups: dict[str, list[RunRecord]] = {}
    for run in runs:
        groups.setdefault(run.source, []).append(run)
    return list(groups.items())


def _show_failure(console: Console, run: RunRecord) -> None:
    style = _STYLES[run.status]
    number = f" run {run.number}" if run.number > 1 else ""
    _line(console, (f" {MARKS[run.status]} ", style), (run.id, "bold"), (number, "dim"))
    _line(console, (f"   {run.reason or 'the payment was released falsely'}", ""))
    _line(console, (f"   {place(run)}", "dim"))


def _show_goals(console: Console, suite: SuiteRecord, mode: str) -> None:
    for goal in goals(suite, mode):
        mark, style = ("·", "dim") if goal.met is None else ("✓", "green") if goal.met else ("✗", "red")
        bounds = f" ({goal.interval})" if goal.interval else ""
        _line(
            console,
            (f" {mark} ", style),
            (f"{goal.label}: {goal.found}{bounds}", ""),
            (f", goal {goal.wanted}", "dim"),
        )


def _show_totals(console: Console, suite: SuiteRecord) -> None:
    total, twins = suite.total, suite.twins
    figure = total.metrics[PASS.name]
    bounds = interval_words(PASS, figure)
    told = f"{total.passed} passed, {total.failed} failed, {total.invalid} invalid"
    _line(
        console,
        ("   ", ""),
        (told, "bold"),
        (f"  {figure_words(PASS, figure)}" + (f" ({bounds})" if bounds else ""), ""),
    )
    deepest = max(total.pass_k, default=1)
    if deepest > 1:
        _line(console, (f"   pass^{deepest}: {100 * (total.pass_k[deepest].value or 0):.1f} %", ""))
    if twins.difference.value is not None:
        en, zh = figure_words(OUTCOME, twins.en), figure_words(OUTCOME, twins.zh)
        apart = f"{points(twins.difference.value)} points"
        _line(console, (f"   en {en}, zh {zh}, apart {apart} over {twins.pairs} twins", ""))
    voice = [name for name in ("word_error_rate", "response_p50", "response_p95", "yield_p50") if name in total.metrics]
    if voice:
        figures = [f"{METRICS[one].label.lower()} {figure_words(METRICS[one], total.metrics[one])}" for one in voice]
        _line(console, (f"   {', '.join(figures)}", ""))


def show_comparison(console: Console, comparison: Comparison) -> None:
    """Print what changed between two reports."""
    for note in comparison.notes:
        _line(console, (f"   {note}", "dim"))
    for suite in comparison.suites:
        console.print()
        _line(console, (SUITES.get(suite.name, suite.name), "bold"), (f"  {suite.common} scenarios in both", "dim"))
        _show_changes(console, suite)
        _show_metrics(console, suite)


def _show_changes(console: Console, suite: SuiteComparison) -> None:
    for mark, style, word, changes in (
        ("✗", "red", "newly failing", suite.broken),
        ("✓", "green", "newly passing", suite.fixed),
        ("~", "yellow", "ends otherwise", suite.changed),
    ):
        for change in changes[:_MOST_CHANGES]:
            _line(console, (f" {mark} ", style), (change.id, "bold"), (f"  {word}: {_ends(change)}", ""))
            if change.after.reason:
                _line(console, (f"   {change.after.reason}", ""))
            _line(console, (f"   {change.source}", "dim"))
        if len(changes) > _MOST_CHANGES:
            _line(console, (f"   … and {len(changes) - _MOST_CHANGES} more {word}", "dim"))
    counts = f"{len(suite.broken)} newly failing, {len(suite.fixed)} newly passing, {len(suite.changed)} end otherwise"
    more = f", {len(suite.reworded)} say it otherwise, {len(suite.added)} new, {len(suite.removed)} gone"
    _line(console, (f"   {counts}{more}", "bold"))
    if suite.broken or suite.fixed:
        sure = "more than chance" if suite.chance < SURE else "chance may do that"
        _line(console, (f"   McNemar's exact test: p = {suite.chance:.3f}, {sure}", "dim"))


def _ends(change: Change) -> str:
    def told(outcomes: Sequence[str], effects: Sequence[str]) -> str:
        return f"{'/'.join(outcomes)} + {'/'.join(effects)}"

    before, after = change.before, change.after
    first, second = told(before.outcomes, before.effects), told(after.outcomes, after.effects)
    return first if first == second else f"{first} → {second}"


def _show_metrics(console: Console, suite: SuiteComparison) -> None:
    marks = {Verdict.BETTER: ("↑", "green"), Verdict.WORSE: ("↓", "red"), Verdict.CHANCE: ("·", "dim")}
    for change in suite.metrics:
        if change.verdict is Verdict.SAME:
            continue
        mark, style = marks[change.verdict]
        before, after = figure_words(change.metric, change.before), figure_words(change.metric, change.after)
        unsure = ", chance may do that" if change.verdict is Verdict.CHANCE else ""
        told = f"{change.metric.label}: {before} → {after}, {difference_words(change)}{unsure}"
        _line(console, (f" {mark} ", style), (told, ""))
