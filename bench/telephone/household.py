"""The process of the simulated customers, as the bench leads it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.telephone.errors import CustomersError
from bench.telephone.measures import CallFigures
from telephony.leg import Caption

_START_S = 60.0
_LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class PhoneCallRecord:
    """One call as the telephone had it; moments are seconds on the machine's monotonic clock.

    Attributes:
        number: Which number was called.
        invited_s: The call came.
        rang_s: The telephone rang, or None.
        answered_s: It was answered, or None.
        began_s: First frame of the recording, or None.
        ended_s: It was over.
        ended_by: Who ended it.
        spoken: What the customer really spoke and when, as SpokenLine.
        figures: Its speed.
        late_p95_ms: How late the customer's frames were: what a busy machine adds by itself, 95th percentile.
        received: Packets of audio that came.
        lost: Packets that did not.
        recording: WAV file, said left and heard right.
    """

    number: str
    invited_s: float
    rang_s: float | None
    answered_s: float | None
    began_s: float | None
    ended_s: float
    ended_by: str
    spoken: tuple[dict[str, Any], ...]
    figures: CallFigures
    late_p95_ms: float
    received: int
    lost: int
    recording: str


class Household:
    """Simulated customers in a process of their own.

    Attributes:
        address: `host:port` where their telephone takes calls.
        pid: Process id.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Lead a started process; use `living`."""
        self._process = process
        self._told: dict[tuple[str, str], asyncio.Future[dict[str, Any]]] = {}
        self.address = ""
        self.pid = process.pid

    async def expect(self, number: str, persona: str, seed: int) -> None:
        """Have somebody wait for a call: lines spoken, ready to answer.

        Args:
            number: Where.
            persona: Who, by name.
            seed: Draws their reaction times.
        """
        self._say({"do": "expect", "number": number, "persona": persona, "seed": seed})
        await self._hear("expected", number)

    def caption(self, number: str, caption: Caption) -> None:
        """Let somebody know what the agent is saying."""
        acts = [act.value for act in caption.acts]
        line = {"speaker": caption.speaker.value, "text": caption.text, "final": caption.final, "acts": acts}
        self._say({"do": "caption", "number": number, **line})

    def hang_up(self, number: str) -> None:
        """Have somebody hang up."""
        self._say({"do": "hang_up", "number": number})

    async def called(self, number: str) -> None:
        """Return once a call to a number has come in.

        Raises:
            CustomersError: The process ended.
        """
        await self._hear("called", number)

    async def ended(self, number: str) -> PhoneCallRecord:
        """Return once a call to a number is over.

        Raises:
            CustomersError: The process ended.
        """
        told = await self._hear("ended", number)
        figures = told.pop("figures")
        for name in ("responses_ms", "yields_ms"):
            figures[name] = tuple(figures[name])
        told.pop("told")
        spoken = tuple(told.pop("spoken"))
        return PhoneCallRecord(figures=CallFigures(**figures), spoken=spoken, **told)

    async def read(self) -> None:
        """Take what the process tells until it ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            future = self._future(told["told"], told.get("number", ""))
            if not future.done():
                future.set_result(told)
        for future in self._told.values():
            if not future.done():
                future.set_exception(CustomersError("The simulated customers have gone; see what they wrote above."))
                future.exception()

    async def ready(self) -> None:
        """Return once the telephone takes calls.

        Raises:
            CustomersError: It does not.
        """
        try:
            async with asyncio.timeout(_START_S):
                self.address = (await self._hear("ready", ""))["address"]
        except TimeoutError as error:
            raise CustomersError(f"The simulated customers were not ready after {_START_S:.0f} s.") from error

    def _say(self, line: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line).encode() + b"\n")

    async def _hear(self, what: str, number: str) -> dict[str, Any]:
        future = self._future(what, number)
        told = await asyncio.shield(future)
        self._told.pop((what, number), None)
        return told

    def _future(self, what: str, number: str) -> asyncio.Future[dict[str, Any]]:
        key = (what, number)
        if key not in self._told:
            self._told[key] = asyncio.get_running_loop().create_future()
        return self._told[key]


@asynccontextmanager
async def living(folder: Path, *, loss: float = 0.0) -> AsyncIterator[Household]:
    """Customers who are there until the context closes.

    Args:
        folder: Where their recordings go.
        loss: Share of packets lost in each direction.

    Raises:
        CustomersError: Their process does not start.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bench.telephone.customers", str(folder), str(loss)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    household = Household(process)
    reading = asyncio.create_task(household.read(), name="bench.household")
    try:
        await household.ready()
        yield household
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()
        await reading
