"""What a worker says of its load, against what LiveKit takes for full."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from riskcall import worker

CALL = '{"call": "a:1"}'


def busy_with(calls: int, callers: int) -> Any:
    """A worker that holds calls and receives callers."""
    jobs = [CALL] * calls + [""] * callers
    return SimpleNamespace(active_jobs=[SimpleNamespace(job=SimpleNamespace(metadata=one)) for one in jobs])


@pytest.mark.parametrize(
    ("machine", "calls", "told"),
    [(0.0, 0, 0.0), (0.75, 0, 0.7), (0.3, 0, 0.28), (0.0, 8, 0.7), (0.3, 4, 0.35), (1.0, 0, 0.93)],
)
def test_a_worker_is_full_when_its_machine_or_its_calls_are(
    monkeypatch: pytest.MonkeyPatch, machine: float, calls: int, told: float
) -> None:
    monkeypatch.setattr(worker._DefaultLoadCalc, "get_load", lambda server: machine)
    server = busy_with(calls, callers=9)
    found = worker.load(8, 0.75, server)
    assert found == pytest.approx(told, abs=0.005)
    assert (found >= worker.FULL) == (machine >= 0.75 or calls >= 8)


class Offer:
    """A job that is offered; notes what became of it."""

    def __init__(self, metadata: str) -> None:
        self.job = SimpleNamespace(metadata=metadata)
        self.taken: bool | None = None

    async def accept(self) -> None:
        self.taken = True

    async def reject(self, *, terminate: bool) -> None:
        assert not terminate, "another worker may have room"
        self.taken = False


@pytest.mark.parametrize(("callers", "call", "caller"), [(0, True, True), (1, True, True), (2, True, False)])
async def test_as_many_callers_are_received_as_calls_are_held(callers: int, call: bool, caller: bool) -> None:
    for metadata, taken in ((CALL, call), ("", caller)):
        offer: Any = Offer(metadata)
        await worker.take_job(2, busy_with(2, callers), offer)
        assert offer.taken is taken
