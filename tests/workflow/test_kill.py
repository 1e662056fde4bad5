"""kill -9 at every durable boundary of a case: nothing is lost, nothing is done twice, the case goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

KILLED = -9

POINTS = (
    "AlertReceived: before the commit",
    "InstructBank: queued, before the commit",
    "AlertReceived: after the commit",
    "hold: before the bank",
    "hold: after the bank",
    "BankAcknowledged: before the commit",
    "BankAcknowledged: after the commit",
    "PlaceDial: queued, before the commit",
    "DialPlaced: after the commit",
    "dial: before the line",
    "dial: after the line",
    "call: in the conversation",
    "CallEnded: before the commit",
    "call: after its result",
    "decision: before the bank",
    "decision: after the bank",
)


def run(folder: Path, point: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.workflow.case_process", str(folder), point]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def finish(folder: Path) -> dict[str, Any]:
    ended = run(folder, "none")
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_process_leaves_a_case_that_goes_on(tmp_path: Path, point: str) -> None:
    killed = run(tmp_path, point)
    assert killed.returncode == KILLED, killed.stderr or killed.stdout
    before = lines(tmp_path / "bank.log")
    if not point.startswith("decision"):
        assert set(before) <= {"a-1:hold hold"}, "the payment is still held"

    found = finish(tmp_path)

    assert (found["state"], found["payment"], found["cases"]) == ("closed", "release", 1)
    assert found["faults"] == []
    assert found["analyses"] == 1
    sent = Counter(lines(tmp_path / "bank.log"))
    assert set(sent) == {"a-1:hold hold", "a-1:decision:1 release"}
    # A kill between the bank and our note of its answer costs one repeat, under the same key.
    repeats = {line for line, count in sent.items() if count > 1}
    lost_answers = {"hold: after the bank", "BankAcknowledged: before the commit", "decision: after the bank"}
    assert not repeats or point in lost_answers
    assert max(sent.values()) <= 2
    assert max(Counter(lines(tmp_path / "dial.log")).values()) == 1, "no attempt rings twice"


@pytest.mark.parametrize(
    "point",
    (
        "Analyse: queued, before the commit",
        "analysis: before it is written",
        "analysis: after it is written",
        "AnalysisWritten: before the commit",
        "AnalysisWritten: after the commit",
    ),
)
def test_every_call_gets_one_analysis_whenever_the_process_dies(tmp_path: Path, point: str) -> None:
    assert run(tmp_path, point).returncode == KILLED
    found = finish(tmp_path)
    calls = found["attempts"].count("answered")
    assert (found["state"], found["payment"], found["analyses"], calls) == ("closed", "release", 1, 1)
    assert found["faults"] == []
    assert max(Counter(lines(tmp_path / "dial.log")).values()) == 1, "no attempt rings twice"


def test_a_call_that_died_with_its_process_is_evidence_of_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, "call: in the conversation").returncode == KILLED
    found = finish(tmp_path)
    assert found["attempts"] == ["worker_lost", "answered"]
    assert lines(tmp_path / "dial.log") == ["a-1:1", "a-1:2"]
