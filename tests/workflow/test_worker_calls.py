"""`riskcall serve` and `riskcall agent` as real programs on a real telephone line, and each of them killed in a call.

Whatever dies: the payment stays held, an attempt has one result, the customer is called again by policy, and no room
is left.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from cases.domain.call import CallEnding, CustomerRequest
from cases.domain.case import Case, CaseState
from cases.domain.events import CallEnded, DialEnded
from cases.domain.vocabulary import BankAction, Disposition
from telephony.leg import Caption
from telephony.persona import load_persona
from telephony.simulated import SimulatedLeg
from telephony.sip_phone import IncomingCall, SipPhone, answering, busy, customer
from tests.support.phone_network import PhoneNetwork, running_network
from tests.support.worker_house import House, house

pytestmark = [pytest.mark.timeout(300), pytest.mark.audio, pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Customer:
    """Whoever is at the phone; a simulated one knows the agent's acts by the desk's live view."""

    phone: SipPhone
    legs: list[SimulatedLeg] = field(default_factory=list)

    def is_silent(self) -> None:
        """Answer and say nothing."""
        self.phone.answers = answering()

    def is_busy(self) -> None:
        """Take no further call."""
        self.phone.answers = busy()

    def is_persona(self, name: str) -> None:
        """Answer as a persona does."""

        def leg(call: IncomingCall) -> SimulatedLeg:
            self.legs.append(SimulatedLeg(load_persona(name)))
            return self.legs[-1]

        self.phone.answers = customer(leg)

    def show(self, caption: Caption) -> None:
        self.legs[-1].show(caption)

    async def hangs_up(self) -> None:
        self.is_busy()
        await self.phone.calls[-1].hang_up()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhoneNetwork]:
    with running_network(tmp_path_factory.mktemp("network")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def someone() -> AsyncIterator[Customer]:
    async with SipPhone() as phone:
        yield Customer(phone)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(
    network: PhoneNetwork, someone: Customer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    async with house(network, tmp_path_factory.mktemp("house"), someone.phone.uri) as made:
        yield made


async def answered(home: House, case_id: str) -> Case:
    """A case whose customer has picked up."""
    await home.alert(case_id)
    return await home.until(case_id, lambda case: case.attempts and case.attempts[0].answered_at)


async def results(home: House, case_id: str) -> list[str]:
    """What ended the attempts, in order; each has one result."""
    found = [one.event for one in await home.store.events(case_id)]
    ends = [one for one in found if isinstance(one, (CallEnded, DialEnded))]
    assert len({one.attempt for one in ends}) == len(ends)
    return [one.call.ending.value if isinstance(one, CallEnded) else one.detail for one in ends]


async def held(home: House, case_id: str) -> None:
    """The payment is held and nothing else was said to the bank."""
    case = await home.store.case(case_id)
    assert case is not None and case.payment is BankAction.HOLD
    told = [(one["action"], one["deliveries"]) for one in home.bank.messages if one["case_id"] == case_id]
    assert told == [("hold", 1)]
    assert (await home.store.verify_log()).faults == ()


async def called_again(home: House, someone: Customer, case_id: str) -> None:
    """The customer is called once more, and hangs up; nothing is left."""
    await home.until(case_id, lambda case: len(case.attempts) == 2 and case.attempts[1].answered_at)
    await someone.hangs_up()
    case = await home.until(case_id, lambda case: case.attempts[1].ended_at)
    assert len(case.attempts) == 2
    await home.no_rooms()
    await home.quiet()


async def test_a_call_is_held_by_a_worker_and_told_to_the_record(home: House, someone: Customer) -> None:
    someone.is_persona("asks-human")
    await home.alert("first")
    await home.until("first", lambda case: case.attempts and case.attempts[0].rang_at)
    watching = asyncio.create_task(home.captions("first", someone.show))
    case = await home.until("first", lambda case: case.calls)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    attempt, call = case.attempts[0], case.calls[0].call
    assert (attempt.leg, attempt.claims, attempt.disposition) == ("sip", 1, Disposition.ANSWERED)
    assert call.verification.request is CustomerRequest.HUMAN
    assert case.state is CaseState.REVIEW
    assert call.recording is not None and (home.data / "blobs" / call.recording.key).exists()
    await held(home, "first")
    await home.no_rooms()
    await home.quiet()


async def test_the_process_of_a_call_is_killed(home: House, someone: Customer) -> None:
    someone.is_silent()
    await answered(home, "job")
    (job,) = home.job_pids()
    os.kill(job, signal.SIGKILL)
    await home.until("job", lambda case: case.attempts[0].ended_at)
    assert (await results(home, "job"))[:1] == ["worker_lost"]
    await called_again(home, someone, "job")
    assert len(await results(home, "job")) == 2
    await held(home, "job")


async def test_the_server_is_killed_and_the_call_goes_on(home: House, someone: Customer) -> None:
    someone.is_silent()
    await answered(home, "server")
    home.serve.kill()
    home.serve.start()
    await asyncio.to_thread(home.serve.wait, 60.0)
    case = await home.store.case("server")
    assert case is not None and case.attempts[0].ended_at is None
    await someone.hangs_up()
    case = await home.until("server", lambda case: case.attempts[0].ended_at)
    assert (await results(home, "server"))[:1] == [CallEnding.CUSTOMER_HUNG_UP.value]
    assert case.attempts[0].claims == 1
    await held(home, "server")
    await home.no_rooms()


async def test_the_worker_is_killed(home: House, someone: Customer) -> None:
    someone.is_silent()
    await answered(home, "worker")
    someone.is_busy()
    home.agent.kill()
    # The call's own process notices, hangs up, and delivers what was said.
    case = await home.until("worker", lambda case: case.attempts[0].ended_at)
    assert (await results(home, "worker"))[0] == CallEnding.WORKER_LOST.value
    await home.no_rooms()
    await home.start_worker()
    await home.quiet()
    assert case.attempts[0].claims == 1
    await held(home, "worker")


@pytest.mark.parametrize("name", ["sip", "server", "redis"])
async def test_a_program_of_the_network_is_killed(
    home: House, someone: Customer, network: PhoneNetwork, name: str
) -> None:
    someone.is_silent()
    case_id = f"network-{name}"
    await answered(home, case_id)
    someone.is_busy()
    program = getattr(network, name)
    program.kill()
    program.start()
    await asyncio.to_thread(program.wait)
    # Where the line outlives it, the customer ends the call.
    case = await home.store.case(case_id)
    assert case is not None
    if case.attempts[0].ended_at is None:
        await someone.hangs_up()
    await home.until(case_id, lambda case: case.attempts[0].ended_at)
    assert len(await results(home, case_id)) >= 1
    await held(home, case_id)
    await home.no_rooms()


async def test_a_worker_that_is_told_to_stop_lets_its_call_finish(home: House, someone: Customer) -> None:
    someone.is_silent()
    await answered(home, "drain")
    os.kill(home.agent.pid, signal.SIGTERM)
    await home.until_said(home.agent, "stopping")
    await someone.hangs_up()
    await home.until("drain", lambda case: case.attempts[0].ended_at)
    assert (await results(home, "drain"))[:1] == [CallEnding.CUSTOMER_HUNG_UP.value]
    await home.until_gone(home.agent)
    await home.no_rooms()
