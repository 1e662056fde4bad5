"""Calls one after the other in one fresh process: is the first as quick as the tenth?"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

PERSONA = "denies"
"""Who answers; the same each time."""


@dataclass(frozen=True, slots=True)
class CallSpeed:
    """How quick one call was, ms; None where it holds no such moment.

    Attributes:
        alert_to_ringing_ms: Alert accepted to the customer's side ringing.
        answer_to_word_ms: Answer to the agent's first voiced millisecond.
        response_ms: Median of the customer's last voiced to the agent's first voiced millisecond.
    """

    alert_to_ringing_ms: int | None
    answer_to_word_ms: int | None
    response_ms: float | None


def speed_of(report: Mapping[str, Any]) -> CallSpeed:
    """The speed of a call from the report of `riskcall demo`, whose times come from the recording."""
    turns = report["turns"]
    first = next((turn["started_ms"] for turn in turns if turn["speaker"] == "agent"), None)
    responses = [turn["response_ms"] for turn in turns if turn["response_ms"] is not None]
    return CallSpeed(report["latency"]["alert_to_ringing_ms"], first, median(responses) if responses else None)


def in_fresh_process(count: int) -> list[CallSpeed]:
    """Hold so many calls in a process of their own.

    Raises:
        subprocess.CalledProcessError: It broke.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "calls.json"
        subprocess.run([sys.executable, "-m", "bench.calls_in_a_row", str(count), str(file)], check=True)
        return [CallSpeed(**call) for call in json.loads(file.read_text(encoding="utf-8"))]


async def hold(count: int) -> list[CallSpeed]:
    """Hold calls in this process."""
    from riskcall.demo.call import demo_running, simulate
    from riskcall.demo.screen import QuietScreen
    from riskcall.starting import end_loading

    with tempfile.TemporaryDirectory() as folder:
        async with demo_running(Path(folder), QuietScreen()) as demo:
            end_loading()
            return [speed_of(await simulate(demo, PERSONA, "")) for _ in range(count)]


def main(arguments: Sequence[str]) -> None:
    """Hold calls and write their speed: count, file."""
    from riskcall.starting import begin_loading

    begin_loading()
    calls = asyncio.run(hold(int(arguments[0])))
    Path(arguments[1]).write_text(json.dumps([asdict(call) for call in calls]), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
