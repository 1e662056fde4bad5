"""The customer's page served by a real server on this machine, for tests with a real browser."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import uvicorn
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from cases.domain.vocabulary import Language
from desk.page_socket import MAX_MESSAGE_CHARACTERS
from desk.routes.calls import router
from telephony.browser import AppSessions, BrowserSwitchboard
from telephony.leg import Invitation

BANK = "Northbridge Bank"
CUSTOMER = "customer-7"


class HandClock:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def pass_time(self, passed: timedelta) -> None:
        self.moment += passed


@dataclass
class BankApp:
    """A running server of the customer's page."""

    origin: str
    switchboard: BrowserSwitchboard
    clock: HandClock

    def link(self, customer: str = CUSTOMER, language: Language = Language.EN) -> str:
        """Address of a new session of the bank's app."""
        return f"{self.origin}/app/{self.token(customer, language)}"

    def token(self, customer: str = CUSTOMER, language: Language = Language.EN) -> str:
        return self.switchboard.sessions.issue(customer, language, timedelta(hours=1))


def invitation(**changes: object) -> Invitation:
    """An invitation that rings for long enough."""
    values: dict[str, object] = {
        "attempt_id": "case-1:1",
        "bank_name": BANK,
        "customer_reference": CUSTOMER,
        "language": Language.EN,
        "match_code": "482913",
        "ring_seconds": 60.0,
    }
    return Invitation(**{**values, **changes})  # type: ignore[arg-type]


def new_switchboard(clock: HandClock, **options: float) -> BrowserSwitchboard:
    return BrowserSwitchboard(AppSessions(clock), **options)  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def serve_bank_app(**options: float) -> AsyncIterator[BankApp]:
    """Serve the page on a free port until the exit; options go to the switchboard."""
    listener = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    clock = HandClock()
    switchboard = new_switchboard(clock, **options)
    app = FastAPI()
    app.include_router(router(switchboard, clock=clock, bank_name=BANK, origins=(origin,)))
    app.mount("/static", StaticFiles(directory=str(files("desk") / "static")))
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", ws_max_size=MAX_MESSAGE_CHARACTERS * 4
    )
    server = _Quiet(config)
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield BankApp(origin, switchboard, clock)
    finally:
        await switchboard.aclose()
        server.should_exit = True
        await serving
        listener.close()


class _Quiet(uvicorn.Server):
    """A server that leaves the process's signals alone."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield
