"""`riskcall demo`: a call with a simulated customer on the terminal, then one that you can take yourself."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from cases.adapters.clock import SystemClock
from cases.domain.vocabulary import Language
from riskcall.demo.call import Demo, demo_running, place_alert, report_of, simulate, verdict
from riskcall.demo.screen import DemoScreen
from riskcall.starting import end_loading

REVIEWER = "demo"
LINK_LASTS = timedelta(hours=8)
EXAMPLE_FOR_YOU = "new-payee-transfer"


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the demo was asked for.

    Attributes:
        customer: Name of the persona that answers.
        alert: Name of the example alert, or empty for the persona's own.
        json_file: Where to write the report, or None.
        wait: Whether to keep the desk open afterwards when on a terminal.
        data: Folder for database and recordings, or None for a new one of this run.
        port: Port of the desk; 0 takes a free one.
    """

    customer: str
    alert: str
    json_file: Path | None
    wait: bool
    data: Path | None
    port: int


def run(options: DemoOptions) -> int:
    """Run the demo and return the exit status.

    Raises:
        FrontDoorError: What the caller can mend.
    """
    screen = DemoScreen(Console())
    try:
        asyncio.run(_run(options, screen))
    except KeyboardInterrupt:
        screen.say("stopped", "dim")
    finally:
        screen.close()
    return 0


async def _run(options: DemoOptions, screen: DemoScreen) -> None:
    data = options.data or Path("var/demo") / f"{SystemClock().now():%Y%m%d-%H%M%S}"
    async with demo_running(data, screen, port=options.port) as demo:
        end_loading()
        report = await simulate(demo, options.customer, options.alert)
        screen.result(report)
        if options.json_file is not None:
            text = json.dumps(report, ensure_ascii=False, indent=2)
            await asyncio.to_thread(options.json_file.write_text, text + "\n", encoding="utf-8")
            screen.say(f"result written to {options.json_file}")
        if options.wait and sys.stdin.isatty() and sys.stdout.isatty():
            await _your_turn(demo)


async def _your_turn(demo: Demo) -> None:
    """Keep the desk open, and ring at the browser page whenever it opens, until interrupted."""
    password = secrets.token_urlsafe(12)
    await asyncio.to_thread(demo.system.accounts.save, REVIEWER, password)
    reference = f"you-{secrets.token_hex(4)}"
    token = demo.system.sessions.issue(reference, Language.EN, LINK_LASTS)
    screen = demo.screen
    screen.say(f"\nThe desk is open; sign in as {REVIEWER} with the password {password}:", "bold")
    screen.address(f"{demo.origin}/")
    screen.say("Take the next call yourself; it rings as soon as you open this page:", "bold")
    screen.address(f"{demo.origin}/app/{token}")
    screen.say("You are Alex Morgan, born on 12 March. Ctrl-C ends the demo.")
    switchboard = demo.system.switchboard
    while True:
        await switchboard.opened(reference)
        case_id = await place_alert(demo, EXAMPLE_FOR_YOU, None, reference=reference)
        screen.result(await report_of(demo, await verdict(demo, case_id)))
        screen.say("Press Enter for another call, Ctrl-C to end the demo.")
        await asyncio.to_thread(sys.stdin.readline)
