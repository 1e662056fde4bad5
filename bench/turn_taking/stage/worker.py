"""The loop of a system's process: a block's folder comes in on a line of JSON, its record's folder goes out on one."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from bench.turn_taking.stage.customer import Customer
from bench.turn_taking.stage.line import Line
from bench.turn_taking.stage.script import Block, read_block

Play = Callable[[Block, Line], Awaitable[None]]
"""Plays one block over its line; returns once the line has ended and the system is closed."""


class SystemFailedError(Exception):
    """A system ended a call by itself; its log on standard error says why."""

    code = "system_failed"


def serve(play: Play, about: Mapping[str, Any]) -> None:
    """Play the blocks that come on standard input until it ends.

    Lines in: `{"block": folder, "out": folder}`. Lines out: `{"ready": true}` once, then `{"done": folder}` for each.
    Whatever else the system prints goes to standard error.

    Args:
        play: Plays a block.
        about: `system`, `variant` and `versions` for the record.

    Raises:
        SystemFailedError: As `play` raises it; the process ends.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    asyncio.run(_serve(play, about, answers))


async def _serve(play: Play, about: Mapping[str, Any], answers: Any) -> None:
    print(json.dumps({"ready": True}), file=answers)
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        folder, out = Path(order["block"]), Path(order["out"])
        block = read_block(folder)
        wire = Line(Customer(block, folder))
        await play(block, wire)
        wire.save(out, {**about, "block": block.name, "condition": block.condition})
        print(json.dumps({"done": str(out)}), file=answers)
