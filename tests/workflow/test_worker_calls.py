"""`riskcall serve` and `riskcall agent` as real programs: calls on a real telephone line, held by worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cases.domain.call import CustomerRequest
from cases.domain.case import CaseState
from cases.domain.vocabulary import BankAction, Disposition
from telephony.leg import Caption
from telephony.persona import load_persona
from telephony.simulated import SimulatedLeg
from telephony.sip_phone import IncomingCall, SipPhone, customer
from tests.support.phone_network import PhoneNetwork
from tests.support.worker_house import House, house

pytestmark = [pytest.mark.timeout(300), pytest.mark.audio]


@dataclass
class Customer:
    """A simulated customer at a real phone; knows the agent's acts by the desk's live view."""

    phone: SipPhone
    persona: str = "asks-human"
    legs: list[SimulatedLeg] = field(default_factory=list)

    def leg(self, call: IncomingCall) -> SimulatedLeg:
        self.legs.append(SimulatedLeg(load_persona(self.persona)))
        return self.legs[-1]

    def show(self, caption: Caption) -> None:
        self.legs[-1].show(caption)


@pytest.fixture
async def someone() -> AsyncIterator[Customer]:
    async with SipPhone() as phone:
        made = Customer(phone)
        phone.answers = customer(made.leg)
        yield made


@pytest.fixture
async def at_home(phone_network: PhoneNetwork, someone: Customer, tmp_path: Path) -> AsyncIterator[House]:
    async with house(phone_network, tmp_path, someone.phone.uri) as made:
        yield made


async def test_a_call_is_held_by_a_worker_and_told_to_the_record(at_home: House, someone: Customer) -> None:
    await at_home.alert("first-call")
    await at_home.until("first-call", lambda case: case.attempts and case.attempts[0].rang_at)
    watching = asyncio.create_task(at_home.captions("first-call", someone.show))
    case = await at_home.until("first-call", lambda case: case.calls)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    attempt, call = case.attempts[0], case.calls[0].call
    assert (attempt.leg, attempt.claims, attempt.disposition) == ("sip", 1, Disposition.ANSWERED)
    assert attempt.rang_at is not None and attempt.answered_at is not None
    print("ringing after", attempt.rang_at - case.opened_at)
    assert call.verification.request is CustomerRequest.HUMAN
    assert case.state is CaseState.REVIEW and case.payment is BankAction.HOLD
    assert call.recording is not None
    assert (at_home.data / "blobs" / call.recording.key).exists()
    await at_home.no_rooms()
    await at_home.quiet()
