"""Memory over many calls, one after the other, on a clock that skips waiting; they end in every way a call can."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench.cost.calls import SHORT, CallMaker, CallPlan
from bench.cost.usage import Held, held
from evals.voice.clock import CallLoop

MOST_GROWTH = 0.05
"""Growth of memory after the warm-up that counts as flat."""
WARM_UP = 100
"""Calls before growth counts: caches fill, allocators settle."""
THREADS = 4
"""Threads of the event loop's pool; all are started before the first call, or they would look like growth."""
EVERY = 25
"""Calls between two samples."""
PLANS = (
    SHORT,
    CallPlan("wrong-person", "card-not-present"),
    CallPlan("denies", "card-not-present", lost_after_ms=9_000),
    CallPlan("asks-human", "new-payee-transfer"),
    CallPlan("barges-in", "card-not-present"),
    CallPlan("denies", "card-not-present", mouth_fails=True),
    CallPlan("wrong-person", "new-payee-transfer"),
    CallPlan("denies", "card-not-present", ears_fail_at=2),
    CallPlan("coached", "new-payee-transfer", lost_after_ms=20_000),
    CallPlan("silent", "card-not-present"),
)
"""What comes round: verdicts, customers who leave, lines that break, engines that fail."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What was held after so many calls.

    Attributes:
        calls: Calls so far.
        held: What was held, garbage collected.
        decoders: Decoders of the recogniser that run.
        lent: Decoders that are not back.
    """

    calls: int
    held: Held
    decoders: int
    lent: int

    @property
    def memory_mb(self) -> float:
        """This process and those it started, MiB."""
        return self.held.rss_mb + self.held.workers_mb


@dataclass(frozen=True, slots=True)
class Endurance:
    """Samples over many calls.

    Attributes:
        samples: In order.
        endings: How often calls ended in each way.
        warm_up: Calls before growth counts.
    """

    samples: tuple[Sample, ...]
    endings: dict[str, int]
    warm_up: int

    @property
    def growth(self) -> float:
        """Growth of memory from the end of the warm-up to the end, as a share; 0 without samples after the warm-up."""
        warm = [sample for sample in self.samples if sample.calls >= self.warm_up]
        return warm[-1].memory_mb / warm[0].memory_mb - 1 if warm else 0.0

    def grown(self) -> dict[str, int]:
        """By how much threads, files, tasks, processes and lent decoders grew since the end of the warm-up."""
        first = next((sample for sample in self.samples if sample.calls >= self.warm_up), self.samples[0])
        last = self.samples[-1]
        return {
            "threads": last.held.threads - first.held.threads,
            "files": last.held.files - first.held.files,
            "tasks": last.held.tasks - first.held.tasks,
            "processes": last.held.workers - first.held.workers,
            "lent decoders": last.lent - first.lent,
        }


async def endure(
    maker: CallMaker,
    loop: CallLoop,
    calls: int,
    *,
    plans: Sequence[CallPlan] = PLANS,
    every: int = EVERY,
    warm_up: int = WARM_UP,
    tell: Callable[[Sample], None] = lambda sample: None,
) -> Endurance:
    """Hold many calls, one after the other.

    Args:
        maker: Holds them.
        loop: The clock that they run on.
        calls: How many.
        plans: What comes round.
        every: Calls between two samples.
        warm_up: Calls before growth counts.
        tell: Called with each sample.
    """
    await _start_threads(loop)
    for plan in plans:
        await maker.rehearse(plan)
    samples: list[Sample] = []
    endings: dict[str, int] = {}
    for number in range(1, calls + 1):
        await loop.begin()
        call = await maker.hold(number, plans[number % len(plans)])
        endings[call.ending.value] = endings.get(call.ending.value, 0) + 1
        if number % every == 0:
            samples.append(_sample(maker, number))
            tell(samples[-1])
    return Endurance(tuple(samples), endings, warm_up)


async def _start_threads(loop: CallLoop) -> None:
    loop.set_default_executor(ThreadPoolExecutor(THREADS))
    together = threading.Barrier(THREADS)
    await asyncio.gather(*(asyncio.to_thread(together.wait) for _ in range(THREADS)))


def _sample(maker: CallMaker, calls: int) -> Sample:
    pool = maker.kit.decoders
    return Sample(calls, held(), pool.running if pool else 0, pool.lent if pool else 0)
