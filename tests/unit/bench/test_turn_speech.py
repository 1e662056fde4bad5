from dataclasses import replace

import numpy as np
import pytest

from bench.turn_taking.customers.clips import CLIPS, Mouth, Order, make
from bench.turn_taking.customers.flite import PITCH_HZ, Manner, speak
from bench.turn_taking.customers.plan import BED, expected_s, write_blocks
from bench.turn_taking.customers.sounds import BABBLE_SNR_DB, SPEECH_LEVEL, bed, cough, over_telephone
from bench.turn_taking.customers.speech import BACKCHANNEL_HUMS, LEVEL, VOICED_DB, hum, say
from bench.turn_taking.scoring.scorer import IGNORED_S
from bench.turn_taking.scoring.talk import GO_ON_S
from bench.turn_taking.stage.script import RATE, Kind, read_block, read_wav
from bench.turn_taking.stage.stubs import CHARACTER_S
from telephony.line.level import active_level
from tests.support.needs import needs_program

LINE = "it was for, {um} | the old kitchen. || I paid him on Sunday."


@pytest.fixture(autouse=True)
def _flite():
    needs_program("flite", "it speaks the customers of the turn-taking benchmark")


def _random():
    return np.random.default_rng(5)


def _level(samples, begin_s, end_s):
    piece = samples[round(begin_s * RATE) : round(end_s * RATE)]
    return float(np.sqrt(np.mean(piece.astype(np.float64) ** 2))) if piece.size else 0.0


@pytest.mark.parametrize("voice", PITCH_HZ)
def test_word_times_lie_where_the_sound_is(voice):
    """Words that begin with a burst after a closure, between vowels: energy rises at their beginning."""
    words = "say pa say toe say key".split()
    spoken = speak(words, Manner(voice, pitch_hz=PITCH_HZ[voice], size=1.05))
    assert [begin for begin, _ in spoken.words] == sorted(begin for begin, _ in spoken.words)
    quiet = spoken.samples[: round(spoken.words[0][0] * RATE) - 400]
    assert np.abs(quiet).max() < 0.05 * np.abs(spoken.samples).max()
    for begin, end in spoken.words:
        assert _level(spoken.samples, begin, end) > 0.2 * spoken.samples.std()
    for place in (1, 3, 5):
        begin, end = spoken.words[place]
        closure = min(_level(spoken.samples, at, at + 0.01) for at in np.arange(begin - 0.03, begin + 0.09, 0.005))
        assert closure < 0.25 * _level(spoken.samples, begin, end), words[place]


def test_a_lengthened_word_lasts_longer_and_no_other_does():
    manner = Manner("slt", pitch_hz=170)
    words = "we saw the old house".split()
    plain, drawn = (
        [end - begin for begin, end in speak(words, manner, where).words] for where in (frozenset(), frozenset({2}))
    )
    assert drawn[2] > 1.3 * plain[2]
    assert [drawn[place] for place in (0, 4)] == pytest.approx([plain[place] for place in (0, 4)], abs=0.02)


@pytest.mark.parametrize("voice", PITCH_HZ)
def test_pauses_are_as_long_as_asked_and_silent(voice):
    speech = say(LINE, Manner(voice, pitch_hz=PITCH_HZ[voice]), (0.7, 1.3), _random())
    assert [end - begin for begin, end in speech.pauses] == pytest.approx([0.7, 1.3], abs=0.0051)
    for begin, end in speech.pauses:
        assert _level(speech.samples, begin, end) < LEVEL * 10 ** (VOICED_DB / 20)
        assert _level(speech.samples, begin - 0.005, begin) >= LEVEL * 10 ** (VOICED_DB / 20)
        assert _level(speech.samples, end, end + 0.005) >= LEVEL * 10 ** (VOICED_DB / 20)
    assert " ".join(word.text for word in speech.words) == "it was for um the old kitchen I paid him on Sunday"
    inside = [word for word in speech.words for begin, end in speech.pauses if begin < word.begin_s < end - 0.05]
    assert not inside
    assert speech.words[-1].end_s <= speech.voiced_to_s <= speech.words[-1].end_s + 0.1
    assert active_level(speech.samples) == pytest.approx(LEVEL, rel=0.1)


def test_a_line_needs_a_length_for_each_pause():
    with pytest.raises(ValueError, match="2 pauses and was given 1"):
        say(LINE, Manner("slt"), (0.7,), _random())


@pytest.mark.parametrize("name", BACKCHANNEL_HUMS)
def test_hums_are_short_and_one_word(name):
    speech = hum(name, Manner("awb", pitch_hz=130), _random())
    assert len(speech.words) == 1
    assert 0.2 < speech.voiced_to_s - speech.voiced_from_s < 0.8


def test_coughs_differ_and_are_sudden():
    first, second = cough(np.random.default_rng(1)), cough(np.random.default_rng(2))
    assert first.size != second.size or not np.allclose(first, second)
    assert np.abs(first).max() == pytest.approx(1.0)
    assert np.abs(first[: RATE // 50]).max() > 0.3


def test_the_telephone_keeps_sound_in_its_place_and_takes_what_is_below_its_band():
    at = np.arange(RATE) / RATE
    click = np.zeros(RATE, np.float32)
    click[8_000:8_040] = 8_000 * np.sin(2 * np.pi * 1_000 * at[:40])
    assert abs(int(np.argmax(np.abs(over_telephone(click)))) - int(np.argmax(np.abs(click)))) < 24
    hum_hz = (4_000 * np.sin(2 * np.pi * 100 * at)).astype(np.float32)
    assert over_telephone(hum_hz)[2_000:].std() < 0.1 * hum_hz.std()


def test_babble_lies_15_db_under_ordinary_speech():
    noise = bed("babble", _random())
    assert 20 * np.log10(SPEECH_LEVEL / noise.std()) == pytest.approx(BABBLE_SNR_DB, abs=1.0)
    assert bed("clean", _random()).std() < 0.01 * SPEECH_LEVEL
    assert bed("g711", _random()).std() < 0.02 * SPEECH_LEVEL


def test_distance_and_level_are_heard(tmp_path):
    (tmp_path / CLIPS).mkdir()
    near = Order("near", "who is on the phone", Manner("rms"), level_db=0.0)
    levels = {}
    for mouth in Mouth:
        clip = make(replace(near, name=mouth.value, mouth=mouth), "clean", tmp_path)
        samples = np.frombuffer(read_wav(tmp_path / clip.file), "<i2").astype(np.float32)
        levels[mouth] = 20 * np.log10(active_level(samples) / SPEECH_LEVEL)
    assert levels[Mouth.CUSTOMER] == pytest.approx(0, abs=1)
    assert -12 < levels[Mouth.TURNED_AWAY] < -3
    assert -20 < levels[Mouth.OTHER] < -8


def test_quick_plan_is_whole_short_and_the_same_again(tmp_path):
    first, again = (write_blocks(tmp_path / name, material="dev", quick=True, seed=11) for name in ("first", "again"))
    blocks = [read_block(folder) for folder in first]
    assert sum(expected_s(block) for block in blocks[1:]) <= 50
    kinds = set()
    for folder, other, block in zip(first, again, blocks, strict=True):
        assert (folder / "plan.json").read_text() == (other / "plan.json").read_text()
        bed_samples = np.frombuffer(read_wav(folder / BED), "<i2").astype(np.int32)
        for file in (folder / CLIPS).iterdir():
            assert file.read_bytes() == (other / CLIPS / file.name).read_bytes()
            peak = np.abs(np.frombuffer(read_wav(file), "<i2").astype(np.int32)).max() + np.abs(bed_samples).max()
            assert 1_000 < peak < 32_767
        for exchange in block.exchanges:
            kinds |= {Kind.ANSWER} | ({Kind.ASIDE} if exchange.aside else set())
            if exchange.overlay is None:
                continue
            overlay, said_s = exchange.overlay, len(exchange.reply) * CHARACTER_S
            kinds.add(overlay.kind)
            if overlay.kind is Kind.BARGE_IN:
                assert overlay.reply
            else:
                assert not overlay.reply
            assert_outlasted(overlay, said_s)
    assert kinds == set(Kind)


def test_a_full_plan_fits_into_sixteen_minutes_and_its_listeners_into_the_replies(tmp_path):
    blocks = [read_block(folder) for folder in write_blocks(tmp_path, material="heldout", quick=False, seed=1)]
    assert sum(expected_s(block) for block in blocks) <= 16 * 60
    for exchange in (exchange for block in blocks for exchange in block.exchanges):
        assert 2.0 <= len(exchange.reply) * CHARACTER_S <= 5.0
        assert exchange.answer.voiced_to_s < 12.0
        if exchange.overlay is not None:
            assert_outlasted(exchange.overlay, len(exchange.reply) * CHARACTER_S)


def assert_outlasted(overlay, said_s):
    """A reply that is said to its end is never taken for one that gave way or stopped."""
    if overlay.kind is Kind.BARGE_IN:
        assert overlay.after_s + overlay.clip.voiced_from_s + IGNORED_S < said_s
    else:
        assert overlay.after_s + overlay.clip.voiced_to_s + GO_ON_S < said_s
