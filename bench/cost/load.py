"""So many calls at once, at real pace: what they cost, and how fast the agent still answers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.cost.calls import LONG, CallMaker, HeldCall
from bench.cost.usage import Held, Spent, held, spent
from bench.statistics import median, p95

LIMIT_MS = 1_000.0
"""The 95th percentile of responses within which a machine carries its calls."""
MOST_UNANSWERED = 0.02
"""Share of answers of the customer that may stay unanswered within the limit."""
STEPS = (1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Calls at once, one measurement each."""
_STARTS_WITHIN_S = 8.0
_SHORTEST_S = 5.0


@dataclass(frozen=True, slots=True)
class LoadStep:
    """One measurement.

    Attributes:
        calls: Calls at once.
        held: Whole and cut-off calls, and what each was like.
        cost: Processor time of all of them, `at_s` being the time that passed.
        memory: What was held while they ran.
        before: What was held before the first of them.
        load: The machine's load average of the last minute, at the end.
    """

    calls: int
    held: tuple[HeldCall, ...]
    cost: Spent
    memory: Held
    before: Held
    load: float

    @property
    def responses_ms(self) -> tuple[float, ...]:
        """Every response of every call, ms."""
        return tuple(response for call in self.held for response in call.responses_ms)

    @property
    def unanswered(self) -> int:
        """Answers of the customers that nobody answered."""
        return sum(call.unanswered for call in self.held)

    @property
    def p50_ms(self) -> float:
        """The middle response; without end where there was none."""
        return median(np.array(self.responses_ms)) if self.responses_ms else float("inf")

    @property
    def p95_ms(self) -> float:
        """The response that 95 % do not exceed; without end where there was none."""
        return p95(np.array(self.responses_ms)) if self.responses_ms else float("inf")

    @property
    def carried(self) -> bool:
        """Whether the machine carries so many calls."""
        answers = len(self.responses_ms) + self.unanswered
        return self.p95_ms <= LIMIT_MS and self.unanswered <= MOST_UNANSWERED * answers

    def shares(self) -> dict[str, float]:
        """Processor time a call by what it went into, share of one core.

        The simulated customer is no part of `riskcall`, which is all the rest but recognition and synthesis.
        """
        whole = self.cost.at_s * self.calls
        customer, vad = sum(call.customer_s for call in self.held), sum(call.vad_s for call in self.held)
        threads = max(0.0, self.cost.process_s - self.cost.loop_s)
        spent_s = {
            "vad": vad,
            "event loop": max(0.0, self.cost.loop_s - customer - vad),
            "other threads": threads,
            "decoders": max(0.0, self.cost.workers_s),
            "voice programs": max(0.0, self.cost.programs_s),
            "simulated customer": customer,
        }
        return {part: seconds / whole for part, seconds in spent_s.items()}

    @property
    def share_of_core(self) -> float:
        """Processor time a call without the simulated customer, share of one core."""
        return sum(share for part, share in self.shares().items() if part != "simulated customer")


async def measure(maker: CallMaker, calls: int, seconds: float) -> LoadStep:
    """Hold so many calls at once for a while; each that ends is followed by another.

    Args:
        maker: Holds them.
        calls: Calls at once.
        seconds: How long; calls that last longer are hung up.
    """
    await maker.rehearse(LONG)
    before, began = held(), spent()
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    kept: list[HeldCall] = []

    async def line(place: int) -> None:
        await asyncio.sleep(min(0.5, _STARTS_WITHIN_S / calls) * place)
        number = place * 1_000
        while (left := until - loop.time()) > _SHORTEST_S:
            kept.append(await maker.hold(number, LONG, most_s=left))
            number += 1

    lines = [asyncio.create_task(line(place)) for place in range(calls)]
    await asyncio.sleep(seconds * 0.8)
    memory = held(collect=False)
    await asyncio.gather(*lines)
    return LoadStep(calls, tuple(kept), spent().since(began), memory, before, os.getloadavg()[0])


def memory_per_call_mb(steps: Sequence[LoadStep]) -> float | None:
    """Memory that one more call takes, its decoder included: the slope over all steps, MiB; None for a single step."""
    if len({step.calls for step in steps}) < 2:
        return None
    counts = [float(step.calls) for step in steps]
    sizes = [step.memory.rss_mb + step.memory.workers_mb for step in steps]
    return float(np.polyfit(counts, sizes, 1)[0])
