"""A voice past the telephone is told from the customer's by its level and by how fast it falls silent."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.call.turns.falls import BEFORE_WINDOWS, Falls
from agent.call.turns.nearness import FALL_WEIGHT, LEVEL_WEIGHT, NOISY, QUIET, Bounds, Nearness, Voice
from agent.speech.vad import WINDOW_SAMPLES
from bench.turn_taking.customers.sounds import in_room
from telephony.leg import MIC_RATE

LEVEL = 3_000.0
NOISE = 4.0


def syllables(random: np.random.Generator, count: int = 8) -> NDArray[np.float32]:
    """Bursts of noise with a voice's rate of 4 Hz, each cut off at once."""
    parts = []
    for _ in range(count):
        parts += [random.normal(0.0, LEVEL, int(0.15 * MIC_RATE)), np.zeros(int(0.1 * MIC_RATE))]
    return np.concatenate(parts).astype(np.float32)


def fall_db(samples: NDArray[np.float32], random: np.random.Generator, noise: float = NOISE) -> float | None:
    """What is measured of a sound that begins after a second of the line's noise."""
    line = random.normal(0.0, noise, MIC_RATE + samples.size)
    line[MIC_RATE:] += samples
    pcm = np.clip(line, -32_768, 32_767).astype(np.int16)
    falls, begins = Falls(), MIC_RATE // WINDOW_SAMPLES + BEFORE_WINDOWS // 2
    for place in range(pcm.size // WINDOW_SAMPLES):
        falls.hear(pcm[place * WINDOW_SAMPLES : (place + 1) * WINDOW_SAMPLES].tobytes(), within=place > begins)
        if place == begins:
            falls.speech_begins()
    return falls.fall_db


def test_a_voice_falls_the_less_the_more_of_the_room_is_in_it() -> None:
    random = np.random.default_rng(5)
    falls = []
    for direct_db, decay_s in ((16.0, 0.15), (8.0, 0.25), (3.0, 0.4)):
        voice = in_room(syllables(random), random, direct_db=direct_db, decay_s=decay_s)
        falls.append(fall_db(voice, random))
    near, turned, far = falls
    assert near is not None and turned is not None and far is not None
    assert near - 4 > turned > far + 2


def test_what_a_voice_falls_by_does_not_depend_on_how_loud_it_is() -> None:
    voice = in_room(syllables(np.random.default_rng(5)), np.random.default_rng(7), direct_db=8.0, decay_s=0.25)
    loud, soft = (fall_db(np.float32(gain) * voice, np.random.default_rng(6)) for gain in (1.0, 0.3))
    assert loud is not None and soft is not None
    assert soft == pytest.approx(loud, abs=1.0)


def test_nothing_is_known_of_a_voice_that_hardly_stands_out_or_has_only_begun() -> None:
    random = np.random.default_rng(5)
    assert fall_db(syllables(random), random, noise=LEVEL) is None
    assert fall_db(syllables(random)[: MIC_RATE // 20], random) is None


def _nearness() -> Nearness:
    """A customer at -25 dBFS whose voice falls by 25 dB."""
    nearness = Nearness()
    for level, fall in ((-25.0, 25.0), (-24.0, 45.0), (-40.0, 20.0)):
        nearness.learn(Voice(level, fall))
    return nearness


def test_a_voice_is_compared_with_the_customers_own_turns() -> None:
    nearness = _nearness()
    assert nearness.usual_dbfs == -25.0
    assert nearness.behind(Voice(-25.0, 25.0)) == 0
    assert nearness.behind(Voice(-28.0, 22.0)) == 3 + 3 * FALL_WEIGHT
    assert nearness.behind(Voice(-25.0, 60.0)) == 0
    assert nearness.behind(Voice(-28.0)) == 3 * LEVEL_WEIGHT
    assert nearness.behind(Voice()) is None


@pytest.mark.parametrize(("behind_dbfs", "bounds"), [(None, QUIET), (-65.0, QUIET), (-50.0, NOISY)])
def test_the_further_behind_the_surer_it_is_somebody_elses(behind_dbfs: float | None, bounds: Bounds) -> None:
    nearness = _nearness()
    for behind in (bounds.away - 1, bounds.away + 1, bounds.turned + 1, bounds.far + 1):
        voice = Voice(-25.0, 25.0 - behind / FALL_WEIGHT, behind_dbfs)
        assert nearness.away(voice) is (behind > bounds.away)
        assert nearness.turned(voice) is (behind > bounds.turned)
        assert nearness.far(voice) is (behind > bounds.far)


def test_before_the_first_turn_only_a_voice_full_of_the_room_may_be_away() -> None:
    nearness = Nearness()
    for behind_dbfs, bounds in ((-80.0, QUIET), (-50.0, NOISY)):
        assert nearness.away(Voice(-40.0, bounds.unheard_fall_db - 1, behind_dbfs))
        assert not nearness.away(Voice(-40.0, bounds.unheard_fall_db + 1, behind_dbfs))
    assert not nearness.away(Voice(-60.0))
    assert not nearness.far(Voice(-60.0, 5.0)) and not nearness.turned(Voice(-60.0, 5.0))
