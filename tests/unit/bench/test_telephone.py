"""The bench of telephone calls: what it measures, what it prints, how far it climbs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from bench.telephone import network
from bench.telephone.errors import NotRungError, ProgramMissingError
from bench.telephone.household import PhoneCallRecord
from bench.telephone.measures import CallFigures, measure
from bench.telephone.network import find_program
from bench.telephone.ramp import Step, climb, memory_per_call_mb
from bench.telephone.report import (
    GOALS,
    document,
    left_out,
    outcome_table,
    ramp_summary,
    ramp_table,
    samples,
    speed_table,
)
from bench.telephone.system import HeldCall, numbers
from riskcall import bench_cli
from riskcall.cli import app
from telephony.customer import LineKind
from telephony.simulated import SpokenLine
from tests.support.virtual_time import run_virtual

RATE = 16_000


def agent(seconds: float, *heard: tuple[float, float]) -> NDArray[np.float32]:
    """A recording in which the agent is heard between these times."""
    samples = np.zeros(int(seconds * RATE), np.float32)
    for begin, end in heard:
        at = np.arange(int((end - begin) * RATE))
        samples[int(begin * RATE) : int(begin * RATE) + at.size] = 0.2 * np.sin(2 * np.pi * 300 * at / RATE)
    return samples


def answer(begin: float, end: float, kind: LineKind = LineKind.ANSWER) -> SpokenLine:
    return SpokenLine("words", int(begin * 1000), int(end * 1000), kind)


def test_a_response_is_from_the_customers_last_sound_to_the_agents_next() -> None:
    found = measure(agent(10, (0.2, 2.0), (3.5, 5.0)), RATE, [answer(2.3, 3.0)])
    assert found.first_word_ms == pytest.approx(200, abs=2)
    assert found.responses_ms == (pytest.approx(500, abs=2),)
    assert (found.unanswered, found.while_talking, found.yields_ms, found.ignored) == (0, 0, (), 0)


def test_short_silences_within_an_utterance_are_no_response() -> None:
    found = measure(agent(10, (0.2, 2.0), (2.15, 4.0), (5.0, 6.0)), RATE, [answer(1.0, 2.05), answer(4.2, 4.5)])
    assert found.while_talking == 1 and found.responses_ms == (pytest.approx(500, abs=2),)


def test_an_answer_that_nobody_answers_is_counted_but_for_the_last() -> None:
    lines = [answer(2, 3), answer(9, 10), answer(17, 18)]
    found = measure(agent(30, (0.2, 1.5), (16.0, 16.5)), RATE, lines)
    assert (found.responses_ms, found.unanswered) == ((), 2)


def test_a_yield_is_from_the_barge_ins_first_sound_to_the_agents_last() -> None:
    barge = answer(2.0, 3.0, LineKind.BARGE_IN)
    assert measure(agent(9, (0.2, 2.3), (3.6, 5.0)), RATE, [barge]).yields_ms == (pytest.approx(300, abs=2),)
    ignored = measure(agent(9, (0.2, 5.0)), RATE, [barge])
    assert (ignored.yields_ms, ignored.ignored) == ((), 1)


def test_an_agent_that_says_nothing() -> None:
    assert measure(agent(3), RATE, [answer(1, 2)]).first_word_ms is None


def held(persona: str = "denies", outcome: str = "denied", *responses: float, late: float = 1.0) -> HeldCall:
    figures = CallFigures(150.0, responses, 0, 0, (200.0,), 0)
    phone = PhoneCallRecord("+1", 5.0, 5.5, 6.0, 6.02, 20.0, "there", (), figures, late, 700, 0, "x.wav")
    report = {"outcome": outcome, "disposition": "answered", "turns": [{"response_ms": 90}, {"response_ms": None}]}
    return HeldCall(persona, report, phone, accepted_s=5.1)


def test_the_tables_show_every_figure_and_every_outcome() -> None:
    calls = [held("denies", "denied", 400.0, 600.0), held("genuine", "inconclusive", 500.0)]
    taken = samples(calls)
    assert taken["alert_to_ringing_ms"] == pytest.approx([400, 400])
    assert taken["answer_to_word_ms"] == pytest.approx([170, 170])
    assert taken["own_response_ms"] == [90, 90]
    speed = speed_table(taken)
    assert len(speed.splitlines()) == 2 + len(GOALS)
    assert "| 3 | 500 [400, 600] | 600 [" in speed
    outcomes = outcome_table(calls)
    assert "| denies | 1 | 1 | – | 0 | 0 | 1 |" in outcomes and "| genuine | 1 | 0 | inconclusive |" in outcomes


def test_calls_on_a_machine_that_is_too_busy_are_left_out_and_counted() -> None:
    calls = [held("denies", "denied", 400.0), held("denies", "denied", 9_000.0, late=300.0)]
    assert samples(calls)["response_ms"] == [400.0]
    assert "1 of 2 calls" in left_out(calls)


def test_a_voicemails_greeting_is_no_answer_of_a_customer() -> None:
    assert samples([held("voicemail", "unreached", 900.0)])["response_ms"] == []


def step(calls: int, p95: float) -> Step:
    return Step(calls, (held("genuine", "", p95),), 60.0, {"riskcall": 30.0}, {"riskcall": 100.0 + 20 * calls}, 1.0)


def test_the_ramp_tells_what_was_carried_and_what_a_call_takes() -> None:
    steps = [step(1, 400), step(2, 900), step(3, 1400)]
    assert [one.carried for one in steps] == [True, True, False]
    assert memory_per_call_mb(steps) == {"riskcall": pytest.approx(20)}
    assert ramp_summary(steps).startswith("carried with p95 ≤ 1 s: 2 calls at once; memory a call: riskcall 20.0 MiB")
    table = ramp_table(steps)
    assert "| 2 | 1 | 1 | 0 | 900 [900, 900] | 900 [900, 900] |" in table and "| 25.0 | 1.0 |" in table
    kept = document([held()], steps, {"cores": 2})
    assert [one["carried"] for one in kept["ramp"]] == [True, True, False] and kept["calls"][0]["right"]


@dataclass
class SlowingSystem:
    """A system that is the slower the more calls there are."""

    at_once: int = 0
    most: list[int] = field(default_factory=list)

    async def call(self, persona: str, *, seed: int, hang_up_after_s: float) -> HeldCall:
        self.at_once += 1
        self.most.append(self.at_once)
        await asyncio.sleep(min(20.0, hang_up_after_s))
        slow = 400.0 * self.at_once
        self.at_once -= 1
        return held(persona, "", slow)


class Deaf(SlowingSystem):
    """A system in which nobody is called."""

    async def call(self, persona: str, *, seed: int, hang_up_after_s: float) -> HeldCall:
        await asyncio.sleep(30.0)
        raise NotRungError("nobody")


class NoPrograms:
    def spent_s(self) -> dict[str, float]:
        return {"riskcall": 0.0}

    def held_mb(self) -> dict[str, float]:
        return {"riskcall": 1.0}


def test_climbs_until_the_machine_carries_no_more() -> None:
    system, told = SlowingSystem(), []
    climbing: Any = climb(system, NoPrograms(), seconds=60.0, tell=told.append)  # type: ignore[arg-type]
    steps = run_virtual(climbing)
    assert [one.calls for one in steps] == [1, 2, 3, 4] and told == steps
    assert [one.carried for one in steps] == [True, True, False, False] and max(system.most) == 4
    assert len(steps[0].held) == 3, "a call that ends is followed by another"


def test_a_machine_on_which_no_telephone_rings_carries_no_call() -> None:
    climbing: Any = climb(Deaf(), NoPrograms(), seconds=60.0, tell=lambda step: None)  # type: ignore[arg-type]
    steps = run_virtual(climbing)
    assert [(step.calls, step.not_rung, step.carried) for step in steps] == [(1, 2, False), (2, 4, False)]
    assert ramp_summary(steps).startswith("carried with p95 ≤ 1 s: 0 calls at once")


def test_numbers_of_customers_differ_and_belong_to_nobody() -> None:
    given = numbers()
    taken = [next(given) for _ in range(500)]
    assert len(set(taken)) == 500 and all(number[5:10] == "55501" for number in taken)


def test_a_missing_program_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(network, "BESIDE", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramMissingError, match="livekit-sip is neither in .* nor on the search path"):
        find_program("livekit-sip")
    told = CliRunner().invoke(app, ["bench", "telephone"])
    assert told.exit_code == 2 and "redis-server is neither" in told.output


def test_an_unknown_customer_is_told_with_status_2() -> None:
    told = CliRunner().invoke(app, ["bench", "telephone", "--personas", "nobody"], env={"COLUMNS": "200"})
    assert told.exit_code == 2 and "no customer nobody" in told.output


def test_a_missing_package_is_told_with_status_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_cli, "find_spec", lambda name: None)
    told = CliRunner().invoke(app, ["bench", "telephone"])
    assert told.exit_code == 2 and "extra `bench`" in told.output
