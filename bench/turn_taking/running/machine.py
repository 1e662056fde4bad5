"""Where and when a run is made, as results tell it."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from dataclasses import replace
from pathlib import Path

from bench.turn_taking.running.runner import cores
from bench.turn_taking.scoring.results import Machine
from cases.adapters import SystemClock

_PROCESSORS = Path("/proc/cpuinfo")


def load() -> float:
    """Load average over the last minute."""
    return round(os.getloadavg()[0], 2)


def machine_before(material: str, seed: int, at_once: int) -> Machine:
    """The machine at the beginning of a run."""
    return Machine(
        date=SystemClock().now().isoformat(timespec="seconds"),
        command=shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        platform=", ".join(filter(None, (f"{platform.system()} {platform.machine()}", _processor()))),
        python=platform.python_version(),
        cores=os.cpu_count() or 1,
        pinned=cores(),
        load_before=load(),
        load_after=load(),
        loads=(),
        at_once=at_once,
        material=material,
        seed=seed,
    )


def machine_after(before: Machine, loads: list[float]) -> Machine:
    """The same at the end of the run, with the load after each round."""
    return replace(before, load_after=load(), loads=tuple(loads))


def _processor() -> str:
    """The processor's name where the platform tells it."""
    if not _PROCESSORS.exists():
        return platform.processor()
    lines = _PROCESSORS.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
