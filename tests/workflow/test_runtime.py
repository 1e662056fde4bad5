"""Effects on DBOS, timers and intake together in one process."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from agent.analysis.template import TemplateAnalyst
from cases.adapters import FakeBank, SystemClock
from cases.domain import events as ev
from cases.domain.analysis import Analysis, Dossier
from cases.domain.call import Verification
from cases.domain.case import Case, CaseState
from cases.domain.rules import CaseTimings
from cases.domain.ruling import Decision
from cases.domain.vocabulary import BankAction, Disposition
from cases.effects import EffectLimits
from cases.ports import Analyst, BankInstruction, DialRefusedError, DialRequest
from cases.runtime import CaseRuntime
from tests.support import case_facts as facts
from tests.support.case_policy import small_policy

CLOCK = SystemClock()


class PlayedDialer:
    """Answers each attempt at once with what the customer of the case says; refuses where told to."""

    def __init__(self) -> None:
        self.runtime: CaseRuntime
        self.seen: Verification | None = facts.GENUINE
        self.refuses = False
        self.requests: list[DialRequest] = []
        self.calls: set[asyncio.Task[object]] = set()

    async def leg_of(self, case_id: str) -> str:
        return "simulated"

    async def dial(self, request: DialRequest) -> None:
        if self.refuses:
            raise DialRefusedError("another call with this customer")
        self.requests.append(request)
        if self.seen is not None:
            task: asyncio.Task[object] = asyncio.create_task(self.end(request, self.seen))
            self.calls.add(task)
            task.add_done_callback(self.calls.discard)

    async def end(self, request: DialRequest, seen: Verification) -> object:
        now = CLOCK.now()
        call = facts.call(request.case_id, request.attempt, seen, now)
        event = ev.CallEnded(request.attempt, Disposition.ANSWERED, call)
        return await self.runtime.intake.record(request.case_id, event, event_id=f"{request.attempt_id}:ended", at=now)


class World:
    """A runtime on a folder, with a bank and a dialer that do as told."""

    def __init__(
        self, folder: Path, bank: FakeBank | None = None, poll_s: float = 0.25, analyst: Analyst | None = None
    ) -> None:
        self.bank = bank or FakeBank()
        self.dialer = PlayedDialer()
        self.runtime = CaseRuntime(
            f"sqlite:///{folder}/cases.db",
            policy=small_policy(attempts=2, spacing=(0,)),
            bank=self.bank,
            analyst=analyst or TemplateAnalyst(),
            clock=CLOCK,
            timings=CaseTimings(hold_ack=timedelta(minutes=5)),
            limits=EffectLimits(bank_tries=3, bank_wait_s=0.01, poll_s=poll_s),
        )
        self.dialer.runtime = self.runtime
        self.runtime.use_dialer(self.dialer)

    async def receive(self, alert_id: str = "a-1") -> None:
        now = CLOCK.now()
        await self.runtime.intake.receive(facts.example_alert(alert_id, now=now), at=now)

    async def until(self, holds: Callable[[Case], bool], case_id: str = "a-1") -> Case:
        async with asyncio.timeout(60):
            with self.runtime.store.subscribe() as changes:
                case = await self.runtime.store.case(case_id)
                if case is not None and holds(case):
                    return case
                async for change in changes:
                    case = await self.runtime.store.case(case_id)
                    if change.case_id == case_id and case is not None and holds(case):
                        return case
        raise AssertionError("unreachable")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    await made.runtime.start()
    yield made
    await made.runtime.stop()


def closed(case: Case) -> bool:
    return case.state is CaseState.CLOSED


def in_review(case: Case) -> bool:
    return case.state is CaseState.REVIEW


async def test_from_alert_to_release(world: World) -> None:
    await world.receive()
    case = await world.until(closed)
    assert case.payment is BankAction.RELEASE
    assert [one.key for one in world.bank.calls] == ["a-1:hold", "a-1:decision:1"]
    assert [one.reference for one in case.instructions] == ["fake-1", "fake-2"]
    assert case.attempts[0].leg == "simulated"
    assert case.attempts[0].match_code == world.dialer.requests[0].match_code
    assert 10 <= int(case.attempts[0].match_code) <= 99
    assert (await world.runtime.store.verify_log()).faults == ()


async def test_effects_start_without_waiting_for_a_poll(tmp_path: Path) -> None:
    world = World(tmp_path, poll_s=3600.0)
    await world.runtime.start()
    await world.receive()
    await world.until(closed)
    await world.runtime.stop()


class SlowAnalyst:
    """Writes only when told to, like a model that stalls."""

    def __init__(self) -> None:
        self.may_write = asyncio.Event()
        self.template = TemplateAnalyst()
        self.asked = 0

    async def analyse(self, dossier: Dossier) -> Analysis:
        self.asked += 1
        await self.may_write.wait()
        return await self.template.analyse(dossier)


async def test_an_analysis_that_takes_long_keeps_nobody_waiting(tmp_path: Path) -> None:
    analyst = SlowAnalyst()
    world = World(tmp_path, analyst=analyst)
    await world.runtime.start()
    world.dialer.seen = facts.HANGS_UP
    await world.receive("a-1")
    case = await world.until(in_review)
    world.dialer.seen = facts.DENIES
    await world.receive("a-2")
    other = await world.until(closed, "a-2")
    assert other.payment is BankAction.BLOCK
    assert case.calls[0].analysis is other.calls[0].analysis is None, "bank and reviewer have it at once"
    analyst.may_write.set()
    case = await world.until(lambda one: one.calls[0].analysis is not None)
    analysis = case.calls[0].analysis
    assert analysis is not None and analysis.proposal is BankAction.HOLD
    await world.until(lambda one: one.calls[0].analysis is not None, "a-2")
    assert analyst.asked == 2 and in_review(case)
    assert (await world.runtime.store.verify_log()).faults == ()
    await world.runtime.stop()


async def test_what_was_queued_is_written_after_a_restart(tmp_path: Path) -> None:
    world = World(tmp_path, analyst=SlowAnalyst())
    await world.runtime.start()
    await world.receive()
    await world.until(closed)
    await world.runtime.stop()
    again = World(tmp_path)
    await again.runtime.start()
    await again.until(lambda one: one.calls[0].analysis is not None)
    events = [type(one.event) for one in await again.runtime.store.events("a-1")]
    assert events.count(ev.AnalysisWritten) == 1
    await again.runtime.stop()


async def test_many_alerts_at_once_each_to_its_end(world: World) -> None:
    await asyncio.gather(*(world.receive(f"a-{n}") for n in range(25)))
    for n in range(25):
        await world.until(closed, f"a-{n}")
    assert len(world.bank.calls) == len(world.bank.carried_out) == 50
    assert len(world.dialer.requests) == 25


async def test_a_bank_that_stumbles_gets_the_same_key_again(world: World) -> None:
    world.bank.away_for = 1
    world.bank.lose_answers_for = 1
    await world.receive()
    await world.until(closed)
    assert [one.key for one in world.bank.calls].count("a-1:hold") == 3
    assert list(world.bank.carried_out) == ["a-1:hold", "a-1:decision:1"]


async def test_a_bank_that_stays_away_brings_a_person_in(world: World) -> None:
    world.bank.away_for = 3
    await world.receive()
    case = await world.until(in_review)
    assert case.review is not None
    assert "bank_unreachable" in case.review.reasons
    assert case.instructions[0].error == "bank_unavailable"
    assert world.bank.carried_out == {}


async def test_a_bank_that_refuses_is_not_pressed(world: World) -> None:
    world.bank.refuses = True
    await world.receive()
    case = await world.until(in_review)
    assert [one.key for one in world.bank.calls] == ["a-1:hold"]
    assert case.instructions[0].error == "bank_refused"


async def test_a_dial_that_may_not_be_placed_is_a_failed_attempt(world: World) -> None:
    world.dialer.refuses = True
    await world.receive()
    case = await world.until(in_review)
    assert [(one.disposition, one.detail) for one in case.attempts] == [(Disposition.FAILED, "dial_refused")] * 2


async def test_a_reviewers_decision_reaches_the_bank(world: World) -> None:
    world.dialer.seen = facts.HANGS_UP
    await world.receive()
    await world.until(in_review)
    now = CLOCK.now()
    decision = ev.DecisionMade(Decision(BankAction.BLOCK, "rosa", "the son called, it was a scam", now))
    await world.runtime.intake.record("a-1", decision, event_id="a-1:decision:form-1", at=now)
    case = await world.until(closed)
    assert case.payment is BankAction.BLOCK
    told: BankInstruction = world.bank.carried_out["a-1:decision:1"]
    assert (told.decided_by, told.outcome) == ("rosa", "inconclusive")


async def test_what_a_stopped_runtime_left_is_resumed_by_the_next(tmp_path: Path) -> None:
    class SlowBank(FakeBank):
        """Never answers, until its process ends."""

        def __init__(self) -> None:
            super().__init__()
            self.asked = asyncio.Event()

        async def instruct(self, instruction: BankInstruction) -> str:
            self.asked.set()
            return await asyncio.get_running_loop().create_future()

    slow = SlowBank()
    first = World(tmp_path, slow)
    await first.runtime.start()
    await first.receive()
    async with asyncio.timeout(30):
        await slow.asked.wait()
    await first.runtime.stop()

    second = World(tmp_path)
    await second.runtime.start()
    case = await second.until(closed)
    await second.runtime.stop()
    assert case.payment is BankAction.RELEASE
    assert list(second.bank.carried_out) == ["a-1:hold", "a-1:decision:1"]


async def test_a_call_that_a_stopped_runtime_left_is_given_up_and_tried_again(tmp_path: Path) -> None:
    first = World(tmp_path)
    first.dialer.seen = None
    await first.runtime.start()
    await first.receive()
    await first.until(lambda case: bool(case.attempts) and bool(case.attempts[0].match_code))
    await first.runtime.stop()

    second = World(tmp_path)
    await second.runtime.start()
    case = await second.until(closed)
    await second.runtime.stop()
    assert [one.detail or one.disposition for one in case.attempts] == ["worker_lost", "answered"]
    assert [one.attempt for one in second.dialer.requests] == [2]


async def test_a_runtime_without_a_dialer_says_so(tmp_path: Path) -> None:
    url, analyst = f"sqlite:///{tmp_path}/c.db", TemplateAnalyst()
    runtime = CaseRuntime(url, policy=small_policy(), bank=FakeBank(), analyst=analyst, clock=CLOCK)
    with pytest.raises(RuntimeError, match="use_dialer"):
        await runtime.start()


async def test_a_start_leaves_nothing_that_the_next_one_stumbles_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        world = World(tmp_path)
        with io.TextIOWrapper(io.BytesIO()) as output:
            monkeypatch.setattr(sys, "stderr", output)
            await world.runtime.start()
            await world.runtime.stop()
