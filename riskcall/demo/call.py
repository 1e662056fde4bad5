"""One demo call from alert to verdict: a composition of its own, a small bank, a simulated customer, a report."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr

from agent.dialer import Placement
from agent.dialogue.text_session import TextCustomer, TextMove
from cases.domain.case import Case, CaseState
from cases.domain.events import CustomerRinging
from cases.domain.ruling import Assessment
from cases.domain.vocabulary import Act, Disposition
from evals.alerts import load
from riskcall.alerts import EXAMPLE_OF, new_alert_id, signed
from riskcall.call_report import call_report, transcript_text
from riskcall.compose import Placing, System, running
from riskcall.demo.bank import DemoBank
from riskcall.demo.screen import DemoScreen
from riskcall.errors import DemoFailedError
from riskcall.servers import confirm_ready, listen, origin_of, origins_of, serving
from riskcall.settings import Settings, load_settings
from riskcall.workers import Workers
from riskcall.workshop import Workshop
from telephony.customer_speech import CustomerVoice
from telephony.limited_dialer import FindUsage
from telephony.persona import Persona, PersonaError, PersonaReplies, load_persona
from telephony.simulated import KIND as SIMULATED
from telephony.simulated import SimulatedLeg

LONGEST_CALL_S = 900
"""How long the demo waits for the verdict, seconds."""
DEFAULT_ALERTS = {
    "genuine": "card-not-present",
    "denies": "card-not-present",
    "zh-genuine": "zh-new-payee",
}
"""Example alerts that fit a persona best; others take the default of their language."""


@dataclass(slots=True)
class Demo:
    """A running demo.

    Attributes:
        system: The composed whole.
        origin: Address of the desk.
        bank: The demo's bank.
        settings: What it was composed from.
        personas: Simulated customer of each alert; an alert without one rings at the browser page.
        screen: Shows what happens.
    """

    system: System
    origin: str
    bank: DemoBank
    settings: Settings
    personas: dict[str, Persona]
    screen: DemoScreen


def demo_settings(data: Path, bank_url: str, **changes: object) -> Settings:
    """Settings of the demo: engines and models as the user set them, secrets made for this run alone.

    Args:
        data: Folder for database and recordings.
        bank_url: Where instructions go.
        changes: Further settings.
    """
    return load_settings(
        data_dir=data,
        webhook_secrets=(_webhook_secret(),),
        bank_url=bank_url,
        bank_secret=_webhook_secret(),
        session_secret=SecretStr(secrets.token_urlsafe(48)),
        api_keys=(SecretStr(secrets.token_urlsafe(32)),),
        bank_name="Northbridge Bank",
        **changes,
    )


@asynccontextmanager
async def demo_running(
    data: Path,
    screen: DemoScreen,
    *,
    port: int = 0,
    placing: Placing | None = None,
    elsewhere: FindUsage | None = None,
    changes: Mapping[str, object] | None = None,
    workers: Callable[[Settings], Workers | None] = lambda settings: None,
) -> AsyncIterator[Demo]:
    """Desk, effects and a small bank of the demo's own, started.

    Args:
        data: Folder for database and recordings.
        screen: Shows what happens.
        port: Port of the desk; 0 takes a free one.
        placing: How customers are reached; by their persona, or on the browser page, when None.
        elsewhere: Counts telephone calls that other records tell of, against the same limits.
        changes: Settings in place of the user's.
        workers: Which calls worker processes hold.

    Raises:
        SettingsInvalidError: A setting is wrong, or the port is taken.
        EngineMissingError: A named engine is not installed.
    """
    personas: dict[str, Persona] = {}
    with listen("127.0.0.1", 0) as bank_sock, listen("127.0.0.1", port) as desk_sock:
        settings = demo_settings(data, f"{origin_of(bank_sock)}/instructions", **(changes or {}))
        assert settings.bank_secret is not None
        bank = DemoBank(settings.bank_secret.get_secret_value(), _bank_news(screen))
        origin = origin_of(desk_sock)
        placing = placing or _placing(personas)
        async with (
            serving(bank.app(), bank_sock),
            running(
                settings,
                origins=origins_of(desk_sock),
                placing=placing,
                workers=workers(settings),
                watcher=screen,
                elsewhere=elsewhere,
            ) as system,
            serving(system.app, desk_sock),
        ):
            await confirm_ready(desk_sock)
            yield Demo(system, origin, bank, settings, personas, screen)


async def place_alert(
    demo: Demo,
    example: str,
    persona: Persona | None,
    *,
    reference: str = "",
    changes: Mapping[str, Any] | None = None,
) -> str:
    """Send an example alert to the demo's own door and return its case id.

    Args:
        demo: Where to.
        example: Which example.
        persona: Who answers, or None for the browser page.
        reference: Customer reference whose page rings; empty keeps the example's.
        changes: Values to set in the example, by dotted path.

    Raises:
        DemoFailedError: The alert was refused.
    """
    case_id = new_alert_id(example)
    document = load(example, now=demo.system.workshop.clock.now(), alert_id=case_id, changes=changes)
    if reference:
        document["customer"]["reference"] = reference
    if persona is not None:
        demo.personas[case_id] = persona
    secret = demo.settings.webhook_secrets[0].get_secret_value()
    body, headers = signed(document, secret, demo.system.workshop.clock)
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{demo.origin}/v1/alerts", content=body.encode(), headers=headers)
    if not answer.is_success:
        raise DemoFailedError(f"the alert {example} was refused: {answer.status_code} {answer.text}")
    return case_id


async def verdict(demo: Demo, case_id: str) -> Case:
    """Wait until the case has an outcome, the bank has heard of it and the call's analysis is written.

    Raises:
        DemoFailedError: There is none after LONGEST_CALL_S.
    """
    store = demo.system.runtime.store
    rings = 0
    try:
        async with asyncio.timeout(LONGEST_CALL_S):
            with store.subscribe() as changes:
                case = await store.case(case_id)
                if case is not None and _decided(case):
                    return case
                async for change in changes:
                    case = await store.case(case_id) if change.case_id == case_id else None
                    if case is None:
                        continue
                    if (rung := sum(attempt.rang_at is not None for attempt in case.attempts)) > rings:
                        rings = rung
                        demo.screen.say(f"☎  ringing; the app shows the code {case.attempts[-1].match_code}", "bold")
                    if _decided(case):
                        return case
    except TimeoutError:
        pass
    raise DemoFailedError(f"case {case_id} had no outcome after {LONGEST_CALL_S} s; its events stand at the desk")


async def report_of(demo: Demo, case: Case) -> dict[str, Any]:
    """The report of a case, with its transcript written beside the recording."""
    events = await demo.system.runtime.store.events(case.id)
    rang: datetime | None = next((one.at for one in events if isinstance(one.event, CustomerRinging)), None)
    media = case.calls[-1].call.recording if case.calls else None
    transcript = demo.settings.data_dir / "transcripts" / f"{case.id}.txt"
    transcript.parent.mkdir(parents=True, exist_ok=True)
    transcript.write_text(transcript_text(case), encoding="utf-8")
    messages = [message for message in demo.bank.messages if message["case_id"] == case.id]
    return call_report(
        case,
        case.assessment or _assessment(demo, case),
        demo.system.workshop.policy,
        messages,
        alert_at=case.opened_at,
        ringing_at=rang,
        recording=str(demo.settings.blobs_dir / media.key) if media else None,
        transcript=str(transcript) if case.calls else None,
    )


async def simulate(demo: Demo, customer: str, alert: str) -> dict[str, Any]:
    """Fire an alert at a simulated customer and return the report of what came of it.

    Raises:
        DemoFailedError: There is no such customer or alert, or no verdict in time.
    """
    try:
        persona = load_persona(customer)
    except PersonaError as error:
        raise DemoFailedError(str(error)) from error
    example = alert or default_alert(persona)
    screen = demo.screen
    screen.say(f"alert     {example} comes in by signed webhook; {persona.title} will answer", "bold")
    engines = demo.system.workshop.engines
    if reason := engines.deaf(persona.language):
        screen.say(f"          {reason} The same call runs in text.", "yellow")
    else:
        screen.say(f"          {engines.summary()}")
    case_id = await place_alert(demo, example, persona)
    return await report_of(demo, await verdict(demo, case_id))


async def play(customer: str, *, data: Path, screen: DemoScreen, alert: str = "") -> dict[str, Any]:
    """One simulated call in a composition of its own; see `simulate`."""
    async with demo_running(data, screen) as demo:
        return await simulate(demo, customer, alert)


def default_alert(persona: Persona) -> str:
    """The example that fires where none was named."""
    return DEFAULT_ALERTS.get(persona.name, EXAMPLE_OF[persona.language])


def _assessment(demo: Demo, case: Case) -> Assessment:
    """Triage of an attempt that another one follows; the case itself gets an outcome with its last attempt.

    Raises:
        DemoFailedError: The customer was not called yet, for it is outside calling hours.
    """
    if not case.attempts:
        due = case.next_attempt.due_at.isoformat(timespec="minutes") if case.next_attempt else "later"
        raise DemoFailedError(
            f"the payment is held, and policy calls the customer at {due}, within calling hours; "
            "try another alert, `riskcall alert list` names them"
        )
    disposition = case.attempts[-1].disposition or Disposition.FAILED
    call = case.calls[-1].call if case.calls else None
    return demo.system.runtime.rules.assess(case.alert, disposition, call)


def _placing(personas: dict[str, Persona]) -> Placing:
    def placing(workshop: Workshop, page: Placement) -> Callable[[Case], Placement]:
        voice = CustomerVoice()
        spoken = workshop.voice(lambda case: SimulatedLeg(personas[case.id], voice=voice), SIMULATED)
        written = workshop.text(lambda case: text_customer(personas[case.id]))

        def choose(case: Case) -> Placement:
            if case.id not in personas:
                return page
            return written if workshop.engines.deaf(case.alert.language) else spoken

        return choose

    return placing


def text_customer(persona: Persona) -> TextCustomer:
    """A persona as a customer in text: its answers, its keys, each once, and when it hangs up."""
    replies, events = PersonaReplies(persona), list(persona.events)

    def move(acts: tuple[Act, ...], text: str) -> TextMove:
        due = [event for event in events if event.on in acts]
        events[:] = [event for event in events if event not in due]
        if any(event.hang_up for event in due):
            return TextMove(hang_up=True)
        return TextMove(say=replies.answer(acts), keys=next((event.dtmf for event in due if event.dtmf), ""))

    return move


def _decided(case: Case) -> bool:
    """Whether this attempt is dealt with: case closed, with a person, or waiting for the next attempt."""
    if any(record.analysis is None for record in case.calls):
        return False
    if case.state is CaseState.CLOSED:
        return True
    if case.state is CaseState.WAITING:
        return True
    return case.state is CaseState.REVIEW and case.assessment is not None and case.outstanding is None


def _bank_news(screen: DemoScreen) -> Callable[[dict[str, Any]], None]:
    def tell(message: dict[str, Any]) -> None:
        screen.say(f"bank      told to {message['action']} the payment ({message['reference']})", "magenta")

    return tell


def _webhook_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
