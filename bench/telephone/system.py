"""A bank's riskcall that telephones simulated customers over a real network, and single calls of it."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from agent.dialer import Placement
from bench.telephone.customers import who_is
from bench.telephone.errors import NotRungError
from bench.telephone.household import Household, PhoneCallRecord, living
from bench.telephone.network import LiveKitNetwork
from bench.telephone.programs import Program
from cases.domain.case import Case
from cases.domain.vocabulary import Speaker
from desk.live import LiveLine
from riskcall.demo.call import Demo, default_alert, demo_running, place_alert, report_of, verdict
from riskcall.demo.screen import QuietScreen
from riskcall.telephone import sip_leg
from riskcall.workers import workers_of
from riskcall.workshop import Workshop
from telephony.leg import Caption
from telephony.livekit.sip_leg import KIND as SIP

CALLER_ID = "+12025550100"
"""The bank's number."""
AREAS = (202, 212, 213, 303, 305, 312, 404, 415, 512, 602, 617, 702)
"""Area codes whose 555-0100 to 555-0199 belong to nobody and are set aside for examples."""
PLENTY = 100_000
RINGS_WITHIN_S = 60.0
"""How long an alert may take to ring before the bench gives up."""
_VERIFIED_AT = "2024-06-18T14:02:00Z"
_AGENT_START_S = 120.0
_WARM_S = 10.0


@dataclass(frozen=True, slots=True)
class HeldCall:
    """One call from alert to verdict.

    Attributes:
        persona: Who was called.
        report: What became of the case, as `riskcall demo --json`; empty where nobody waited for it.
        phone: The call as the telephone had it.
        accepted_s: When the alert was accepted, on the machine's monotonic clock.
    """

    persona: str
    report: dict[str, Any]
    phone: PhoneCallRecord
    accepted_s: float

    @property
    def alert_to_ringing_ms(self) -> float | None:
        """Alert accepted to the telephone ringing."""
        return None if self.phone.rang_s is None else (self.phone.rang_s - self.accepted_s) * 1000

    @property
    def answer_to_word_ms(self) -> float | None:
        """Answer to the agent's first sound in the customer's ear."""
        phone, first = self.phone, self.phone.figures.first_word_ms
        if first is None or phone.answered_s is None or phone.began_s is None:
            return None
        return first + (phone.began_s - phone.answered_s) * 1000

    @property
    def own_responses_ms(self) -> tuple[float, ...]:
        """Responses as the agent's own recording has them: without the way to the telephone and back."""
        turns = self.report.get("turns", ())
        return tuple(turn["response_ms"] for turn in turns if turn["response_ms"] is not None)


class TelephoneSystem:
    """A running riskcall that calls simulated customers by telephone.

    Attributes:
        household: The customers.
        pids: Process ids of what it runs beside this process, by name.
    """

    def __init__(self, demo: Demo, household: Household, pids: Mapping[str, int]) -> None:
        """Call with a running composition; use `telephoning`."""
        self._demo = demo
        self._numbers = numbers()
        self.household = household
        self.pids = pids

    async def call(self, persona: str, *, seed: int = 0, hang_up_after_s: float | None = None) -> HeldCall:
        """Fire an alert and wait until its call is over, and for the verdict unless the customer was to hang up.

        Args:
            persona: Who answers.
            seed: Draws their reaction times.
            hang_up_after_s: When the customer hangs up at the latest, from the alert; None for the call's own end.

        Raises:
            DemoFailedError: The alert was refused, or there is no verdict in time.
            CustomersError: The customers' process ended.
            NotRungError: Nobody was called.
        """
        number = next(self._numbers)
        await self.household.expect(number, persona, seed)
        contacts = [{"kind": "phone", "address": number, "verified_at": _VERIFIED_AT}]
        example, loop = default_alert(who_is(persona)), asyncio.get_running_loop()
        # A customer is called once at a time.
        changes = {"customer.contacts": contacts, "customer.reference": f"customer-{number.lstrip('+')}"}
        case_id = await place_alert(self._demo, example, None, changes=changes)
        accepted = loop.time() - (self._demo.system.workshop.clock.now() - await self._opened(case_id)).total_seconds()
        watching = asyncio.create_task(self._tell(case_id, number), name="bench.captions")
        hanging_up = None
        if hang_up_after_s is not None:
            hanging_up = loop.call_later(hang_up_after_s, self.household.hang_up, number)
        try:
            phone = await self._phoned(number)
        finally:
            watching.cancel()
        if hanging_up is not None:
            hanging_up.cancel()
            return HeldCall(persona, {}, phone, accepted)
        report = await report_of(self._demo, await verdict(self._demo, case_id))
        return HeldCall(persona, report, phone, accepted)

    async def _phoned(self, number: str) -> PhoneCallRecord:
        try:
            async with asyncio.timeout(RINGS_WITHIN_S):
                await self.household.called(number)
        except TimeoutError as error:
            told = (
                f"No telephone rang within {RINGS_WITHIN_S:.0f} s of an alert; --keep keeps what the programs logged."
            )
            raise NotRungError(told) from error
        return await self.household.ended(number)

    async def _tell(self, case_id: str, number: str) -> None:
        """Let the customer know what the agent says and means, as the desk's live view has it."""
        async for update in self._demo.system.live.follow(case_id):
            if isinstance(update, LiveLine) and update.speaker is Speaker.AGENT:
                final = update.turn is not None
                self.household.caption(number, Caption(Speaker.AGENT, update.text, final, update.acts))

    async def _opened(self, case_id: str) -> datetime:
        case = await self._demo.system.runtime.store.case(case_id)
        assert case is not None
        return case.opened_at


def numbers() -> Iterator[str]:
    """Numbers of customers, each used once in a run, then from the beginning."""
    for place in count(1):
        yield f"+1{AREAS[place // 100 % len(AREAS)]}55501{place % 100:02d}"


@asynccontextmanager
async def telephoning(
    folder: Path, network: LiveKitNetwork, *, loss: float = 0.0, at_once: int = 8, warm: int = 2, workers: bool = True
) -> AsyncIterator[TelephoneSystem]:
    """A riskcall that telephones over a running network: `riskcall serve` in this process, `riskcall agent` beside it.

    Args:
        folder: For data, logs and recordings.
        network: The network.
        loss: Share of packets lost in each direction.
        at_once: Most calls at once.
        warm: Processes of `riskcall agent` that are kept ready for the next calls.
        workers: Whether `riskcall agent` holds the calls; else this process does.

    Raises:
        CustomersError: The customers do not start.
        ProgramError: `riskcall agent` does not start.
        SettingsInvalidError: A setting is wrong.
    """
    (recordings := folder / "phone").mkdir()
    async with AsyncExitStack() as stack:
        household = await stack.enter_async_context(living(recordings, loss=loss))
        changes = _settings(network, household, at_once, warm)
        running = demo_running(
            folder / "data",
            QuietScreen(),
            placing=None if workers else _here,
            changes=changes,
            workers=workers_of if workers else (lambda settings: None),
        )
        demo = await stack.enter_async_context(running)
        pids = {
            "livekit-server": network.server.pid,
            "livekit-sip": network.sip.pid,
            "redis": network.redis.pid,
            "customers": household.pid,
        }
        if workers:
            agent = _agent(folder, demo.origin, changes)
            stack.callback(agent.stop)
            agent.start()
            await asyncio.to_thread(agent.wait, _AGENT_START_S + _WARM_S * warm)
            pids["riskcall agent"] = agent.pid
        yield TelephoneSystem(demo, household, pids)


def _settings(network: LiveKitNetwork, household: Household, at_once: int, warm: int) -> dict[str, object]:
    return {
        "livekit_url": network.url,
        "livekit_api_key": network.api_key,
        "livekit_api_secret": SecretStr(network.api_secret),
        "sip_trunk_id": "",
        "sip_address": household.address,
        "sip_transport": "udp",
        "sip_media_encryption": "off",
        "sip_caller_id": CALLER_ID,
        "sip_countries": ("US",),
        "sip_calls_at_once": at_once,
        "sip_calls_per_minute": PLENTY,
        "sip_calls_per_day": PLENTY,
        "sip_calls_per_number_per_day": PLENTY,
        "worker_key": SecretStr(secrets.token_hex(32)),
        "max_calls": at_once,
        # How much a machine carries is what the ramp finds out.
        "worker_load": 100.0,
        "worker_idle": warm,
        "worker_port": 0,
    }


def _agent(folder: Path, origin: str, changes: Mapping[str, object]) -> Program:
    """`riskcall agent` with the same settings."""
    settings = {**changes, "api_url": origin, "data_dir": folder / "agent"}
    environment = {f"RISKCALL_{name.upper()}": _written(value) for name, value in settings.items()}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (os.getcwd(), os.environ.get("PYTHONPATH", ""))))
    agent = Program(
        "riskcall-agent",
        [sys.executable, "-c", "from riskcall.cli import main; main()", "agent"],
        folder=folder,
        ready=lambda: "takes calls" in agent.log,
        environment=environment,
    )
    return agent


def _written(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return json.dumps(value) if isinstance(value, tuple) else str(value)


def _here(workshop: Workshop, page: Placement) -> Callable[[Case], Placement]:
    """Every call by telephone, held in this process."""
    calls = workshop.voice(lambda case: sip_leg(workshop.settings, case), SIP)
    return lambda case: calls
