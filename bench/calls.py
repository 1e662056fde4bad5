"""Latency of whole calls, measured from the waveform of their recordings: `riskcall bench`."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.statistics import estimate, median, p95
from riskcall.demo_call import play
from riskcall.demo_screen import QuietScreen

PERSONAS = ("denies", "genuine", "coached", "barges-in")
"""Simulated customers whose calls are measured."""
FIGURES = ("response_ms", "yield_ms", "alert_to_ringing_ms")
GOALS = {"response_ms": (500, 800), "yield_ms": (None, 300), "alert_to_ringing_ms": (500, None)}
"""Goal of median and 95th percentile of each figure, ms."""


def collect(reports: Sequence[dict[str, Any]]) -> dict[str, list[int]]:
    """Single measurements of all reports, by figure, ms."""
    turns = [turn for report in reports for turn in report["turns"]]
    ringing = [report["latency"]["alert_to_ringing_ms"] for report in reports]
    return {
        "response_ms": [turn["response_ms"] for turn in turns if turn["response_ms"] is not None],
        "yield_ms": [turn["yield_ms"] for turn in turns if turn["yield_ms"] is not None],
        "alert_to_ringing_ms": [value for value in ringing if value is not None],
    }


def table(samples: dict[str, list[int]]) -> str:
    """A Markdown table: median and 95th percentile with 95 % bootstrap intervals, and the goals."""
    lines = ["| figure | n | median, ms | p95, ms | goal median / p95 |", "|---|---|---|---|---|"]
    for name in FIGURES:
        sample = samples[name]
        goal = " / ".join("–" if value is None else f"≤ {value}" for value in GOALS[name])
        if not sample:
            lines.append(f"| {name} | 0 | – | – | {goal} |")
            continue
        cells = [estimate(sample, statistic) for statistic in (median, p95)]
        middle, tail = (f"{cell.value:.0f} [{cell.low:.0f}, {cell.high:.0f}]" for cell in cells)
        lines.append(f"| {name} | {len(sample)} | {middle} | {tail} | {goal} |")
    return "\n".join(lines)


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


def run(*, runs: int, json_file: Path | None) -> int:
    """Measure, print the table with the machine's load, and return the exit status."""
    console = Console()
    load_before = os.getloadavg()[0]
    reports = asyncio.run(measure(runs, console))
    samples = collect(reports)
    machine = {
        "cores": os.cpu_count(),
        "load_before": load_before,
        "load_after": os.getloadavg()[0],
        "python": platform.python_version(),
        "engines": reports[0]["engines"],
    }
    console.print(table(samples), highlight=False)
    console.print(f"machine: {json.dumps(machine)}", highlight=False, soft_wrap=True)
    if json_file is not None:
        json_file.write_text(json.dumps({"machine": machine, "samples": samples}, indent=2), encoding="utf-8")
    return 0
