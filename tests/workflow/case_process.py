"""A process with a whole case runtime that can be killed at a named point; tests start it with `python -m`.

Arguments: folder, point (or `none`). The folder holds the database, `bank.log` with a line for each instruction
that reached the bank, and `dial.log` with a line for each dial. The process receives one alert, works until the
case needs nothing more of it, prints what it found as JSON and ends; at its point it kills itself.
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from agent.analysis.template import TemplateAnalyst
from cases.adapters import SystemClock
from cases.domain import events as ev
from cases.domain.analysis import Analysis, Dossier
from cases.domain.case import Case, CaseState
from cases.domain.lifecycle import Effect
from cases.domain.rules import CaseTimings
from cases.domain.vocabulary import Disposition
from cases.intake import Intake, Recorded
from cases.ports import BankInstruction, DialRequest
from cases.runtime import CaseRuntime
from tests.support import case_facts as facts
from tests.support.case_policy import small_policy

CASE = "a-1"


class Points:
    """Kills the process when its point is passed."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted

    def pass_by(self, name: str) -> None:
        if name == self.wanted:
            os.kill(os.getpid(), signal.SIGKILL)


def append(path: Path, line: str) -> None:
    with path.open("a") as handle:
        handle.write(line + "\n")
        handle.flush()
        os.fsync(handle.fileno())


class LoggedBank:
    """A bank whose memory is a file; like a real one it carries out each key once."""

    def __init__(self, path: Path, points: Points) -> None:
        self.path = path
        self.points = points

    async def instruct(self, instruction: BankInstruction) -> str:
        name = instruction.key.split(":")[1]
        self.points.pass_by(f"{name}: before the bank")
        append(self.path, f"{instruction.key} {instruction.action.value}")
        self.points.pass_by(f"{name}: after the bank")
        return f"ref-{name}"


class WatchedAnalyst:
    """The template, with a point before and after it writes."""

    def __init__(self, points: Points) -> None:
        self.points = points
        self.template = TemplateAnalyst()

    async def analyse(self, dossier: Dossier) -> Analysis:
        self.points.pass_by("analysis: before it is written")
        analysis = await self.template.analyse(dossier)
        self.points.pass_by("analysis: after it is written")
        return analysis


class LoggedDialer:
    """Reaches a customer who confirms."""

    def __init__(self, path: Path, points: Points) -> None:
        self.path = path
        self.points = points
        self.intake: Intake
        self.calls: set[asyncio.Task[None]] = set()

    async def leg_of(self, case_id: str) -> str:
        return "simulated"

    async def dial(self, request: DialRequest) -> None:
        self.points.pass_by("dial: before the line")
        append(self.path, request.attempt_id)
        self.points.pass_by("dial: after the line")
        call = asyncio.create_task(self.call(request))
        self.calls.add(call)
        call.add_done_callback(self.calls.discard)

    async def call(self, request: DialRequest) -> None:
        now = SystemClock().now()
        await self.intake.record(
            request.case_id, ev.CallAnswered(request.attempt), event_id=f"{request.attempt_id}:answered", at=now
        )
        self.points.pass_by("call: in the conversation")
        ended = ev.CallEnded(
            request.attempt, Disposition.ANSWERED, facts.call(request.case_id, request.attempt, at=now)
        )
        await self.intake.record(request.case_id, ended, event_id=f"{request.attempt_id}:ended", at=now)
        self.points.pass_by("call: after its result")


def watch_intake(intake: Intake, points: Points) -> None:
    """Points around every commit: `EventType: before the commit`, `…: after the commit`."""
    enqueue, record = intake._enqueue, intake.record

    def watched_enqueue(connection: sa.Connection, case_id: str, effect: Effect) -> None:
        enqueue(connection, case_id, effect)
        points.pass_by(f"{type(effect).__name__}: queued, before the commit")

    async def watched_record(case_id: str, event: ev.Event, **rest: Any) -> Recorded:
        name = type(event).__name__
        points.pass_by(f"{name}: before the commit")
        recorded = await record(case_id, event, **rest)
        points.pass_by(f"{name}: after the commit")
        return recorded

    intake._enqueue = watched_enqueue
    intake.record = watched_record  # type: ignore[method-assign]


async def settled(runtime: CaseRuntime, done: Callable[[Case], bool]) -> None:
    with runtime.store.subscribe() as changes:
        case = await runtime.store.case(CASE)
        if case is not None and done(case):
            return
        async for change in changes:
            case = await runtime.store.case(change.case_id)
            if case is not None and done(case):
                return


def done(case: Case) -> bool:
    """Whether the case needs nothing more: decided or with a person, and its calls analysed."""
    return case.state in (CaseState.CLOSED, CaseState.REVIEW) and all(one.analysis is not None for one in case.calls)


async def tell_where_it_hangs(runtime: CaseRuntime) -> None:
    for stored in await runtime.store.events(CASE):
        print(stored.seq, stored.at, stored.event_id, type(stored.event).__name__, file=sys.stderr)
    with runtime._database.read() as connection:
        query = "select workflow_uuid, status, queue_name, executor_id, error from workflow_status"
        for row in connection.exec_driver_sql(query):
            print(row, file=sys.stderr)


async def main(folder: Path, point: str) -> None:
    points = Points(point)
    clock = SystemClock()
    dialer = LoggedDialer(folder / "dial.log", points)
    runtime = CaseRuntime(
        f"sqlite:///{folder}/cases.db",
        policy=small_policy(spacing=(0,)),
        bank=LoggedBank(folder / "bank.log", points),
        analyst=WatchedAnalyst(points),
        clock=clock,
        dialer=dialer,
        timings=CaseTimings(hold_ack=timedelta(minutes=5)),
    )
    dialer.intake = runtime.intake
    watch_intake(runtime.intake, points)
    await runtime.start()
    # The bank's engine sends its alert until it is acknowledged; a second process may get it again.
    alert = replace(facts.example_alert(CASE, now=facts.NOON), hold_deadline=facts.NOON.replace(year=2099))
    marker = folder / "acked"
    if not marker.exists():
        await runtime.intake.receive(alert, at=clock.now())
        marker.touch()
    try:
        async with asyncio.timeout(60):
            await settled(runtime, done)
    except TimeoutError:
        await tell_where_it_hangs(runtime)
        raise
    case = await runtime.store.case(CASE)
    check = await runtime.store.verify_log()
    counts = await runtime.store.counts()
    assert case is not None
    print(
        json.dumps(
            {
                "state": case.state.value,
                "payment": case.payment,
                "cases": sum(counts.values()),
                "attempts": [one.detail or one.disposition for one in case.attempts],
                "faults": check.faults,
                "analyses": sum(isinstance(one.event, ev.AnalysisWritten) for one in await runtime.store.events(CASE)),
            }
        )
    )
    await runtime.stop()


if __name__ == "__main__":
    # A process that hangs tells where, while somebody still listens.
    faulthandler.dump_traceback_later(90, exit=True)
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
