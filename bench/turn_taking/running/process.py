"""One system's process: started in its own environment, given blocks one by one, ended when it is done or broken."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.turn_taking.errors import WorkerLostError
from bench.turn_taking.running.systems import System
from bench.turn_taking.stage.customer import ASIDE_WAIT_S, PATIENCE_S
from bench.turn_taking.stage.line import LONGEST_S
from bench.turn_taking.stage.script import Block, read_block
from bench.turn_taking.stage.stubs import CHARACTER_S

READY_S = 180.0
"""How long a system may take to load what it needs."""
SPARE_S = 45.0
"""How much longer than the longest its block can last a system may take, to open and to close the call."""
LEAVE_S = 10.0
"""How long a process may take to leave once it is told that nothing more comes."""
_WAITS = 4
"""How often at most a customer waits in vain within one exchange."""
_TOLD_LINES = 3


@dataclass(frozen=True, slots=True)
class Launch:
    """How a system's process is started.

    Attributes:
        system: Which.
        python: The interpreter of its environment.
        code: Folder that holds the stage and the sides, and nothing of another environment.
        log: File for what it says.
        cores: The cores that it is held to; empty for all.
    """

    system: System
    python: Path
    code: Path
    log: Path
    cores: Sequence[int] = ()


def longest_s(block: Block) -> float:
    """The longest that a block can last with a system that answers nothing and says everything twice."""
    total = CHARACTER_S * len(block.opening)
    for exchange in block.exchanges:
        clips = [exchange.answer, exchange.aside, exchange.overlay and exchange.overlay.clip]
        total += sum(clip.voiced_to_s for clip in clips if clip) + ASIDE_WAIT_S + _WAITS * PATIENCE_S
        said = len(exchange.reply) + (len(exchange.overlay.reply) if exchange.overlay else 0)
        total += 2 * CHARACTER_S * said
    return min(total, LONGEST_S)


class Worker:
    """A running process of a system."""

    def __init__(self, launch: Launch, process: asyncio.subprocess.Process) -> None:
        """Talk to a process that was started by `start`."""
        if process.stdin is None or process.stdout is None:
            raise ValueError("a system's process is talked to over pipes")
        self._launch = launch
        self._process = process
        self._orders = process.stdin
        self._answers = process.stdout

    @classmethod
    async def start(cls, launch: Launch, folder: Path) -> Worker:
        """Start a system and wait until it is ready.

        Args:
            launch: How.
            folder: Where it works; nothing of the house lies there.

        Raises:
            WorkerLostError: It ended, or was not ready in time.
        """
        command = (str(launch.python), "-m", launch.system.module, "--variant", launch.system.variant)
        with launch.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env=_environment(launch.code),
                start_new_session=True,
            )
        worker = cls(launch, process)
        try:
            # A process that is gone already says so in its first answer.
            with suppress(ProcessLookupError):
                if launch.cores and sys.platform == "linux":
                    os.sched_setaffinity(process.pid, launch.cores)
            await worker._answer("ready", READY_S)
        except BaseException:
            await worker.kill()
            raise
        return worker

    async def play(self, block: Path, out: Path) -> None:
        """Have a block played and recorded.

        Raises:
            WorkerLostError: The process ended, hung or answered something else; it is of no more use.
        """
        order = json.dumps({"block": str(block), "out": str(out)})
        try:
            self._orders.write(f"{order}\n".encode())
            await self._orders.drain()
        except ConnectionError as error:
            raise self._lost("it ended") from error
        await self._answer("done", longest_s(read_block(block)) + SPARE_S)

    async def leave(self) -> None:
        """Tell the process that nothing more comes, and end it where it does not leave."""
        self._orders.close()
        try:
            await asyncio.wait_for(self._process.wait(), LEAVE_S)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End the process and its children."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def _answer(self, wanted: str, limit_s: float) -> None:
        try:
            line = await asyncio.wait_for(self._answers.readline(), limit_s)
        except TimeoutError as error:
            raise self._lost(f"no answer within {limit_s:.0f} s") from error
        if not line:
            raise self._lost("it ended")
        try:
            answer = json.loads(line)
        except ValueError as error:
            raise self._lost(f"it answered {line[:80]!r} instead of JSON") from error
        if not isinstance(answer, dict) or wanted not in answer:
            raise self._lost(f"it answered {line[:80]!r} instead of {wanted!r}")

    def _lost(self, why: str) -> WorkerLostError:
        said = self._launch.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_TOLD_LINES:]
        told = f"; it last said: {' / '.join(said)}" if said else ""
        return WorkerLostError(f"{self._launch.system.name}: {why}{told}")


def _environment(code: Path) -> Mapping[str, str]:
    """What a process sees of ours: no settings of riskcall, no paths of our environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RISKCALL_", "PYTHON"))}
    return {**kept, "PYTHONPATH": str(code), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
