"""What calls cost each program that they run through."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator, Mapping
from typing import Any

import psutil

_MEGABYTE = 1024 * 1024
RISKCALL = "riskcall"
"""This process with its decoders and voice programs."""


class Programs:
    """Processor time and memory of this process and of the programs it started, apart from one another."""

    def __init__(self, others: Mapping[str, int]) -> None:
        """Watch.

        Args:
            others: Process ids of the other programs, by name; all else that this process started counts as its own.
        """
        self._others = dict(others)

    def spent_s(self) -> dict[str, float]:
        """Processor time of each so far, seconds."""
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = {name: sum(_busy(one) for one in processes) for name, processes in self._groups()}
        spent[RISKCALL] += ended.ru_utime + ended.ru_stime
        return spent

    def held_mb(self) -> dict[str, float]:
        """Memory that each has for itself, MiB."""
        return {name: sum(_own(one) for one in processes) / _MEGABYTE for name, processes in self._groups()}

    def _groups(self) -> Iterator[tuple[str, list[Any]]]:
        whole = psutil.Process(os.getpid())
        mine = {one.pid: one for one in [whole, *whole.children(recursive=True)]}
        for name, pid in self._others.items():
            if not psutil.pid_exists(pid):
                yield name, []
                continue
            root = psutil.Process(pid)
            tree = [root, *root.children(recursive=True)]
            for one in tree:
                mine.pop(one.pid, None)
            yield name, tree
        yield RISKCALL, list(mine.values())


def _busy(process: Any) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _own(process: Any) -> int:
    try:
        return int(process.memory_full_info().uss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
