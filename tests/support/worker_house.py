"""`riskcall serve` and `riskcall agent` as real programs on a telephone network, with a bank and a customer's phone."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml
from livekit import api

from cases.adapters.clock import SystemClock
from cases.domain.case import Case
from cases.domain.vocabulary import Act, Speaker
from cases.store import Database, Store
from desk.accounts import Accounts
from evals.alerts import load
from riskcall.alerts import signed
from riskcall.demo.bank import DemoBank
from riskcall.servers import listen, origin_of, serving
from telephony.leg import Caption
from telephony.livekit import INBOUND
from telephony.people.handover import LineKind, OrderKind
from tests.support.phone_network import PhoneNetwork
from tests.support.programs import Program, ask, wait_until

ROOT = Path(__file__).parents[2]
_REGISTERED = "takes calls"
NUMBER = "+447400123456"
REVIEWER_NUMBER = "+447400123457"
WAIT_S = 120.0
POLL_S = 0.02
GRACE_S = 2.0
REVIEWER, PASSWORD = "r.okafor", "correct horse battery"


def whsec() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


class Desk:
    """A reviewer at the desk."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def order(self, case_id: str, kind: OrderKind, line: LineKind) -> None:
        """Press a button of the panel of persons in a case's call."""
        page = await self._client.get(f"/cases/{case_id}")
        token = re.search(r'data-form-token="([^"]*)"', page.text)
        assert token is not None, "the panel has no buttons"
        form = {"form_token": token[1], "order": kind.value, "line": line.value}
        origin = str(self._client.base_url).rstrip("/")
        answer = await self._client.post(f"/cases/{case_id}/people", data=form, headers={"Origin": origin})
        assert answer.status_code == 202, answer.text


class House:
    """The programs, and what a test asks of them.

    Attributes:
        serve: `riskcall serve`.
        agent: `riskcall agent`.
        bank: Takes instructions.
        store: Reads the record beside the server.
        data: The server's folder.
        spool: The worker's spool.
    """

    def __init__(
        self,
        network: PhoneNetwork,
        folder: Path,
        bank: DemoBank,
        bank_url: str,
        trunk: str,
        more: Mapping[str, str] | None = None,
    ) -> None:
        self.network = network
        self.bank = bank
        self.data, self.worker = folder / "serve", folder / "agent"
        self.spool = self.worker / "spool"
        for one in (self.data, self.worker):
            one.mkdir()
        Accounts(self.data / "accounts.json").save(REVIEWER, PASSWORD, phone=REVIEWER_NUMBER)
        self._registered = 0
        self._alert_secret = whsec()
        self._port = network.ports.take()
        self._health = network.ports.take()
        shared = {
            "PYTHONPATH": str(ROOT),
            "RISKCALL_LIVEKIT_URL": network.url,
            "RISKCALL_LIVEKIT_API_KEY": network.api_key,
            "RISKCALL_LIVEKIT_API_SECRET": network.api_secret,
            "RISKCALL_WORKER_KEY": secrets.token_hex(32),
            "RISKCALL_API_URL": self.url,
            "RISKCALL_POLICIES_DIR": str(_policies(folder)),
            "RISKCALL_SIP_ADDRESS": trunk,
            "RISKCALL_SIP_TRANSPORT": "udp",
            "RISKCALL_SIP_MEDIA_ENCRYPTION": "off",
            "RISKCALL_SIP_CALLER_ID": "+442071838750",
            "RISKCALL_SIP_COUNTRIES": '["GB"]',
            "RISKCALL_SIP_CALLS_PER_NUMBER_PER_DAY": "100",
            "RISKCALL_CACHE_DIR": str(folder / "cache"),
        }
        server = {
            "RISKCALL_DATA_DIR": str(self.data),
            "RISKCALL_PORT": str(self._port),
            "RISKCALL_WEBHOOK_SECRETS": json.dumps([self._alert_secret]),
            "RISKCALL_API_KEYS": '["bank"]',
            "RISKCALL_BANK_URL": bank_url,
            "RISKCALL_BANK_SECRET": bank.secret,
            "RISKCALL_SESSION_SECRET": secrets.token_urlsafe(48),
            "RISKCALL_WORKER_GRACE_SECONDS": str(GRACE_S),
        }
        # On a machine that runs tests the load says nothing about calls.
        worker = {
            "RISKCALL_DATA_DIR": str(self.worker),
            "RISKCALL_WORKER_PORT": str(self._health),
            "RISKCALL_WORKER_LOAD": "100",
            "RISKCALL_WORKER_IDLE": "1",
            **(more or {}),
        }
        self.serve = self._program("serve", {**shared, **server}, folder, lambda: b" 200 " in self._ready())
        self.agent = self._program("agent", {**shared, **worker}, folder, self._has_registered)
        self.store = Store(Database(f"sqlite:///{self.data / 'riskcall.sqlite'}"))

    @property
    def url(self) -> str:
        """Where the server listens."""
        return f"http://127.0.0.1:{self._port}"

    def job_pids(self) -> list[int]:
        """Processes of the worker that hold a call: those with a locked spool entry."""
        locked = {one.resolve() for one in self.spool.glob("*/lock")}
        found = []
        for process in psutil.Process(self.agent.pid).children(recursive=True):
            try:
                if any(Path(one.path) in locked for one in process.open_files()):
                    found.append(process.pid)
            except psutil.Error:
                continue
        return found

    def on_a_line(self) -> list[psutil.Process]:
        """Processes of the worker that are in a room: those with sockets for media."""
        children = psutil.Process(self.agent.pid).children(recursive=True)
        return [one for one in children if _has_media(one)]

    async def lines_down(self) -> None:
        """Return once no process of the worker is in a room."""
        await asyncio.to_thread(wait_until, lambda: not self.on_a_line(), WAIT_S, lambda: self.agent.log[-3000:])

    async def alert(self, alert_id: str, example: str = "card-not-present") -> None:
        """The bank flags a payment of a customer who has a telephone only."""
        document = load(example, now=SystemClock().now(), alert_id=alert_id)
        document["customer"]["contacts"] = [{"kind": "phone", "address": NUMBER}]
        document["customer"]["reference"] = f"customer-of-{alert_id}"
        body, headers = signed(document, self._alert_secret, SystemClock())
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.post(f"{self.url}/v1/alerts", content=body.encode(), headers=headers)
        assert answer.status_code in {200, 201, 202}, answer.text

    async def code(self, case_id: str, own: str = "") -> str:
        """A code by which the customer reaches a case when they ring back: drawn, or the bank's own."""
        url, headers = f"{self.url}/v1/cases/{case_id}/callback-codes", {"Authorization": "Bearer bank"}
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.post(url, headers=headers, json={"code": own} if own else {})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["code"])

    async def until(self, case_id: str, holds: Callable[[Case], object], seconds: float = WAIT_S) -> Case:
        """The case, once a condition holds; another process writes it, so it is read again and again."""
        case = None
        try:
            async with asyncio.timeout(seconds):
                while True:
                    case = await self.store.case(case_id)
                    if case is not None and holds(case):
                        return case
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            logs = f"{self.serve.log[-3000:]}\n{self.agent.log[-6000:]}"
            raise AssertionError(f"{case and case.attempts}\n{logs}") from None

    async def rooms(self) -> list[str]:
        """Rooms of calls that are open."""
        async with api.LiveKitAPI(self.network.url, self.network.api_key, self.network.api_secret) as client:
            found = await client.room.list_rooms(api.ListRoomsRequest())
        return [one.name for one in found.rooms if one.name.startswith(("call-", INBOUND))]

    async def no_rooms(self) -> None:
        """Return once no room is left."""
        async with asyncio.timeout(WAIT_S):
            while True:
                if not await self.rooms():
                    return
                await asyncio.sleep(0.1)

    async def start_worker(self) -> None:
        """Start the worker again and return once it takes calls."""
        self._registered = self.agent.log.count(_REGISTERED)
        self.agent.start()
        await asyncio.to_thread(self.agent.wait, 90.0)

    async def until_said(self, program: Program, words: str) -> None:
        """Return once a program has written some words."""
        await asyncio.to_thread(wait_until, lambda: words in program.log, WAIT_S, lambda: program.log[-3000:])

    async def until_gone(self, program: Program) -> None:
        """Return once a program has ended by itself."""
        await asyncio.to_thread(wait_until, lambda: not program.running, WAIT_S, lambda: program.log[-3000:])

    async def quiet(self) -> None:
        """Return once nothing of a call is left at the worker: neither a spooled result nor half a recording."""
        async with asyncio.timeout(WAIT_S):
            while True:
                if not list(self.spool.iterdir()) and not list((self.worker / "recording").glob("*")):
                    return
                await asyncio.sleep(0.1)

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[Desk]:
        """A reviewer's browser, signed in and looking: whoever holds it is there to take customers."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            await _sign_in(client)
            assert (await client.get("/present")).status_code == 200
            yield Desk(client)

    async def captions(self, case_id: str, show: Callable[[Caption], None]) -> None:
        """Show what the desk's live view shows of the agent, for a customer who knows acts by what is shown."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=None) as client:
            await _sign_in(client)
            async with client.stream("GET", f"/cases/{case_id}/events") as answer:
                name = ""
                async for line in answer.aiter_lines():
                    if line.startswith("event: "):
                        name = line.removeprefix("event: ")
                    elif line.startswith("data: ") and name == "line":
                        said = json.loads(line.removeprefix("data: "))
                        if said["speaker"] == Speaker.AGENT:
                            acts = tuple(Act(one) for one in said["acts"])
                            show(Caption(Speaker.AGENT, said["text"], said["turn"] is not None, acts))

    def _has_registered(self) -> bool:
        return self.agent.log.count(_REGISTERED) > self._registered

    def _ready(self) -> bytes:
        return ask(self._port, b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")

    def _program(self, name: str, env: dict[str, str], folder: Path, ready: Callable[[], bool]) -> Program:
        command = ["/usr/bin/env", *(f"{key}={value}" for key, value in env.items())]
        command += [sys.executable, "-c", "from riskcall.cli import main; main()", name]
        return Program(name, command, folder=folder, ready=ready)


def _has_media(process: psutil.Process) -> bool:
    try:
        return bool(process.net_connections("udp"))
    except psutil.NoSuchProcess:
        return False


async def _sign_in(client: httpx.AsyncClient) -> None:
    page = await client.get("/login")
    token = re.search(r'name="form_token" value="([^"]*)"', page.text)
    assert token is not None
    form = {"form_token": token[1], "name": REVIEWER, "password": PASSWORD, "next": "/"}
    answer = await client.post("/login", data=form, headers={"Origin": str(client.base_url).rstrip("/")})
    assert answer.status_code == 303, answer.text


@asynccontextmanager
async def house(
    network: PhoneNetwork, folder: Path, trunk: str, *, worker: Mapping[str, str] | None = None
) -> AsyncIterator[House]:
    """Everything, running.

    Args:
        network: Where calls run.
        folder: Empty folder.
        trunk: `host:port` of the customer's phone.
        worker: Further settings of the worker.
    """
    bank = DemoBank(whsec(), lambda message: None)
    with listen("127.0.0.1", 0) as sock:
        async with serving(bank.app(), sock):
            made = House(network, folder, bank, f"{origin_of(sock)}/instructions", trunk, worker)
            with _running(made):
                for program in (made.serve, made.agent):
                    await asyncio.to_thread(program.wait, 90.0)
                yield made


@contextmanager
def _running(made: House) -> Iterator[None]:
    try:
        made.serve.start()
        made.agent.start()
        yield
    finally:
        made.agent.kill()
        made.serve.kill()
        made.store.close()


def _policies(folder: Path) -> Path:
    """The policies, with an attempt that follows the one before at once."""
    target = folder / "policies"
    shutil.copytree(ROOT / "cases" / "policies", target, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    tiers: dict[str, Any] = yaml.safe_load((target / "tiers.yaml").read_text())
    for tier in tiers.values():
        tier |= {"spacing_seconds": [1, 3600], "ring_seconds": 10, "urgent": True}
    (target / "tiers.yaml").write_text(yaml.safe_dump(tiers))
    return target
