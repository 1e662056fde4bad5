"""The bank opens and ends a customer's page over the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from cases.domain.vocabulary import Language
from desk.routes.app_sessions import router
from telephony.browser import BrowserSwitchboard
from tests.support.bank_app import CUSTOMER, HandClock, new_switchboard
from tests.support.desk_harness import Desk

KEY = "bank-key"
ORIGIN = "https://calls.bank.example"
PATH = "/v1/app-sessions"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def board(clock: HandClock) -> BrowserSwitchboard:
    return new_switchboard(clock)


@pytest.fixture
async def client(board: BrowserSwitchboard, clock: HandClock, bench: Desk) -> AsyncIterator[httpx.AsyncClient]:
    # In the desk's application, so that refusals are answered as they are in service.
    app: FastAPI = bench.app
    app.include_router(router(board, clock=clock, keys=("old-key", KEY), origin=ORIGIN))
    transport = httpx.ASGITransport(app)
    headers = {"authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as made:
        yield made


async def opened(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await client.post(PATH, json={"customer_reference": CUSTOMER, **fields})
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    return body


async def test_the_link_opens_the_page_of_this_customer_until_it_ends(
    client: httpx.AsyncClient, board: BrowserSwitchboard, clock: HandClock
) -> None:
    body = await opened(client, language="zh", lasts_seconds=120)
    token = body["url"].removeprefix(f"{ORIGIN}/app/")
    session = board.sessions.find(token)
    assert session is not None
    assert (session.customer_reference, session.language) == (CUSTOMER, Language.ZH)
    assert token not in body["session_id"]
    assert session.expires_at.isoformat().replace("+00:00", "Z") == body["expires_at"]
    clock.pass_time(timedelta(seconds=120))
    assert board.sessions.find(token) is None


async def test_each_sign_in_has_a_link_of_its_own(client: httpx.AsyncClient) -> None:
    assert (await opened(client))["url"] != (await opened(client))["url"]


async def test_ending_a_session_closes_its_page_and_no_other(
    client: httpx.AsyncClient, board: BrowserSwitchboard
) -> None:
    first, second = await opened(client), await opened(client)
    pages = []
    for body in (first, second):
        session = board.sessions.bind(body["url"].rpartition("/")[2], "browser")
        assert session is not None
        pages.append(board.join(session))
    assert (await client.delete(f"{PATH}/{first['session_id']}")).status_code == 204
    assert board.pages(CUSTOMER) == (pages[1],)
    assert board.sessions.named(first["session_id"]) is None
    assert (await client.delete(f"{PATH}/{first['session_id']}")).status_code == 204


@pytest.mark.parametrize("header", ["", "Bearer wrong", f"Basic {KEY}", "Bearer "])
async def test_without_a_key_nothing_opens(client: httpx.AsyncClient, header: str) -> None:
    client.headers["authorization"] = header
    answer = await client.post(PATH, json={"customer_reference": CUSTOMER})
    assert (answer.status_code, answer.json()["code"]) == (401, "key_invalid")
    assert (await client.delete(f"{PATH}/any")).status_code == 401


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ('{"customer_reference": ""}', "customer_reference"),
        ('{"customer_reference": "c", "lasts_seconds": 5}', "lasts_seconds"),
        ('{"customer_reference": "c", "language": "fr"}', "language"),
        ('{"customer_reference": "c", "pin": 1}', "pin"),
        ("[]", "body"),
        ("{", "body"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_opens(client: httpx.AsyncClient, body: str, where: str) -> None:
    answer = await client.post(PATH, content=body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "app_session_invalid")
    assert f"{where}:" in problem["detail"]
