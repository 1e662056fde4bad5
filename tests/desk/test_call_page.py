"""The door of the customer's page: headers, tokens, browsers, origins, caps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from importlib.resources import files
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cases.domain.vocabulary import Disposition, Language
from desk.routes.calls import router
from tests.support.bank_app import BANK, CUSTOMER, BankApp, HandClock, invitation, new_switchboard, serve_bank_app

COOKIE = "riskcall-app"


@pytest.fixture
async def app() -> AsyncIterator[BankApp]:
    async with serve_bank_app() as app:
        yield app


def socket(app: BankApp, token: str, *, browser: str = "b1", origin: str | None = None) -> Any:
    return connect(
        f"{app.origin.replace('http', 'ws')}/app/{token}/live",
        origin=origin or app.origin,  # type: ignore[arg-type]
        additional_headers={"Cookie": f"{COOKIE}={browser}"},
        proxy=None,
    )


async def notice(line: ClientConnection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            message: dict[str, Any] = json.loads(await line.recv())
            if message["type"] == kind:
                return message


async def closed(line: ClientConnection) -> int | None:
    with pytest.raises(ConnectionClosed):
        async with asyncio.timeout(20):
            while True:
                await line.recv()
    return line.close_code


async def test_the_page_is_strict_about_what_it_loads(app: BankApp) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(app.link())
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    for inline in ("<style", "style=", "onclick", "javascript:", "http://", "https://"):
        assert inline not in answer.text
    assert answer.text.count("<script") == 1 and 'src="/static/call.js"' in answer.text
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie


async def test_the_page_is_in_the_language_of_its_session(app: BankApp) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(app.link(language=Language.ZH))
    assert '<html lang="zh-Hans">' in answer.text and "核对码" in answer.text and "one-time" not in answer.text


async def test_over_https_the_cookie_is_host_bound() -> None:
    clock = HandClock()
    board = new_switchboard(clock)
    token = board.sessions.issue(CUSTOMER, Language.EN, timedelta(hours=1))
    from fastapi import FastAPI

    bare = FastAPI()
    bare.include_router(router(board, clock=clock, bank_name=BANK, origins=("https://calls.bank.example",)))
    transport = httpx.ASGITransport(bare)
    async with httpx.AsyncClient(transport=transport, base_url="https://calls.bank.example") as client:
        answer = await client.get(f"/app/{token}")
    assert answer.headers["set-cookie"].startswith("__Host-riskcall-app=")
    assert "; secure" in answer.headers["set-cookie"].lower()
    assert "wss://calls.bank.example" in answer.headers["content-security-policy"]
    with pytest.raises(ValueError, match="origins"):
        router(board, clock=clock, bank_name=BANK, origins=())


@pytest.mark.parametrize("token", ["x", "A" * 43, "..%2f..%2fetc", "%00" * 20])
async def test_an_unknown_token_says_what_to_do(app: BankApp, token: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{app.origin}/app/{token}")
    assert answer.status_code == 404
    assert "set-cookie" not in answer.headers
    if "%2f" not in token:
        assert "This link has ended" in answer.text and "<script" not in answer.text


async def test_an_expired_token_opens_nothing(app: BankApp) -> None:
    token = app.token()
    app.clock.pass_time(timedelta(hours=1))
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{app.origin}/app/{token}")).status_code == 404
    async with socket(app, token) as line:
        assert (await notice(line, "refused"))["reason"] == "expired"
        assert await closed(line) == 4403


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_a_socket_from_another_origin_is_refused(app: BankApp, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with socket(app, app.token(), origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_loading_the_page_binds_nothing_but_the_first_script_does(app: BankApp) -> None:
    token = app.token()
    async with httpx.AsyncClient(trust_env=False) as scanner:
        await scanner.get(f"{app.origin}/app/{token}")
    async with socket(app, token, browser="mine") as mine, socket(app, token, browser="stolen") as stolen:
        await notice(mine, "waiting")
        assert (await notice(stolen, "refused"))["reason"] == "other_browser"
    async with socket(app, token, browser="") as nobody:
        assert (await notice(nobody, "refused"))["reason"] == "other_browser"


async def test_too_many_pages_and_too_many_loads_are_refused(app: BankApp) -> None:
    token = app.token()
    lines = [await socket(app, token) for _ in range(5)]
    assert (await notice(lines[4], "refused"))["reason"] == "too_many_pages"
    reasons = []
    for _ in range(9):
        async with socket(app, token) as line:
            reasons.append((await notice(line, "refused"))["reason"])
    assert reasons[-1] == "too_often"
    async with httpx.AsyncClient(trust_env=False) as client:
        statuses = [(await client.get(f"{app.origin}/app/{token}")).status_code for _ in range(14)]
    assert statuses[0] == 200 and statuses[-1] == 429
    for line in lines:
        await line.close()


CALL = "0123456789abcdef"


@pytest.mark.parametrize(
    "message",
    [
        "no json",
        "[]",
        "{}",
        json.dumps({"type": "take"}),
        json.dumps({"type": "take", "call": "../../x"}),
        json.dumps({"type": "take", "call": CALL, "more": 1}),
        json.dumps({"type": "release", "call": CALL}),
        json.dumps({"type": "dtmf", "call": CALL, "digit": "12"}),
        json.dumps({"type": "dtmf", "call": CALL, "digit": "A"}),
        json.dumps({"type": "stills", "call": CALL, "allowed": "yes"}),
        json.dumps({"type": "offer", "call": CALL, "sdp": "x" * 20_001}),
        json.dumps({"type": "offer", "call": CALL, "sdp": "x" * 60_000}),
        b"\x00\x01",
    ],
)
async def test_a_message_no_page_of_ours_sends_closes_the_line(app: BankApp, message: str | bytes) -> None:
    async with socket(app, app.token()) as line:
        await notice(line, "waiting")
        await line.send(message)
        assert await closed(line) == 1008


async def test_a_flood_of_messages_closes_the_line(app: BankApp) -> None:
    async with socket(app, app.token()) as line:
        await notice(line, "waiting")
        for _ in range(60):
            await line.send(json.dumps({"type": "hang_up", "call": CALL}))
        assert await closed(line) == 1008
    assert app.switchboard.pages(CUSTOMER) == ()


async def test_a_call_rings_and_is_declined_over_the_line(app: BankApp) -> None:
    async with socket(app, app.token()) as line:
        await notice(line, "waiting")
        ring = asyncio.create_task(app.switchboard.leg().ring(invitation(language=Language.ZH)))
        ringing = await notice(line, "ringing")
        assert (ringing["code"], ringing["language"]) == ("482913", "zh")
        await line.send(json.dumps({"type": "decline", "call": ringing["call"]}))
        assert await ring is Disposition.REJECTED
        assert (await notice(line, "ended"))["reason"] == "declined"


async def test_a_line_that_closes_leaves_no_page(app: BankApp) -> None:
    async with socket(app, app.token()) as line:
        await notice(line, "waiting")
        ring = asyncio.create_task(app.switchboard.leg().ring(invitation(ring_seconds=0.2)))
        await notice(line, "ringing")
    assert await ring is Disposition.NO_ANSWER
    assert app.switchboard.pages(CUSTOMER) == ()


def test_both_languages_have_the_same_words() -> None:
    words = {}
    for language in Language:
        source = files("desk") / "static" / "call" / f"strings.{language.value}.json"
        words[language] = json.loads(source.read_text("utf-8"))
    assert list(words[Language.EN]) == list(words[Language.ZH])
    for texts in words.values():
        assert all(text.strip() == text and text for text in texts.values())
    assert not [t for t in words[Language.ZH].values() if t.isascii()]
