from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.record.waveform import (
    Envelope,
    Percentiles,
    Stretch,
    extent,
    percentiles,
    response_ms,
    stretches,
    threshold_of,
    voiced,
    yield_ms,
)

RATE = 24_000


def channel(length_ms: int, *spoken: tuple[int, int], noise: float = 8.0, level: int = 6000) -> np.ndarray:
    random = np.random.default_rng(1)
    samples = random.normal(0, noise, length_ms * RATE // 1000) if noise else np.zeros(length_ms * RATE // 1000)
    for start, end in spoken:
        span = slice(start * RATE // 1000, end * RATE // 1000)
        time = np.arange(span.stop - span.start)
        samples[span] += level * np.sin(2 * np.pi * 250 * time / RATE + np.pi / 2)
    return samples.astype(np.int16)


def mask(samples: np.ndarray) -> np.ndarray:
    envelope = Envelope(RATE)
    envelope.push(samples)
    return voiced(envelope.peaks)


def test_a_channel_full_of_speech_is_no_noise() -> None:
    assert stretches(mask(channel(1000, (0, 1000)))) == (Stretch(0, 1000),)


def test_finds_the_edges_of_speech_to_the_millisecond() -> None:
    assert stretches(mask(channel(3000, (500, 1200), (1900, 2400)))) == (Stretch(500, 1200), Stretch(1900, 2400))


def test_bridges_pauses_between_words() -> None:
    assert stretches(mask(channel(3000, (500, 800), (1000, 1200)))) == (Stretch(500, 1200),)


def test_takes_a_click_for_no_speech() -> None:
    samples = channel(1000)
    samples[12_000:12_020] = 20_000
    assert stretches(mask(samples)) == ()


def test_raises_its_threshold_in_a_noisy_room() -> None:
    quiet, noisy = Envelope(RATE), Envelope(RATE)
    quiet.push(channel(1000))
    noisy.push(channel(1000, noise=120.0))
    assert threshold_of(quiet.peaks) == 300
    assert 900 < threshold_of(noisy.peaks) <= 1500
    assert stretches(voiced(noisy.peaks)) == ()


@given(st.lists(st.integers(1, 700), min_size=1, max_size=40))
def test_an_envelope_does_not_care_how_audio_is_cut_up(pieces: list[int]) -> None:
    samples = channel(400, (100, 300))
    whole, cut = Envelope(RATE), Envelope(RATE)
    whole.push(samples)
    at = 0
    for piece in pieces:
        cut.push(samples[at : at + piece])
        at += piece
    cut.push(samples[at:])
    assert np.array_equal(whole.peaks, cut.peaks)


def test_an_envelope_grows_beyond_its_first_minute() -> None:
    envelope = Envelope(1000)
    envelope.push(np.full(150_000, -5, np.int16))
    assert envelope.peaks.size == 150_000 and set(envelope.peaks) == {5}


def test_refuses_a_rate_without_whole_milliseconds() -> None:
    with pytest.raises(ValueError, match="22050"):
        Envelope(22_050)


def test_measures_response_from_last_to_first_voiced_sample() -> None:
    customer = mask(channel(4000, (500, 1200)))
    agent = mask(channel(4000, (1530, 2500), noise=0))
    assert response_ms(customer, agent, 1530) == 330


def test_gives_no_response_where_the_agent_spoke_in_between() -> None:
    customer = mask(channel(4000, (500, 1200)))
    agent = mask(channel(4000, (1500, 2000), (3000, 3500), noise=0))
    assert response_ms(customer, agent, 3000) is None
    assert response_ms(mask(channel(4000)), agent, 1500) is None


def test_measures_yield_from_the_first_sample_of_the_barge_in_to_silence() -> None:
    agent = mask(channel(4000, (100, 1210), noise=0))
    assert yield_ms(agent, 1000, 2000) == 210
    assert yield_ms(agent, 1500, 2000) == 0


def test_extent_looks_only_inside_the_span() -> None:
    speech = mask(channel(4000, (500, 1200), (2000, 2300)))
    assert extent(speech, 1500, 4000) == Stretch(2000, 2300)
    assert extent(speech, 1300, 1900) is None


def test_percentiles_take_the_nearest_rank() -> None:
    assert percentiles(range(1, 101)) == Percentiles(50, 95, 100)
    assert percentiles([7]) == Percentiles(7, 7, 1)
    assert percentiles([]) == Percentiles(None, None, 0)
