"""A customer on the telephone asks for a person: `serve`, `agent`, both telephones or the desk's page, really running.

The customer hears music and never the brief; whoever takes them is briefed first; then both hear each other and the
agent is silent; the record has all of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.resources import files

import numpy as np
import pytest
import pytest_asyncio
from livekit import api

from agent.record.recording import envelopes
from agent.record.waveform import voiced
from cases.domain import events as ev
from cases.domain.call import Call, CallEnding, CustomerRequest
from cases.domain.case import Case, CaseState
from cases.domain.transfer import LeftReason, ReviewerPart, TransferCause
from cases.domain.vocabulary import Act, BankAction, Disposition, Speaker
from riskcall.video import CLIENT
from telephony.customer_speech import CustomerVoice
from telephony.leg import FRAME_MS, Caption
from telephony.people.handover import LineKind, OrderKind
from telephony.sip_phone import IncomingCall, SipPhone, answering
from tests.support.chromium import Chromium
from tests.support.needs import lacks
from tests.support.page_sound import EARS, WHISTLE, until_heard, whistle
from tests.support.page_voice import MICROPHONE
from tests.support.phone_network import PhoneNetwork
from tests.support.telephone_person import Person, likeness
from tests.support.worker_house import NUMBER, PASSWORD, REVIEWER, REVIEWER_NUMBER, House, house

pytestmark = [pytest.mark.timeout(300), pytest.mark.audio, pytest.mark.asyncio(loop_scope="module")]
CUSTOMER_HZ, REVIEWER_HZ = 600, 1_000
ASKS = "I want to speak to a person."
HEARD, UNHEARD = 500.0, 100.0
"""Levels of a whistle that is heard, and of one that is not."""
SECOND = 1000 // FRAME_MS
LISTENING, TALKING = ReviewerPart.LISTENING, ReviewerPart.TALKING


class Telephones:
    """The customer's telephone and the reviewer's, on one line of the network."""

    def __init__(self) -> None:
        self.customer, self.reviewer = Person(CUSTOMER_HZ), Person(REVIEWER_HZ)
        self.line = SipPhone(answering(self._who))

    def hang_up(self) -> None:
        """Begin anew with nobody on the line."""
        self.customer, self.reviewer = Person(CUSTOMER_HZ), Person(REVIEWER_HZ)

    def _who(self, call: IncomingCall) -> Person:
        return {NUMBER: self.customer, REVIEWER_NUMBER: self.reviewer}[call.called]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def telephones() -> AsyncIterator[Telephones]:
    made = Telephones()
    async with made.line:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(
    phone_network: PhoneNetwork, telephones: Telephones, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    async with house(phone_network, tmp_path_factory.mktemp("house"), telephones.line.uri) as made:
        yield made


@asynccontextmanager
async def watched(home: House, case_id: str) -> AsyncIterator[Callable[[Act], asyncio.Event]]:
    """Gives what is set once the agent has said an act to its end."""
    said = {act: asyncio.Event() for act in Act}

    def show(caption: Caption) -> None:
        for act in caption.acts if caption.final else ():
            said[act].set()

    watching = asyncio.create_task(home.captions(case_id, show))
    try:
        yield said.__getitem__
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def answered(home: House, case_id: str) -> None:
    """The bank flags a payment, and the customer answers the telephone."""
    await home.alert(case_id)
    await home.until(case_id, lambda case: case.attempts and case.attempts[0].answered_at)


async def on_hold(home: House, case_id: str, customer: Person, *, says: str = "") -> int:
    """The customer asks for a person, in words or by key; the frame from which the customer hears music."""
    asks = await CustomerVoice().speak(says, "flite:rms") if says else b""
    async with watched(home, case_id) as said, asyncio.timeout(60):
        if asks:
            await said(Act.GREET).wait()
            customer.say(asks)
        else:
            customer.press("0")
        await home.until(case_id, lambda case: case.transfer and case.transfer.waiting)
        await said(Act.PUT_THROUGH).wait()
    return len(customer.heard)


async def joined(home: House, case_id: str) -> None:
    """Return once a reviewer speaks with the customer."""
    await home.until(case_id, lambda case: case.transfer and case.transfer.talking == REVIEWER)


async def people_events(home: House, case_id: str) -> list[ev.Event]:
    kinds = (ev.TransferRequested, ev.TransferAccepted, ev.TransferFailed, ev.ReviewerJoined, ev.ReviewerLeft)
    return [one.event for one in await home.store.events(case_id) if isinstance(one.event, kinds)]


async def on_record(home: House, case_id: str, *people: ev.Event) -> Call:
    """The record has who asked and who came, the recording what was said; the payment is held; nothing is left."""
    case: Case = await home.until(case_id, lambda case: case.calls)
    call = case.calls[0].call
    told = await people_events(home, case_id)
    (requested,) = (one for one in told if isinstance(one, ev.TransferRequested))
    assert requested.cause is TransferCause.CUSTOMER_ASKED
    assert [one for one in told if one is not requested] == list(people)
    attempt = case.attempts[0]
    assert (attempt.leg, attempt.claims, attempt.disposition) == ("sip", 1, Disposition.ANSWERED)
    assert call.verification.person_spoke and call.verification.request is CustomerRequest.HUMAN
    assert talked_ms(home, call) > 300, "what the reviewer said is in the recording"
    assert case.state is CaseState.REVIEW and case.payment is BankAction.HOLD
    bank = [(one["action"], one["deliveries"]) for one in home.bank.messages if one["case_id"] == case_id]
    assert bank == [("hold", 1)]
    assert (await home.store.verify_log()).faults == ()
    await home.no_rooms()
    await home.quiet()
    return call


def talked_ms(home: House, call: Call) -> int:
    """Sound on the agent's channel between the introduction of a person and what the agent said next."""
    turns = [turn for turn in call.turns if turn.speaker is Speaker.AGENT]
    at = next(index for index, turn in enumerate(turns) if Act.INTRODUCE in turn.acts)
    assert call.recording is not None
    _, agent = envelopes(home.data / "blobs" / call.recording.key)
    return int(np.count_nonzero(voiced(agent.peaks)[turns[at].ended_ms : turns[at + 1].started_ms]))


def agent_acts(call: Call) -> list[Act]:
    return [act for turn in call.turns for act in turn.acts]


async def in_rooms(home: House) -> list[list[str]]:
    """Who is in each room of a call."""
    found = []
    async with home.network.access.client() as client:
        for room in await home.rooms():
            there = await client.room.list_participants(api.ListParticipantsRequest(room=room))
            found.append(sorted(one.identity for one in there.participants))
    return found


async def test_a_reviewer_takes_the_customer_on_the_telephone(home: House, telephones: Telephones) -> None:
    customer, reviewer = telephones.customer, telephones.reviewer
    async with home.desk() as desk:
        await answered(home, "by-phone")
        music = await on_hold(home, "by-phone", customer, says=ASKS)
        await desk.order("by-phone", OrderKind.ACCEPT, LineKind.PHONE)
        await reviewer.hears(lambda: reviewer.loud_s() > 1.0)
        reviewer.press("1")
        pressed = len(reviewer.heard)
        await reviewer.hears(lambda: reviewer.loud_s(pressed) > 4.0)
        briefed, alone = reviewer.heard[pressed:], customer.heard[-(len(reviewer.heard) - pressed) :]
        assert likeness(briefed, alone) < 0.2, "the customer hears nothing of the brief"
        reviewer.press("1")
        met = len(customer.heard)
        assert customer.longest_silence_s(music, met) < 2.0, "music, never silence"
        await joined(home, "by-phone")
        introduced = customer.heard[met:]
        assert likeness(introduced, reviewer.heard[-len(introduced) - SECOND :]) > 0.5, "both hear the introduction"
    customer.whistles = reviewer.whistles = True
    await customer.hears(lambda: customer.level(REVIEWER_HZ, 1.0) > HEARD)
    await reviewer.hears(lambda: reviewer.level(CUSTOMER_HZ, 1.0) > HEARD)
    assert customer.level(CUSTOMER_HZ, 1.0) < UNHEARD and reviewer.level(REVIEWER_HZ, 1.0) < UNHEARD, "no echo"
    customer.whistles = reviewer.whistles = False
    await customer.hears(lambda: customer.level(REVIEWER_HZ, 0.5) < UNHEARD)
    alone_from = len(customer.heard)
    await customer.hears(lambda: len(customer.heard) - alone_from > 2 * SECOND)
    assert customer.loud_s(alone_from) == 0.0, "the agent is silent, and so is the music"
    await reviewer.hang_up()
    call = await on_record(
        home,
        "by-phone",
        ev.TransferAccepted(1, REVIEWER),
        ev.ReviewerJoined(1, REVIEWER, TALKING),
        ev.ReviewerLeft(1, REVIEWER, TALKING, LeftReason.DONE),
    )
    assert call.ending is CallEnding.TRANSFERRED
    acts = agent_acts(call)
    assert acts[0] is Act.GREET and acts[-3:] == [Act.PUT_THROUGH, Act.INTRODUCE, Act.GOODBYE]
    assert customer.over.is_set(), "the line is hung up once the reviewer has gone and goodbye is said"
    telephones.hang_up()


async def test_a_reviewer_listens_on_the_desks_page_takes_the_customer_and_hands_back(
    home: House, telephones: Telephones
) -> None:
    if not (files("desk") / CLIENT).is_file():
        lacks("the page's client library is not built: `make web` builds it")
    customer = telephones.customer
    async with Chromium.launch() as browser:
        page = await browser.open(home.url, before=MICROPHONE + WHISTLE + EARS)
        await page.fill("input[name=name]", REVIEWER)
        await page.fill("input[name=password]", PASSWORD)
        await page.follow("button[type=submit].primary")
        await answered(home, "by-page")
        await page.goto(f"{home.url}/cases/by-page")
        await page.click("#order-listen")
        await home.until("by-page", lambda case: case.transfer and case.transfer.listening == (REVIEWER,))
        assert await in_rooms(home) == [["agent", "customer"]] * 2, "nobody comes into the customer's room"
        music = await on_hold(home, "by-page", customer)
        await page.click("#order-accept")
        assert customer.longest_silence_s(music, len(customer.heard)) < 2.0, "music, never silence"
        await whistle(page, REVIEWER_HZ)
        await joined(home, "by-page")
        customer.whistles = True
        await customer.hears(lambda: customer.level(REVIEWER_HZ, 1.0) > HEARD)
        await until_heard(page, "people-voice", CUSTOMER_HZ)
        customer.whistles = False
        await page.click("#order-hand_back")
        await page.until("document.querySelector('#people')?.innerText.includes('You listen')")
        handed_back = len(customer.heard)
        await customer.hears(lambda: customer.loud_s(handed_back) > 2.0)
        assert customer.level(REVIEWER_HZ, 1.0) < UNHEARD, "the agent goes on, and the reviewer is heard no more"
        await customer.hang_up()
        call = await on_record(
            home,
            "by-page",
            ev.ReviewerJoined(1, REVIEWER, LISTENING),
            ev.TransferAccepted(1, REVIEWER),
            ev.ReviewerLeft(1, REVIEWER, LISTENING, LeftReason.TOOK_OVER),
            ev.ReviewerJoined(1, REVIEWER, TALKING),
            ev.ReviewerLeft(1, REVIEWER, TALKING, LeftReason.HANDED_BACK),
            ev.ReviewerJoined(1, REVIEWER, LISTENING),
            ev.ReviewerLeft(1, REVIEWER, LISTENING, LeftReason.CALL_ENDED),
        )
        assert call.ending is CallEnding.CUSTOMER_HUNG_UP
        assert page.errors == []
    acts = agent_acts(call)
    assert acts[acts.index(Act.PUT_THROUGH) : acts.index(Act.TAKE_BACK) + 1] == [
        Act.PUT_THROUGH,
        Act.INTRODUCE,
        Act.TAKE_BACK,
    ]
    telephones.hang_up()
