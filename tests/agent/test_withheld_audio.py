"""The customer's audio on its way to the disk: withheld, released in order, silenced where a secret was spoken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.call.custody import LEAD_MS, PAUSE_MS, UNSURE_MS, Custody
from agent.record.recorder import MOST_WITHHELD, RATE, Recorder
from agent.record.recording import decoded
from telephony.leg import MIC_RATE, SPEAKER_RATE

FRAME_S = 0.02
QUIET = 33
"""-60 dBFS as a sample value."""


def tone(rate: int, hertz: int = 300) -> bytes:
    count = rate // 50
    return (8000 * np.sin(2 * np.pi * hertz * np.arange(count) / rate)).astype(np.int16).tobytes()


def left(path: Path) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.concatenate(list(decoded(path)))[:, 0]


def loud(samples: np.ndarray[tuple[int], np.dtype[np.int16]], at_ms: int) -> bool:
    return int(np.abs(samples[at_ms * 48 : at_ms * 48 + 48 * 20]).max()) > 3000


def speak(recorder: Recorder, from_s: float, until_s: float, *, agent: bool = False) -> None:
    for index in range(round(from_s / FRAME_S), round(until_s / FRAME_S)):
        recorder.heard(tone(MIC_RATE), index * FRAME_S)
        if agent:
            recorder.played(tone(SPEAKER_RATE, 500), index * FRAME_S)


def test_nothing_reaches_the_disk_before_it_is_released(tmp_path: Path) -> None:
    path = tmp_path / "call.ogg"
    recorder = Recorder(path, withhold=True)
    speak(recorder, 0, 6, agent=True)
    assert recorder._written == 0
    recorder.release(3000)
    speak(recorder, 6, 7)
    assert recorder._written == 3 * RATE
    recorder.release(7000)
    recorder.close()
    samples = left(path)
    assert all(loud(samples, at) for at in range(200, 6800, 200))


def test_a_muted_span_is_silent_and_what_is_around_it_is_not(tmp_path: Path) -> None:
    path = tmp_path / "call.ogg"
    recorder = Recorder(path, withhold=True)
    speak(recorder, 0, 5, agent=True)
    recorder.mute(2000, 3500)
    recorder.mute(3400, 3600)
    recorder.release(5000)
    recorder.close()
    both = np.concatenate(list(decoded(path)))
    assert np.abs(both[2040 * 48 : 3560 * 48, 0]).max() < QUIET
    assert all(loud(both[:, 0], at) for at in (500, 1900, 3640, 4500))
    assert all(loud(both[:, 1], at) for at in (500, 2500, 3000, 4500)), "the agent's channel is left alone"
    assert recorder.muted == ((2000, 3600),)
    assert (recorder.customer.peaks[:4900] > 7000).all(), "latencies are measured on what was really said"


def test_what_is_never_judged_is_silence(tmp_path: Path) -> None:
    path = tmp_path / "call.ogg"
    recorder = Recorder(path, withhold=True)
    speak(recorder, 0, 2)
    recorder.release(1000)
    recorder.close()
    samples = left(path)
    assert loud(samples, 500) and np.abs(samples[1040 * 48 : 1990 * 48]).max() < QUIET
    ((start, end),) = recorder.muted
    assert start == 1000 and abs(end - 2000) < 5


def test_a_judgement_that_never_comes_costs_the_audio_and_not_the_memory() -> None:
    recorder = Recorder(None, withhold=True)
    seconds = MOST_WITHHELD / RATE
    for index in range(round((seconds + 20) / FRAME_S)):
        recorder.heard(tone(MIC_RATE), index * FRAME_S)
        waiting = sum(block.size for block in recorder._customer._waiting)
        assert waiting <= MOST_WITHHELD + 2 * RATE
    assert recorder.muted[0][0] == 0 and abs(recorder.muted[0][1] - 20_000) < 100


def test_a_crash_leaves_what_was_released(tmp_path: Path) -> None:
    path = tmp_path / "call.ogg"
    recorder = Recorder(path, withhold=True)
    speak(recorder, 0, 4)
    recorder.release(3000)
    speak(recorder, 4, 8)
    assert abs(left(path).size / 48 - 3000) < 1100 and loud(left(path), 1500), "the file can be played as it is"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 30)), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(0, 6000), st.integers(1, 800)), max_size=4),
)
def test_audio_goes_out_in_order_and_whole(steps: list[tuple[int, int]], mutes: list[tuple[int, int]]) -> None:
    """Whatever is released when: each sample is written once, in its place, or silence where it was muted in time."""
    recorder = Recorder(None, withhold=True)
    taken: list[np.ndarray[tuple[int], np.dtype[np.int16]]] = []
    take = recorder._silences.applied

    def applied(samples: np.ndarray[tuple[int], np.dtype[np.int16]], at: int) -> np.ndarray:  # type: ignore[type-arg]
        taken.append(take(samples, at))
        return taken[-1]

    recorder._silences.applied = applied  # type: ignore[method-assign]
    frame, released = 0, 0
    for from_ms, length in mutes:
        recorder.mute(from_ms, from_ms + length)
    for frames, advance in steps:
        speak(recorder, frame * FRAME_S, (frame + frames) * FRAME_S)
        frame += frames
        released = min(released + advance, frame)
        recorder.release(released * 20)
    recorder.release(frame * 20)
    recorder.close()
    plain = Recorder(None)
    whole: list[np.ndarray[tuple[int], np.dtype[np.int16]]] = []
    plain._silences.applied = lambda samples, at: (whole.append(samples), samples)[1]  # type: ignore
    speak(plain, 0, frame * FRAME_S)
    plain.close()
    expected = np.concatenate(whole)
    for start, end in recorder.muted:
        expected[start * RATE // 1000 : end * RATE // 1000] = 0
    assert np.array_equal(np.concatenate(taken), expected)


class Tape:
    """A recorder that only notes."""

    def __init__(self) -> None:
        self.mutes: list[tuple[float, float]] = []
        self.released = 0.0

    def mute(self, from_ms: float, until_ms: float) -> None:
        self.mutes.append((from_ms, until_ms))

    def release(self, until_ms: float) -> None:
        self.released = max(self.released, until_ms)

    @property
    def span(self) -> tuple[float, float]:
        return min(start for start, _ in self.mutes), max(end for _, end in self.mutes)


def secret_at(text: str) -> int | None:
    at = text.find("4111")
    return None if at < 0 else at


@pytest.fixture
def tape() -> Tape:
    return Tape()


@pytest.fixture
def custody(tape: Tape) -> Custody:
    return Custody(tape, secret_at)  # type: ignore[arg-type]


def test_quiet_and_plain_words_are_released(custody: Custody, tape: Tape) -> None:
    custody.quiet(1000, voiced=False, waiting_from_ms=None)
    assert tape.released == 1000 - UNSURE_MS
    custody.begins(1200, goes_on=False)
    custody.says("yes", 1500)
    custody.ends(2000, 300, "yes speaking")
    custody.quiet(2032, voiced=False, waiting_from_ms=1200)
    assert tape.released == 1200, "more words may still show these in another light"
    custody.quiet(2532, voiced=False, waiting_from_ms=None)
    assert tape.released == 2532 - UNSURE_MS and not tape.mutes


def test_silence_begins_before_the_first_word_of_the_secret(custody: Custody, tape: Tape) -> None:
    custody.begins(1000, goes_on=False)
    for text, at in (("my", 1400), ("my card", 1800), ("my card number is", 2600), ("my card number is 4", 3000)):
        custody.says(text, at)
    custody.ends(6000, 300, "my card number is 4111 ok")
    assert tape.span == (2600 - LEAD_MS, 6000)


def test_without_interim_words_the_whole_utterance_is_silenced(custody: Custody, tape: Tape) -> None:
    custody.begins(1000, goes_on=False)
    custody.ends(6000, 300, "my card number is 4111 ok")
    assert tape.span == (1000, 6000)


def test_another_hearing_of_the_words_counts(custody: Custody, tape: Tape) -> None:
    custody.begins(1000, goes_on=False)
    custody.ends(6000, 300, "for one one", "4111")
    assert tape.span == (1000, 6000)


def test_a_secret_that_begins_in_an_earlier_breath_is_silenced_from_there(custody: Custody, tape: Tape) -> None:
    custody.begins(1000, goes_on=False)
    custody.says("well", 1400)
    custody.says("well 41", 2400)
    custody.ends(2800, 400, "well 41")
    custody.quiet(2900, voiced=False, waiting_from_ms=1000)
    custody.begins(3000, goes_on=True)
    custody.says("well 41 11", 3500)
    custody.ends(4000, 300, "well 4111")
    assert tape.span == (1000, 4000)


def test_after_a_cut_in_silence_lasts_until_the_customer_pauses(custody: Custody, tape: Tape) -> None:
    custody.begins(1000, goes_on=False)
    custody.says("it is", 1500)
    custody.cuts_in("it is 4111", 2500)
    custody.quiet(2532, voiced=True, waiting_from_ms=None)
    custody.begins(2500, goes_on=False)
    custody.ends(4000, 200, "one one two two")
    custody.quiet(4300, voiced=False, waiting_from_ms=None)
    assert tape.span == (1000, 4300)
    custody.quiet(3800 + PAUSE_MS, voiced=False, waiting_from_ms=None)
    before = list(tape.mutes)
    custody.quiet(5000, voiced=False, waiting_from_ms=None)
    assert tape.mutes == before, "what follows the pause is heard again"


def test_an_utterance_that_the_end_of_the_call_cuts_off_stays_withheld(custody: Custody, tape: Tape) -> None:
    custody.quiet(1000, voiced=False, waiting_from_ms=None)
    custody.begins(2000, goes_on=False)
    custody.close(4000)
    assert tape.released == 2000


def test_the_end_of_the_call_releases_what_was_judged(custody: Custody, tape: Tape) -> None:
    custody.begins(2000, goes_on=False)
    custody.ends(3000, 300, "goodbye")
    custody.close(4000)
    assert tape.released == 4000
