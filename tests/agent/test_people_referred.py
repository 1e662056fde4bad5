"""Whole calls that the telephone network takes over for the bank's queue, on virtual time."""

from __future__ import annotations

import asyncio

from cases.domain import events as ev
from cases.domain.call import CallEnding
from cases.domain.transfer import TransferFailure
from cases.domain.vocabulary import Act
from telephony.people.errors import ReferRefusedError
from telephony.people.handover import OrderKind
from tests.support.people_setting import ASKS, SILENCE_S, HeardLeg, Scene, acts, turn_of


class ReferLeg(HeardLeg):
    """A telephone line that the network can take over, or not."""

    refused = False
    target = ""

    async def refer(self, to: str) -> None:
        await asyncio.sleep(3)
        if self.refused:
            raise ReferRefusedError("sip_603")
        type(self).target = to
        self._end()


class HastyNetworkLeg(HeardLeg):
    """The line goes before the network says that it took the call over."""

    async def refer(self, to: str) -> None:
        await asyncio.sleep(2)
        self._end()
        await asyncio.sleep(2.5)


class DeafNetworkLeg(ReferLeg):
    refused = True


class TestReferred:
    def test_the_network_takes_the_call_over(self) -> None:
        scene = Scene(ASKS, on_duty=(), queue="tel:+442070000000", leg_type=ReferLeg)
        call = scene.run()
        assert call.ending is CallEnding.TRANSFERRED and ReferLeg.target == "tel:+442070000000"
        assert [type(one) for one in scene.told] == [ev.TransferRequested, ev.CallReferred]
        assert scene.longest_silence(turn_of(call, Act.PUT_THROUGH), scene.levels()[-1][0]) < SILENCE_S

    def test_a_line_that_goes_before_the_answer_was_taken_over_all_the_same(self) -> None:
        scene = Scene(ASKS, on_duty=(), queue="tel:+442070000000", leg_type=HastyNetworkLeg)
        assert scene.run().ending is CallEnding.TRANSFERRED
        assert [type(one) for one in scene.told] == [ev.TransferRequested, ev.CallReferred]

    def test_where_it_does_not_reviewers_are_asked(self) -> None:
        async def desk(scene: Scene) -> None:
            await scene.until(ev.TransferFailed)
            scene.order(OrderKind.ACCEPT)
            await scene.until(ev.ReviewerJoined)
            scene.order(OrderKind.LEAVE)

        scene = Scene(ASKS, desk, queue="tel:+442070000000", leg_type=DeafNetworkLeg)
        assert scene.run().ending is CallEnding.TRANSFERRED
        assert scene.told[1] == ev.TransferFailed(1, TransferFailure.REFER_REFUSED)

    def test_where_nobody_is_there_either_a_person_calls_back(self) -> None:
        scene = Scene(ASKS, on_duty=(), queue="tel:+442070000000", leg_type=DeafNetworkLeg)
        call = scene.run()
        assert acts(call)[-2:] == [Act.NOBODY_FREE, Act.GOODBYE]
        assert scene.told[-1] == ev.TransferFailed(1, TransferFailure.NOBODY_ON_DUTY)
