"""Reviewers who listen in, take over and hand back, in whole calls on virtual time."""

from __future__ import annotations

import asyncio

from cases.domain import events as ev
from cases.domain.call import CallEnding
from cases.domain.transfer import LeftReason, ReviewerPart
from cases.domain.vocabulary import Act, Disposition, Speaker
from telephony.leg import LegError
from telephony.people.handover import OrderKind
from tests.support.people_setting import ASKS, WHISTLE_HZ, ReviewerLeg, Scene, accepted, acts, level, tone
from tests.support.sound import beep

LISTENING, TALKING = ReviewerPart.LISTENING, ReviewerPart.TALKING


def test_a_listener_hears_both_and_is_heard_by_nobody() -> None:
    async def desk(scene: Scene) -> None:
        await asyncio.sleep(2)
        scene.order(OrderKind.LISTEN)
        await scene.until(ev.ReviewerJoined)

    customer = {"answers": {"greet": "yes this is me speaking"}, "default": "", "hang_up_after_ms": None}
    customer.pop("hang_up_after_ms")
    scene = Scene(customer, desk)
    call = scene.run()
    assert tone([frame for _, frame in scene.leg.frames], WHISTLE_HZ) < 20
    heard = [frame for _, frame in scene.reviewers["rosa"].heard]
    assert tone(heard, 200) > 500, "the agent"
    assert any(level(frame) > 2_000 for frame in heard)
    assert scene.told == [
        ev.ReviewerJoined(1, "rosa", LISTENING),
        ev.ReviewerLeft(1, "rosa", LISTENING, LeftReason.CALL_ENDED),
    ]
    assert not call.verification.person_spoke and Act.ASK_IDENTITY in acts(call)
    assert scene.reviewers["rosa"].let == [], "the line sends nothing at all"


def test_whoever_takes_over_silences_the_agent_and_handing_back_puts_the_question_again() -> None:
    async def desk(scene: Scene) -> None:
        while not any(Act.ASK_IDENTITY in c.acts for c in scene.leg.captions):  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(0.1)
        scene.order(OrderKind.TAKE_OVER)
        await scene.until(ev.ReviewerJoined)
        await asyncio.sleep(5)
        scene.order(OrderKind.HAND_BACK)
        await asyncio.sleep(15)
        scene.order(OrderKind.LEAVE)
        await asyncio.sleep(1)
        scene.leg._end()

    scene = Scene({"answers": {"greet": "yes this is me speaking"}, "default": ""}, desk)
    call = scene.run()
    cut = next(turn for turn in call.turns if Act.ASK_IDENTITY in turn.acts)
    assert cut.interrupted
    after = [turn.acts for turn in call.turns if turn.index > cut.index and turn.speaker is Speaker.AGENT]
    assert after[:2] == [(Act.INTRODUCE,), (Act.TAKE_BACK, Act.ASK_IDENTITY)]
    assert scene.told == [
        ev.ReviewerJoined(1, "rosa", TALKING),
        ev.ReviewerLeft(1, "rosa", TALKING, LeftReason.HANDED_BACK),
        ev.ReviewerJoined(1, "rosa", LISTENING),
        ev.ReviewerLeft(1, "rosa", LISTENING, LeftReason.DONE),
    ]
    assert call.ending is CallEnding.CUSTOMER_HUNG_UP and call.verification.person_spoke
    assert scene.reviewers["rosa"].let == [True, False], "the line sends a voice while its reviewer speaks"


def test_whoever_a_reviewer_spoke_with_is_taken_for_no_machine() -> None:
    async def desk(scene: Scene) -> None:
        await asyncio.sleep(4)
        scene.order(OrderKind.TAKE_OVER)
        await scene.until(ev.ReviewerJoined)
        await asyncio.sleep(1)
        scene.order(OrderKind.HAND_BACK)
        await scene.until(ev.ReviewerLeft)
        scene.leg._mouth += beep()
        await asyncio.sleep(10)
        scene.leg._end()

    customer = {"answers": {"greet": ""}, "default": ""}
    customer |= {"events": [{"on": "warn", "after_ms": 0, "say": "(beep)"}]}
    call = Scene(customer, desk).run()
    assert call.answered_by is Disposition.ANSWERED and Act.LEAVE_VOICEMAIL not in acts(call)


def test_a_listener_takes_over_on_the_line_they_listen_on() -> None:
    async def desk(scene: Scene) -> None:
        await asyncio.sleep(2)
        scene.order(OrderKind.LISTEN)
        await scene.until(ev.ReviewerJoined)
        scene.order(OrderKind.TAKE_OVER)
        await scene.until(ev.ReviewerJoined, 2)
        await asyncio.sleep(2)
        scene.order(OrderKind.LEAVE)

    scene = Scene({"answers": {"greet": "yes this is me speaking"}, "default": ""}, desk)
    assert scene.run().ending is CallEnding.TRANSFERRED
    assert [type(one).__name__ for one in scene.told].count("ReviewerJoined") == 2
    assert ev.ReviewerLeft(1, "rosa", LISTENING, LeftReason.TOOK_OVER) in scene.told
    assert scene.reviewers["rosa"].let == [True]


def test_a_listener_whose_line_may_not_send_does_not_take_over() -> None:
    async def desk(scene: Scene) -> None:
        await asyncio.sleep(2)
        scene.order(OrderKind.LISTEN)
        await scene.until(ev.ReviewerJoined)
        scene.order(OrderKind.TAKE_OVER)
        await scene.until(ev.ReviewerLeft)
        await asyncio.sleep(1)
        scene.leg._end()

    lines = {"rosa": ReviewerLeg(letting=LegError("the server is away"))}
    scene = Scene({"answers": {"greet": "yes this is me speaking"}, "default": ""}, desk, reviewers=lines)
    call = scene.run()
    assert scene.told[:2] == [
        ev.ReviewerJoined(1, "rosa", LISTENING),
        ev.ReviewerLeft(1, "rosa", TALKING, LeftReason.LINE_FAILED),
    ]
    assert not call.verification.person_spoke and Act.INTRODUCE not in acts(call)


def test_orders_that_come_too_late_change_nothing() -> None:
    async def desk(scene: Scene) -> None:
        scene.order(OrderKind.ACCEPT)
        scene.order(OrderKind.HAND_BACK)
        scene.order(OrderKind.LEAVE)
        await accepted(scene)
        scene.order(OrderKind.ACCEPT, by="liu")
        await asyncio.sleep(2)
        scene.order(OrderKind.LEAVE)

    scene = Scene(ASKS, desk)
    assert scene.run().ending is CallEnding.TRANSFERRED
    assert {getattr(one, "by", "rosa") for one in scene.told} == {"rosa"}
