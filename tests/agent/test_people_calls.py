"""Whole calls with persons in them, on virtual time: put through, nobody free, lines that drop, taken over, heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from agent.call.session import Recording
from agent.record.recording import DECODED_RATE, decoded
from cases.domain import events as ev
from cases.domain.call import Call, CallEnding, MediaRef
from cases.domain.transfer import LeftReason, ReviewerPart, TransferCause, TransferFailure
from cases.domain.vocabulary import Act, Disposition, Speaker
from telephony.people.handover import LineKind, OrderKind
from tests.support.call_fakes import HumMouth, ToneVoice
from tests.support.people_setting import (
    ASKS,
    LIMITS,
    SILENCE_S,
    WHISTLE_HZ,
    ReviewerLeg,
    Scene,
    accepted,
    acts,
    level,
    tone,
    turn_of,
)

LISTENING, TALKING = ReviewerPart.LISTENING, ReviewerPart.TALKING


def end_of(call: Call, act: Act) -> float:
    return next(turn.ended_ms for turn in call.turns if act in turn.acts) / 1000


async def says(scene: Scene, text: str) -> None:
    """Have the customer say something now."""
    scene.leg._mouth += await ToneVoice([*scene.setting.persona.lines(), text]).speak(text)
    scene.setting.recognizer.lines = [*scene.setting.persona.lines(), text]


def test_a_customer_is_put_through_and_talks_with_a_person() -> None:
    async def desk(scene: Scene) -> None:
        await accepted(scene)
        await asyncio.sleep(2)
        await says(scene, "did you stop the payment to the shop")
        await asyncio.sleep(6)
        scene.order(OrderKind.LEAVE)

    scene = Scene(ASKS, desk)
    call = scene.run()
    assert call.ending is CallEnding.TRANSFERRED and call.verification.person_spoke
    assert acts(call) == [Act.GREET, Act.PUT_THROUGH, Act.INTRODUCE, Act.GOODBYE]
    asked, accepted_, joined, left = scene.told
    assert isinstance(asked, ev.TransferRequested) and asked.cause is TransferCause.CUSTOMER_ASKED
    assert accepted_ == ev.TransferAccepted(1, "rosa")
    assert joined == ev.ReviewerJoined(1, "rosa", TALKING)
    assert left == ev.ReviewerLeft(1, "rosa", TALKING, LeftReason.DONE)
    assert [event_id for event_id, _ in scene.events] == [f"c:1:people:{number}" for number in (1, 2, 3, 4)]
    noted = [turn for turn in call.turns if turn.speaker is Speaker.CUSTOMER][-1]
    assert noted.text == "did you stop the payment to the shop" and noted.reading is None
    assert call.turns[-1].acts == (Act.GOODBYE,)


def test_each_hears_whom_they_should_and_when() -> None:
    async def desk(scene: Scene) -> None:
        await accepted(scene)
        await asyncio.sleep(1)
        await says(scene, "hello who is there please")
        await asyncio.sleep(4)
        scene.order(OrderKind.LEAVE)

    scene = Scene(ASKS, desk)
    call = scene.run()
    joined = end_of(call, Act.INTRODUCE) + 0.1
    frames = [(at - scene.leg.answered_at, frame) for at, frame in scene.leg.frames]
    before = [frame for at, frame in frames if at < joined - 0.2]
    during = [frame for at, frame in frames if joined + 0.2 < at < turn_of(call, Act.GOODBYE) - 0.3]
    assert tone(during, WHISTLE_HZ) > 2_000, "the customer hears the reviewer"
    assert tone(before, WHISTLE_HZ) < 20, "and nothing of the reviewer before that"
    heard = [frame for _, frame in scene.reviewers["rosa"].heard]
    assert tone(heard, WHISTLE_HZ) < 20, "nobody hears themselves"
    assert any(level(frame) > 1_000 for frame in heard[-150:]), "the reviewer hears the customer"


def test_the_customer_is_never_left_in_silence() -> None:
    async def desk(scene: Scene) -> None:
        await accepted(scene, after_s=45)
        await asyncio.sleep(5)
        scene.order(OrderKind.LEAVE)

    scene = Scene(ASKS, desk)
    call = scene.run()
    assert scene.longest_silence(turn_of(call, Act.PUT_THROUGH), end_of(call, Act.GOODBYE)) < SILENCE_S
    assert acts(call).count(Act.STILL_LOOKING) == 2
    spoken = [turn.started_ms / 1000 for turn in call.turns if Act.STILL_LOOKING in turn.acts]
    for before, after in pairwise([end_of(call, Act.PUT_THROUGH), *spoken]):
        assert after - before <= LIMITS.reassure_seconds + 6


def test_the_recording_holds_music_and_person_and_no_long_silence(tmp_path: Path) -> None:
    class Kept:
        async def put(self, key: str, source: AsyncIterator[bytes], media_type: str) -> MediaRef:
            (tmp_path / "kept.ogg").write_bytes(b"".join([block async for block in source]))
            return MediaRef(key, "digest", media_type)

    async def desk(scene: Scene) -> None:
        await accepted(scene, after_s=12)
        await asyncio.sleep(4)
        scene.order(OrderKind.LEAVE)

    recording = Recording(Kept(), "c/1.ogg", tmp_path / "growing")  # type: ignore[arg-type]
    call = Scene(ASKS, desk, options={"recording": recording}).run()
    blocks = [block[:, 1] for block in decoded(tmp_path / "kept.ogg")]
    agent = np.concatenate(blocks).astype(np.float64)
    from_s, until_s = turn_of(call, Act.PUT_THROUGH), end_of(call, Act.GOODBYE)
    held, tenth = agent[round(from_s * DECODED_RATE) : round(until_s * DECODED_RATE)], DECODED_RATE // 10
    tenths = held[: held.size // tenth * tenth].reshape(-1, tenth)
    loud = np.flatnonzero(np.sqrt(np.mean(tenths * tenths, axis=1)) > 100)
    assert np.diff(loud, prepend=0, append=len(tenths)).max() / 10 < SILENCE_S
    music = agent[round((end_of(call, Act.PUT_THROUGH) + 3) * DECODED_RATE) :][: 3 * DECODED_RATE]
    assert 300 < np.sqrt(np.mean(music * music)) < 3_000, "music, softer than speech"
    talk = agent[round((end_of(call, Act.INTRODUCE) + 0.3) * DECODED_RATE) :][: 3 * DECODED_RATE]
    assert tone([talk[::2].astype(np.int16).tobytes()], WHISTLE_HZ) > 2_000, "what the person said is recorded"


def test_nobody_free_in_time_is_apologised_for_and_a_person_calls_back() -> None:
    scene = Scene(ASKS)
    call = scene.run()
    assert acts(call)[-2:] == [Act.NOBODY_FREE, Act.GOODBYE] and call.ending is CallEnding.COMPLETED
    waited = turn_of(call, Act.NOBODY_FREE) - end_of(call, Act.PUT_THROUGH)
    assert LIMITS.wait_seconds - 0.1 <= waited <= LIMITS.wait_seconds + 5
    assert scene.told[-1] == ev.TransferFailed(1, TransferFailure.NOBODY_FREE)
    assert scene.longest_silence(turn_of(call, Act.PUT_THROUGH), end_of(call, Act.GOODBYE)) < SILENCE_S
    assert not call.verification.person_spoke and not scene.desk.reachable("c")


def test_where_nobody_is_there_nobody_is_promised() -> None:
    scene = Scene(ASKS, on_duty=())
    call = scene.run()
    assert acts(call) == [Act.GREET, Act.TRANSFER_TO_HUMAN, Act.GOODBYE] and scene.told == []


def test_a_customer_who_hangs_up_on_hold_has_left() -> None:
    async def leave(scene: Scene) -> None:
        await scene.until(ev.TransferRequested)
        await asyncio.sleep(8)
        scene.leg._end()

    scene = Scene(ASKS, leave)
    assert scene.run().ending is CallEnding.CUSTOMER_HUNG_UP
    assert scene.told[-1] == ev.TransferFailed(1, TransferFailure.CUSTOMER_LEFT)


def test_a_customer_who_hangs_up_on_the_person_was_put_through() -> None:
    async def leave(scene: Scene) -> None:
        await accepted(scene)
        await asyncio.sleep(3)
        scene.leg._end()

    scene = Scene(ASKS, leave)
    assert scene.run().ending is CallEnding.TRANSFERRED
    assert scene.told[-1] == ev.ReviewerLeft(1, "rosa", TALKING, LeftReason.CALL_ENDED)
    assert scene.reviewers["rosa"].over.is_set()


def test_a_customer_who_does_not_want_to_wait_is_called_back() -> None:
    async def impatient(scene: Scene) -> None:
        await scene.until(ev.TransferRequested)
        await asyncio.sleep(4)
        await says(scene, "please just call me back later")

    scene = Scene(ASKS, impatient)
    call = scene.run()
    assert acts(call)[-2:] == [Act.OFFER_CALLBACK, Act.GOODBYE]
    assert scene.told[-1] == ev.TransferFailed(1, TransferFailure.CUSTOMER_CHANGED_MIND)


def test_a_reviewer_who_drops_brings_the_agent_back() -> None:
    scene = Scene(ASKS, accepted, reviewers={"rosa": ReviewerLeg(breaks_s=12.0)})
    call = scene.run()
    assert acts(call)[-2:] == [Act.PERSON_LOST, Act.GOODBYE] and call.ending is CallEnding.COMPLETED
    assert scene.told[-2:] == [
        ev.ReviewerLeft(1, "rosa", TALKING, LeftReason.DROPPED),
        ev.TransferFailed(1, TransferFailure.REVIEWER_DROPPED),
    ]
    assert scene.longest_silence(turn_of(call, Act.PUT_THROUGH), end_of(call, Act.GOODBYE)) < SILENCE_S


def test_a_reviewer_who_drops_while_being_introduced_brings_the_agent_back() -> None:
    scene = Scene(ASKS, accepted, reviewers={"rosa": ReviewerLeg(breaks_s=2.0)})
    call = scene.run()
    assert acts(call)[-3:] == [Act.INTRODUCE, Act.PERSON_LOST, Act.GOODBYE]
    assert scene.longest_silence(turn_of(call, Act.PUT_THROUGH), end_of(call, Act.GOODBYE)) < SILENCE_S


class TestTelephone:
    def test_the_brief_is_heard_by_the_reviewer_alone_and_the_customer_hears_music(self) -> None:
        async def desk(scene: Scene) -> None:
            await accepted(scene, line=LineKind.PHONE)

        rosa = ReviewerLeg(keys=(9.0,), hangs_up_s=70.0)
        mouth = HumMouth()
        scene = Scene(ASKS, desk, reviewers={"rosa": rosa}, options={"synthesizer": mouth})
        call = scene.run()
        assert call.ending is CallEnding.TRANSFERRED and acts(call)[-2:] == [Act.INTRODUCE, Act.GOODBYE]
        brief = next(index for index, text in enumerate(mouth.spoken) if text == "The customer is Alex Morgan.")
        invite = next(index for index, text in enumerate(mouth.spoken) if "Press one" in text)
        assert invite < brief, "nothing about the customer is said to whoever answers the telephone"
        assert not any("Alex Morgan." in text for text in mouth.spoken[:invite] if "customer is" in text)
        asked = end_of(call, Act.PUT_THROUGH)
        waiting = [frame for at, frame in scene.leg.frames if asked + 1 < at - scene.leg.answered_at < asked + 15]
        assert tone(waiting, 200) < 100, "the customer hears nothing of the brief"
        assert tone([frame for _, frame in rosa.heard[:400]], 200) > 1_000, "the reviewer hears it"
        assert scene.longest_silence(asked, end_of(call, Act.GOODBYE)) < SILENCE_S
        assert scene.told[-1] == ev.ReviewerLeft(1, "rosa", TALKING, LeftReason.DONE)

    def test_an_answering_machine_takes_no_customer(self) -> None:
        async def desk(scene: Scene) -> None:
            await scene.until(ev.TransferRequested)
            scene.order(OrderKind.ACCEPT, line=LineKind.PHONE)

        mouth = HumMouth()
        scene = Scene(ASKS, desk, reviewers={"rosa": ReviewerLeg()}, options={"synthesizer": mouth})
        call = scene.run()
        assert acts(call)[-2:] == [Act.NOBODY_FREE, Act.GOODBYE]
        assert not any("The customer is" in text for text in mouth.spoken)
        assert scene.told[1:] == [
            ev.TransferAccepted(1, "rosa"),
            ev.ReviewerLeft(1, "rosa", TALKING, LeftReason.NOT_ANSWERED),
            ev.TransferFailed(1, TransferFailure.NOT_ANSWERED),
        ]

    @pytest.mark.parametrize("disposition", [Disposition.BUSY, Disposition.NO_ANSWER, Disposition.FAILED])
    def test_a_reviewer_who_is_not_reached_leaves_the_customer_to_another(self, disposition: Disposition) -> None:
        async def desk(scene: Scene) -> None:
            await scene.until(ev.TransferRequested)
            scene.order(OrderKind.ACCEPT, line=LineKind.PHONE)
            await scene.until(ev.ReviewerLeft)
            scene.order(OrderKind.ACCEPT, by="liu")
            await scene.until(ev.ReviewerJoined)
            scene.order(OrderKind.LEAVE, by="liu")

        scene = Scene(ASKS, desk, reviewers={"rosa": ReviewerLeg(disposition=disposition)})
        assert scene.run().ending is CallEnding.TRANSFERRED
        assert ev.ReviewerJoined(1, "liu", TALKING) in scene.told


class TestFailures:
    def test_ears_that_break_on_hold_neither_end_the_wait_nor_the_talk(self) -> None:
        async def desk(scene: Scene) -> None:
            await scene.until(ev.TransferRequested)
            await asyncio.sleep(3)
            await says(scene, "hello is anybody there")
            await asyncio.sleep(10)
            scene.order(OrderKind.ACCEPT)
            await scene.until(ev.ReviewerJoined)
            await asyncio.sleep(5)
            scene.order(OrderKind.LEAVE)

        scene = Scene(ASKS, desk, options={"ears": {"fails_after": 1}})
        call = scene.run()
        assert call.ending is CallEnding.TRANSFERRED and call.verification.person_spoke
        assert scene.longest_silence(turn_of(call, Act.PUT_THROUGH), scene.levels()[-1][0]) < SILENCE_S

    def test_a_mouth_that_breaks_on_hold_neither_ends_the_wait_nor_the_talk(self) -> None:
        async def desk(scene: Scene) -> None:
            await accepted(scene, after_s=30)
            await asyncio.sleep(5)
            scene.order(OrderKind.LEAVE)

        words = len(" ".join(("x " * 36, "x " * 22)).split())
        scene = Scene(ASKS, desk, options={"synthesizer": HumMouth(fails_after_words=words)})
        call = scene.run()
        assert call.ending is CallEnding.TRANSFERRED
        assert scene.longest_silence(turn_of(call, Act.PUT_THROUGH), scene.levels()[-1][0]) < SILENCE_S

    def test_without_a_voice_and_without_a_person_the_call_ends_at_once(self) -> None:
        scene = Scene(ASKS, options={"synthesizer": HumMouth(fails_after_words=58)})
        call = scene.run()
        assert call.ending is CallEnding.ENGINE_FAILED
        assert scene.longest_silence(turn_of(call, Act.PUT_THROUGH), scene.levels()[-1][0]) < SILENCE_S
        assert scene.told[-1] == ev.TransferFailed(1, TransferFailure.NOBODY_FREE)
