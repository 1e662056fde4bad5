"""Persons in telephone calls, over real programs: the customer's telephone and the reviewer's, joined; SIP REFER."""

from __future__ import annotations

import asyncio

import pytest

from agent.brains.rules import RulesBrain
from agent.call.people.joining import Joining
from agent.call.session import VoiceSession
from agent.dialogue.conversation import Conversation
from cases.adapters.clock import SystemClock
from cases.alerts import parse_alert
from cases.domain import events as ev
from cases.domain.call import Call, CallEnding
from cases.domain.transfer import LeftReason, ReviewerPart
from cases.domain.vocabulary import Act, Disposition, Language
from evals.alerts import load as load_example
from telephony.leg import MIC_FRAME_BYTES, MIC_RATE, Invitation
from telephony.livekit import SipLeg
from telephony.people.desk import CallDesk, DeskHandover
from telephony.people.errors import ReferRefusedError
from telephony.people.handover import LineKind, Order, OrderKind
from telephony.sip_phone import SipPhone, answering
from tests.support.call_fakes import HumMouth, LevelProbe, ToneEars
from tests.support.people_setting import POLICY
from tests.support.phone_network import PhoneNetwork
from tests.support.sound import tone
from tests.support.telephone_person import Person
from tests.support.voice_setting import TURNS, VERSIONS

pytestmark = [pytest.mark.audio, pytest.mark.timeout(120)]
CUSTOMER, REVIEWER = "+447700900001", "+447700900002"
CUSTOMER_HZ, REVIEWER_HZ = 600, 1_000


async def until(told: list[ev.Event], event: type[ev.Event]) -> None:
    async with asyncio.timeout(60):
        while not any(isinstance(one, event) for one in told):  # noqa: ASYNC110 - another task tells
            await asyncio.sleep(0.05)


async def test_customer_and_reviewer_are_joined_on_their_telephones(phone_network: PhoneNetwork) -> None:
    customer, reviewer = Person(CUSTOMER_HZ), Person(REVIEWER_HZ)
    told: list[ev.Event] = []

    async def record(case_id: str, event: ev.Event, event_id: str) -> None:
        told.append(event)

    async with SipPhone(answering(lambda _: customer)) as phone, SipPhone(answering(lambda _: reviewer)) as other:
        access, trunk = phone_network.access, phone_network.trunk

        def line(case_id: str, order: Order) -> SipLeg:
            return SipLeg(access, trunk(other.uri), REVIEWER, "people-reviewer")

        desk = CallDesk(SystemClock())
        desk.seen("rosa")
        leg = SipLeg(access, trunk(phone.uri), CUSTOMER, "people-customer")
        assert await leg.ring(Invitation("c:1", "Bank", "ref", Language.EN, "42", 10.0)) is Disposition.ANSWERED
        alert = parse_alert(load_example("card-not-present", now=SystemClock().now()))
        handover = DeskHandover(desk, "c", 1, record=record, new_line=line)
        session = VoiceSession(
            call_id="c:1",
            conversation=Conversation(alert=alert, policy=POLICY, brain=RulesBrain(), match_code="47"),
            recognizer=ToneEars(["whistle"]),
            synthesizer=HumMouth(),
            leg=leg,
            clock=SystemClock(),
            versions=VERSIONS,
            recording=None,
            turns=TURNS,
            new_probe=LevelProbe,  # type: ignore[arg-type]
            joining=Joining(handover, alert=alert, policy=POLICY, attempt=1, call_id="c:1"),
        )
        running = asyncio.create_task(session.run())
        await asyncio.sleep(2.0)
        desk.order("c", Order(OrderKind.TAKE_OVER, "rosa", LineKind.PHONE))
        await reviewer.hears(lambda: reviewer.loud_s() > 1.0)
        reviewer.press("1")
        await until(told, ev.ReviewerJoined)
        assert customer.level(REVIEWER_HZ, 5.0) < 50, "nothing of the reviewer is heard before"
        customer.whistles = reviewer.whistles = True
        await asyncio.sleep(3.0)
        assert customer.level(REVIEWER_HZ, 1.5) > 500, "the customer hears the reviewer"
        assert reviewer.level(CUSTOMER_HZ, 1.5) > 500, "the reviewer hears the customer"
        assert customer.level(CUSTOMER_HZ, 1.5) < 100 and reviewer.level(REVIEWER_HZ, 1.5) < 100, "nobody, themselves"
        customer.whistles = reviewer.whistles = False
        await asyncio.sleep(0.5)
        await other.calls[0].hang_up()
        call: Call = await asyncio.wait_for(running, 30)
    assert call.ending is CallEnding.TRANSFERRED
    acts = [act for turn in call.turns for act in turn.acts]
    assert acts[-2:] == [Act.INTRODUCE, Act.GOODBYE]
    assert told == [
        ev.ReviewerJoined(1, "rosa", ReviewerPart.TALKING),
        ev.ReviewerLeft(1, "rosa", ReviewerPart.TALKING, LeftReason.DONE),
    ]


async def test_the_network_is_asked_to_take_a_call_over(phone_network: PhoneNetwork) -> None:
    customer, clerk = Person(CUSTOMER_HZ), Person(REVIEWER_HZ)
    async with SipPhone(answering(lambda _: customer)) as phone, SipPhone(answering(lambda _: clerk)) as queue:
        phone.directory["queue"] = queue.address
        leg = SipLeg(phone_network.access, phone_network.trunk(phone.uri), CUSTOMER, "people-refer")
        assert await leg.ring(Invitation("c:1", "Bank", "ref", Language.EN, "42", 10.0)) is Disposition.ANSWERED
        await leg.refer(f"sip:queue@{queue.uri}")
        asked = phone.calls[0].referred_to
        assert len(asked) == 1 and f"queue@{queue.uri}" in asked[0]
        await asyncio.wait_for(queue.next_call(), 10)
        await leg.hang_up()


async def test_a_line_that_is_gone_is_not_taken_over(phone_network: PhoneNetwork) -> None:
    async with SipPhone(answering(lambda _: Person(CUSTOMER_HZ))) as phone:
        leg = SipLeg(phone_network.access, phone_network.trunk(phone.uri), CUSTOMER, "people-gone")
        assert await leg.ring(Invitation("c:1", "Bank", "ref", Language.EN, "42", 10.0)) is Disposition.ANSWERED
        await phone.calls[0].hang_up()
        async with asyncio.timeout(10):
            async for _ in leg.microphone():
                pass
        with pytest.raises(ReferRefusedError):
            await leg.refer("tel:+442079460000")
        await leg.hang_up()


def test_a_second_of_a_tone_is_whole_frames() -> None:
    assert len(tone(CUSTOMER_HZ, 1.0)) == MIC_RATE * 2 and MIC_RATE * 2 % MIC_FRAME_BYTES == 0
