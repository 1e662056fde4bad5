"""Hold telephone calls with simulated customers over real programs and say how quick and how right they were."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.telephone.network import LiveKitNetwork, find_program
from bench.telephone.ramp import STEPS, Step, climb
from bench.telephone.report import (
    RIGHT,
    document,
    is_right,
    left_out,
    outcome_table,
    ramp_summary,
    ramp_table,
    samples,
    speed_table,
)
from bench.telephone.system import HeldCall, TelephoneSystem, telephoning
from bench.telephone.usage import Programs


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured.

    Attributes:
        personas: Who is called, by name.
        runs: Calls with each.
        ramp: Most calls at once in the ramp; 0 for none.
        seconds: How long each step of the ramp takes.
        loss: Share of packets lost in each direction.
        workers: Whether `riskcall agent` holds the calls; else the bench's process does.
        keep: New folder for recordings and logs, or None.
        json_file: Where figures and single measurements go, or None.
        markdown_file: Where the tables go, or None.
    """

    personas: Sequence[str] = tuple(RIGHT)
    runs: int = 1
    ramp: int = 0
    seconds: float = 60.0
    loss: float = 0.0
    workers: bool = True
    keep: Path | None = None
    json_file: Path | None = None
    markdown_file: Path | None = None


def run(options: Options) -> int:
    """Measure and print; the exit status: 0, or 1 where a case ended wrongly.

    Raises:
        ProgramMissingError: A program that calls run through is not here.
        ProgramError: One does not start.
        CustomersError: The simulated customers do not start, or end.
        NotRungError: Nobody was called.
    """
    for name in ("redis-server", "livekit-server", "livekit-sip"):
        find_program(name)
    console = Console()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        (folder / "network").mkdir(parents=True)
        network = LiveKitNetwork(folder / "network", find_program)
        try:
            network.start()
            held, steps, machine = asyncio.run(_measure(options, folder, network, console))
        finally:
            network.stop()
    _report(options, console, held, steps, machine)
    return 0 if all(is_right(call) for call in held) else 1


async def _measure(
    options: Options, folder: Path, network: LiveKitNetwork, console: Console
) -> tuple[list[HeldCall], list[Step], dict[str, Any]]:
    load = os.getloadavg()[0]
    at_once = max(8, 2 * options.ramp)
    warm = max(2, options.ramp)
    async with telephoning(
        folder, network, loss=options.loss, at_once=at_once, warm=warm, workers=options.workers
    ) as system:
        held = await _call_each(options, system, console)
        steps: list[Step] = []
        if options.ramp:
            programs = Programs(system.pids)

            def tell(step: Step) -> None:
                console.print(f"{step.calls} at once: p95 {step.p95_ms:.0f} ms of {len(step.responses_ms)} responses")

            counts = [calls for calls in STEPS if calls <= options.ramp]
            steps = await climb(system, programs, seconds=options.seconds, steps=counts, tell=tell)
    machine = {
        "cores": os.cpu_count(),
        "load_before": load,
        "load_after": os.getloadavg()[0],
        "python": platform.python_version(),
        "engines": held[0].report["engines"] if held else None,
        "loss": options.loss,
        "workers": options.workers,
    }
    return held, steps, machine


async def _call_each(options: Options, system: TelephoneSystem, console: Console) -> list[HeldCall]:
    held = []
    for number in range(options.runs):
        for persona in options.personas:
            call = await system.call(persona, seed=number)
            held.append(call)
            responses = ", ".join(f"{one:.0f}" for one in call.phone.figures.responses_ms)
            console.print(f"run {number + 1} {persona}: {call.report['outcome']}, responses {responses or '–'} ms")
    return held


def _report(
    options: Options, console: Console, held: list[HeldCall], steps: list[Step], machine: dict[str, Any]
) -> None:
    parts = [speed_table(samples(held)), left_out(held), outcome_table(held)] if held else []
    if steps:
        parts += [ramp_table(steps), ramp_summary(steps)]
    parts.append(f"machine: {json.dumps(machine)}")
    text = "\n\n".join(parts)
    console.print(text, highlight=False, soft_wrap=True, markup=False)
    if options.markdown_file is not None:
        options.markdown_file.write_text(text + "\n", encoding="utf-8")
    if options.json_file is not None:
        options.json_file.write_text(json.dumps(document(held, steps, machine), indent=2), encoding="utf-8")
