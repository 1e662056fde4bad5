"""The whole call on the customer's page: a real Chromium, a recorded voice, the real engines, the verdict."""

from __future__ import annotations

import asyncio
import io
import wave
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from cases.domain.call import Turn
from cases.domain.vocabulary import Act
from riskcall.demo.call import Demo, demo_running, place_alert, report_of, verdict
from riskcall.demo.screen import DemoScreen
from telephony.customer_speech import CustomerVoice
from telephony.leg import MIC_RATE
from tests.support.chromium import Chromium, Page
from tests.support.needs import needs_program
from tests.support.page_voice import MICROPHONE, say

ANSWERS = {
    Act.GREET: "Yes, speaking.",
    Act.ASK_IDENTITY: "The twelfth of March.",
    Act.ASK_MADE: "No, I didn't make that payment.",
}
REFERENCE = "customer-at-the-page"

pytestmark = pytest.mark.timeout(300)


class Watching(DemoScreen):
    """A screen that also hands the agent's turns to the test."""

    def __init__(self) -> None:
        super().__init__(Console(file=io.StringIO()))
        self.turns: asyncio.Queue[Turn] = asyncio.Queue()

    def agent_spoke(self, turn: Turn) -> None:
        super().agent_spoke(turn)
        self.turns.put_nowait(turn)


async def _clips(folder: Path) -> dict[Act, Path]:
    needs_program("flite", "it records the customer's voice")
    voice = CustomerVoice()
    clips = {}
    for act, words in ANSWERS.items():
        clips[act] = folder / f"{act.value}.wav"
        with wave.open(str(clips[act]), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(MIC_RATE)
            file.writeframes(await voice.speak(words))
    return clips


async def _talk(page: Page, screen: Watching, clips: dict[Act, Path]) -> None:
    """Answer each question once it has been asked, until the agent says goodbye."""
    while True:
        turn = await asyncio.wait_for(screen.turns.get(), 90)
        if Act.GOODBYE in turn.acts:
            return
        asked = next((act for act in reversed(turn.acts) if act in clips), None)
        if asked is not None:
            await say(page, clips[asked])


async def _link(demo: Demo) -> str:
    """The customer's page, as the bank's app asks for it."""
    keys = demo.system.workshop.settings.api_keys
    headers = {"authorization": f"Bearer {keys[0].get_secret_value()}"}
    async with httpx.AsyncClient(trust_env=False, headers=headers) as app:
        answer = await app.post(f"{demo.origin}/v1/app-sessions", json={"customer_reference": REFERENCE})
    link: str = answer.json()["url"]
    return link


async def _call(demo: Demo, page: Page, screen: Watching, clips: dict[Act, Path]) -> str:
    await page.until("document.querySelector('.online:not(.off)')?.textContent")
    case_id = await place_alert(demo, "card-not-present", None, reference=REFERENCE)
    await page.until("document.body.dataset.screen === 'ringing'")
    await page.click("#answer")
    await _talk(page, screen, clips)
    return case_id


async def test_a_customer_at_the_page_denies_a_payment(tmp_path: Path) -> None:
    clips = await _clips(tmp_path)
    screen = Watching()
    async with demo_running(tmp_path / "data", screen) as demo, Chromium.launch() as browser:
        page = await browser.open(await _link(demo), width=390, height=844, mobile=True, before=MICROPHONE)
        case_id = await _call(demo, page, screen, clips)
        report = await report_of(demo, await verdict(demo, case_id))
        await page.until("document.body.dataset.screen === 'ended'")
        assert page.errors == []
    assert (report["outcome"], report["effect"], report["leg"]) == ("denied", "block", "browser")
    assert report["disposition"] == "answered" and report["ending"] == "completed"
    heard = " ".join(turn["text"] for turn in report["turns"] if turn["speaker"] == "customer")
    assert "march" in heard.lower()
    assert await asyncio.to_thread(lambda: Path(report["recording"]).stat().st_size) > 10_000
    assert [message["action"] for message in report["bank_messages"]] == ["hold", "block"]
