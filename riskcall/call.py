"""`riskcall call`: one real call on the trunk of the settings, in this process, about an example alert."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from agent.dialer import Placement
from cases.adapters.clock import SystemClock
from cases.domain.case import Case
from cases.domain.vocabulary import DialRefusal, Disposition, Language
from desk.texts import load_texts
from evals.alerts import load
from evals.errors import SuiteError
from riskcall.compose import Placing
from riskcall.demo.call import Demo, demo_running, place_alert, report_of, verdict
from riskcall.demo.screen import DemoScreen
from riskcall.elsewhere import Elsewhere
from riskcall.errors import NumberRefusedError, SettingsInvalidError
from riskcall.settings import Settings
from riskcall.starting import end_loading
from riskcall.telephone import dial_limits, require_telephone, sip_leg
from riskcall.workshop import Workshop
from telephony.limited_dialer import explain_number
from telephony.limits import number_refusal
from telephony.livekit.sip_leg import KIND

FOLDER = "calls"
"""Folder of the calls under the data folder; each has one of its own, named by when it began."""
_NAME = "%Y%m%d-%H%M%S"
_COUNTS_FOR = timedelta(hours=25)


@dataclass(frozen=True, slots=True)
class CallOptions:
    """What was asked for.

    Attributes:
        number: Whom to call, in E.164 form.
        alert: Name of the example alert.
        json_file: Where to write the report, or None.
        data: Folder for database and recordings, or None for a new one of this run.
    """

    number: str
    alert: str
    json_file: Path | None
    data: Path | None


def run(settings: Settings, options: CallOptions) -> int:
    """Call, show the call and what came of it; 0 where somebody or something answered, else 1.

    Raises:
        FrontDoorError: What the caller can mend; nobody was called.
    """
    # LiveKit's library calls the end of every room an error of its data channels; what fails is told by the result.
    logging.getLogger("livekit").setLevel(logging.CRITICAL)
    screen = DemoScreen(Console())
    try:
        return asyncio.run(place(settings, options, screen))
    except KeyboardInterrupt:
        screen.say("stopped; the call was hung up", "dim")
        return 1
    finally:
        screen.close()


def _check_number(settings: Settings, number: str) -> None:
    """Refuse at once what would be refused at the dial.

    Raises:
        NumberRefusedError: The number may never be called.
    """
    refused = number_refusal(number, settings.sip_countries)
    if refused is not None:
        raise NumberRefusedError(f"nobody was called: {explain_number(refused, dial_limits(settings))}")


async def place(settings: Settings, options: CallOptions, screen: DemoScreen) -> int:
    """Call, in a composition of its own; see `run`.

    Raises:
        FrontDoorError: What the caller can mend; nobody was called.
    """
    require_telephone(settings)
    _check_number(settings, options.number)
    now = SystemClock().now()
    customer = _customer(options.alert, now)
    data = options.data or settings.data_dir / FOLDER / f"{now:{_NAME}}"
    with closing(Elsewhere([settings.database_path, *_earlier(settings, now)])) as elsewhere:
        async with demo_running(data, screen, placing=_by_telephone(settings), elsewhere=elsewhere) as demo:
            end_loading()
            _confirm_speech(demo, customer)
            screen.say(f"alert     {options.alert} comes in by signed webhook; {settings.sip_caller_id} calls", "bold")
            screen.say(f"          {demo.system.workshop.engines.summary()}")
            screen.say(f"          whoever answers is {customer['name']}; asked for the {_asked(customer)}")
            contact = {"kind": "phone", "address": options.number}
            case_id = await place_alert(demo, options.alert, None, changes={"customer.contacts": [contact]})
            case = await verdict(demo, case_id)
            return await _tell(demo, case, options)


def _customer(example: str, now: datetime) -> dict[str, Any]:
    """Whom an example alert is about.

    Raises:
        SettingsInvalidError: There is no such example.
    """
    try:
        document = load(example, now=now)
    except SuiteError as error:
        raise SettingsInvalidError(f"--alert: {error}") from error
    customer: dict[str, Any] = document["customer"]
    return {**customer, "language": Language.ZH if document["locale"].startswith("zh") else Language.EN}


def _asked(customer: dict[str, Any]) -> str:
    question = customer["identity_question"]
    return f"{question['kind']}: {question['expected']}"


def _confirm_speech(demo: Demo, customer: dict[str, Any]) -> None:
    """Call nobody who could not be spoken with.

    Raises:
        SettingsInvalidError: No engine hears or speaks the example's language.
    """
    if reason := demo.system.workshop.engines.deaf(customer["language"]):
        raise SettingsInvalidError(f"nobody was called: {reason}")


def _earlier(settings: Settings, now: datetime) -> Iterator[Path]:
    """Databases of calls that may still count against the caps."""
    since = f"{now - _COUNTS_FOR:{_NAME}}"
    for folder in (settings.data_dir / FOLDER).glob("*-*"):
        if folder.name >= since:
            yield folder / settings.database_path.name


def _by_telephone(settings: Settings) -> Placing:
    def placing(workshop: Workshop, page: Placement) -> Any:
        placement = workshop.voice(lambda case: sip_leg(settings, case), KIND)
        return lambda case: placement

    return placing


async def _tell(demo: Demo, case: Case, options: CallOptions) -> int:
    screen = demo.screen
    report = await report_of(demo, case)
    screen.result(report)
    attempt = case.attempts[-1]
    if attempt.disposition is not Disposition.ANSWERED and attempt.detail:
        screen.say(f"the dial ended as {attempt.disposition}: {_words(attempt.detail)}", "yellow")
    if options.json_file is not None:
        text = json.dumps(report, ensure_ascii=False, indent=2)
        await asyncio.to_thread(options.json_file.write_text, text + "\n", encoding="utf-8")
        screen.say(f"result written to {options.json_file}")
    return 0 if case.calls else 1


def _words(detail: str) -> str:
    """A code of why a dial ended, with its words where the desk has any."""
    texts, key = load_texts()[Language.EN], f"dial_detail.{detail}"
    told = f"{detail} ({texts(key)})" if texts.has(key) else detail
    return f"{told}; see RISKCALL_SIP_… in .env" if detail in set(DialRefusal) else told
