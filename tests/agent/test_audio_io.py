from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from livekit import rtc

from agent.call.audio_io import FADE_SAMPLES, LineOutput
from agent.call.line_input import LineInput
from agent.record.playback import Playback, heard_text
from agent.record.recorder import Recorder
from agent.speech.engine import WordMark
from telephony.leg import SPEAKER_RATE, LegLostError
from tests.support.quiet_line import QuietLine
from tests.support.virtual_time import run_virtual


class Stage:
    """An output on a quiet line, with what it told."""

    def __init__(self) -> None:
        self.line = QuietLine()
        self.recorder = Recorder(None)
        self.clear = True
        self.on_progress: Callable[[Playback], None] = lambda playback: None
        self.started: list[Playback] = []
        self.finished: list[tuple[float, bool]] = []
        self.output = LineOutput(
            self.line,
            self.recorder,
            0.0,
            clear_to_start=lambda: self.clear,
            on_start=self.started.append,
            on_progress=lambda playback: self.on_progress(playback),
        )
        self.output.on(
            "playback_finished", lambda event: self.finished.append((event.playback_position, event.interrupted))
        )

    async def speak(self, ms: int, *, flush: bool = True, ramp: bool = False) -> Playback:
        playback = Playback()
        self.output.announce(playback)
        count = ms * SPEAKER_RATE // 1000
        samples = (np.arange(count) % 20_000 + 1 if ramp else np.full(count, 8000)).astype(np.int16)
        await self.say(samples, flush=flush)
        return playback

    async def say(self, samples: np.ndarray, *, flush: bool = False) -> None:
        await self.output.capture_frame(rtc.AudioFrame(samples.tobytes(), SPEAKER_RATE, 1, samples.size))
        if flush:
            self.output.flush()

    def do(self, step: str) -> None:
        output = self.output
        deeds: dict[str, Callable[[], None]] = {
            "hold": output.hold,
            "release": output.release,
            "duck": lambda: output.duck(True),
            "unduck": lambda: output.duck(False),
            "clear": output.clear_buffer,
            "pause": output.pause,
            "resume": output.resume,
        }
        deeds[step]()


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


def test_holds_at_the_next_frame_and_goes_on_where_it_was_cut() -> None:
    async def play(stage: Stage) -> None:
        playback = await stage.speak(200, ramp=True)
        await asyncio.sleep(0.05)
        stage.output.hold()
        await asyncio.sleep(0.5)
        assert len(stage.line.played) == 4 and stage.output.audible and not playback.over
        stage.output.release()
        await stage.output.wait_for_playout()
        assert playback.samples == 4800 and playback.played_ms == 200
        assert [(span.offset, span.count) for span in playback.spans] == [(0, 1440 + 120), (1440, 3360)]

    stage = on_stage(play)
    sound = stage.line.sound
    assert sound[1440 + 119] == 0 and sound[1920] == 0, "faded out and in"
    assert np.array_equal(sound[1920 + 120 : 1920 + 240], np.arange(1561, 1681)), "what was faded out is said again"


WORDS = (WordMark("did", 0), WordMark("you", 200), WordMark("make", 400), WordMark("this?", 1500))


@pytest.mark.parametrize(
    ("cut_ms", "again_ms"),
    [
        (100, 0),
        (260, 260),
        (340, 200),
        (1080, 400),
        (1120, 1120),
        (1680, 1500),
    ],
)
def test_goes_on_at_the_beginning_of_the_word_that_was_cut(cut_ms: int, again_ms: int) -> None:
    async def play(stage: Stage) -> None:
        playback = await stage.speak(2000)
        playback.marks += WORDS
        await asyncio.sleep(cut_ms / 1000 - 0.01)
        stage.output.hold()
        await asyncio.sleep(0.3)
        stage.output.release()
        await stage.output.wait_for_playout()
        first, second = playback.spans
        assert (first.count, second.offset) == (cut_ms * 24 + FADE_SAMPLES, again_ms * 24)
        assert second.at_ms == pytest.approx(cut_ms + 300, abs=30)
        assert playback.played_ms == 2000 and playback.ended_ms == second.at_ms + 2000 - again_ms

    assert on_stage(play).finished == [(pytest.approx(2.0), False)]


def test_goes_on_in_a_pause_where_it_was_cut() -> None:
    async def play(stage: Stage) -> None:
        playback = await stage.speak(300, flush=False)
        playback.marks += (WordMark("yes.", 0), WordMark("Now", 600))
        await stage.say(np.zeros(24 * 300, np.int16))
        await stage.say(np.full(24 * 300, 8000, np.int16), flush=True)
        await asyncio.sleep(0.45)
        stage.output.hold()
        await asyncio.sleep(0.3)
        stage.output.release()
        await stage.output.wait_for_playout()
        assert [span.offset for span in playback.spans] == [0, 460 * 24]

    on_stage(play)


def test_a_hold_that_nobody_could_hear_repeats_nothing() -> None:
    async def play(stage: Stage) -> None:
        playback = await stage.speak(400)
        playback.marks.append(WordMark("word", 0))
        await asyncio.sleep(0.205)
        stage.output.hold()
        stage.output.release()
        await stage.output.wait_for_playout()
        assert len(playback.spans) == 1

    on_stage(play)


STEPS = st.tuples(
    st.integers(0, 350), st.sampled_from(["hold", "release", "duck", "unduck", "clear", "pause", "resume"])
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(40, 900), min_size=1, max_size=6), st.lists(STEPS, max_size=12))
def test_whatever_is_held_and_released_the_account_is_what_went_out(words: list[int], steps: list[Any]) -> None:
    starts = [0, *np.cumsum(words).tolist()]
    marks = [WordMark(f"w{index}", start) for index, start in enumerate(starts[:-1])]
    text, total = " ".join(mark.text for mark in marks), starts[-1]
    heard: list[str] = []

    async def play(stage: Stage) -> None:
        stage.on_progress = lambda playback: heard.append(heard_text(text, marks, playback.played_ms, total))
        playback = await stage.speak(total, ramp=True)
        playback.marks += marks
        for wait_ms, step in steps:
            await asyncio.sleep(wait_ms / 1000)
            stage.do(step)
        stage.output.resume()
        stage.output.release()
        await stage.output.wait_for_playout()
        assert playback.over and playback.complete == (not stage.finished[0][1])
        _check_account(playback, stage.line.sound, starts, total)

    stage = on_stage(play)
    assert len(stage.finished) == 1
    assert all(later.startswith(before) for before, later in pairwise(heard))


def _check_account(playback: Playback, sound: np.ndarray, starts: list[int], total: int) -> None:
    """Every span holds its part of the utterance, and goes back by a word at the most."""
    source = (np.arange(total * 24) % 20_000 + 1).astype(np.int32)
    at = furthest = 0
    for number, span in enumerate(playback.spans):
        if number:
            at = -(-at // 480) * 480  # a frame that fades out is filled up with silence
            before = playback.spans[number - 1]
            cut = before.offset + before.count - FADE_SAMPLES
            word = max(start for start in starts if start * 24 <= cut) * 24
            assert span.offset == cut or (span.offset == word and cut - word <= 700 * 24), "back by a word at the most"
        part = sound[at : at + span.count].astype(np.int32)
        said = source[span.offset : span.offset + span.count]
        assert np.all((part >= 0) & (part <= said)), "never louder than the utterance, and in step with it"
        middle = slice(480, -480) if span.count > 1400 else slice(0, 0)
        assert np.all(part[middle] >= said[middle] // 4 - 1), "ducked at the most"
        at, furthest = at + span.count, max(furthest, span.offset + span.count)
    assert playback.samples == furthest
    if playback.complete:
        assert furthest == total * 24


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
