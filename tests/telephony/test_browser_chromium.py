"""The customer's page in a real Chromium, with a recorded voice as its microphone."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from cases.domain.vocabulary import Disposition, Language, Speaker
from telephony import stills as stills_of_calls
from telephony.browser import BrowserLeg
from telephony.leg import Caption, Control, ControlKind, Invitation
from telephony.pcm import from_wav, resample
from tests.support.bank_app import BankApp, invitation, serve_bank_app
from tests.support.chromium import Chromium, Page
from tests.support.needs import needs_program
from tests.support.scripted_page import tone_frames

PHONE = {"width": 390, "height": 844, "mobile": True}
SENTENCE = "Hello. Yes, this is Alex Morgan speaking. I did not make that payment, please stop it right away."
HEARD_HERTZ = """(async () => {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, {fftSize: 8192});
  context.createMediaStreamSource(document.getElementById('voice').srcObject).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  const end = performance.now() + 8000;
  let best = 0;
  while (performance.now() < end) {
    await new Promise((next) => setTimeout(next, 100));
    analyser.getFloatFrequencyData(bins);
    const loudest = bins.indexOf(Math.max(...bins));
    best = bins[loudest] > -60 ? loudest * context.sampleRate / 8192 : best;
    if (Math.abs(best - 700) < 15) break;
  }
  await context.close();
  return best;
})()"""


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("voice") / "customer.wav"
    flite = needs_program("flite", "it records the customer's voice")
    subprocess.run([str(flite), "-voice", "slt", "-t", SENTENCE, "-o", str(path)], check=True, timeout=60)
    return path


@pytest.fixture
async def app() -> AsyncIterator[BankApp]:
    async with serve_bank_app() as app:
        yield app


async def ready(browser: Chromium, app: BankApp, link: str, **options: object) -> Page:
    page = await browser.open(link, **{**PHONE, **options})  # type: ignore[arg-type]
    await page.until("document.querySelector('.online:not(.off)')?.textContent")
    return page


def dial(app: BankApp, call: Invitation | None = None) -> tuple[BrowserLeg, asyncio.Task[Disposition]]:
    leg = app.switchboard.leg()
    return leg, asyncio.create_task(leg.ring(call or invitation()))


async def screen(page: Page, name: str) -> None:
    await page.until(f"document.body.dataset.screen === '{name}'")
    await page.until(f"document.activeElement.closest('[data-view]')?.dataset.view === '{name}'")


async def speak(leg: BrowserLeg) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        for frame in tone_frames(700.0, 50):
            leg.play(frame)
            due += 0.02
            await asyncio.sleep(max(0.0, due - loop.time()))


async def listen(leg: BrowserLeg, seconds: float) -> bytes:
    pcm = b""
    async for frame in leg.microphone():
        pcm += frame
        if len(pcm) >= seconds * 32_000:
            break
    return pcm


def loudness(pcm: bytes) -> np.ndarray:
    samples = np.frombuffer(pcm[: len(pcm) // 640 * 640], np.int16).astype(float).reshape(-1, 320)
    return np.log10(np.sqrt((samples**2).mean(axis=1)) + 30)


def likeness(heard: bytes, voice: Path) -> float:
    """Best correlation of the loudness of what was heard with that of the voice, at any shift of its loop."""
    pcm, rate = from_wav(voice.read_bytes())
    spoken = loudness(resample(pcm, rate, 16_000))
    window = loudness(heard)[: len(spoken)]
    return max(float(np.corrcoef(window, np.roll(spoken, shift)[: len(window)])[0, 1]) for shift in range(len(spoken)))


async def test_a_call_from_ringing_to_hanging_up(app: BankApp, voice: Path) -> None:
    async with Chromium.launch(microphone=voice) as browser:
        page = await ready(browser, app, app.link())
        assert await page.evaluate("[...document.querySelectorAll('[data-code]')].every((e) => !e.textContent)")
        leg, ring = dial(app)
        await leg.ringing()
        await screen(page, "ringing")
        assert "Your bank is calling" in await page.text("main") and "Northbridge Bank" in await page.text("main")
        assert await page.evaluate("document.querySelector('.code [data-code]').textContent") == "482913"
        assert await page.evaluate("document.title") == "Northbridge Bank is calling"
        await page.click("#answer")
        assert await asyncio.wait_for(ring, 60) is Disposition.ANSWERED
        await screen(page, "call")
        assert "482913" in await page.evaluate("document.querySelector('.name-card').textContent")
        talking = asyncio.create_task(speak(leg))
        heard, hertz = await asyncio.gather(listen(leg, 5.0), page.evaluate(HEARD_HERTZ))
        talking.cancel()
        assert likeness(heard, voice) > 0.6
        assert abs(hertz - 700) < 15

        leg.show(Caption(Speaker.AGENT, "Am I speaking", False))
        await page.until("document.querySelector('#captions li[aria-hidden]')")
        leg.show(Caption(Speaker.AGENT, "Am I speaking with Alex <b>Morgan</b>?", True))
        leg.show(Caption(Speaker.CUSTOMER, "Yes, speaking.", True))
        await page.until("document.querySelectorAll('#captions li').length === 2")
        words = await page.text("#captions")
        assert "Alex <b>Morgan</b>?" in words and "Yes, speaking." in words and "Am I speaking\n" not in words

        await page.click("#keys")
        await page.click("[data-digit='4']")
        await page.click("#person")
        await page.click("#hang-up")
        await screen(page, "ended")
        assert [control async for control in leg.controls()] == [
            Control(ControlKind.DTMF, "4"),
            Control(ControlKind.ASK_HUMAN),
            Control(ControlKind.HANG_UP),
        ]
        assert leg.detail == "customer_hung_up"
        assert "482913" not in await page.evaluate("document.body.textContent")
        assert "You hung up" in await page.text("main")
        assert page.errors == [] and page.console == []


async def test_without_permission_for_the_microphone_the_page_says_so(app: BankApp) -> None:
    async with Chromium.launch(ask=True) as browser:
        for device in ("microphone", "camera"):
            await browser.permit(app.origin, device, "denied")
        page = await ready(browser, app, app.link())
        leg, ring = dial(app)
        await screen(page, "ringing")
        await page.click("#answer")
        assert await asyncio.wait_for(ring, 60) is Disposition.FAILED
        assert leg.detail == "no_microphone"
        await screen(page, "ended")
        assert "couldn’t use your microphone" in await page.text("main")
        assert page.errors == []


async def test_a_page_closed_in_the_call_ends_the_line(app: BankApp, voice: Path) -> None:
    async with Chromium.launch(microphone=voice) as browser:
        page = await ready(browser, app, app.link())
        leg, ring = dial(app)
        await screen(page, "ringing")
        await page.click("#answer")
        assert await asyncio.wait_for(ring, 60) is Disposition.ANSWERED
        await page.close()
        async with asyncio.timeout(30):
            await listen(leg, 1e6)
        assert leg.detail == "page_closed"
        assert app.switchboard.pages("customer-7") == ()


async def test_a_second_tab_is_told_that_the_call_was_answered_elsewhere(app: BankApp, voice: Path) -> None:
    async with Chromium.launch(microphone=voice) as browser:
        link = app.link()
        first, second = await ready(browser, app, link), await ready(browser, app, link)
        leg, ring = dial(app)
        await first.until("document.body.dataset.screen === 'ringing'")
        await second.until("document.body.dataset.screen === 'ringing'")
        await second.click("#answer")
        assert await asyncio.wait_for(ring, 60) is Disposition.ANSWERED
        await first.until("document.body.dataset.screen === 'elsewhere'")
        assert "Answered elsewhere" in await first.text("main")
        assert "482913" not in await first.evaluate("document.body.textContent")
        await leg.hang_up()
        await second.until("document.body.dataset.screen === 'ended'")
        await first.until("document.body.dataset.screen === 'waiting'")
        assert "Call ended" in await second.text("main")


async def test_a_chinese_video_call_with_stills(app: BankApp, voice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stills_of_calls, "STILL_SPACING_SECONDS", 0.2)
    async with Chromium.launch(microphone=voice) as browser:
        page = await ready(browser, app, app.link())
        leg, ring = dial(app, invitation(language=Language.ZH, bank_name="北桥银行", stills_allowed=True))
        await screen(page, "ringing")
        assert await page.evaluate("document.documentElement.lang") == "zh-Hans"
        words = await page.text("main")
        assert "您的银行来电" in words and "北桥银行" in words and "自动语音助手" in words and "Answer" not in words
        await page.click("#with-camera")
        await page.click("#allow-stills")
        await page.click("#answer")
        assert await asyncio.wait_for(ring, 60) is Disposition.ANSWERED
        await screen(page, "call")
        await page.until("document.getElementById('self-view').videoWidth > 0")
        async with asyncio.timeout(60):
            async for _ in leg.microphone():
                if leg.stills():
                    break
        assert leg.stills()[0].jpeg.startswith(b"\xff\xd8")
        await page.click("#stills-now")
        async with asyncio.timeout(30):
            async for _ in leg.microphone():
                if not leg.stills():
                    break
        await page.click("#camera")
        await page.until("document.getElementById('self').hidden")
        await leg.hang_up()
        await screen(page, "ended")
        assert "通话已结束" in await page.text("main")
        assert page.errors == []


async def test_a_call_is_answered_and_ended_with_the_keyboard_alone(app: BankApp, voice: Path) -> None:
    async with Chromium.launch(microphone=voice) as browser:
        page = await ready(browser, app, app.link(), reduced_motion=True)
        leg, ring = dial(app)
        await screen(page, "ringing")
        tree = await page.accessibility()
        assert ("alertdialog", "Your bank is calling") in tree
        assert ("button", "Answer") in tree and ("button", "Decline") in tree
        assert (
            await page.evaluate("getComputedStyle(document.querySelector('.halo'), '::before').animationName") == "none"
        )
        await tab_to(page, "answer")
        await page.press("Enter", text="\r", virtual=13)
        assert await asyncio.wait_for(ring, 60) is Disposition.ANSWERED
        await screen(page, "call")
        roles = await page.accessibility()
        assert ("log", "Captions") in roles and ("button", "Ask for a person") in roles
        await tab_to(page, "mute")
        await page.press(" ", code="Space", text=" ", virtual=32)
        assert await page.evaluate("document.getElementById('mute').getAttribute('aria-pressed')") == "true"
        await tab_to(page, "hang-up")
        await page.press("Enter", text="\r", virtual=13)
        await screen(page, "ended")
        assert [control async for control in leg.controls()] == [Control(ControlKind.HANG_UP)]


async def tab_to(page: Page, element: str) -> None:
    for _ in range(20):
        if await page.evaluate("document.activeElement.id") == element:
            return
        await page.press("Tab", virtual=9)
    raise AssertionError(f"the keyboard does not reach {element}")


async def test_a_call_that_stops_ringing_clears_the_page(app: BankApp) -> None:
    async with Chromium.launch() as browser:
        page = await ready(browser, app, app.link())
        leg, ring = dial(app, invitation(ring_seconds=1.0))
        await page.until("document.body.dataset.screen === 'ringing'")
        assert await asyncio.wait_for(ring, 30) is Disposition.NO_ANSWER
        await page.until("document.body.dataset.screen === 'waiting'")
        assert "missed a call" in await page.text("main")
        assert "482913" not in await page.evaluate("document.body.textContent")
        assert leg.detail == "missed"


async def test_a_link_of_another_browser_is_refused_in_words(app: BankApp) -> None:
    token = app.token()
    assert app.switchboard.sessions.bind(token, "somebody else's browser") is not None
    async with Chromium.launch() as browser:
        page = await browser.open(f"{app.origin}/app/{token}", **PHONE)  # type: ignore[arg-type]
        await page.until("document.body.dataset.screen === 'refused'")
        assert "Open on another device" in await page.text("main")
