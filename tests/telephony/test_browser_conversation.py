"""A whole voice session over the customer's page in a real Chromium: turns, captions, the end of the call."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agent.call.session import VoiceSession
from agent.speech.engine import Hints, Transcript
from cases.domain.call import CallEnding, CallVersions, Engines
from cases.domain.vocabulary import Act, Disposition, Language, Speaker
from telephony.leg import Caption
from tests.support.bank_app import BankApp, invitation, serve_bank_app
from tests.support.call_fakes import HumMouth, LevelProbe, PlannedTalk, StepClock, reply
from tests.support.chromium import Chromium
from tests.support.needs import needs_program
from tests.support.page_voice import MICROPHONE, say

ANSWER = "no it was not me"
TALK = (
    reply(Act.GREET, "hello this is the bank"),
    reply(Act.ASK_MADE, "did you make this payment"),
    reply(Act.GOODBYE, "thank you goodbye", ends=True),
)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    flite = needs_program("flite", "it records the customer's voice")
    path = tmp_path / "answer.wav"
    subprocess.run([str(flite), "-voice", "slt", "-t", ANSWER, "-o", str(path)], check=True, timeout=60)
    return path


class OneLine:
    """Ears that take every utterance for the one answer, once it is over."""

    name, model = "one-line", "1"

    def hears(self, language: Language) -> bool:
        return True

    async def warm(self) -> None:
        pass

    async def aclose(self) -> None:
        pass

    def begin(self, hints: Hints) -> OneLine:
        return self

    async def feed(self, pcm: bytes) -> None:
        pass

    async def finish(self) -> Transcript:
        return Transcript(ANSWER, 0.9, ())

    async def discard(self) -> None:
        pass


async def test_a_session_talks_with_a_customer_at_the_page(clip: Path) -> None:
    async with serve_bank_app() as app, Chromium.launch() as browser:
        page = await browser.open(app.link(), width=390, height=844, mobile=True, before=MICROPHONE)
        await page.until("document.querySelector('.online:not(.off)')?.textContent")
        call, asked = await _call(app, page, clip)
        assert call.ending is CallEnding.COMPLETED and call.leg == "browser"
        assert asked == [Act.GREET, Act.ASK_MADE]
        said = [(turn.speaker, turn.heard_text) for turn in call.turns]
        assert said == [
            (Speaker.AGENT, "hello this is the bank"),
            (Speaker.CUSTOMER, ANSWER),
            (Speaker.AGENT, "did you make this payment"),
            (Speaker.CUSTOMER, ANSWER),
            (Speaker.AGENT, "thank you goodbye"),
        ]
        await page.until("document.body.dataset.screen === 'ended'")
        assert "Call ended" in await page.text("main")
        shown = await page.evaluate("document.getElementById('captions').textContent")
        assert all(text in shown for _, text in said)
        assert page.errors == []


async def _call(app: BankApp, page: Any, clip: Path) -> tuple[Any, list[Act]]:
    leg = app.switchboard.leg()
    ring = asyncio.create_task(leg.ring(invitation()))
    await page.until("document.body.dataset.screen === 'ringing'")
    await page.click("#answer")
    assert await asyncio.wait_for(ring, 60) is Disposition.ANSWERED
    finals: asyncio.Queue[Act] = asyncio.Queue()
    show = leg.show

    def watched(caption: Caption) -> None:
        show(caption)
        if caption.speaker is Speaker.AGENT and caption.final:
            finals.put_nowait(caption.acts[-1])

    leg.show = watched  # type: ignore[method-assign]
    session = VoiceSession(
        call_id="case-1:1",
        conversation=PlannedTalk(*TALK),  # type: ignore[arg-type]
        recognizer=OneLine(),
        synthesizer=HumMouth(),
        leg=leg,
        clock=StepClock(),
        versions=CallVersions("prompts", "policies", Engines("asr", "tts", "llm", "vad")),
        recording=None,
        new_probe=LevelProbe,  # type: ignore[arg-type]
    )
    run = asyncio.create_task(session.run())
    asked = []
    for _ in range(2):
        asked.append(await asyncio.wait_for(finals.get(), 30))
        await say(page, clip)
    return await asyncio.wait_for(run, 30), asked
