"""A desk on a real intake and store in a temporary folder, with a clock that only moves when told to."""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI
from standardwebhooks import Webhook

from cases.adapters.blobs_memory import MemoryBlobs
from cases.adapters.clock import SimulatedClock
from cases.domain import events as ev
from cases.domain.alert import Alert
from cases.domain.call import Call
from cases.domain.case import Case
from cases.domain.policy import Policy
from cases.domain.rules import CaseRules
from cases.domain.vocabulary import Disposition
from cases.intake import Intake
from cases.policies import load
from cases.store import ChangeFeed, Database, Store
from desk.accounts import Account, Accounts, Role
from desk.deps import Admission, CallPeople, DeskDeps, DeskLimits
from desk.live import LiveCalls
from desk.main import create_app
from desk.summons import Summonses, SummonsLinks
from evals.alerts import load as load_example
from evals.alerts import names as example_names
from telephony.browser import AppSessions, BrowserSwitchboard
from telephony.people.desk import CallDesk
from tests.support.desk_cases import NOON, alert, coached_call, recording_wav, stream_of

ORIGIN = "http://desk.test"
API_KEY = "bank-key-one"
SECRETS = tuple("whsec_" + base64.b64encode(bytes([n]) * 24).decode() for n in (1, 2))
PASSWORD = "correct horse battery"
# A cheap hash: argon2 is slow on purpose, and its cost stands in the hash.
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@cache
def _policy() -> Policy:
    return load()


@cache
def _examples() -> dict[str, dict[str, Any]]:
    return {name: load_example(name, now=NOON) for name in example_names()}


@cache
def _empty_database() -> bytes:
    """A migrated database file, made once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        database = Database(f"sqlite:///{path}")
        database.migrate()
        database.dispose()
        return path.read_bytes()


@dataclass
class Desk:
    """The parts of one desk under test."""

    app: FastAPI
    deps: DeskDeps
    intake: Intake
    store: Store
    blobs: MemoryBlobs
    clock: SimulatedClock
    live: LiveCalls
    accounts: Accounts
    client: httpx.AsyncClient
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def another(self) -> httpx.AsyncClient:
        """A browser of its own."""
        client = new_client(self.app, self.deps.origins[0])
        self.clients.append(client)
        return client

    async def sign_in(self, name: str = "m.lindqvist", client: httpx.AsyncClient | None = None) -> httpx.AsyncClient:
        """A browser in which an account is signed in."""
        client = client or self.client
        page = await client.get("/login")
        answer = await client.post(
            "/login",
            data={"form_token": form_value(page.text, "form_token"), "name": name, "password": PASSWORD, "next": "/"},
        )
        assert answer.status_code == 303, answer.text
        return client

    async def open_case(self, one: Alert | None = None) -> Case:
        """A case whose payment is held and whose first attempt is under way."""
        one = one or alert()
        recorded = await self.intake.receive(one, at=self.clock.now())
        hold = recorded.case.instructions[0].key
        event = ev.BankAcknowledged(recorded.case.instructions[0].action, hold, "NB-1")
        return (await self.record(one.id, event, "held")).case

    async def review_case(self, one: Alert | None = None, call: Call | None = None) -> Case:
        """A case that a coached victim's call brought to a person, with its recording."""
        case = await self.open_case(one)
        return await self.review_from_call(call or coached_call(case.id))

    async def review_from_call(self, call: Call) -> Case:
        """The call of an open case's first attempt ends; a recording of its length is kept."""
        case_id = call.id.partition(":")[0]
        media = await self.blobs.put(f"{case_id}.wav", stream_of(recording_wav(call)), "audio/wav")
        media = replace(media, duration_ms=max(turn.ended_ms for turn in call.turns) + 400)
        await self.record(case_id, ev.DialPlaced(1, "simulated", "42"), "dial")
        await self.record(case_id, ev.CallEnded(1, Disposition.ANSWERED, replace(call, recording=media)), "call")
        found = await self.store.case(case_id)
        assert found is not None
        return found

    async def record(self, case_id: str, event: ev.Event, key: str) -> Any:
        """Record an event now."""
        return await self.intake.record(case_id, event, event_id=f"{case_id}:{key}", at=self.clock.now())

    async def post(self, path: str, client: httpx.AsyncClient | None = None, **fields: str) -> httpx.Response:
        """Send a form as the case's page does, with its tokens."""
        client = client or self.client
        case_page = "/".join(path.split("/")[:3])
        page = await client.get(case_page)
        tokens = {
            name: form_value(page.text, name) for name in ("form_token", "nonce") if f'name="{name}"' in page.text
        }
        if "form_token" not in tokens:
            raise AssertionError(f"no form on {case_page}: {page.status_code}")
        tokens.setdefault("nonce", "n" * 20)
        return await client.post(path, data={**tokens, **fields})

    async def total(self) -> int:
        """How many cases there are."""
        return sum((await self.store.counts()).values())


@asynccontextmanager
async def desk(
    folder: Path,
    *,
    origin: str = ORIGIN,
    limits: DeskLimits | None = None,
    rooms: Callable[[str, str], Admission] | None = None,
    rooms_at: str = "",
    video_lacks: str = "",
) -> AsyncIterator[Desk]:
    """Build a desk, and take it down at the exit; with `rooms`, reviewers' pages get their lines through LiveKit."""
    (folder / "cases.db").write_bytes(_empty_database())
    database = Database(f"sqlite:///{folder / 'cases.db'}")
    policy = _policy()
    zones = {n: ZoneInfo(n) for a in policy.jurisdictions.values() for c in a.time_zones.values() for n in c}
    feed = ChangeFeed()
    intake = Intake(database, rules=CaseRules(policy, zones), enqueue=lambda *_: None, feed=feed)
    intake.start()
    store = Store(database, feed)
    accounts = Accounts(folder / "accounts.json")
    accounts.put(Account("m.lindqvist", _HASH))
    accounts.put(Account("r.okafor", _HASH))
    accounts.put(Account("a.auditor", _HASH, Role.AUDITOR))
    clock, blobs, live = SimulatedClock(NOON), MemoryBlobs(), LiveCalls()
    deps = DeskDeps(
        intake=intake,
        store=store,
        blobs=blobs,
        policy=policy,
        clock=clock,
        webhook_secrets=SECRETS,
        api_keys=("another-key", API_KEY),
        session_secret=b"s" * 32,
        accounts=accounts,
        origins=(origin,),
        live=live,
        alert_examples=_examples,
        limits=limits or DeskLimits(),
        links=SummonsLinks(Summonses(intake, store, clock), origin, lambda: video_lacks),
        people=CallPeople(CallDesk(clock), BrowserSwitchboard(AppSessions(clock)), rooms=rooms, rooms_at=rooms_at),
    )
    app = create_app(deps)
    made = Desk(app, deps, intake, store, blobs, clock, live, accounts, new_client(app, origin))
    try:
        yield made
    finally:
        for client in (made.client, *made.clients):
            await client.aclose()
        intake.stop()
        store.close()
        database.dispose()


def new_client(app: FastAPI, origin: str) -> httpx.AsyncClient:
    """A browser: keeps cookies, sends the origin, follows no redirect by itself."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url=origin,
        headers={"Origin": origin, "Accept": "text/html", "Accept-Language": "en"},
    )


def form_value(page: str, name: str) -> str:
    """Value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, f"no field {name}"
    return found.group(1)


def signed(body: bytes, at: datetime, secret: str = SECRETS[0], message_id: str = "msg-1") -> dict[str, str]:
    """Headers of a rightly signed webhook."""
    signature = Webhook(secret).sign(message_id, at, body.decode("utf-8", "surrogateescape"))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
        "content-type": "application/json",
    }
