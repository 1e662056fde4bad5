"""What a worker says of its load, against what LiveKit takes for full."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from riskcall import worker


@pytest.mark.parametrize(
    ("machine", "calls", "told"),
    [(0.0, 0, 0.0), (0.75, 0, 0.7), (0.3, 0, 0.28), (0.0, 8, 0.7), (0.3, 4, 0.35), (1.0, 0, 0.93)],
)
def test_a_worker_is_full_when_its_machine_or_its_calls_are(
    monkeypatch: pytest.MonkeyPatch, machine: float, calls: int, told: float
) -> None:
    monkeypatch.setattr(worker._DefaultLoadCalc, "get_load", lambda server: machine)
    server: Any = SimpleNamespace(active_jobs=[None] * calls)
    found = worker.load(8, 0.75, server)
    assert found == pytest.approx(told, abs=0.005)
    assert (found >= worker.FULL) == (machine >= 0.75 or calls >= 8)
