"""Ever more telephone calls at once, until the agent answers too slowly."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.cost.load import LIMIT_MS, MOST_UNANSWERED
from bench.statistics import median, p95
from bench.telephone.errors import NotRungError
from bench.telephone.system import HeldCall, TelephoneSystem
from bench.telephone.usage import Programs

STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Calls at once, one measurement each."""
PERSONA = "genuine"
"""Who is called: a call through all questions."""
_STARTS_WITHIN_S = 8.0
_SHORTEST_S = 12.0


@dataclass(frozen=True, slots=True)
class Step:
    """One measurement.

    Attributes:
        calls: Calls at once.
        held: The calls.
        seconds: How long it took.
        spent_s: Processor time of each program in that time.
        held_mb: Memory of each program while the calls ran.
        load: The machine's load average of the last minute, at the end.
        not_rung: Alerts after which no telephone rang in time.
    """

    calls: int
    held: tuple[HeldCall, ...]
    seconds: float
    spent_s: dict[str, float]
    held_mb: dict[str, float]
    load: float
    not_rung: int = 0

    @property
    def responses_ms(self) -> tuple[float, ...]:
        """Every response."""
        return tuple(one for call in self.held for one in call.phone.figures.responses_ms)

    @property
    def unanswered(self) -> int:
        """Answers of customers that nobody answered."""
        return sum(call.phone.figures.unanswered for call in self.held)

    @property
    def p50_ms(self) -> float:
        """The middle response; without end where there was none."""
        return median(np.array(self.responses_ms)) if self.responses_ms else float("inf")

    @property
    def p95_ms(self) -> float:
        """The response that 95 % do not exceed; without end where there was none."""
        return p95(np.array(self.responses_ms)) if self.responses_ms else float("inf")

    @property
    def late_ms(self) -> float:
        """How late the customers' own frames were, the worst call's 95th percentile."""
        return max((call.phone.late_p95_ms for call in self.held), default=0.0)

    @property
    def lost(self) -> int:
        """Packets to the customers that never came."""
        return sum(call.phone.lost for call in self.held)

    @property
    def carried(self) -> bool:
        """Whether the machine carries so many calls."""
        answers = len(self.responses_ms) + self.unanswered
        return not self.not_rung and self.p95_ms <= LIMIT_MS and self.unanswered <= MOST_UNANSWERED * answers

    def share_of_core(self) -> dict[str, float]:
        """Processor time of each program for one call, share of one core."""
        return {name: spent / (self.seconds * self.calls) for name, spent in self.spent_s.items()}


async def climb(
    system: TelephoneSystem,
    programs: Programs,
    *,
    seconds: float,
    steps: Sequence[int] = STEPS,
    tell: Callable[[Step], None],
) -> list[Step]:
    """Measure step by step until the machine carries no more: two steps running, for one slow turn fails a short step.

    Args:
        system: Calls.
        programs: What is measured beside the calls.
        seconds: How long each step takes.
        steps: Calls at once.
        tell: Takes each measurement as it is made.
    """
    taken: list[Step] = []
    for calls in steps:
        step = await _measure(system, programs, calls, seconds, seed=1000 * len(taken))
        taken.append(step)
        tell(step)
        if not any(one.carried for one in taken[-2:]) and len(taken) > 1:
            break
    return taken


async def _measure(system: TelephoneSystem, programs: Programs, calls: int, seconds: float, *, seed: int) -> Step:
    """Hold so many calls at once for a while; each that ends is followed by another."""
    loop = asyncio.get_running_loop()
    began, before = loop.time(), programs.spent_s()
    until = began + seconds
    kept: list[HeldCall] = []
    missed: list[int] = []

    async def line(place: int) -> None:
        await asyncio.sleep(min(1.0, _STARTS_WITHIN_S / calls) * place)
        number = 0
        while (left := until - loop.time()) > _SHORTEST_S:
            try:
                kept.append(await system.call(PERSONA, seed=seed + 100 * place + number, hang_up_after_s=left))
            except NotRungError:
                missed.append(place)
            number += 1

    lines = [asyncio.create_task(line(place)) for place in range(calls)]
    await asyncio.sleep(seconds * 0.8)
    memory = programs.held_mb()
    await asyncio.gather(*lines)
    spent = {name: value - before.get(name, 0.0) for name, value in programs.spent_s().items()}
    return Step(calls, tuple(kept), loop.time() - began, spent, memory, os.getloadavg()[0], len(missed))


def memory_per_call_mb(steps: Sequence[Step]) -> dict[str, float]:
    """Memory that one more call takes of each program: the slope over all steps, MiB; empty for a single step."""
    if len({step.calls for step in steps}) < 2:
        return {}
    counts = [float(step.calls) for step in steps]
    names = steps[0].held_mb
    return {name: float(np.polyfit(counts, [step.held_mb.get(name, 0.0) for step in steps], 1)[0]) for name in names}
