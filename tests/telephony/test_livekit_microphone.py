"""The customer's voice in a room on its own clock, without a room."""

from __future__ import annotations

import asyncio

import pytest

from telephony.leg import MIC_FRAME_BYTES, LegLostError
from telephony.livekit.microphone import EARLY_FRAMES, HEARD_FRAMES, RoomMicrophone
from tests.support.virtual_time import run_virtual

VOICE, SILENCE = b"\1" * MIC_FRAME_BYTES, bytes(MIC_FRAME_BYTES)


async def collect(microphone: RoomMicrophone, into: list[bytes]) -> None:
    async for frame in microphone.frames():
        into.append(frame)


async def heard(deeds: list[tuple[float, bytes | None]], until: float) -> list[bytes]:
    """Frames of a microphone that hears frames at times from its opening; None opens it."""
    microphone, frames = RoomMicrophone(), []
    loop = asyncio.get_running_loop()
    reading = asyncio.create_task(collect(microphone, frames))
    for at, frame in deeds:
        if frame is None:
            loop.call_at(at, microphone.open)
        else:
            loop.call_at(at, microphone.hear, frame)
    loop.call_at(until, lambda: asyncio.ensure_future(microphone.aclose(lost=False)))
    await reading
    return frames


def test_nothing_is_heard_before_it_opens() -> None:
    deeds = [(0.0, VOICE), (0.02, VOICE), (0.05, None)]
    frames = run_virtual(heard([*deeds, (0.07, VOICE)], 0.08))
    assert frames == [VOICE]


def test_silence_comes_at_real_time_pace_where_no_track_is() -> None:
    frames = run_virtual(heard([(0.0, None)], 1.01))
    assert frames == [SILENCE] * 50


def test_a_short_gap_is_left_and_a_long_one_filled() -> None:
    short: list[tuple[float, bytes | None]] = [(0.0, None), (0.001, VOICE), (0.021, VOICE), (0.161, VOICE)]
    assert run_virtual(heard(short, 0.17)) == [VOICE] * 3
    long: list[tuple[float, bytes | None]] = [(0.0, None), (0.001, VOICE), (0.501, VOICE)]
    frames = run_virtual(heard(long, 0.51))
    assert frames[0] == frames[-1] == VOICE and frames[1:-1] == [SILENCE] * 24


def test_what_comes_after_its_place_was_filled_is_dropped() -> None:
    late: list[tuple[float, bytes | None]] = [(0.0, None), *[(0.501, VOICE)] * 25]
    frames = run_virtual(heard(late, 0.505))
    assert len(frames) == 25 + EARLY_FRAMES
    assert frames.count(VOICE) == EARLY_FRAMES


def test_a_slow_reader_loses_the_oldest() -> None:
    async def slow() -> int:
        microphone = RoomMicrophone()
        microphone.open()
        frames = microphone.frames()
        await anext(frames)
        await asyncio.sleep(HEARD_FRAMES * 0.02 * 2)
        await microphone.aclose(lost=False)
        return len([frame async for frame in frames])

    assert run_virtual(slow()) == HEARD_FRAMES - 1


def test_who_begins_to_listen_hears_what_comes_from_then_on() -> None:
    async def late() -> float:
        microphone, loop = RoomMicrophone(), asyncio.get_running_loop()
        microphone.open()
        await asyncio.sleep(1.0)
        began, frames = loop.time(), microphone.frames()
        for _ in range(25):
            await anext(frames)
        await microphone.aclose(lost=False)
        return loop.time() - began

    assert run_virtual(late()) == pytest.approx(0.48, abs=0.03)


def test_a_lost_line_says_so_at_its_end_and_to_whoever_asks_later() -> None:
    async def lost() -> None:
        microphone = RoomMicrophone()
        microphone.open()
        await microphone.aclose(lost=True)
        await microphone.aclose(lost=False)
        for _ in range(2):
            with pytest.raises(LegLostError):
                await collect(microphone, [])

    run_virtual(lost())
