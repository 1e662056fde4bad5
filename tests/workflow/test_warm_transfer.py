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

from agent.record.recording import envelopes
from agent.record.waveform import voiced
from cases.domain import events as ev
from cases.domain.call import CallEnding, CustomerRequest
from cases.domain.case import Case, CaseState
from cases.domain.transfer import LeftReason, ReviewerPart, TransferCause
from cases.domain.vocabulary import Act, BankAction, Disposition
from riskcall.video import CLIENT
from telephony.customer_speech import CustomerVoice
from telephony.leg import FRAME_MS, Caption
from telephony.people.handover import LineKind, OrderKind
from telephony.sip_phone import IncomingCall, SipPhone, answering
from tests.support.chromium import Chromium
from tests.support.needs import lacks
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
TALKING = ReviewerPart.TALKING
WHISTLE = f"""
window.whistle = () => {{
  const tone = new OscillatorNode(customerVoice, {{frequency: {REVIEWER_HZ}}});
  const level = new GainNode(customerVoice, {{gain: 0.3}});
  tone.connect(level).connect(customerMouth);
  tone.start();
}};
window.heard = async () => {{
  const ear = new AnalyserNode(customerVoice, {{fftSize: 4096, smoothingTimeConstant: 0}});
  new MediaStreamAudioSourceNode(customerVoice, {{mediaStream: document.getElementById('people-voice').srcObject}})
    .connect(ear);
  await new Promise((later) => setTimeout(later, 400));
  const levels = new Float32Array(ear.frequencyBinCount);
  ear.getFloatFrequencyData(levels);
  return levels.indexOf(Math.max(...levels)) * customerVoice.sampleRate / 4096;
}};
"""


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


async def on_hold(home: House, case_id: str, customer: Person, *, says: str = "") -> int:
    """Call the customer, who asks for a person, in words or by key; the frame from which the customer hears music."""
    asks = await CustomerVoice().speak(says, "flite:rms") if says else b""
    await home.alert(case_id)
    await home.until(case_id, lambda case: case.attempts and case.attempts[0].answered_at)
    async with watched(home, case_id) as said, asyncio.timeout(60):
        if asks:
            await said(Act.GREET).wait()
            customer.say(asks)
        else:
            await customer.hears(lambda: customer.loud_s() > 1.0)
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


async def on_record(home: House, case_id: str, left: LeftReason) -> None:
    """The record has the whole transfer, the recording what the reviewer said; the payment is held; nothing is left."""
    case: Case = await home.until(case_id, lambda case: case.calls)
    call = case.calls[0].call
    requested, *rest = await people_events(home, case_id)
    assert isinstance(requested, ev.TransferRequested) and requested.cause is TransferCause.CUSTOMER_ASKED
    assert rest == [
        ev.TransferAccepted(1, REVIEWER),
        ev.ReviewerJoined(1, REVIEWER, TALKING),
        ev.ReviewerLeft(1, REVIEWER, TALKING, left),
    ]
    attempt = case.attempts[0]
    assert (attempt.leg, attempt.claims, attempt.disposition) == ("sip", 1, Disposition.ANSWERED)
    assert call.ending is CallEnding.TRANSFERRED and call.verification.person_spoke
    assert call.verification.request is CustomerRequest.HUMAN
    acts = [act for turn in call.turns for act in turn.acts]
    assert acts[0] is Act.GREET and acts[-3:] == [Act.PUT_THROUGH, Act.INTRODUCE, Act.GOODBYE]
    introduced = next(turn for turn in call.turns if Act.INTRODUCE in turn.acts)
    goodbye = next(turn for turn in call.turns if Act.GOODBYE in turn.acts)
    assert call.recording is not None
    _, agent = envelopes(home.data / "blobs" / call.recording.key)
    talked = voiced(agent.peaks)[introduced.ended_ms : goodbye.started_ms]
    assert np.count_nonzero(talked) > 100, "what the reviewer said is in the recording"
    assert case.state is CaseState.REVIEW and case.payment is BankAction.HOLD
    told = [(one["action"], one["deliveries"]) for one in home.bank.messages if one["case_id"] == case_id]
    assert told == [("hold", 1)]
    assert (await home.store.verify_log()).faults == ()
    await home.no_rooms()
    await home.quiet()


async def test_a_reviewer_takes_the_customer_on_the_telephone(home: House, telephones: Telephones) -> None:
    customer, reviewer = telephones.customer, telephones.reviewer
    async with home.desk() as desk:
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
    await on_record(home, "by-phone", LeftReason.DONE)
    assert customer.over.is_set(), "the line is hung up once the reviewer has gone and goodbye is said"
    telephones.hang_up()


async def test_a_reviewer_takes_the_customer_on_the_desks_page(home: House, telephones: Telephones) -> None:
    if not (files("desk") / CLIENT).is_file():
        lacks("the page's client library is not built: `make web` builds it")
    customer = telephones.customer
    async with Chromium.launch() as browser:
        page = await browser.open(home.url, before=MICROPHONE + WHISTLE)
        await page.fill("input[name=name]", REVIEWER)
        await page.fill("input[name=password]", PASSWORD)
        await page.follow("button[type=submit].primary")
        music = await on_hold(home, "by-page", customer)
        await page.until("document.querySelector('.on-hold .row-link')")
        await page.follow(".on-hold .row-link")
        await page.click("#order-accept")
        await joined(home, "by-page")
        assert customer.longest_silence_s(music, len(customer.heard) - SECOND) < 2.0, "music, never silence"
        await page.until("document.querySelector('#people')?.innerText.includes('You speak with the customer')")
        customer.whistles = True
        await page.evaluate("whistle()")
        await customer.hears(lambda: customer.level(REVIEWER_HZ, 1.0) > HEARD)
        assert abs(await page.evaluate("heard()") - CUSTOMER_HZ) < 20, "the reviewer hears the customer"
        await page.click("#order-leave")
        customer.whistles = False
        await on_record(home, "by-page", LeftReason.DONE)
        assert page.errors == []
    telephones.hang_up()
