"""The table: a row for each figure, a column for each system, with intervals, goals and the state of the machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.turn_taking.scoring.measures import MEASURES, Figure, Measure, Quantile, Unit
from bench.turn_taking.scoring.results import ALL, Lost, Results, SystemResults
from evals.statistics import Rate

_CONDITIONS = {"clean": "Clean line", "babble": "Babble at 15 dB", "g711": "G.711"}
_WORTH = "p50 and p95 with 95 % bootstrap intervals; shares as hits of tries with 95 % Wilson intervals."


def table(results: Results, condition: str = ALL, *, detail: bool = False) -> str:
    """A Markdown table of one condition, or of all together.

    Args:
        results: Of which run.
        condition: Which.
        detail: Whether the second part of the figures is told instead of the first.
    """
    figures = [system.figures(condition) for system in results.systems]
    measures = [measure for measure in MEASURES if measure.detail is detail]
    lines = _head([system.title for system in results.systems])
    for measure in measures:
        cells = [cell(measure, one[measure.key]) for one in figures]
        lines.append(_row(measure.title, _goal(measure), cells))
    if detail:
        lines += _cost(results.systems)
    return "\n".join(lines)


def markdown(results: Results) -> str:
    """The whole report: the table, what is behind it, each condition, and the machine."""
    parts = [table(results), _WORTH, "### In more detail", table(results, detail=True)]
    conditions = dict.fromkeys(name for system in results.systems for name in system.conditions if name != ALL)
    for name in conditions:
        parts += [f"### {_CONDITIONS.get(name, name)}", table(results, name)]
    parts += ["### Machine", _machine(results)]
    if results.lost:
        parts += ["### Lost blocks", "\n".join(f"- {line}" for line in lost_blocks(results.lost))]
    return "\n\n".join(parts) + "\n"


def lost_blocks(lost: Sequence[Lost]) -> list[str]:
    """A line for each system and reason, with the blocks that it cost."""
    blocks: dict[tuple[str, str], list[str]] = {}
    for one in lost:
        blocks.setdefault((one.system, one.why), []).append(one.block)
    return [f"{system}: {', '.join(names)}: {why}" for (system, why), names in blocks.items()]


def cell(measure: Measure, figure: Figure) -> str:
    """One figure as the table has it; in bold where it is within the goal."""
    text = _share(figure) if isinstance(figure, Rate) else _quantile(figure, measure.unit)
    return f"**{text}**" if reached(measure, figure) else text


def reached(measure: Measure, figure: Figure) -> bool:
    """Whether there is a goal and the figure is within it."""
    value = figure.share if isinstance(figure, Rate) else figure.value
    return measure.goal is not None and value is not None and round(value, 6) <= measure.goal


def _head(titles: Sequence[str]) -> list[str]:
    return [_row("", "goal", titles), "|---" * (len(titles) + 2) + "|"]


def _row(title: str, goal: str, cells: Sequence[str]) -> str:
    return "| " + " | ".join([title, goal, *cells]) + " |"


def _goal(measure: Measure) -> str:
    if measure.goal is None:
        return ""
    if measure.unit is Unit.SHARE:
        return "0" if not measure.goal else f"≤ {measure.goal:.0%}".replace("%", " %")
    return f"≤ {measure.goal:.2f} s"


def _share(figure: Rate) -> str:
    if figure.share is None:
        return "–"
    return f"{figure.hits} of {figure.of} ({100 * figure.low:.0f}–{100 * figure.high:.0f} %)"


def _quantile(figure: Quantile, unit: Unit) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return "–"
    digits = 1 if unit is Unit.DECIBELS else 2
    return f"{figure.value:.{digits}f} ({figure.low:.{digits}f}–{figure.high:.{digits}f}) {unit}"


def _cost(systems: Sequence[SystemResults]) -> list[str]:
    def row(title: str, take: Callable[[SystemResults], Quantile], told: Callable[[float], str]) -> str:
        values = [take(system).value for system in systems]
        return _row(title, "", ["–" if value is None else told(value) for value in values])

    return [
        row("processor, of one core", SystemResults.cpu, lambda value: f"{100 * value:.0f} %"),
        row("memory", SystemResults.memory_mb, lambda value: f"{value:.0f} MB"),
        _row("blocks", "", [str(len(system.played)) for system in systems]),
    ]


def _machine(results: Results) -> str:
    machine = results.machine
    pinned = f", systems held to cores {', '.join(map(str, machine.pinned))}" if machine.pinned else ", none held"
    loads = f", {min(machine.loads):.2f}–{max(machine.loads):.2f} between" if machine.loads else ""
    lines = [
        f"- {machine.date}: `{machine.command}`, material {machine.material}, seed {machine.seed}, "
        f"{machine.at_once} at once",
        f"- {machine.platform}, Python {machine.python}, {machine.cores} cores{pinned}",
        f"- load {machine.load_before:.2f} before{loads}, {machine.load_after:.2f} after",
    ]
    for system in results.systems:
        versions = ", ".join(f"{name} {version}" for name, version in system.versions.items())
        lines.append(f"- {system.title}: {versions or 'nothing played'}")
    return "\n".join(lines)
