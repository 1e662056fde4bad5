"""Customers who ring the bank, with `riskcall serve` and `riskcall agent` as real programs on a real telephone line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest
import pytest_asyncio

from agent.numbers import say_digits
from cases.domain.call import CallEnding, CustomerRequest
from cases.domain.case import Case, CaseState
from cases.domain.events import CustomerArrived
from cases.domain.vocabulary import Arrival, Disposition
from telephony.customer_speech import CustomerVoice
from telephony.leg import MIC_RATE
from telephony.livekit import INBOUND
from telephony.sip_phone import EndedBy, SipPhone, busy
from telephony.sip_phone.messages import Address
from tests.support.phone_network import TO_THE_RECEPTION, PhoneNetwork, running_network
from tests.support.ring_back import BANK_NUMBER, Caller
from tests.support.worker_house import House, house

pytestmark = [pytest.mark.timeout(300), pytest.mark.audio, pytest.mark.asyncio(loop_scope="module")]
WORKER = {
    "RISKCALL_RECEPTION_LANGUAGES": '["en"]',
    "RISKCALL_BANK_NAME": "Northwind Bank",
    # With one, LiveKit's framework takes no caller while another job begins.
    "RISKCALL_WORKER_IDLE": "2",
}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhoneNetwork]:
    with running_network(tmp_path_factory.mktemp("network")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def phone() -> AsyncIterator[SipPhone]:
    async with SipPhone(busy()) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bank(network: PhoneNetwork) -> AsyncIterator[Address]:
    async with network.number(BANK_NUMBER, **TO_THE_RECEPTION) as address:
        yield address


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(
    network: PhoneNetwork, phone: SipPhone, bank: Address, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    async with house(network, tmp_path_factory.mktemp("house"), phone.uri, worker=WORKER) as made:
        yield made


async def missed(home: House, case_id: str, code: str = "") -> str:
    """A case whose customer could not be reached and will not be called for an hour; returns a code for it."""
    await home.alert(case_id)
    await home.until(case_id, lambda case: len(case.attempts) == 2 and case.attempts[1].ended_at)
    await home.until(case_id, lambda case: case.state is CaseState.WAITING)
    return await home.code(case_id, code)


def first_sound_s(caller: Caller) -> float:
    """When the caller first hears something, from the answer."""
    return float(np.flatnonzero(np.abs(caller.call.recording.heard) > 0.02)[0]) / MIC_RATE


async def nothing_left(home: House) -> None:
    """Neither a room nor a file of a call, nor a process that held one."""
    await home.no_rooms()
    await home.quiet()
    await home.lines_down()


async def ends(home: House, case_id: str, caller: Caller) -> Case:
    """The case once the customer has talked to the agent and the call is over."""
    watching = asyncio.create_task(home.captions(case_id, caller.show))
    case = await home.until(case_id, lambda case: case.calls)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    return case


async def met(home: House, case: Case, code: str) -> None:
    """The customer came by telephone, talked to the agent in the room they rang into, and no code is written down."""
    attempt, call = case.attempts[-1], case.calls[-1].call
    assert (attempt.arrival, attempt.leg, attempt.contact) == (Arrival.INBOUND, "inbound", None)
    assert attempt.disposition is Disposition.ANSWERED and attempt.room.startswith(INBOUND)
    assert call.recording is not None and (home.data / "blobs" / call.recording.key).exists()
    arrivals = [one.event for one in await home.store.events(case.id) if isinstance(one.event, CustomerArrived)]
    assert [one.room for one in arrivals] == [attempt.room]
    assert not any(code in log for log in (home.agent.log, home.serve.log))
    assert (await home.store.verify_log()).faults == ()


async def test_a_customer_rings_back_keys_the_code_and_asks_for_a_person(
    home: House, phone: SipPhone, bank: Address
) -> None:
    code = await missed(home, "keys")
    caller = Caller(phone, persona="asks-human")
    await caller.ring(bank)
    await caller.listens(1.5)
    caller.press(f"{code}#")
    case = await ends(home, "keys", caller)
    await met(home, case, code)
    assert case.calls[-1].call.verification.request is CustomerRequest.HUMAN
    assert case.state is CaseState.REVIEW
    await asyncio.wait_for(caller.until_over(), 20)
    assert caller.call.ended_by is EndedBy.THERE
    assert first_sound_s(caller) < 3.0
    await nothing_left(home)


async def test_a_customer_says_the_code(home: House, phone: SipPhone, bank: Address) -> None:
    code = await missed(home, "spoken", "730162")
    words = await CustomerVoice().speak(say_digits(code, "en-GB"), "flite:rms")
    # Where the line stutters and it is misheard, they are asked again and say it again.
    once = bytes(4 * MIC_RATE) + words + bytes(24 * MIC_RATE)
    caller = Caller(phone, says=once * 3)
    await caller.ring(bank)
    await home.until("spoken", lambda case: case.attempts[-1].arrival and case.attempts[-1].answered_at, 90)
    await caller.listens(caller.heard_s + 2)
    await caller.hangs_up()
    case = await home.until("spoken", lambda case: case.calls)
    assert case.calls[-1].call.ending is CallEnding.CUSTOMER_HUNG_UP
    await met(home, case, code)
    await nothing_left(home)


async def test_a_stranger_gives_three_wrong_codes(home: House, phone: SipPhone, bank: Address) -> None:
    caller = Caller(phone)
    await caller.ring(bank)
    for seconds in (1.0, 6.0, 11.0):
        await caller.listens(seconds)
        caller.press("000000#")
    await asyncio.wait_for(caller.until_over(), 90)
    assert caller.call.ended_by is EndedBy.THERE
    await home.until_said(home.agent, "was received: no_code")
    assert "000000" not in home.agent.log
    await nothing_left(home)


async def test_a_caller_who_hangs_up_leaves_nothing(home: House, phone: SipPhone, bank: Address) -> None:
    caller = Caller(phone)
    await caller.ring(bank)
    await caller.listens(1.0)
    await caller.hangs_up()
    await home.until_said(home.agent, "was received: caller_left")
    await nothing_left(home)


async def test_a_reception_that_dies_is_followed_by_another(home: House, phone: SipPhone, bank: Address) -> None:
    await home.lines_down()
    caller = Caller(phone)
    await caller.ring(bank)
    try:
        await caller.listens(1.0)
        (process,) = home.on_a_line()
        process.kill()
        died_s = caller.heard_s + 1.0
        await home.until_said(home.agent, "another one begins")
        await caller.until_heard(died_s, 30.0)
    finally:
        await caller.hangs_up()
    await nothing_left(home)
