"""The HTML report in a real browser, opened from a file: no request, no error, filters, keys, links, audio."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from cases.domain.call import Engines
from evals.comparison import compare
from evals.graders import VoiceRun
from evals.reports.html import comparison_page
from evals.reports.write import write_report
from evals.runner import Mode
from evals.scenario import Scenario
from tests.support.chromium import Chromium, Page
from tests.support.eval_reports import BAD, GOOD, evil, graded, report
from tests.support.eval_runs import scenario

SHOWN = "[...document.querySelectorAll('details.run')].filter((run) => !run.hidden).map((run) => run.id)"


@pytest.fixture
async def browser() -> AsyncIterator[Chromium]:
    async with Chromium.launch() as running:
        yield running


def tone(path: Path, seconds: int) -> Path:
    """A recording as voice mode leaves it: Ogg Opus, stereo."""
    path.parent.mkdir(parents=True)
    wave = (np.sin(np.arange(48_000 * seconds) / 20) * 8000).astype(np.int16)
    with av.open(str(path), "w", format="ogg") as file:
        stream = file.add_stream("libopus", rate=48_000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.repeat(wave, 2)[None, :], format="s16", layout="stereo")
        frame.sample_rate = 48_000
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    return path


def written(folder: Path) -> Path:
    zh: Scenario = replace(scenario(id="good-zh"), locale="zh-CN", tags=("card",))
    voice = VoiceRun(tone(folder / "a.ogg", 8), Engines("a", "b", "c", "d"), "flite:slt", "clean", length_ms=8000)
    silent = replace(voice, recording=None)
    before = report([graded(GOOD), graded(BAD, held=True)])
    runs = [
        graded(GOOD, voice=voice),
        graded(zh, voice=silent),
        graded(BAD, voice=silent),
        evil(scenario(id="evil-en")),
    ]
    after = report(runs, mode=Mode.VOICE, folder=folder)
    return write_report(after, folder, compare(before, after)).html


async def opened(browser: Chromium, tmp_path: Path, **how: object) -> Page:
    page = await browser.open(written(tmp_path / "out").as_uri(), reduced_motion=True, **how)  # type: ignore[arg-type]
    await page.until("document.readyState === 'complete'")
    return page


async def quiet(page: Page) -> None:
    """The page asked for nothing and complained of nothing."""
    asked = await page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
    assert [name for name in asked if not name.startswith(("data:", "blob:"))] == []
    assert (page.errors, page.console) == ([], [])


async def test_it_filters_by_result_words_tag_language_and_change(browser: Chromium, tmp_path: Path) -> None:
    page = await opened(browser, tmp_path)
    everything = await page.evaluate(SHOWN)
    assert len(everything) == 4
    assert everything[0] == "scenarios-bad-en-1"  # the false release comes first
    await page.click("input[name=status][value=failed] + span")
    assert await page.evaluate(SHOWN) == ["scenarios-bad-en-1"]
    assert await page.text("#count") == "1 of 4 runs"
    await page.click("button[type=reset]")
    await page.until(f"{SHOWN}.length === 4")
    await page.press("/", text="/")
    assert await page.evaluate("document.activeElement.id") == "words"
    await page.send("Input.insertText", {"text": "good ZH"})
    assert await page.evaluate(SHOWN) == ["scenarios-good-zh-1"]
    await page.fill("#words", "nobody says this")
    assert await page.text("#nothing") == "No run fits the filter."
    await page.click("button[type=reset]")
    await page.click("#changed")
    assert await page.evaluate(SHOWN) == ["scenarios-bad-en-1"]
    await page.evaluate("document.querySelector('.tags').closest('details').open = true")
    await page.click("button.link[data-tag=card]")
    assert await page.evaluate(SHOWN) == ["scenarios-good-zh-1"]
    await quiet(page)


async def test_runs_open_by_mouse_key_and_link(browser: Chromium, tmp_path: Path) -> None:
    page = await opened(browser, tmp_path)
    await page.press("j", text="j")
    await page.press("j", text="j")
    await page.press("k", text="k")
    assert await page.evaluate("document.activeElement.closest('details').id") == "scenarios-bad-en-1"
    await page.press("Enter", text="\r", virtual=13)
    assert await page.evaluate("document.querySelector('#scenarios-bad-en-1').open")
    assert "denied" in await page.text("#scenarios-bad-en-1 .expected")
    await page.click("#scenarios-good-zh-1 > summary")
    assert await page.evaluate("document.querySelector('#scenarios-good-zh-1').open")
    await page.evaluate("location.hash = '#scenarios-good-en-1-t4'")
    await page.until("document.querySelector('#scenarios-good-en-1').open")
    await page.click("#scenarios-evil-en-1 > summary")
    # What customers said is text: neither picture nor script came of it.
    assert "<img src=x" in await page.text("#scenarios-evil-en-1 .talk")
    assert await page.evaluate("document.querySelectorAll('img, main script').length") == 0
    await quiet(page)


async def test_a_click_on_a_turn_s_time_plays_from_there(browser: Chromium, tmp_path: Path) -> None:
    page = await opened(browser, tmp_path)
    await page.click("#scenarios-good-en-1 > summary")
    await page.until("document.querySelector('#scenarios-good-en-1 audio').duration > 7")
    await page.click("#scenarios-good-en-1-t5 .seek")
    await page.until("document.querySelector('#scenarios-good-en-1 audio').currentTime >= 5")
    await page.until("document.querySelector('#scenarios-good-en-1-t5.now, #scenarios-good-en-1-t6.now')")
    await quiet(page)


@pytest.mark.parametrize("dark", [False, True])
async def test_it_fits_a_phone(browser: Chromium, tmp_path: Path, dark: bool) -> None:
    page = await opened(browser, tmp_path, width=390, height=844, mobile=True, dark=dark)
    await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await quiet(page)


async def test_everything_has_a_name(browser: Chromium, tmp_path: Path) -> None:
    page = await opened(browser, tmp_path)
    await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    roles = await page.accessibility()
    nameless = [
        role for role, name in roles if role in ("button", "link", "searchbox", "combobox", "radio") and not name
    ]
    assert nameless == []
    assert ("heading", "1 false release") in roles


async def test_a_comparison_opens_too(browser: Chromium, tmp_path: Path) -> None:
    file = tmp_path / "changes.html"
    file.write_text(comparison_page(compare(report([graded(GOOD)]), report([evil(GOOD)]))), encoding="utf-8")
    page = await browser.open(file.as_uri())
    assert await page.text("h1") == "Not worse than before"
    await quiet(page)
