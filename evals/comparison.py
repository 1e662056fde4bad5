"""Two reports side by side: what broke, what was mended, what changed, and which differences are more than chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum

from evals.figures import by_scenario, measure, parts_of_each, samples_of
from evals.metrics import METRICS, Better, Metric
from evals.reports.model import Figure, Report, RunRecord, SuiteRecord
from evals.statistics import interval, mcnemar, resamples

SURE = 0.05
"""p below which a difference is taken for more than chance."""


class Verdict(StrEnum):
    """What a difference of a metric is worth."""

    BETTER = "better"
    WORSE = "worse"
    CHANCE = "chance"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class ScenarioState:
    """A scenario over all its runs in one report.

    Attributes:
        status: `failed` where any run failed, else `invalid` where any was, else `passed`.
        outcomes: What triage concluded, each once.
        effects: What the bank was told last, each once.
        reason: Why it did not pass, or empty.
    """

    status: str
    outcomes: tuple[str, ...]
    effects: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class LineChange:
    """Lines of the agent that were played before, and those in their place now."""

    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What changed in one scenario.

    Attributes:
        id: The scenario.
        title: What it is about.
        source: `file:line`.
        before: Its state in the first report.
        after: Its state in the second.
        lines: What the agent says otherwise in the first run.
    """

    id: str
    title: str
    source: str
    before: ScenarioState
    after: ScenarioState
    lines: tuple[LineChange, ...]


@dataclass(frozen=True, slots=True)
class MetricChange:
    """One metric over the scenarios that both reports hold.

    Attributes:
        metric: Which.
        before: In the first report.
        after: In the second.
        difference: After less before, in the metric's unit, or None where either is missing.
        low: Lower bound of its 95 % interval, from a paired bootstrap over scenarios.
        high: Upper bound.
        verdict: Better or worse only where the interval excludes 0 and, for a share, McNemar's exact test agrees; a
            metric that must be 0 is worse with a single hit more.
    """

    metric: Metric
    before: Figure
    after: Figure
    difference: float | None
    low: float | None
    high: float | None
    verdict: Verdict

    @property
    def excludes_zero(self) -> bool:
        """Whether chance alone hardly makes such a difference."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, slots=True)
class SuiteComparison:
    """One suite before and after.

    Attributes:
        name: The suite.
        common: Scenarios that both reports hold.
        broken: Failing now and not before.
        fixed: Passing now and not before.
        changed: Neither, with another outcome or effect, or invalid now and not before.
        reworded: None of these, but the agent says something else.
        added: Ids that only the second report holds.
        removed: Ids that only the first one holds.
        metrics: Every metric over the common scenarios.
        chance: p of McNemar's exact test over the common scenarios' passes.
    """

    name: str
    common: int
    broken: tuple[Change, ...]
    fixed: tuple[Change, ...]
    changed: tuple[Change, ...]
    reworded: tuple[Change, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    metrics: tuple[MetricChange, ...]
    chance: float

    @property
    def forbidden_rise(self) -> tuple[MetricChange, ...]:
        """Metrics that must be 0 and rose."""
        return tuple(one for one in self.metrics if one.metric.must_be_zero and one.verdict is Verdict.WORSE)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two reports side by side.

    Attributes:
        before: The first report.
        after: The second.
        suites: Suite by suite.
        notes: Why the two may not be comparable, in plain words.
    """

    before: Report
    after: Report
    suites: tuple[SuiteComparison, ...]
    notes: tuple[str, ...]

    @property
    def worse(self) -> bool:
        """Whether scenarios fail that did not, or a metric that must be 0 rose."""
        return any(suite.broken or suite.forbidden_rise for suite in self.suites)


def compare(before: Report, after: Report) -> Comparison:
    """Compare two reports, suite by suite; suites that share no name are compared as one."""
    names = [suite.name for suite in after.suites if suite.name in {one.name for one in before.suites}]
    if names:
        pairs = [(name, _runs(before, name), _runs(after, name)) for name in names]
    else:
        pairs = [("scenarios", before.runs, after.runs)]
    voice = "voice" in (before.mode, after.mode)
    return Comparison(
        before,
        after,
        tuple(_suite(name, first, second, voice=voice) for name, first, second in pairs),
        tuple(_notes(before, after)),
    )


def _runs(report: Report, name: str) -> tuple[RunRecord, ...]:
    found: SuiteRecord = next(suite for suite in report.suites if suite.name == name)
    return found.runs


def _notes(before: Report, after: Report) -> list[str]:
    notes = [f"the {word} report is partial" for word, one in (("first", before), ("second", after)) if one.partial]
    pairs = {
        "mode": (before.mode, after.mode),
        "brain": (before.versions.brain, after.versions.brain),
        "prompts": (before.versions.prompts[:12], after.versions.prompts[:12]),
        "policies": (before.versions.policies[:12], after.versions.policies[:12]),
        "runs a scenario": (before.runs_per_scenario, after.runs_per_scenario),
    }
    return notes + [f"{name}: {old} → {new}" for name, (old, new) in pairs.items() if old != new]


def _suite(name: str, before: Sequence[RunRecord], after: Sequence[RunRecord], *, voice: bool) -> SuiteComparison:
    first, second = by_scenario(before), by_scenario(after)
    common = [one for one in second if one in first]
    changes = [_change(first[one], second[one]) for one in common]
    broken = [one for one in changes if one.after.status == "failed" and one.before.status != "failed"]
    fixed = [one for one in changes if one.after.status == "passed" and one.before.status != "passed"]
    rest = [one for one in changes if one not in broken and one not in fixed]
    changed = [one for one in rest if _ends_otherwise(one)]
    passes = [(one.before.status == "passed", one.after.status == "passed") for one in changes]
    groups = {one: first[one] for one in common}, {one: second[one] for one in common}
    return SuiteComparison(
        name=name,
        common=len(common),
        broken=tuple(broken),
        fixed=tuple(fixed),
        changed=tuple(changed),
        reworded=tuple(one for one in rest if one.lines and one not in changed),
        added=tuple(one for one in second if one not in first),
        removed=tuple(one for one in first if one not in second),
        metrics=tuple(_metric(one, *groups) for one in METRICS.values() if voice or not one.voice),
        chance=mcnemar(passes.count((False, True)), passes.count((True, False))),
    )


def _ends_otherwise(change: Change) -> bool:
    before, after = change.before, change.after
    newly_invalid = after.status == "invalid" and before.status != "invalid"
    return newly_invalid or (before.outcomes, before.effects) != (after.outcomes, after.effects)


def _change(before: Sequence[RunRecord], after: Sequence[RunRecord]) -> Change:
    last = after[0]
    return Change(
        id=last.id,
        title=last.title,
        source=f"{last.source}:{last.line}",
        before=_state(before),
        after=_state(after),
        lines=tuple(_line_changes(_lines(before[0]), _lines(last))),
    )


def _state(runs: Sequence[RunRecord]) -> ScenarioState:
    found = {run.status for run in runs}
    status = next(one for one in ("failed", "invalid", "passed") if one in found)
    return ScenarioState(
        status=status,
        outcomes=tuple(sorted({run.outcome or "broke off" for run in runs})),
        effects=tuple(sorted({run.effects[-1] if run.effects else "nothing" for run in runs})),
        reason=next((run.reason for run in runs if run.status == status), ""),
    )


def _lines(run: RunRecord) -> list[str]:
    return [turn.heard_text for turn in run.turns if turn.speaker == "agent"]


def _line_changes(before: list[str], after: list[str]) -> list[LineChange]:
    steps = SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes()
    return [LineChange(tuple(before[a:b]), tuple(after[c:d])) for kind, a, b, c, d in steps if kind != "equal"]


def _metric(
    metric: Metric, before: Mapping[str, Sequence[RunRecord]], after: Mapping[str, Sequence[RunRecord]]
) -> MetricChange:
    first, second = measure(metric, before), measure(metric, after)
    if first.value is None or second.value is None:
        return MetricChange(metric, first, second, None, None, None, Verdict.SAME)
    weights = resamples(len(after), max(first.n, second.n) if metric.values else 0)
    low, high = interval(samples_of(metric, after, weights) - samples_of(metric, before, weights)) or (None, None)
    change = MetricChange(metric, first, second, second.value - first.value, low, high, Verdict.SAME)
    return replace(change, verdict=_verdict(change, _chance(metric, before, after)))


def _chance(
    metric: Metric, before: Mapping[str, Sequence[RunRecord]], after: Mapping[str, Sequence[RunRecord]]
) -> float:
    """McNemar's p over scenarios whose share rose or fell; 0 for what is no share of runs.

    A bootstrap alone takes a handful of changes, all one way, for more than they are.
    """
    if not metric.rate or metric.parts is None:
        return 0.0
    sides = zip(parts_of_each(metric, before), parts_of_each(metric, after), strict=True)
    steps = [new[0] / new[1] - old[0] / old[1] for old, new in sides if old[1] and new[1]]
    return mcnemar(sum(step > 0 for step in steps), sum(step < 0 for step in steps))


def _verdict(change: MetricChange, chance: float) -> Verdict:
    metric, difference = change.metric, change.difference
    if metric.must_be_zero:
        rise = (change.after.hits or 0) - (change.before.hits or 0)
        return Verdict.WORSE if rise > 0 else Verdict.BETTER if rise < 0 else Verdict.SAME
    if not difference:
        return Verdict.SAME
    if not change.excludes_zero or chance >= SURE or metric.better is Better.NEITHER:
        return Verdict.CHANCE
    return Verdict.BETTER if (difference > 0) is (metric.better is Better.HIGHER) else Verdict.WORSE
