"""Speed of the case log on SQLite: `python -m bench.case_log [alerts]`.

Real intake, effects and timers run in this process; the bank and the line are fakes that answer at once, so that
the figures are the log's own.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from agent.analysis.template import TemplateAnalyst
from bench.statistics import estimate, median, p95
from cases.adapters import FakeBank, SystemClock
from cases.alerts import parse_alert
from cases.domain.alert import Alert
from cases.policies import load
from cases.ports import DialRequest
from cases.runtime import CaseRuntime
from evals import alerts

SINGLE = 20
"""Alerts that come one at a time."""
AT_ONCE = 300
"""Alerts that come all at once."""
PAUSE_S = 0.3
"""Time between them, seconds."""
IDLE_S = 5.0
"""How long the idle process is watched, seconds."""


class StopwatchDialer:
    """Notes when each dial began."""

    def __init__(self) -> None:
        """Begin without dials."""
        self.began: dict[str, float] = {}
        self.more = asyncio.Event()

    async def leg_of(self, case_id: str) -> str:
        """A leg that is never used."""
        return "simulated"

    async def dial(self, request: DialRequest) -> None:
        """Note the time; nobody is called."""
        self.began[request.case_id] = time.perf_counter()
        self.more.set()

    async def until(self, count: int) -> None:
        """Return once so many dials have begun."""
        while len(self.began) < count:
            self.more.clear()
            await self.more.wait()


class Stopwatch:
    """Sends alerts and notes how long each took to be acknowledged."""

    def __init__(self, runtime: CaseRuntime, alert: Alert) -> None:
        """Send copies of one alert."""
        self._runtime = runtime
        self._alert = alert
        self.sent: dict[str, float] = {}
        self.acked_ms: list[float] = []

    async def send(self, alert_id: str) -> None:
        """Send one alert and wait for its acknowledgement."""
        self.sent[alert_id] = began = time.perf_counter()
        await self._runtime.intake.receive(replace(self._alert, id=alert_id), at=self._alert.raised_at)
        self.acked_ms.append((time.perf_counter() - began) * 1000)


def _row(name: str, sample: Sequence[float]) -> str:
    middle, high = estimate(sample, median), estimate(sample, p95)
    return f"| {name} | {len(sample)} | {middle.value:.0f} | {high.value:.0f} |"


async def measure(folder: Path, count: int) -> list[str]:
    """Measure in a folder and return the lines of a Markdown table."""
    clock, dialer = SystemClock(), StopwatchDialer()
    runtime = CaseRuntime(
        f"sqlite:///{folder}/cases.db",
        policy=load(),
        bank=FakeBank(),
        analyst=TemplateAnalyst(),
        clock=clock,
        dialer=dialer,
    )
    await runtime.start()
    alert = parse_alert(alerts.load("new-payee-transfer", now=clock.now()))
    calm = Stopwatch(runtime, alert)
    for number in range(SINGLE):
        await calm.send(f"single-{number}")
        await asyncio.sleep(PAUSE_S)
    await dialer.until(SINGLE)
    burst = Stopwatch(runtime, alert)
    began = time.perf_counter()
    await asyncio.gather(*(burst.send(f"burst-{number}") for number in range(count)))
    acked = time.perf_counter() - began
    await dialer.until(SINGLE + count)
    dialled = time.perf_counter() - began
    # The last workflows still write down that they are done.
    await asyncio.sleep(IDLE_S)
    busy = time.process_time()
    await asyncio.sleep(IDLE_S)
    idle = (time.process_time() - busy) / IDLE_S * 100
    await runtime.stop()
    return [
        "| figure | n | median, ms | p95, ms |",
        "|---|---|---|---|",
        _row("alert to acknowledgement, one at a time", calm.acked_ms),
        _row("alert to dial, one at a time", [(dialer.began[one] - at) * 1000 for one, at in calm.sent.items()]),
        _row(f"alert to acknowledgement, {count} at once", burst.acked_ms),
        _row(f"alert to dial, {count} at once", [(dialer.began[one] - at) * 1000 for one, at in burst.sent.items()]),
        "",
        f"{count} at once: {count / acked:.0f} acknowledgements a second, {2 * count / dialled:.0f} effects a second; "
        f"idle: {idle:.1f} % of a core with {SINGLE + count} open cases.",
    ]


def main(count: int = AT_ONCE) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        print("\n".join(asyncio.run(measure(Path(folder), count))))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else AT_ONCE)
