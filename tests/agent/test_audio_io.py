from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import numpy as np
import pytest
from livekit import rtc

from agent.call.audio_io import LineInput, LineOutput
from agent.record.playback import Playback
from agent.record.recorder import Recorder
from telephony.leg import SPEAKER_RATE, LegLostError
from tests.support.quiet_line import QuietLine
from tests.support.virtual_time import run_virtual


class Stage:
    """An output on a quiet line, with what it told."""

    def __init__(self) -> None:
        self.line = QuietLine()
        self.recorder = Recorder(None)
        self.clear = True
        self.started: list[Playback] = []
        self.finished: list[tuple[float, bool]] = []
        self.output = LineOutput(
            self.line,
            self.recorder,
            0.0,
            clear_to_start=lambda: self.clear,
            on_start=self.started.append,
            on_progress=lambda playback: None,
        )
        self.output.on(
            "playback_finished", lambda event: self.finished.append((event.playback_position, event.interrupted))
        )

    async def speak(self, ms: int, *, flush: bool = True, ramp: bool = False) -> Playback:
        playback = Playback()
        self.output.announce(playback)
        count = ms * SPEAKER_RATE // 1000
        samples = (np.arange(count) % 20_000 + 1 if ramp else np.full(count, 8000)).astype(np.int16)
        await self.output.capture_frame(rtc.AudioFrame(samples.tobytes(), SPEAKER_RATE, 1, count))
        if flush:
            self.output.flush()
        return playback


def on_stage(play: Callable[[Stage], Awaitable[None]]) -> Stage:
    async def run() -> Stage:
        stage = Stage()
        pump = asyncio.create_task(stage.output.run())
        try:
            await play(stage)
        finally:
            pump.cancel()
            with suppress(asyncio.CancelledError):
                await pump
        return stage

    return run_virtual(run())


def test_paces_frames_at_real_time_and_finishes_once() -> None:
    async def play(stage: Stage) -> None:
        await stage.speak(110)
        event = await stage.output.wait_for_playout()
        assert event.playback_position == pytest.approx(0.110) and not event.interrupted

    stage = on_stage(play)
    assert [round(at * 1000) for at, _ in stage.line.played] == [0, 20, 40, 60, 80, 100]
    assert stage.finished == [(pytest.approx(0.110), False)]
    assert [playback.complete for playback in stage.started] == [True]


def test_holds_at_the_next_frame_and_goes_on_at_the_same_sample() -> None:
    async def play(stage: Stage) -> None:
        playback = await stage.speak(200, ramp=True)
        await asyncio.sleep(0.05)
        stage.output.hold()
        await asyncio.sleep(0.5)
        assert len(stage.line.played) == 4 and stage.output.audible and not playback.over
        stage.output.release()
        await stage.output.wait_for_playout()
        assert playback.samples == 4800 and len(playback.spans) == 2
        assert playback.spans[1].offset == playback.spans[0].count == 1440 + 120

    stage = on_stage(play)
    sound = stage.line.sound
    assert sound[1440 + 119] == 0, "faded out"
    assert np.array_equal(sound[3 * 480 + 480 + 120 : 3 * 480 + 480 + 240], np.arange(1681, 1801)), "goes on"


def test_a_cut_ends_the_utterance_once_and_tells_how_far_it_came() -> None:
    async def play(stage: Stage) -> None:
        playback = await stage.speak(1000)
        await asyncio.sleep(0.095)
        stage.output.clear_buffer()
        stage.output.clear_buffer()
        await asyncio.sleep(0.3)
        assert playback.over and not playback.complete and not stage.output.audible

    stage = on_stage(play)
    assert stage.finished == [(pytest.approx(0.105), True)]
    assert len(stage.line.played) == 6


def test_a_cut_while_held_finishes_too() -> None:
    async def play(stage: Stage) -> None:
        await stage.speak(1000)
        await asyncio.sleep(0.05)
        stage.output.hold()
        await asyncio.sleep(0.1)
        stage.output.clear_buffer()
        await stage.speak(40)
        await stage.output.wait_for_playout()

    assert [interrupted for _, interrupted in on_stage(play).finished] == [True, False]


def test_ducks_and_comes_back() -> None:
    async def play(stage: Stage) -> None:
        await stage.speak(200)
        await asyncio.sleep(0.05)
        stage.output.duck(True)
        await asyncio.sleep(0.06)
        stage.output.duck(False)
        await stage.output.wait_for_playout()

    sound = on_stage(play).line.sound
    assert sound[1440 - 1] == 8000 and abs(sound[4 * 480 + 10]) == 2000 and sound[-1] == 8000


def test_waits_for_the_customer_before_it_begins() -> None:
    async def play(stage: Stage) -> None:
        stage.clear = False
        await stage.speak(40)
        await asyncio.sleep(0.5)
        assert not stage.line.played
        stage.clear = True
        await stage.output.wait_for_playout()

    assert len(on_stage(play).line.played) == 2


def test_waits_for_audio_that_is_still_being_made() -> None:
    async def play(stage: Stage) -> None:
        await stage.speak(50, flush=False)
        await asyncio.sleep(0.5)
        assert len(stage.line.played) == 2 and not stage.finished
        await stage.speak(50)
        await stage.output.wait_for_playout()

    stage = on_stage(play)
    assert stage.finished == [(pytest.approx(0.1), False)] and len(stage.started) == 1


def test_pause_and_resume_of_the_session_work_like_hold() -> None:
    async def play(stage: Stage) -> None:
        await stage.speak(100)
        await asyncio.sleep(0.03)
        stage.output.pause()
        await asyncio.sleep(0.3)
        assert len(stage.line.played) == 3
        stage.output.resume()
        await stage.output.wait_for_playout()

    assert on_stage(play).finished == [(pytest.approx(0.1), False)]


def test_holding_where_nothing_sounds_holds_nothing_back() -> None:
    async def play(stage: Stage) -> None:
        stage.output.hold()
        await stage.speak(40)
        await stage.output.wait_for_playout()

    assert len(on_stage(play).line.played) == 2


async def drain(line_in: LineInput) -> int:
    return sum([1 async for _ in line_in])


def test_brings_the_microphone_to_session_and_recorder() -> None:
    async def run() -> None:
        recorder = Recorder(None)
        line_in = LineInput(QuietLine(frames=50), recorder, 0.0)
        reading = asyncio.create_task(drain(line_in))
        await line_in.run()
        assert await reading == 50 + 60, "and silence that ends the last turn"
        assert recorder.duration_ms in range(995, 1001)
        assert line_in.place_ms(8000) == pytest.approx(500, abs=2)

    run_virtual(run())


@pytest.mark.parametrize("fault", [{"dies": True}, {"breaks": True}])
def test_a_dead_line_is_lost(fault: dict[str, bool]) -> None:
    async def run() -> None:
        line_in = LineInput(QuietLine(frames=5, **fault), Recorder(None), 0.0)
        with pytest.raises(LegLostError):
            await line_in.run()

    run_virtual(run())
