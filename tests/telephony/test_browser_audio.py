"""The speaker's pace and bound, the microphone's timeline, packets in and out of order."""

from __future__ import annotations

import asyncio
from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc.rtp import RtpPacket
from hypothesis import given
from hypothesis import strategies as st

from telephony.browser_audio import Microphone, PromptBuffer, SpeakerTrack
from telephony.leg import MIC_FRAME_BYTES, LegLostError
from telephony.pacing import QUEUE_FRAMES
from tests.support.scripted_page import loudest_hertz, tone_frames

FRAME = 960


def audio(pts: int, level: int = 4000, samples: int = FRAME) -> av.AudioFrame:
    pcm = np.full((1, samples * 2), level, np.int16)
    frame = av.AudioFrame.from_ndarray(pcm, "s16", "stereo")
    frame.sample_rate, frame.time_base, frame.pts = 48_000, Fraction(1, 48_000), pts
    return frame


async def heard(microphone: Microphone) -> np.ndarray:
    microphone.close(lost=False)
    frames = [frame async for frame in microphone.frames()]
    assert all(len(frame) == MIC_FRAME_BYTES for frame in frames)
    return np.frombuffer(b"".join(frames), np.int16)


async def test_each_packet_of_the_page_becomes_a_frame_at_once() -> None:
    microphone = Microphone()
    assert not microphone.started
    for number in range(10):
        microphone.hear(audio(number * FRAME))
        assert microphone._frames.qsize() == number + 1
    assert microphone.started
    samples = await heard(microphone)
    assert len(samples) == 10 * 320
    assert abs(int(np.median(samples)) - 4000) < 20


async def test_lost_packets_become_silence_of_their_own_length() -> None:
    microphone = Microphone()
    for number in (0, 1, 2, 6, 7, 8):
        microphone.hear(audio(number * FRAME))
    samples = await heard(microphone)
    assert len(samples) == 9 * 320
    assert np.abs(samples[4 * 320 : 5 * 320]).max() == 0
    assert abs(int(np.median(samples[7 * 320 :])) - 4000) < 20


async def test_audio_that_comes_too_late_for_its_place_is_dropped() -> None:
    microphone = Microphone()
    for number in (0, 1, 3, 2, 1, 4):
        microphone.hear(audio(number * FRAME))
    assert len(await heard(microphone)) == 5 * 320


async def test_a_new_clock_of_the_sender_is_followed() -> None:
    microphone = Microphone()
    for pts in (0, FRAME, 10_000_000, 10_000_000 + FRAME):
        microphone.hear(audio(pts))
    assert len(await heard(microphone)) == 4 * 320


async def test_a_stalled_page_yields_silence_at_real_time_pace() -> None:
    microphone = Microphone()
    microphone.hear(audio(0))
    began = asyncio.get_running_loop().time()
    count = 0
    async for frame in microphone.frames():
        count += 1
        if count > 1:
            assert frame.count(0) > MIC_FRAME_BYTES - 100
        if count == 6:
            break
    assert asyncio.get_running_loop().time() - began >= 0.25
    microphone.close(lost=False)


async def test_a_slow_reader_loses_the_oldest_audio_and_memory_stays_flat() -> None:
    microphone = Microphone()
    for number in range(500):
        microphone.hear(audio(number * FRAME, level=number * 20))
    samples = await heard(microphone)
    assert len(samples) <= 100 * 320
    assert samples[-1] > 9_900 - 50


async def test_a_broken_connection_ends_with_an_error_and_a_hang_up_without() -> None:
    microphone = Microphone()
    microphone.hear(audio(0))
    microphone.close(lost=True)
    microphone.close(lost=False)
    microphone.hear(audio(FRAME))
    with pytest.raises(LegLostError):
        async for _ in microphone.frames():
            pass
    with pytest.raises(LegLostError):
        async for _ in microphone.frames():
            pass


@given(st.lists(st.tuples(st.integers(-30, 60), st.sampled_from([120, 960, 2880])), max_size=40))
def test_any_arrival_keeps_whole_frames_on_one_timeline(arrivals: list[tuple[int, int]]) -> None:
    async def play() -> None:
        microphone = Microphone()
        for place, samples in arrivals:
            microphone.hear(audio(place * FRAME, samples=samples))
        await heard(microphone)

    asyncio.run(play())


def rtp(number: int) -> RtpPacket:
    packet = RtpPacket(payload_type=111, sequence_number=number & 0xFFFF, timestamp=(number * FRAME) & 0xFFFFFFFF)
    packet._data = str(number).encode()  # type: ignore[attr-defined]
    return packet


def test_packets_are_released_the_moment_they_arrive() -> None:
    buffer = PromptBuffer()
    for number in range(65_530, 65_545):
        _, frame = buffer.add(rtp(number))
        assert frame is not None and frame.data == str(number).encode()


@given(st.permutations(range(12)))
def test_in_any_order_each_packet_is_released_once_and_forwards(order: list[int]) -> None:
    buffer = PromptBuffer()
    out = [int(frame.data) for _, frame in (buffer.add(rtp(n)) for n in [*order, *order]) if frame is not None]
    assert out == sorted(set(out))
    assert out[-1] == max(order)


def decode(packets: list[av.Packet]) -> bytes:
    decoder = av.CodecContext.create("libopus", "r")
    decoder.format, decoder.layout, decoder.sample_rate = "s16", "mono", 48_000
    return b"".join(frame.to_ndarray().tobytes() for packet in packets for frame in decoder.decode(packet))


async def test_what_is_played_is_what_is_sent() -> None:
    track = SpeakerTrack()
    packets = []
    for frame in tone_frames(700.0, 40):
        track.play(frame)
        packets.append(await track.recv())
    assert [packet.pts for packet in packets] == [number * 480 for number in range(40)]
    assert track.dropped == 0
    assert loudest_hertz(decode(packets), 48_000) == pytest.approx(700, abs=15)


async def test_silence_is_sent_at_real_time_pace() -> None:
    track = SpeakerTrack()
    await track.recv()
    began = asyncio.get_running_loop().time()
    for _ in range(10):
        await track.recv()
    assert 0.18 <= asyncio.get_running_loop().time() - began


async def test_a_burst_is_cut_to_the_newest_frames_and_never_builds_up() -> None:
    track = SpeakerTrack()
    for frame in tone_frames(700.0, 50):
        track.play(frame)
    assert track.dropped == 50 - QUEUE_FRAMES
    for _ in range(QUEUE_FRAMES):
        await track.recv()
    assert not track._frames
    await track.recv()
    await asyncio.wait_for(track.drained(1.0), 0.5)


async def test_a_frame_that_comes_a_little_late_is_waited_for() -> None:
    track = SpeakerTrack()
    frames = tone_frames(700.0, 2)
    track.play(frames[0])
    await track.recv()
    waiting = asyncio.create_task(track.recv())
    asyncio.get_running_loop().call_later(0.025, track.play, frames[1])
    await waiting
    assert not track._frames and track._frames.speaking
