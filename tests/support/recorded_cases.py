"""Cases in a store, whose customer spoke in text."""

from __future__ import annotations

from pathlib import Path

from cases.adapters import SimulatedClock
from cases.domain import events as ev
from cases.domain.alert import Alert
from cases.domain.call import Call
from cases.domain.rules import CaseRules
from cases.domain.vocabulary import BankAction, Disposition
from cases.intake import Intake
from cases.policies import load
from cases.runtime import zones_of
from cases.store import ChangeFeed, Database, Store
from tests.support import text_talk


async def stored(folder: Path, alert: Alert, call: Call | None, disposition: Disposition = Disposition.ANSWERED) -> str:
    """Put a case into the database of a data folder, as riskcall records it, and return its id."""
    policy = load()
    database = Database(f"sqlite:///{folder}/riskcall.sqlite")
    database.migrate()
    rules = CaseRules(policy, zones_of(policy))
    intake = Intake(database, rules=rules, enqueue=lambda connection, case_id, effect: None, feed=ChangeFeed())
    intake.start()
    store = Store(database)
    clock = SimulatedClock(alert.raised_at)
    key = f"{alert.id}:hold"
    ended: ev.Event = ev.CallEnded(1, disposition, call) if call else ev.DialEnded(1, disposition, "")
    try:
        await intake.receive(alert, at=clock.now())
        await intake.record(
            alert.id, ev.BankAcknowledged(BankAction.HOLD, key, "r"), event_id=f"{key}:ack", at=clock.now()
        )
        await intake.record(alert.id, ended, event_id=f"{alert.id}:1:ended", at=clock.now())
    finally:
        intake.stop()
        store.close()
        database.dispose()
    return alert.id


async def spoken_case(folder: Path, alert: Alert, answers: text_talk.Script, default: str = "") -> str:
    """The same of a conversation with a customer of these words."""
    return await stored(folder, alert, await text_talk.call(alert, text_talk.scripted(answers, default)))
