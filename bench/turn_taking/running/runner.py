"""Plays every block with every system, interleaved, each system in its own process on the same cores."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.turn_taking.errors import WorkerLostError
from bench.turn_taking.running.process import Launch, Worker
from bench.turn_taking.scoring.results import Lost

CORES = 2
"""How many cores the systems share."""
STARTS = 3
"""How often a system is started before it is given up."""
Tell = Callable[[str, str, str], None]
"""Told of each block that is over: the system, the block, and why it is lost or nothing."""


def cores() -> tuple[int, ...]:
    """The cores that every system is held to; none where the platform cannot hold them."""
    return tuple(sorted(os.sched_getaffinity(0))[:CORES]) if sys.platform == "linux" else ()


@dataclass(slots=True)
class Seat:
    """A system's place in the run: its process while it lives, and a new one after it broke.

    Attributes:
        launch: How its process is started.
        records: Folder for its records, one a block.
        warm_up: A block that each new process plays first and that counts for nothing.
    """

    launch: Launch
    records: Path
    warm_up: Path
    _worker: Worker | None = None
    _starts: int = 0
    _last_words: str = ""

    async def play(self, block: Path) -> None:
        """Have a block played.

        Raises:
            WorkerLostError: It has no record; the message says why.
        """
        try:
            worker = self._worker or await self._start()
            await worker.play(block, self.records / block.name)
        except WorkerLostError as error:
            self._last_words = str(error)
            await self.end()
            raise

    async def end(self) -> None:
        """End the process at once."""
        worker, self._worker = self._worker, None
        if worker is not None:
            await worker.kill()

    async def leave(self) -> None:
        """Let the process leave in peace."""
        worker, self._worker = self._worker, None
        if worker is not None:
            await worker.leave()

    async def _start(self) -> Worker:
        if self._starts >= STARTS:
            raise WorkerLostError(f"given up after {STARTS} starts: {self._last_words}")
        self._starts += 1
        self.records.mkdir(parents=True, exist_ok=True)
        self._worker = await Worker.start(self.launch, self.records)
        await self._worker.play(self.warm_up, self.records.parent / f"{self.records.name}.warm-up")
        return self._worker


@dataclass(slots=True)
class Runner:
    """A run of all blocks.

    Attributes:
        seats: The systems.
        blocks: Folders of the blocks that count.
        at_once: How many systems play at the same time.
        tell: Told of each block that is over.
        lost: Blocks that have no record.
        loads: Load average after each round.
    """

    seats: Sequence[Seat]
    blocks: Sequence[Path]
    at_once: int
    tell: Tell
    lost: list[Lost] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)

    async def run(self) -> None:
        """Play everything; a broken process loses its block, is started anew and is listed.

        Every other block goes through the systems backwards, so that none always follows the same one.
        """
        try:
            for number, block in enumerate(self.blocks):
                order = self.seats[::-1] if number % 2 else self.seats
                for first in range(0, len(order), self.at_once):
                    await asyncio.gather(*(self._play(seat, block) for seat in order[first : first + self.at_once]))
                self.loads.append(round(os.getloadavg()[0], 2))
            await asyncio.gather(*(seat.leave() for seat in self.seats))
        finally:
            await asyncio.gather(*(seat.end() for seat in self.seats))

    async def _play(self, seat: Seat, block: Path) -> None:
        why = ""
        try:
            await seat.play(block)
        except WorkerLostError as error:
            why = str(error)
            self.lost.append(Lost(seat.launch.system.name, block.name, why))
        self.tell(seat.launch.system.name, block.name, why)
