"""The line between a customer and a system: paced 20 ms frames one way, whatever the system plays the other way.

Both directions are recorded on one clock, the event loop's: what the microphone gave at its place, what the system
played at the place where it reached the ear.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from bench.turn_taking.stage.customer import Customer, Samples
from bench.turn_taking.stage.script import FRAME_S, RATE, write_wav

RECORD = "record.wav"
"""File name of a recorded block: left what the microphone gave, right what reached the ear."""
TRUTH = "record.json"
"""File name of what was really said when, with what the system took for it."""
LONGEST_S = 600.0
"""No block lasts so long; a system that never falls silent is cut off."""


class Line:
    """One block's line; make it when the system is ready, iterate over `microphone`, call `play` for what is heard."""

    def __init__(self, customer: Customer) -> None:
        """Connect a customer; the clock starts with the first frame of the microphone."""
        self.customer = customer
        self._began_s: float | None = None
        self._cpu_s = 0.0
        self._microphone: list[Samples] = []
        self._pieces: list[tuple[int, Samples]] = []
        self._ear_at = 0
        self._given = 0

    @property
    def now_s(self) -> float:
        """Time since the line was opened, seconds."""
        return 0.0 if self._began_s is None else asyncio.get_running_loop().time() - self._began_s

    async def microphone(self) -> AsyncIterator[bytes]:
        """Frames of 20 ms at RATE, each once its last sample has been spoken; ends when the customer is done."""
        self._began_s = asyncio.get_running_loop().time()
        self._cpu_s = _cpu_s()
        count = 0
        while not self.customer.done and self.customer.now_s < LONGEST_S:
            frame = self.customer.next_frame(self._heard())
            self._microphone.append(frame)
            count += 1
            await asyncio.sleep(max(0.0, count * FRAME_S - self.now_s))
            yield frame.tobytes()

    def play(self, pcm: bytes, at_s: float | None = None) -> None:
        """Note audio that reaches the customer's ear.

        Args:
            pcm: 16-bit mono at RATE.
            at_s: When its first sample is heard, in `now_s`; None for now. Audio that comes before the end of what is
                already being heard follows it.
        """
        samples = np.frombuffer(pcm, "<i2").astype(np.int16)
        at = max(self._ear_at, round((self.now_s if at_s is None else at_s) * RATE))
        self._pieces.append((at, samples))
        self._ear_at = at + samples.size

    def _heard(self) -> Samples:
        """What reached the ear by now and was not given to the customer yet."""
        now = round(self.now_s * RATE)
        heard = [np.zeros(0, np.int16)]
        while self._given < len(self._pieces) and self._pieces[self._given][0] <= now:
            heard.append(self._pieces[self._given][1])
            self._given += 1
        return np.concatenate(heard)

    def save(self, folder: Path, about: Mapping[str, Any]) -> None:
        """Write the record.

        Args:
            folder: Where RECORD and TRUTH go; made where it is missing.
            about: What else stands in TRUTH: `system`, `variant`, `versions`, `block`, `condition`.
        """
        wall_s, cpu_s = self.now_s, _cpu_s() - self._cpu_s
        folder.mkdir(parents=True, exist_ok=True)
        microphone = np.concatenate(self._microphone) if self._microphone else np.zeros(0, np.int16)
        length = max(microphone.size, self._ear_at)
        both = np.zeros((length, 2), "<i2")
        both[: microphone.size, 0] = microphone
        for at, samples in self._pieces:
            both[at : at + samples.size, 1] = samples
        write_wav(folder / RECORD, both.tobytes(), channels=2)
        record = {
            **about,
            "cpu_s": round(cpu_s, 3),
            "wall_s": round(wall_s, 3),
            "rss_mb": round(_rss_mb(), 1),
            "events": [asdict(event) for event in self.customer.events],
        }
        (folder / TRUTH).write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _cpu_s() -> float:
    """Processor time of this process and of its children that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def _rss_mb() -> float:
    """Memory that this process holds, MB; the most it ever held where the platform tells no more."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
