"""The agent's voice on its way into a room, without a room: what is sent when, and what is left out in a silence."""

from __future__ import annotations

import asyncio

import pytest
from livekit import rtc

from telephony.leg import SPEAKER_FRAME_BYTES
from telephony.livekit import LiveKitAccess
from telephony.livekit.call_room import CallRoom
from tests.support.virtual_time import run_virtual

WORD = bytes([7]) * SPEAKER_FRAME_BYTES


class Source:
    """Notes what it is given, frame by frame of the line, and when."""

    def __init__(self) -> None:
        self.given: list[tuple[float, bool]] = []
        self._half = b""

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        assert frame.samples_per_channel * 100 == frame.sample_rate, "WebRTC takes 10 ms at a time"
        half = bytes(frame.data)
        if self._half:
            assert half == self._half
            self.given.append((asyncio.get_running_loop().time(), half[:1] == WORD[:1]))
        self._half = b"" if self._half else half


def sent(words_at: list[float], until: float, *, telephone: bool) -> list[tuple[float, bool]]:
    """What goes out where a word of three frames is said at these times."""

    async def speak() -> list[tuple[float, bool]]:
        room, source = CallRoom(LiveKitAccess("ws://127.0.0.1:1", "k", "s" * 32), "x"), Source()
        room._telephones = lambda: telephone  # type: ignore[method-assign]
        speaking = asyncio.create_task(room._speak(source))  # type: ignore[arg-type]
        for at in words_at:
            for frame in range(3):
                asyncio.get_running_loop().call_at(at + 0.02 * frame, room.play, WORD)
        await asyncio.sleep(until)
        speaking.cancel()
        await asyncio.wait({speaking})
        return source.given

    return run_virtual(speak())


@pytest.mark.parametrize("pause", [0.02, 0.2, 0.21, 0.26, 0.31, 0.33, 1.0])
def test_every_word_goes_out_at_once_and_whole_whatever_the_silence_before_it(pause: float) -> None:
    second = 1.0 + 0.06 + pause
    given = sent([1.0, second], 3.0, telephone=True)
    words = [at for at, loud in given if loud]
    assert words == pytest.approx([1.0, 1.02, 1.04, second, second + 0.02, second + 0.04], abs=0.005)


def test_a_telephone_is_sent_nothing_for_a_moment_in_each_silence() -> None:
    gaps = [later - sooner for (sooner, _), (later, _) in pairs(sent([1.0], 3.0, telephone=True))]
    assert sorted(round(gap, 2) for gap in gaps if gap > 0.06) == [0.14, 0.14], "before the word and after it"


def test_a_page_is_sent_silence_without_a_break() -> None:
    gaps = [later - sooner for (sooner, _), (later, _) in pairs(sent([1.0], 3.0, telephone=False))]
    assert max(gaps) < 0.06


def pairs(given: list[tuple[float, bool]]) -> list[tuple[tuple[float, bool], tuple[float, bool]]]:
    return list(zip(given, given[1:], strict=False))
