"""Processor time and memory of this process and of those it started."""

from __future__ import annotations

import asyncio
import gc
import resource
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from agent.speech.vad import SpeechProbe

_MEGABYTE = 1024 * 1024
_OPEN_FILES = Path("/proc/self/fd")


@dataclass(slots=True)
class Share:
    """Processor time of one part of a call, summed up.

    Attributes:
        seconds: Processor time of the event loop's thread.
    """

    seconds: float = 0.0


class CountedProbe(SpeechProbe):
    """Voice activity detection whose processor time is summed up."""

    def __init__(self, share: Share) -> None:
        """Count into a share."""
        super().__init__()
        self._share = share

    def push(self, pcm: bytes) -> tuple[float, ...]:
        """As SpeechProbe."""
        began = time.thread_time()
        found = super().push(pcm)
        self._share.seconds += time.thread_time() - began
        return found


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor time up to a moment, seconds.

    Attributes:
        at_s: The moment, on a clock that never goes back.
        loop_s: The thread that asks, which is the event loop's.
        process_s: All threads of this process.
        workers_s: Processes it started that run: the decoders of the recogniser.
        programs_s: Processes it started that ended: each text of a voice that is a program.
    """

    at_s: float
    loop_s: float
    process_s: float
    workers_s: float
    programs_s: float

    def since(self, before: Spent) -> Spent:
        """What was spent between two moments, `at_s` being their distance."""
        return Spent(
            self.at_s - before.at_s,
            self.loop_s - before.loop_s,
            self.process_s - before.process_s,
            self.workers_s - before.workers_s,
            self.programs_s - before.programs_s,
        )


def spent() -> Spent:
    """What has been spent up to now; to be asked on the event loop's thread."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(
        at_s=time.perf_counter(),
        loop_s=time.thread_time(),
        process_s=time.process_time(),
        workers_s=sum(_busy(child) for child in _children()),
        programs_s=ended.ru_utime + ended.ru_stime,
    )


@dataclass(frozen=True, slots=True)
class Held:
    """What this process holds at a moment.

    Attributes:
        rss_mb: Resident memory of this process, MiB.
        workers_mb: Memory that processes it started have for themselves, MiB.
        workers: How many of them run.
        threads: Threads of this process.
        files: Open file descriptors, 0 where the system does not tell.
        tasks: Tasks of the event loop.
        objects: Objects that the garbage collector knows.
    """

    rss_mb: float
    workers_mb: float
    workers: int
    threads: int
    files: int
    tasks: int
    objects: int


def held(*, collect: bool = True) -> Held:
    """What is held now; to be asked on the event loop's thread.

    Args:
        collect: Whether garbage is collected first.
    """
    if collect:
        gc.collect()
    children = _children()
    return Held(
        rss_mb=psutil.Process().memory_info().rss / _MEGABYTE,
        workers_mb=sum(_own_memory(child) for child in children) / _MEGABYTE,
        workers=len(children),
        threads=threading.active_count(),
        files=len(list(_OPEN_FILES.iterdir())) if sys.platform == "linux" else 0,
        tasks=len(asyncio.all_tasks()),
        objects=len(gc.get_objects()),
    )


def _children() -> list[Any]:
    return list(psutil.Process().children(recursive=True))


def _busy(child: Any) -> float:
    """Processor time of a process, seconds; 0 where it has just ended, for it is counted with all that did."""
    try:
        times = child.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _own_memory(child: Any) -> int:
    """Memory that would be free if a process ended; 0 where it has just ended."""
    try:
        return int(child.memory_full_info().uss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
