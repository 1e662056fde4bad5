"""The door of the case: one transaction, each event once, refusals that leave no trace."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from cases.adapters import SimulatedClock
from cases.domain import events as ev
from cases.domain.case import CaseState
from cases.domain.errors import IllegalEventError, InvalidValueError
from cases.domain.lifecycle import Effect, InstructBank, PlaceDial
from cases.domain.rules import CaseRules
from cases.domain.vocabulary import BankAction, Disposition, Outcome
from cases.intake import AlertConflictError, EventConflictError, Intake, IntakeClosedError
from cases.store import ChangeFeed, Database, EventFormatError, Store, StoreUnavailableError
from cases.store.database import VERSION
from cases.store.tables import EVENTS, METADATA, TIMERS
from cases.timers import Timers
from tests.support import case_facts as facts
from tests.support.case_policy import ZONES, small_policy

NOW = facts.NOON


class House:
    """Intake and store on a fresh database; effects are noted inside their transaction."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(f"sqlite:///{folder}/cases.db")
        self.database.migrate()
        self.feed = ChangeFeed()
        self.effects: list[tuple[str, Effect]] = []
        self.break_on: str | None = None
        rules = CaseRules(small_policy(), ZONES)
        self.intake = Intake(self.database, rules=rules, enqueue=self.enqueue, feed=self.feed)
        self.store = Store(self.database, self.feed)
        self.intake.start()

    def enqueue(self, connection: sa.Connection, case_id: str, effect: Effect) -> None:
        if self.break_on == case_id:
            raise sa.exc.OperationalError("enqueue", {}, Exception("disk full"))
        self.effects.append((case_id, effect))

    async def receive(self, alert_id: str = "a-1") -> None:
        await self.intake.receive(facts.example_alert(alert_id), at=NOW)

    async def held(self, alert_id: str = "a-1") -> None:
        await self.receive(alert_id)
        key = f"{alert_id}:hold"
        await self.intake.record(
            alert_id, ev.BankAcknowledged(BankAction.HOLD, key, "r"), event_id=f"{key}:ack", at=NOW
        )

    def close(self) -> None:
        self.intake.stop()
        self.store.close()
        self.database.dispose()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


async def test_an_alert_becomes_a_case_with_its_effect_and_timers(house: House) -> None:
    recorded = await house.intake.receive(facts.example_alert(), at=NOW)
    assert (recorded.seq, recorded.duplicate, recorded.case.state) == (1, False, CaseState.HOLDING)
    assert [(case, type(one)) for case, one in house.effects] == [("a-1", InstructBank)]
    assert await house.store.case("a-1") == recorded.case
    assert {one.name for one in await house.store.due_timers(NOW + timedelta(days=9))} == {"hold_ack", "hold_deadline"}


async def test_the_same_alert_ten_times_at_once_is_one_case(house: House) -> None:
    alert = facts.example_alert()
    answers = await asyncio.gather(*(house.intake.receive(alert, at=NOW) for _ in range(10)))
    assert sum(not one.duplicate for one in answers) == 1
    assert len(await house.store.cases()) == 1
    assert len(house.effects) == 1
    assert {one.case.id for one in answers} == {"a-1"}


async def test_many_alerts_at_once_shuffled_and_repeated(house: House) -> None:
    base = facts.example_alert()
    alerts = [replace(base, id=f"a-{n}") for n in range(60)] * 3
    random.Random(1).shuffle(alerts)
    await asyncio.gather(*(house.intake.receive(one, at=NOW) for one in alerts))
    assert (await house.store.counts())[CaseState.HOLDING] == 60
    assert len(house.effects) == 60
    check = await house.store.verify_log()
    assert (check.head.size, check.faults) == (60, ())


async def test_an_alert_with_another_payload_is_refused(house: House) -> None:
    await house.receive()
    other = replace(facts.example_alert(), score=0.1)
    with pytest.raises(AlertConflictError):
        await house.intake.receive(other, at=NOW)
    case = await house.store.case("a-1")
    assert case is not None
    assert case.alert.score != 0.1


async def test_of_two_payloads_at_once_one_wins(house: House) -> None:
    alerts = [replace(facts.example_alert(), score=n / 10) for n in range(6)]
    answers = await asyncio.gather(*(house.intake.receive(one, at=NOW) for one in alerts), return_exceptions=True)
    assert sum(isinstance(one, AlertConflictError) for one in answers) == 5


async def test_an_alert_that_no_policy_covers_stores_nothing(house: House) -> None:
    with pytest.raises(InvalidValueError):
        await house.intake.receive(replace(facts.example_alert(), jurisdiction="BR"), at=NOW)
    assert await house.store.case("a-1") is None


async def test_an_event_is_recorded_once_with_all_that_follows(house: House) -> None:
    await house.held()
    await house.held()
    stored = await house.store.events("a-1")
    assert [(one.seq, type(one.event).__name__) for one in stored] == [
        (1, "AlertReceived"),
        (2, "BankAcknowledged"),
        (3, "AttemptStarted"),
    ]
    assert [type(one) for _, one in house.effects] == [InstructBank, PlaceDial]
    assert stored[2].event_id == "a-1:hold:ack+1"
    assert [one.seq for one in await house.store.events("a-1", after=1)] == [2, 3]


async def test_a_key_used_for_something_else_is_refused(house: House) -> None:
    await house.held()
    with pytest.raises(EventConflictError):
        await house.intake.record("a-1", ev.CustomerRinging(1), event_id="a-1:hold:ack", at=NOW)


async def test_an_alert_under_another_case_is_refused(house: House) -> None:
    with pytest.raises(EventConflictError):
        await house.intake.record("b-2", ev.AlertReceived(facts.example_alert()), event_id="x", at=NOW)


async def test_a_refused_event_takes_no_other_with_it(house: House) -> None:
    await house.held()
    events = [
        house.intake.record("a-1", ev.CustomerRinging(1), event_id="ring", at=NOW),
        house.intake.record("a-1", ev.CustomerRinging(9), event_id="wrong", at=NOW),
        house.intake.record("none", ev.CustomerRinging(1), event_id="nobody", at=NOW),
        house.intake.record("a-1", ev.CallAnswered(1), event_id="answer", at=NOW),
    ]
    answers = await asyncio.gather(*events, return_exceptions=True)
    assert [type(one) for one in answers][1:3] == [IllegalEventError, IllegalEventError]
    case = await house.store.case("a-1")
    assert case is not None
    assert case.attempts[0].answered_at == NOW
    assert (await house.store.verify_log()).faults == ()


async def test_a_database_that_fails_stores_nothing_and_the_next_try_goes_through(house: House) -> None:
    house.break_on = "a-2"
    answers = await asyncio.gather(house.receive("a-1"), house.receive("a-2"), return_exceptions=True)
    assert any(isinstance(one, StoreUnavailableError) for one in answers)
    assert await house.store.case("a-2") is None
    house.break_on = None
    await asyncio.gather(house.receive("a-1"), house.receive("a-2"))
    assert (await house.store.counts())[CaseState.HOLDING] == 2


async def test_a_stopped_intake_takes_nothing_and_finishes_what_it_took(house: House) -> None:
    accepted = [asyncio.ensure_future(house.receive(f"a-{n}")) for n in range(20)]
    await asyncio.sleep(0)
    await asyncio.to_thread(house.intake.stop)
    await asyncio.gather(*accepted)
    with pytest.raises(IntakeClosedError):
        await house.receive("late")
    assert (await house.store.counts())[CaseState.HOLDING] == 20
    house.intake.start()
    await house.receive("late")


async def test_two_processes_may_take_turns_on_one_database(house: House, tmp_path: Path) -> None:
    await house.receive()
    other = House(tmp_path)
    await other.held()
    case = (await house.intake.record("a-1", ev.CustomerRinging(1), event_id="ring", at=NOW)).case
    assert case.state is CaseState.CONTACTING
    assert (await house.store.verify_log()).faults == ()
    other.close()


async def test_changes_reach_subscribers_and_a_slow_one_gets_the_latest(house: House) -> None:
    with house.store.subscribe() as changes:
        await house.held("a-1")
        await house.held("b-2")
        # Hearing both cases is certain only once the event loop has taken the writer's calls.
        heard: dict[str, int] = {}
        async with asyncio.timeout(10):
            async for change in changes:
                heard[change.case_id] = change.seq
                if heard == {"a-1": 3, "b-2": 3}:
                    break
    await house.receive("c-3")


async def test_a_closed_subscription_ends(house: House) -> None:
    subscription = house.store.subscribe()
    subscription.close()
    assert [one async for one in subscription] == []


async def test_the_queue_shows_what_needs_a_person_first(house: House) -> None:
    for alert_id in ("calm", "open", "urgent"):
        await house.held(alert_id)
    for alert_id, seen in (("urgent", facts.HANGS_UP), ("calm", facts.GENUINE)):
        ended = ev.CallEnded(1, Disposition.ANSWERED, facts.call(alert_id, 1, seen))
        await house.intake.record(alert_id, ended, event_id=f"{alert_id}:1:ended", at=NOW)
    listed = await house.store.cases()
    assert [one.case_id for one in listed][0] == "urgent"
    first = listed[0]
    assert (first.state, first.outcome, first.attempts) == (CaseState.REVIEW, Outcome.INCONCLUSIVE, 1)
    assert str(first.amount) == "GBP 2,450.00"
    assert [one.case_id for one in await house.store.cases(states={CaseState.SETTLING})] == ["calm"]
    assert len(await house.store.cases(customer_reference="gb-alex-morgan", limit=2)) == 2
    assert await house.store.cases(customer_reference="nobody") == ()


async def test_due_timers_fire_once_and_in_simulated_time(house: House) -> None:
    clock = SimulatedClock(NOW)
    timers = Timers(house.store, house.intake, clock)
    await house.receive()
    assert await timers.fire_due() == 0
    clock.advance(timedelta(seconds=5))
    assert await timers.fire_due() == 1
    assert await timers.fire_due() == 0
    case = await house.store.case("a-1")
    assert case is not None
    assert case.state is CaseState.CONTACTING
    assert await house.store.next_due() == case.attempts[0].expires_at


async def test_a_timer_that_was_stopped_meanwhile_does_not_fire(house: House) -> None:
    await house.held()
    stale = await house.intake.record("a-1", ev.TimerFired("hold_ack"), event_id="stale", at=NOW + timedelta(hours=1))
    assert stale.duplicate
    assert not any(isinstance(one.event, ev.TimerFired) for one in await house.store.events("a-1"))


async def test_the_timer_loop_wakes_for_a_new_timer_and_ends_with_the_intake(house: House) -> None:
    clock = SimulatedClock(NOW + timedelta(days=30))
    timers = Timers(house.store, house.intake, clock)
    house.intake.nudge_after_commit(timers.nudge)
    running = asyncio.create_task(timers.run())
    with house.store.subscribe() as changes:
        await house.receive()
        async with asyncio.timeout(10):
            async for _ in changes:
                case = await house.store.case("a-1")
                if case is not None and case.state is CaseState.REVIEW:
                    break
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_the_timer_loop_ends_when_a_nudge_comes_together_with_the_cancellation(house: House) -> None:
    timers = Timers(house.store, house.intake, SimulatedClock(NOW))
    running = asyncio.create_task(timers.run())
    for _ in range(50):
        await asyncio.sleep(0)
    # The loop sleeps until the wake-up once it has asked the store; both calls below then meet in one step.
    await house.store.next_due()
    await house.store.next_due()
    for _ in range(50):
        await asyncio.sleep(0)
    timers._wake.set()
    await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=10)
    assert running in done


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (EVENTS.update().where(EVENTS.c.seq == 2).values(body="{}"), "changed"),
        (EVENTS.update().where(EVENTS.c.seq == 2).values(at=NOW + timedelta(seconds=1)), "changed"),
        (EVENTS.delete().where(EVENTS.c.seq == 2), "missing"),
        (EVENTS.update().where(EVENTS.c.seq == 2).values(previous="0" * 64), "does not name"),
        (EVENTS.delete().where(EVENTS.c.seq == 1), "missing"),
    ],
)
async def test_a_record_that_was_tampered_with_shows_it(house: House, change: Any, fault: str) -> None:
    await house.held()
    whole = await house.store.verify_log()
    assert (whole.head.size, whole.faults) == (3, ())
    with house.database.write() as connection:
        connection.execute(change)
    broken = await house.store.verify_log()
    assert any(fault in one for one in broken.faults)
    assert broken.head != whole.head


async def test_a_tail_that_was_cut_off_shows_in_the_head(house: House) -> None:
    await house.held()
    whole = await house.store.verify_log()
    with house.database.write() as connection:
        connection.execute(EVENTS.delete().where(EVENTS.c.seq == 3))
    assert (await house.store.verify_log()).head != whole.head


async def test_a_damaged_event_is_told_and_not_guessed(house: House) -> None:
    await house.receive()
    with house.database.write() as connection:
        connection.execute(EVENTS.update().values(version=99))
    with pytest.raises(EventFormatError):
        await house.store.case("a-1")


def test_the_migrations_make_the_tables_of_the_code(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/deep/er/cases.db")
    database.migrate()
    database.migrate()
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.execute(sa.select(TIMERS)).all() == []
    database.dispose()


def test_the_version_that_the_code_asks_for_is_the_newest_migration(tmp_path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(files("cases.store") / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == VERSION


def test_tables_of_an_older_version_are_brought_up_to_date(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/cases.db")
    database.migrate()
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
        for table in reversed(METADATA.sorted_tables):
            table.drop(connection)
    database.migrate()
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    database.dispose()


def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "cases.db").mkdir()
    database = Database(f"sqlite:///{tmp_path}/cases.db")
    with pytest.raises(StoreUnavailableError), database.read() as connection:
        connection.execute(sa.select(TIMERS))
    database.dispose()
