"""The measurements of cost as commands: tables on the screen, figures in a file."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import platform
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.cost.calls import CallMaker
from bench.cost.endurance import MOST_GROWTH, WARM_UP, Endurance, Sample, endure
from bench.cost.kit import EngineKind, Kit, KitOptions
from bench.cost.load import LIMIT_MS, LoadStep, measure, memory_per_call_mb
from evals.voice.clock import CallLoop

CORES = 2
"""Cores that this process and those that it starts keep to while they are measured."""
_REHEARSAL_S = 15.0
GREW = 1
"""Status where memory, or anything else, grew."""


def run_load(
    engines: str, counts: Sequence[int], seconds: float, *, whisper_size: str = "tiny", json_file: Path | None = None
) -> int:
    """Hold so many calls at once, one count after the other, until the machine does not carry them; the exit status.

    Args:
        engines: Which engines, a value of EngineKind.
        counts: Calls at once, rising.
        seconds: How long each count is held.
        whisper_size: Architecture of a random Whisper model.
        json_file: Where the figures go, or None.
    """
    console = Console()
    cores = _pin()
    with _quiet(), tempfile.TemporaryDirectory(prefix="riskcall-cost-") as folder:
        options = KitOptions(EngineKind(engines), Path(folder), max(counts), whisper_size)
        steps, names = asyncio.run(_climb(options, counts, seconds, console))
    console.print(load_table(steps), highlight=False, soft_wrap=True)
    console.print("\n" + split_table(steps[0]), highlight=False)
    carried = [step.calls for step in steps if step.carried]
    each = memory_per_call_mb(steps)
    console.print(
        f"\nResponses within {LIMIT_MS:.0f} ms (p95) with up to {max(carried, default=0)} calls at once"
        + (f"; each call holds {each:.1f} MiB, its decoder included." if each is not None else ".")
    )
    figures = {
        "engines": {"kind": engines, "names": names},
        "machine": _machine(cores),
        "most_calls": max(carried, default=0),
        "mb_per_call": each,
        "steps": [_step(step) for step in steps],
    }
    _write(json_file, figures)
    return 0


def run_memory(engines: str, calls: int, *, whisper_size: str = "tiny", json_file: Path | None = None) -> int:
    """Hold many calls in simulated time and return the exit status: GREW where something was left behind.

    Args:
        engines: Which engines, a value of EngineKind.
        calls: How many.
        whisper_size: Architecture of a random Whisper model.
        json_file: Where the figures go, or None.
    """
    console, loop = Console(), CallLoop()

    def show(row: str) -> None:
        if console.is_terminal:
            console.print(row, highlight=False)

    async def hold(folder: Path) -> tuple[Endurance, dict[str, str]]:
        options = KitOptions(EngineKind(engines), folder, whisper_size=whisper_size, work=loop.work)
        async with Kit(options) as kit:
            found = await endure(CallMaker(kit, folder), loop, calls, tell=lambda sample: show(_row(sample)))
            return found, asdict(kit.names)

    with _quiet(), tempfile.TemporaryDirectory(prefix="riskcall-cost-") as folder:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            found, names = runner.run(hold(Path(folder)))
    console.print(memory_table(found), highlight=False, soft_wrap=True)
    grown = {name: count for name, count in found.grown().items() if count > 0}
    console.print(f"\nMemory grew by {found.growth:.1%} after {found.warm_up} calls (goal ≤ {MOST_GROWTH:.0%}).")
    console.print(f"Left behind: {grown or 'nothing'}. Endings: {found.endings}.", highlight=False)
    figures = {
        "engines": {"kind": engines, "names": names},
        "machine": _machine(None),
        "growth": found.growth,
        "left_behind": grown,
        "endings": found.endings,
        "samples": [{**asdict(sample), "memory_mb": sample.memory_mb} for sample in found.samples],
    }
    _write(json_file, figures)
    return GREW if found.growth > MOST_GROWTH or grown else 0


def load_table(steps: Sequence[LoadStep]) -> str:
    """A Markdown table of a ramp."""
    lines = [
        "| calls at once | responses | p50, ms | p95, ms | unanswered | core a call | cores in all | this process, MiB "
        "| decoders, MiB | load |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for step in steps:
        whole = sum(step.shares().values()) * step.calls
        lines.append(
            f"| {step.calls} | {len(step.responses_ms)} | {step.p50_ms:.0f} | {step.p95_ms:.0f} | {step.unanswered} "
            f"| {step.share_of_core:.1%} | {whole:.2f} | {step.memory.rss_mb:.0f} | {step.memory.workers_mb:.0f} "
            f"| {step.load:.1f} |"
        )
    return "\n".join(lines)


def split_table(step: LoadStep) -> str:
    """A Markdown table of what the processor time of a call goes into."""
    lines = [f"| part, with {step.calls} at once | share of a core |", "|---|---|"]
    lines += [f"| {part} | {share:.2%} |" for part, share in step.shares().items()]
    return "\n".join(lines)


def memory_table(found: Endurance) -> str:
    """A Markdown table of what was held after so many calls: about ten rows, the warm-up's end among them."""
    lines = [
        "| calls | this process, MiB | decoders, MiB | objects | threads | files | tasks | processes | lent |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    stride = max(1, len(found.samples) // 10)
    for place, sample in enumerate(found.samples):
        if place % stride == 0 or sample.calls == WARM_UP or place == len(found.samples) - 1:
            lines.append(_row(sample))
    return "\n".join(lines)


def _row(sample: Sample) -> str:
    now = sample.held
    return (
        f"| {sample.calls} | {now.rss_mb:.1f} | {now.workers_mb:.1f} | {now.objects} | {now.threads} | {now.files} "
        f"| {now.tasks} | {now.workers} | {sample.lent} |"
    )


async def _climb(
    options: KitOptions, counts: Sequence[int], seconds: float, console: Console
) -> tuple[list[LoadStep], dict[str, str]]:
    steps: list[LoadStep] = []
    async with Kit(options) as kit:
        maker = CallMaker(kit, options.folder)
        # What a first call loads is no part of what calls cost.
        await measure(maker, 1, _REHEARSAL_S)
        for calls in counts:
            step = await measure(maker, calls, seconds)
            steps.append(step)
            console.print(f"{calls} at once: p95 {step.p95_ms:.0f} ms, {step.share_of_core:.1%} of a core a call")
            if not step.carried:
                break
        return steps, asdict(kit.names)


def _step(step: LoadStep) -> dict[str, Any]:
    return {
        "calls": step.calls,
        "responses_ms": [round(response, 1) for response in step.responses_ms],
        "p50_ms": step.p50_ms if step.responses_ms else None,
        "p95_ms": step.p95_ms if step.responses_ms else None,
        "unanswered": step.unanswered,
        "carried": step.carried,
        "shares_of_core": step.shares(),
        "share_of_core": step.share_of_core,
        "cost": asdict(step.cost),
        "memory": asdict(step.memory),
        "before": asdict(step.before),
        "load": step.load,
    }


def _pin() -> list[int] | None:
    """Keep to CORES cores, with every process that is started; None where the system cannot."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    os.sched_setaffinity(0, cores)
    return cores


def _machine(cores: list[int] | None) -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "pinned_to": cores,
        "load_after": os.getloadavg()[0],
        "platform": platform.platform(),
        "python": platform.python_version(),
    }


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what calls log about failures that were asked for off the screen."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _write(json_file: Path | None, figures: dict[str, Any]) -> None:
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=2), encoding="utf-8")
