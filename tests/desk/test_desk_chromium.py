"""The desk in a real browser: sign in, see a case come in, listen by turn, decide; with keys and without a mouse."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn

from cases.domain import events as ev
from cases.domain.case import CaseState
from cases.domain.vocabulary import Act, BankAction, Language
from desk.live import LiveObserver
from tests.support.chromium import Chromium, Page
from tests.support.desk_cases import alert, coached_call
from tests.support.desk_harness import PASSWORD, Desk, desk

pytestmark = pytest.mark.timeout(300)
CASE = "/cases/alert-1"


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[Desk, str]]:
    """A desk behind a real server on a free port."""
    listener = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with desk(folder, origin=origin) as bench:
        config = uvicorn.Config(bench.app, log_level="error", lifespan="off", timeout_graceful_shutdown=1, ws="none")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield bench, origin
        finally:
            server.should_exit = True
            await serving
            listener.close()


async def sign_in(page: Page) -> None:
    await page.fill("input[name=name]", "m.lindqvist")
    await page.fill("input[name=password]", PASSWORD)
    await page.follow("button[type=submit].primary")


async def test_a_reviewer_signs_in_listens_and_decides(tmp_path: Path) -> None:
    async with served(tmp_path) as (bench, origin), Chromium.launch() as browser:
        await bench.review_case()
        page = await browser.open(origin + CASE)
        await sign_in(page)
        assert await page.evaluate("location.pathname") == CASE
        await page.until("document.querySelector('audio').readyState >= 1")

        await page.click("#call-1-turn-9 [data-seek-turn]")
        await page.until("document.querySelector('#call-1-turn-9').classList.contains('is-now')")
        start = float(await page.evaluate("document.querySelector('#call-1-turn-9').dataset.start"))
        await page.until(f"document.querySelector('audio').currentTime * 1000 >= {start} - 1")
        await page.until("document.querySelector('[data-player]').classList.contains('is-playing')")
        await page.evaluate("document.querySelector('audio').kept = true")
        await bench.record("alert-1", ev.EvidenceViewed("r.okafor", "case"), "other-view")
        await page.until("document.querySelector('#log').textContent.includes('r.okafor')")
        assert await page.evaluate("document.querySelector('audio').kept && !document.querySelector('audio').paused")
        await page.evaluate("document.querySelector('[data-player]').focus()")
        await page.press(" ", code="Space", text=" ", virtual=32)
        await page.until("document.querySelector('audio').paused")
        await page.press("k", text="k", virtual=75)
        await page.until(f"document.querySelector('audio').currentTime * 1000 < {start}")
        await page.press("ArrowRight", virtual=39)

        await page.click(".choice.is-block")
        await page.fill("textarea", "Rang the customer, who was told to move the money.")
        await page.follow("#decision-form button[type=submit]")
        assert "Block this payment?" in await page.text("main")
        await page.follow("button.act")
        assert "m.lindqvist decided: Block" in await page.text("#decide")
        assert page.errors == []
        case = await bench.store.case("alert-1")
        assert case is not None and case.state is CaseState.SETTLING and case.decision is not None
        assert case.decision.action is BankAction.BLOCK
        events = [stored.event for stored in await bench.store.events("alert-1")]
        viewed = [(one.by, one.what) for one in events if isinstance(one, ev.EvidenceViewed)]
        assert sorted(viewed) == [("m.lindqvist", "case"), ("m.lindqvist", "recording"), ("r.okafor", "case")]


async def test_what_happens_is_seen_without_loading_again(tmp_path: Path) -> None:
    async with served(tmp_path) as (bench, origin), Chromium.launch() as browser:
        page = await browser.open(origin + "/")
        await sign_in(page)
        assert "Nothing waits for a decision." in await page.text("#queue")
        await bench.open_case(alert())
        await page.until("document.querySelector('#queue').innerText.includes('Harbour Secure Holdings')")
        bench.live.ringing("alert-1", 1)
        await page.until("document.querySelector('#queue .tag.live')?.innerText.includes('Ringing')")

        await page.follow("#case-alert-1")
        call = coached_call()
        observer = LiveObserver(bench.live, "alert-1", 1)
        observer.started("alert-1:1", Language.EN)
        await page.until("document.querySelector('#live-phase').innerText === 'On a call'")
        observer.agent_speaking("Hello, this is", (Act.GREET,))
        await page.until("document.querySelector('#live-turns').innerText.includes('Hello, this is')")
        for turn in call.turns[:10]:
            (observer.customer_spoke if turn.reading else observer.agent_spoke)(turn)
        await page.until("document.querySelectorAll('#live-turns .turn').length === 10")
        live = await page.text("#live-turns")
        assert "Told to keep it secret" in live and "Has anybody told you what to say" in live
        assert "to the bank, or asked you" not in live

        await page.evaluate("window.marked = true")
        await bench.review_from_call(call)
        observer.ended(call)
        await page.until("document.querySelector('#why').innerText.includes('Likely a scam')")
        await page.until("document.querySelector('#calls audio') !== null")
        await page.until("document.querySelector('#live').hidden")
        assert await page.evaluate("window.marked") is True
        assert page.errors == []


async def test_a_half_written_reason_survives_what_others_do(tmp_path: Path) -> None:
    async with served(tmp_path) as (bench, origin), Chromium.launch() as browser:
        await bench.review_case()
        page = await browser.open(origin + CASE)
        await sign_in(page)
        await page.fill("textarea", "I am still writ")
        await bench.record("alert-1", ev.EvidenceViewed("r.okafor", "case"), "other-view")
        await page.until("document.querySelector('#log').textContent.includes('r.okafor')")
        assert await page.evaluate("document.querySelector('textarea').value") == "I am still writ"


async def test_a_screen_reader_finds_its_way_and_nothing_runs_off_a_phone(tmp_path: Path) -> None:
    async with served(tmp_path) as (bench, origin), Chromium.launch() as browser:
        await bench.review_case()
        page = await browser.open(origin + CASE, width=360, height=740, mobile=True)
        await sign_in(page)
        names = set(await page.accessibility())
        for expected in (
            ("heading", "Why it looks risky"),
            ("heading", "Decision"),
            ("button", "Play"),
            ("button", "Play from here, turn 9"),
            ("slider", "Position"),
            ("radio", "Release"),
            ("textbox", "Reason"),
        ):
            assert expected in names, expected
        unnamed = [
            role for role, name in names if role in ("button", "link", "textbox", "radio", "slider") and not name
        ]
        assert unnamed == []
        for path in (CASE, "/", "/login"):
            await page.goto(origin + path)
            wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, path
        assert page.errors == []
