"""A simulated line with a stopwatch: what the customer costs, and how fast the agent's sound answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing

import numpy as np

from telephony.customer import LineKind
from telephony.customer_speech import CustomerVoice
from telephony.leg import SPEAKER_RATE
from telephony.persona import Persona
from telephony.simulated import AUDIBLE_RMS, SimulatedLeg

NO_ANSWER_MS = 5_000
"""Sound that comes later after the customer's words does not answer them."""
_SAMPLES_PER_MS = SPEAKER_RATE // 1000


class StopwatchLeg(SimulatedLeg):
    """A simulated customer whose own processor time is counted apart and who notes when the agent is heard.

    Both sides are timed on the event loop's clock from the first frame of the microphone: the customer's words lie
    where the customer meant them, so that an agent whose audio comes in late is the later for it.

    Attributes:
        cost_s: Processor time of the simulation, seconds.
    """

    def __init__(
        self, persona: Persona, *, voice: CustomerVoice, seed: int = 0, lost_after_ms: int | None = None
    ) -> None:
        """Put a customer on the line; as SimulatedLeg."""
        super().__init__(persona, voice=voice, seed=seed, lost_after_ms=lost_after_ms)
        self.cost_s = 0.0
        self._began = 0.0
        self._heard_ms: list[float] = []

    async def microphone(self) -> AsyncIterator[bytes]:
        """As SimulatedLeg, with the processor time between two frames counted."""
        self._began = asyncio.get_running_loop().time()
        async with aclosing(super().microphone()) as frames:  # type: ignore[type-var]
            async for frame in frames:
                yield frame

    def _live(self, now_ms: int) -> None:
        began = time.thread_time()
        super()._live(now_ms)
        self.cost_s += time.thread_time() - began

    def _frame(self, now_ms: int) -> bytes:
        began = time.thread_time()
        frame = super()._frame(now_ms)
        self.cost_s += time.thread_time() - began
        return frame

    def play(self, frame: bytes) -> None:
        """As SimulatedLeg; the frame's first audible sample is noted."""
        began = time.thread_time()
        super().play(frame)
        samples = np.abs(np.frombuffer(frame, np.int16).astype(np.int32))
        loud = np.flatnonzero(samples > AUDIBLE_RMS)
        if loud.size:
            now_ms = (asyncio.get_running_loop().time() - self._began) * 1000
            self._heard_ms.append(now_ms + float(loud[0]) / _SAMPLES_PER_MS)
        self.cost_s += time.thread_time() - began

    @property
    def lasted_s(self) -> float:
        """From the first frame of the microphone to now, seconds."""
        return asyncio.get_running_loop().time() - self._began

    def responses_ms(self) -> list[float]:
        """Last sound of each answer of the customer to the first sound of the agent after it, ms.

        An answer after which nothing came within NO_ANSWER_MS, nor before the customer's next words, has none.
        """
        return [after for line, after in self._answers() if after is not None]

    def unanswered(self) -> int:
        """Answers of the customer that the agent did not answer in time; the last words of a call may be left so."""
        return sum(after is None for _, after in self._answers()[:-1])

    def _answers(self) -> list[tuple[str, float | None]]:
        heard = np.array(self._heard_ms)
        lines = [line for line in self.spoken if line.ended_ms >= 0]
        found: list[tuple[str, float | None]] = []
        for place, line in enumerate(lines):
            if line.kind is not LineKind.ANSWER:
                continue
            until = lines[place + 1].started_ms if place + 1 < len(lines) else line.ended_ms + NO_ANSWER_MS
            until = min(until, line.ended_ms + NO_ANSWER_MS)
            after = heard[(heard > line.ended_ms) & (heard < until)]
            found.append((line.text, float(after[0]) - line.ended_ms if after.size else None))
        return found
