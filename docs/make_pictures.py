"""Makes the README's pictures from the running program: `make pictures` (needs chromium)."""

from __future__ import annotations

import asyncio
import io
import re
import secrets
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from riskcall.demo.call import demo_running, simulate
from riskcall.demo.screen import DemoScreen
from tests.support.chromium import Chromium

IMAGES = Path(__file__).parent / "images"
CUSTOMERS = ("coached", "barges-in")
"""Calls that the desk has seen; the last one is the call in the terminal."""
OPEN_RUN = "development-coached-told-what-to-say-en-1"
"""The run that stands open in the picture of an evaluation."""


async def main() -> None:
    """Hold the calls, save the last one as the terminal shows it, and the desk with one case open."""
    IMAGES.mkdir(exist_ok=True)
    screen = DemoScreen(Console(record=True, width=104, file=io.StringIO(), force_terminal=False))
    with tempfile.TemporaryDirectory() as folder:
        async with demo_running(Path(folder), screen) as demo, Chromium.launch() as browser:
            reports = {}
            for customer in CUSTOMERS:
                screen.forget()
                reports[customer] = await simulate(demo, customer, "")
                screen.result(reports[customer])
            screen.save_svg(IMAGES / "demo.svg", "riskcall demo --customer barges-in")
            _without_web_fonts(IMAGES / "demo.svg")
            password = secrets.token_urlsafe(12)
            demo.system.accounts.save("m.reviewer", password)
            page = await browser.open(f"{demo.origin}/cases/{reports['coached']['case_id']}")
            await page.fill("input[name=name]", "m.reviewer")
            await page.fill("input[name=password]", password)
            await page.follow("button[type=submit].primary")
            await page.until("document.querySelector('audio').readyState >= 1")
            await page.screenshot(IMAGES / "desk.png")


async def evaluation() -> None:
    """Run the development suite in text, and save its report with one run open."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["eval", "--suite", "dev", "--report", folder]
        riskcall = [sys.executable, "-c", "from riskcall.cli import main; main()"]
        done = await asyncio.create_subprocess_exec(*riskcall, *command, stdout=asyncio.subprocess.DEVNULL)
        if await done.wait() not in (0, 1):
            raise SystemExit("the evaluation ended without a report")
        async with Chromium.launch() as browser:
            address = (Path(folder) / "report.html").as_uri()
            page = await browser.open(f"{address}#{OPEN_RUN}", width=1180, height=1000)
            await page.until(f"document.getElementById('{OPEN_RUN}').open")
            await page.until(f"(document.getElementById('{OPEN_RUN}').scrollIntoView({{behavior: 'instant'}}), true)")
            await page.screenshot(IMAGES / "evaluation.png")


def _without_web_fonts(picture: Path) -> None:
    """Take out the fonts that the picture would fetch; the reader's own monospaced font serves."""
    text = picture.read_text(encoding="utf-8")
    picture.write_text(re.sub(r"@font-face \{.*?\}\s*", "", text, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
    asyncio.run(evaluation())
