"""All of a bank's riskcall in this process, telephoning over a real network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from agent.dialer import Placement
from bench.telephone.customers import who_is
from bench.telephone.household import Household, PhoneCallRecord, living
from bench.telephone.network import LiveKitNetwork
from cases.domain.case import Case
from riskcall.compose import Placing
from riskcall.demo_call import Demo, default_alert, demo_running, place_alert, report_of, verdict
from riskcall.demo_screen import QuietScreen
from riskcall.workshop import Workshop
from telephony.leg import Caption
from telephony.livekit import LiveKitAccess, MediaEncryption, SipLeg, SipTransport, SipTrunk, room_name

CALLER_ID = "+12025550100"
"""The bank's number."""
AREAS = (202, 212, 213, 303, 305, 312, 404, 415, 512, 602, 617, 702)
"""Area codes whose 555-0100 to 555-0199 belong to nobody and are set aside for examples."""
SIP = "sip"
_VERIFIED_AT = "2024-06-18T14:02:00Z"


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
    """A composition that calls simulated customers by telephone.

    Attributes:
        household: The customers.
    """

    def __init__(self, demo: Demo, household: Household) -> None:
        """Call with a running composition; use `telephoning`."""
        self._demo = demo
        self._numbers = numbers()
        self.household = household

    async def call(self, persona: str, *, seed: int = 0, hang_up_after_s: float | None = None) -> HeldCall:
        """Fire an alert and wait until its call is over, and for the verdict unless the customer was to hang up.

        Args:
            persona: Who answers.
            seed: Draws their reaction times.
            hang_up_after_s: When the customer hangs up at the latest, from the alert; None for the call's own end.

        Raises:
            DemoFailedError: The alert was refused, or there is no verdict in time.
            CustomersError: The customers' process ended.
        """
        number = next(self._numbers)
        await self.household.expect(number, persona, seed)
        example = default_alert(who_is(persona))
        loop = asyncio.get_running_loop()
        contacts = [{"kind": "phone", "address": number, "verified_at": _VERIFIED_AT}]
        case_id = await place_alert(self._demo, example, None, changes={"customer.contacts": contacts})
        accepted = loop.time() - (self._demo.system.workshop.clock.now() - await self._opened(case_id)).total_seconds()
        hanging_up = None
        if hang_up_after_s is not None:
            hanging_up = loop.call_later(hang_up_after_s, self.household.hang_up, number)
        phone = await self.household.ended(number)
        if hanging_up is not None:
            hanging_up.cancel()
            return HeldCall(persona, {}, phone, accepted)
        report = await report_of(self._demo, await verdict(self._demo, case_id))
        return HeldCall(persona, report, phone, accepted)

    async def _opened(self, case_id: str) -> datetime:
        case = await self._demo.system.runtime.store.case(case_id)
        assert case is not None
        return case.opened_at


class TellingLeg(SipLeg):
    """A telephone call whose captions reach the simulated customer beside the call."""

    def __init__(self, *parts: Any, tell: Callable[[Caption], None]) -> None:
        """As SipLeg.

        Args:
            parts: What a SipLeg takes.
            tell: Takes each caption.
        """
        super().__init__(*parts)
        self._tell = tell

    def show(self, caption: Caption) -> None:
        """As SipLeg, and tell the customer."""
        super().show(caption)
        self._tell(caption)


def numbers() -> Iterator[str]:
    """Numbers of customers, each used once in a run, then from the beginning."""
    for place in count(1):
        yield f"+1{AREAS[place // 100 % len(AREAS)]}55501{place % 100:02d}"


@asynccontextmanager
async def telephoning(
    folder: Path, network: LiveKitNetwork, *, loss: float = 0.0, at_once: int = 64
) -> AsyncIterator[TelephoneSystem]:
    """A composition that telephones over a running network.

    Args:
        folder: For data and recordings.
        network: The network.
        loss: Share of packets lost in each direction.
        at_once: Most calls at once.

    Raises:
        CustomersError: The customers do not start.
        SettingsInvalidError: A setting is wrong.
    """
    (recordings := folder / "phone").mkdir()
    changes = {
        "max_calls": at_once,
        "sip_countries": ("US",),
        "sip_calls_at_once": at_once,
        "sip_calls_per_minute": 100_000,
        "sip_calls_per_day": 100_000,
        "sip_calls_per_number_per_day": 100_000,
    }
    async with living(recordings, loss=loss) as household:
        placing = _placing(network, household)
        async with demo_running(folder / "data", QuietScreen(), placing=placing, changes=changes) as demo:
            yield TelephoneSystem(demo, household)


def _placing(network: LiveKitNetwork, household: Household) -> Placing:
    access = LiveKitAccess(network.url, network.api_key, network.api_secret)
    trunk = SipTrunk(
        address=household.address,
        transport=SipTransport.UDP,
        caller_id=CALLER_ID,
        media_encryption=MediaEncryption.OFF,
    )

    def leg(case: Case) -> TellingLeg:
        number = case.alert.customer.contacts[0].address
        room = room_name(f"{case.id}:{len(case.attempts)}")
        return TellingLeg(access, trunk, number, room, tell=lambda caption: household.caption(number, caption))

    def placing(workshop: Workshop, page: Placement) -> Callable[[Case], Placement]:
        calls = workshop.voice(leg, SIP)
        return lambda case: calls

    return placing
