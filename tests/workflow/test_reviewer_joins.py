"""A reviewer comes into a call: two real browsers' pages, the desk and the customer's, with voices between them."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from agent.record.recording import envelopes
from agent.record.waveform import voiced
from cases.domain import events as ev
from cases.domain.call import CallEnding, Turn
from cases.domain.transfer import LeftReason, ReviewerPart, TransferCause
from cases.domain.vocabulary import Act
from riskcall.demo.call import Demo, demo_running, place_alert
from riskcall.demo.screen import DemoScreen
from tests.support.chromium import Chromium, Page
from tests.support.page_voice import MICROPHONE
from tests.workflow.test_browser_call import REFERENCE, _link

pytestmark = pytest.mark.timeout(300)
PASSWORD = "correct horse battery staple"
LISTENING, TALKING = ReviewerPart.LISTENING, ReviewerPart.TALKING


class Watching(DemoScreen):
    def __init__(self) -> None:
        super().__init__(Console(file=io.StringIO()))
        self.turns: asyncio.Queue[Turn] = asyncio.Queue()

    def agent_spoke(self, turn: Turn) -> None:
        super().agent_spoke(turn)
        self.turns.put_nowait(turn)

    async def said(self, act: Act) -> None:
        while act not in (await asyncio.wait_for(self.turns.get(), 90)).acts:
            pass


async def _sign_in(page: Page) -> None:
    await page.fill("input[name=name]", "rosa")
    await page.fill("input[name=password]", PASSWORD)
    await page.follow("button[type=submit].primary")


async def _people_events(demo: Demo, case_id: str) -> list[ev.Event]:
    stored = await demo.system.runtime.store.events(case_id)
    kinds = (ev.TransferRequested, ev.TransferAccepted, ev.TransferFailed, ev.ReviewerJoined, ev.ReviewerLeft)
    return [one.event for one in stored if isinstance(one.event, kinds)]


async def test_a_reviewer_sees_who_waits_takes_them_hands_back_and_leaves(tmp_path: Path) -> None:
    screen = Watching()
    async with demo_running(tmp_path / "data", screen) as demo, Chromium.launch() as browser:
        await asyncio.to_thread(demo.system.accounts.save, "rosa", PASSWORD)
        desk = await browser.open(demo.origin + "/")
        await _sign_in(desk)
        customer = await browser.open(await _link(demo), width=390, height=844, mobile=True, before=MICROPHONE)
        await customer.until("document.querySelector('.online:not(.off)')?.textContent")
        case_id = await place_alert(demo, "card-not-present", None, reference=REFERENCE)
        await customer.until("document.body.dataset.screen === 'ringing'")
        await customer.click("#answer")
        await screen.said(Act.GREET)
        await customer.click("#person")
        await screen.said(Act.PUT_THROUGH)

        await desk.send("Page.bringToFront")
        await desk.until("document.querySelector('.on-hold .row-link')")
        await desk.follow(".on-hold .row-link")
        await desk.until("document.querySelector('#people.is-waiting #order-accept')")
        assert "identity open" in await desk.text("#people")
        await desk.click("#order-accept")
        await screen.said(Act.INTRODUCE)
        await desk.until("document.querySelector('#people')?.innerText.includes('You speak with the customer')")
        heard = "document.getElementById('voice').srcObject !== null"
        assert await customer.evaluate(heard)
        await asyncio.sleep(3)
        await desk.click("#order-hand_back")
        await screen.said(Act.TAKE_BACK)
        await desk.until("document.querySelector('#people')?.innerText.includes('You listen')")
        await desk.click("#order-take_over")
        await screen.said(Act.INTRODUCE)
        await desk.until("document.querySelector('#order-hand_back')")
        await desk.click("#order-leave")
        await screen.said(Act.GOODBYE)
        await customer.until("document.body.dataset.screen === 'ended'")
        await desk.until("document.querySelector('#calls audio') !== null")
        assert desk.errors == [] and customer.errors == []

        case = await demo.system.runtime.store.case(case_id)
        assert case is not None
        call = case.calls[0].call
        events = await _people_events(demo, case_id)
        recording = next(iter((tmp_path / "data").rglob("*.ogg")))

    assert call.ending is CallEnding.TRANSFERRED and call.verification.person_spoke
    assert isinstance(events[0], ev.TransferRequested) and events[0].cause is TransferCause.CUSTOMER_ASKED
    assert events[1:] == [
        ev.TransferAccepted(1, "rosa"),
        ev.ReviewerJoined(1, "rosa", TALKING),
        ev.ReviewerLeft(1, "rosa", TALKING, LeftReason.HANDED_BACK),
        ev.ReviewerJoined(1, "rosa", LISTENING),
        ev.ReviewerLeft(1, "rosa", LISTENING, LeftReason.TOOK_OVER),
        ev.ReviewerJoined(1, "rosa", TALKING),
        ev.ReviewerLeft(1, "rosa", TALKING, LeftReason.DONE),
    ]
    introduced = next(turn for turn in call.turns if Act.INTRODUCE in turn.acts)
    back = next(turn for turn in call.turns if Act.TAKE_BACK in turn.acts)
    _, agent = envelopes(recording)
    talked = voiced(agent.peaks)[introduced.ended_ms : back.started_ms]
    assert np.count_nonzero(talked) > 100, "what the reviewer said is in the recording"
