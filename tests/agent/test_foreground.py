"""Speech into the telephone is told from speech behind it."""

from __future__ import annotations

import numpy as np
import pytest

from agent.call.turns.foreground import LEAST_WINDOWS, Foreground
from agent.speech.vad import WINDOW_MS, WINDOW_SAMPLES
from telephony.leg import MIC_RATE
from telephony.line import Channel, Codec, Line, Noise, NoiseKind


def windows(level: float, seconds: float, seed: int = 0) -> list[bytes]:
    samples = np.random.default_rng(seed).normal(0.0, level, int(seconds * MIC_RATE)).astype(np.int16)
    whole = samples[: samples.size // WINDOW_SAMPLES * WINDOW_SAMPLES].reshape(-1, WINDOW_SAMPLES)
    return [window.tobytes() for window in whole]


def babble(snr_db: float, seconds: float, codec: Codec, level: float = 5_000.0) -> list[bytes]:
    line = Line(Channel(codec, Noise(NoiseKind.BABBLE, snr_db)), speech_level=level, seed=3)
    frames = [line.carry(np.zeros(320, np.float32)) for _ in range(int(seconds * 50))]
    samples = np.concatenate(frames).astype(np.int16)
    whole = samples[: samples.size // WINDOW_SAMPLES * WINDOW_SAMPLES].reshape(-1, WINDOW_SAMPLES)
    return [window.tobytes() for window in whole]


def test_on_a_quiet_line_everything_counts() -> None:
    foreground = Foreground()
    assert all(foreground.stands_out(window) for window in windows(8, 5))


def test_before_anything_is_known_of_the_background_speech_counts() -> None:
    foreground = Foreground()
    assert all(foreground.stands_out(window) for window in windows(3_000, 0.3)[: LEAST_WINDOWS - 1])


@pytest.mark.parametrize("codec", [Codec.NONE, Codec.PCMU])
def test_babble_fifteen_decibels_below_speech_does_not_count(codec: Codec) -> None:
    foreground = Foreground()
    heard = [foreground.stands_out(window) for window in babble(15, 20, codec)]
    assert np.mean(heard[30:]) < 0.06


def test_somebody_who_speaks_over_babble_counts_at_once_and_is_over_soon() -> None:
    foreground = Foreground()
    for window in windows(300, 5):
        foreground.stands_out(window)
    spoken = [foreground.stands_out(window) for window in windows(2_000, 1)]
    after = [foreground.stands_out(window) for window in windows(300, 1)]
    assert all(spoken) and not any(after[int(120 / WINDOW_MS) :])


def test_a_long_answer_with_pauses_stays_in_the_foreground() -> None:
    foreground = Foreground()
    heard = [
        foreground.stands_out(window) for _ in range(12) for window in [*windows(4_000, 1.6)[:-3], *windows(150, 0.5)]
    ]
    assert np.mean(heard) > 0.7
