"""Speed of whole calls and of the start, from recordings and fresh processes: `riskcall bench calls`."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.calls_in_a_row import CallSpeed, in_fresh_process, speed_of
from bench.starting_up import help_ms, ready_ms
from bench.statistics import Estimate, estimate, median, p95, ratio
from riskcall.demo.call import play
from riskcall.demo.screen import QuietScreen

PERSONAS = ("denies", "genuine", "coached", "barges-in")
"""Simulated customers whose calls are measured."""
GOALS: dict[str, tuple[int | None, int | None]] = {
    "response_ms": (400, 600),
    "yield_ms": (None, 250),
    "alert_to_ringing_ms": (300, None),
    "answer_to_word_ms": (None, None),
    "help_ms": (400, None),
    "ready_ms": (3000, None),
}
"""Goal of median and 95th percentile of each figure, ms."""
FIRST = ("answer_to_word_ms", "response_ms", "alert_to_ringing_ms")
"""Figures of which the first call is compared with the others."""


def collect(reports: Sequence[dict[str, Any]]) -> dict[str, list[float]]:
    """Single measurements of all reports, by figure, ms."""
    turns = [turn for report in reports for turn in report["turns"]]
    speeds = [speed_of(report) for report in reports]
    return {
        "response_ms": [turn["response_ms"] for turn in turns if turn["response_ms"] is not None],
        "yield_ms": [turn["yield_ms"] for turn in turns if turn["yield_ms"] is not None],
        "alert_to_ringing_ms": [one.alert_to_ringing_ms for one in speeds if one.alert_to_ringing_ms is not None],
        "answer_to_word_ms": [one.answer_to_word_ms for one in speeds if one.answer_to_word_ms is not None],
    }


def table(samples: Mapping[str, Sequence[float]]) -> str:
    """A Markdown table: median and 95th percentile with 95 % bootstrap intervals, and the goals."""
    lines = ["| figure | n | median, ms | p95, ms | goal median / p95 |", "|---|---|---|---|---|"]
    for name, goals in GOALS.items():
        sample = samples.get(name, ())
        goal = " / ".join("–" if value is None else f"≤ {value}" for value in goals)
        if not sample:
            lines.append(f"| {name} | 0 | – | – | {goal} |")
            continue
        middle, tail = (_cell(estimate(sample, statistic)) for statistic in (median, p95))
        lines.append(f"| {name} | {len(sample)} | {middle} | {tail} | {goal} |")
    return "\n".join(lines)


def first_call(rows: Sequence[Sequence[CallSpeed]]) -> dict[str, Estimate]:
    """How many times as long the first call of a process took as the others, by figure; 1 is the goal.

    Args:
        rows: Calls in a row, of each process.
    """
    found = {}
    for name in FIRST:
        first = [value for row in rows for call in row[:1] if (value := getattr(call, name)) is not None]
        rest = [value for row in rows for call in row[1:] if (value := getattr(call, name)) is not None]
        if first and rest:
            found[name] = ratio(first, rest)
    return found


def first_table(ratios: Mapping[str, Estimate]) -> str:
    """A Markdown table of `first_call`."""
    lines = ["| figure | first call / median of the others |", "|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {_cell(one, 2)} |" for name, one in ratios.items())])


def _cell(one: Estimate, digits: int = 0) -> str:
    return f"{one.value:.{digits}f} [{one.low:.{digits}f}, {one.high:.{digits}f}]"


async def measure(runs: int, console: Console) -> list[dict[str, Any]]:
    """Hold `runs` calls with each persona, one after the other, and return their reports."""
    reports = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(runs):
            for persona in PERSONAS:
                report = await play(persona, data=Path(folder), screen=QuietScreen())
                reports.append(report)
                figures = report["latency"]["response_ms"]
                console.print(f"run {number + 1} {persona}: {report['outcome']}, response p50 {figures['p50']} ms")
    return reports


def run(*, runs: int, starts: int, rows: int, in_a_row: int, json_file: Path | None) -> int:
    """Measure, print the tables with the machine's load, and return the exit status.

    Args:
        runs: Calls with each persona.
        starts: Starts of each command.
        rows: Fresh processes that hold calls in a row.
        in_a_row: Calls that each of them holds.
        json_file: Where figures and single measurements go, or None.
    """
    console = Console()
    load_before = os.getloadavg()[0]
    samples: dict[str, list[float]] = {
        "help_ms": [help_ms() for _ in range(starts)],
        "ready_ms": [ready_ms() for _ in range(starts)],
    }
    held = [in_fresh_process(in_a_row) for _ in range(rows)]
    reports = asyncio.run(measure(runs, console)) if runs else []
    samples |= collect(reports)
    for name in ("alert_to_ringing_ms", "answer_to_word_ms"):
        samples[name] += [value for row in held for call in row if (value := getattr(call, name)) is not None]
    ratios = first_call(held)
    machine = {
        "cores": os.cpu_count(),
        "load_before": load_before,
        "load_after": os.getloadavg()[0],
        "python": platform.python_version(),
        "engines": reports[0]["engines"] if reports else None,
    }
    console.print(table(samples), highlight=False, soft_wrap=True)
    if ratios:
        console.print(first_table(ratios), highlight=False, soft_wrap=True)
    console.print(f"machine: {json.dumps(machine)}", highlight=False, soft_wrap=True)
    if json_file is not None:
        document = {
            "machine": machine,
            "samples": samples,
            "calls_in_a_row": [[asdict(call) for call in row] for row in held],
            "first_call": {name: asdict(one) for name, one in ratios.items()},
        }
        json_file.write_text(json.dumps(document, indent=2), encoding="utf-8")
    return 0
