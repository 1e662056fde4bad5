from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.brains.completeness import Completeness
from agent.call.turns.activity import Activity
from agent.call.turns.bystanders import AnswerEverybody, IgnoreBystanders, Talk
from agent.call.turns.duck_and_listen import LISTEN_MS, MURMUR_MS, DuckAndListen
from agent.call.turns.ending import Pause
from agent.call.turns.fixed_silence import FixedSilence
from agent.call.turns.hum import HUM_WINDOWS, Listener, Sound
from agent.call.turns.lag import LONGEST_MS, Lag
from agent.call.turns.overlap import Overlap, Verdict
from agent.call.turns.preparing import PrepareEarly, PrepareInSilence, PrepareNever
from agent.call.turns.question_aware import SILENCE_MS, QuestionAware
from agent.call.turns.stop_at_once import StopAtOnce
from agent.call.turns.taking import BARGE_INS, BYSTANDERS, PREPARINGS, TURN_ENDS, TurnTaking, turn_taking
from agent.speech.vad import WINDOW_MS, WINDOW_SAMPLES
from telephony.leg import MIC_RATE


def test_one_loud_window_begins_nothing() -> None:
    activity = Activity()
    assert not any(activity.hear(probability) for probability in (0.9, 0.1, 0.9, 0.1))
    assert not activity.active


def test_two_loud_windows_begin_speech_and_pauses_are_counted() -> None:
    activity = Activity()
    assert [activity.hear(probability) for probability in (0.2, 0.9, 0.9)] == [False, False, True]
    for probability in (0.4, 0.1, 0.1):
        activity.hear(probability)
    assert activity.voiced_ms == 3 * WINDOW_MS and activity.silence_ms == 2 * WINDOW_MS
    activity.done()
    assert not activity.active and activity.silence_ms == 0


@given(st.lists(st.floats(0, 1), max_size=200))
def test_speech_and_pauses_never_exceed_the_time_that_passed(probabilities: list[float]) -> None:
    activity = Activity()
    for probability in probabilities:
        activity.hear(probability)
        assert 0 <= activity.voiced_ms <= activity.length_ms
        assert activity.silence_ms <= activity.length_ms <= WINDOW_MS * len(probabilities)


def _silence(completeness: Completeness, patience: float = 1.0) -> float:
    return QuestionAware().silence_needed(Pause(completeness, patience=patience))


def test_patience_is_for_what_is_unfinished() -> None:
    assert _silence(Completeness.COMPLETE, 3.0) < _silence(Completeness.SHORT, 3.0) < 500
    assert _silence(Completeness.OPEN, 3.0) == 3 * SILENCE_MS[Completeness.OPEN]
    assert set(SILENCE_MS) == set(Completeness)


def test_a_fixed_silence_cares_for_no_words() -> None:
    assert {FixedSilence(500).silence_needed(Pause(one, patience=9)) for one in Completeness} == {500}


def test_strategies_are_chosen_by_their_names() -> None:
    names = (TURN_ENDS, BARGE_INS, BYSTANDERS, PREPARINGS)
    assert turn_taking("question-aware", "duck-and-listen", "ignore", "early") == TurnTaking()
    for chosen in product(*names):
        taking = turn_taking(*chosen)
        made = tuple(strategies[name]() for strategies, name in zip(names, chosen, strict=True))
        assert (taking.turn_end, taking.barge_in, taking.bystanders, taking.preparing) == made
    with pytest.raises(KeyError):
        turn_taking("never", "duck-and-listen", "ignore", "early")


def test_stopping_at_once_needs_no_words() -> None:
    strategy = StopAtOnce(stop_ms=150)
    assert strategy.judge(Overlap(Completeness.BACKCHANNEL, 160)) is Verdict.YIELD
    assert strategy.judge(Overlap(Completeness.COMPLETE, 96)) is Verdict.DUCK and not strategy.ducks
    assert strategy.judge(Overlap(Completeness.NOTHING, 96, 160)) is Verdict.OVER
    assert strategy.takes_floor(Overlap(Completeness.BACKCHANNEL, 96))
    assert not strategy.takes_floor(Overlap(Completeness.NOTHING, 96))


@pytest.mark.parametrize(
    ("completeness", "voiced_ms", "silence_ms", "verdict"),
    [
        (Completeness.NOTHING, 64, 0, Verdict.DUCK),
        (Completeness.NOTHING, 128, 0, Verdict.HOLD),
        (Completeness.NOTHING, 912, 0, Verdict.YIELD),
        (Completeness.BACKCHANNEL, 300, 64, Verdict.DUCK),
        (Completeness.BACKCHANNEL, 1000, 0, Verdict.HOLD),
        (Completeness.BACKCHANNEL, 1000, 64, Verdict.DUCK),
        (Completeness.BACKCHANNEL, 1600, 0, Verdict.HOLD),
        (Completeness.ELSEWHERE, 1600, 0, Verdict.HOLD),
        (Completeness.SHORT, 192, 0, Verdict.HOLD),
        (Completeness.SHORT, 512, 0, Verdict.HOLD),
        (Completeness.SHORT, 1600, 0, Verdict.YIELD),
        (Completeness.COMPLETE, 512, 0, Verdict.YIELD),
        (Completeness.WAIT, 512, 0, Verdict.YIELD),
        (Completeness.SHORT, 256, 160, Verdict.YIELD),
        (Completeness.OPEN, 256, 160, Verdict.HOLD),
        (Completeness.OPEN, 256, 512, Verdict.YIELD),
        (Completeness.BACKCHANNEL, 256, 160, Verdict.OVER),
        (Completeness.ELSEWHERE, 256, 160, Verdict.OVER),
        (Completeness.NOTHING, 256, 160, Verdict.OVER),
    ],
)
def test_judges_speech_over_the_agent(
    completeness: Completeness, voiced_ms: float, silence_ms: float, verdict: Verdict
) -> None:
    assert DuckAndListen().judge(Overlap(completeness, voiced_ms, silence_ms)) is verdict


@pytest.mark.parametrize(
    ("overlap", "verdict"),
    [
        (Overlap(Completeness.NOTHING, 512, 0, Sound.HUM), Verdict.DUCK),
        (Overlap(Completeness.NOTHING, 1024, 0, Sound.HUM), Verdict.HOLD),
        (Overlap(Completeness.NOTHING, 128, 0, Sound.NOISE), Verdict.DUCK),
        (Overlap(Completeness.NOTHING, 160, 0, Sound.NOISE), Verdict.HOLD),
        (Overlap(Completeness.NOTHING, 320, 64, Sound.NOISE), Verdict.DUCK),
        (Overlap(Completeness.NOTHING, 320, 160, Sound.NOISE, lag_ms=150), Verdict.OVER),
        (Overlap(Completeness.NOTHING, 96, 0, Sound.SPEECH), Verdict.HOLD),
        (Overlap(Completeness.NOTHING, 64, 160, Sound.SPEECH, lag_ms=150), Verdict.HOLD),
        (Overlap(Completeness.NOTHING, 64, 256, Sound.SPEECH, lag_ms=150), Verdict.OVER),
        (Overlap(Completeness.CLOSED, 400, 160, lag_ms=150), Verdict.HOLD),
        (Overlap(Completeness.CLOSED, 400, 224, lag_ms=150), Verdict.YIELD),
        (Overlap(Completeness.BACKCHANNEL, 400, 0), Verdict.HOLD),
        (Overlap(Completeness.BACKCHANNEL, 400, 64), Verdict.DUCK),
    ],
)
def test_the_agent_falls_silent_for_speech_and_coughs_and_speaks_on_under_hums(
    overlap: Overlap, verdict: Verdict
) -> None:
    assert DuckAndListen().judge(overlap) is verdict


@pytest.mark.parametrize(
    ("overlap", "verdict"),
    [
        (Overlap(Completeness.COMPLETE, 512, 0, far=True), Verdict.HOLD),
        (Overlap(Completeness.COMPLETE, 2000, 0, far=True), Verdict.DUCK),
        (Overlap(Completeness.COMPLETE, 2000, 160, far=True, lag_ms=150), Verdict.OVER),
        (Overlap(Completeness.NOTHING, 200, 0, far=True, again=True), Verdict.HOLD),
        (Overlap(Completeness.NOTHING, 256, 0, far=True, again=True), Verdict.DUCK),
        (Overlap(Completeness.CLOSED, 1024, 0, away=True), Verdict.HOLD),
        (Overlap(Completeness.CLOSED, 1024, 160, away=True, lag_ms=150), Verdict.HOLD),
        (Overlap(Completeness.CLOSED, 1024, 224, away=True, lag_ms=150), Verdict.OVER),
        (Overlap(Completeness.NOTHING, 2000, 0, away=True), Verdict.DUCK),
        (Overlap(Completeness.COMPLETE, 512, 0, away=True), Verdict.YIELD),
        (Overlap(Completeness.WAIT, 512, 0, away=True), Verdict.YIELD),
        (Overlap(Completeness.COMPLETE, 512, 0, away=True, turned=True), Verdict.HOLD),
    ],
)
def test_what_is_said_past_the_telephone_is_judged_when_it_is_over(overlap: Overlap, verdict: Verdict) -> None:
    assert DuckAndListen().judge(overlap) is verdict


@given(
    st.sampled_from(list(Completeness)),
    st.floats(0, 5000),
    st.floats(0, 2000),
    st.sampled_from(list(Sound)),
    st.booleans(),
    st.booleans(),
)
def test_a_voice_across_the_room_never_takes_the_floor_while_it_speaks_and_silences_the_agent_for_so_long(
    completeness: Completeness, voiced_ms: float, silence_ms: float, sound: Sound, far: bool, again: bool
) -> None:
    verdict = DuckAndListen().judge(Overlap(completeness, voiced_ms, silence_ms, sound, far=far, again=again))
    if far:
        assert verdict is not Verdict.YIELD
        assert voiced_ms < (MURMUR_MS if again else LISTEN_MS) or verdict in (Verdict.DUCK, Verdict.OVER)
    if completeness in (Completeness.BACKCHANNEL, Completeness.ELSEWHERE):
        assert verdict is not Verdict.YIELD


def test_only_words_of_their_own_take_the_floor() -> None:
    takes_floor = DuckAndListen().takes_floor
    assert takes_floor(Overlap(Completeness.SHORT, 200))
    assert takes_floor(Overlap(Completeness.NOTHING, 950))
    assert not takes_floor(Overlap(Completeness.NOTHING, 300))
    assert not takes_floor(Overlap(Completeness.BACKCHANNEL, 5000))
    assert not takes_floor(Overlap(Completeness.ELSEWHERE, 5000))


def _tone(hertz: float, level: float = 3000.0) -> bytes:
    times = np.arange(WINDOW_SAMPLES) / MIC_RATE
    return (level * np.sin(2 * np.pi * hertz * times)).astype(np.int16).tobytes()


def _noise(seed: int) -> bytes:
    return np.random.default_rng(seed).normal(0, 2000, WINDOW_SAMPLES).astype(np.int16).tobytes()


def _vowel() -> bytes:
    times = np.arange(WINDOW_SAMPLES) / MIC_RATE
    waves = sum(np.sin(2 * np.pi * 120 * k * times) / (1 + abs(k - 5)) for k in range(1, 20))
    return np.asarray(1500 * waves).astype(np.int16).tobytes()


def test_a_hum_a_cough_and_speech_sound_different() -> None:
    for windows, sound in (
        ([_tone(150)] * HUM_WINDOWS, Sound.HUM),
        ([_tone(150)] * (HUM_WINDOWS - 1), Sound.SPEECH),
        ([_noise(seed) for seed in range(6)], Sound.NOISE),
        ([_vowel()] * 6, Sound.SPEECH),
        ([_tone(150)] * HUM_WINDOWS + [_vowel()], Sound.SPEECH),
        ([_noise(1)] * 4 + [_vowel()], Sound.SPEECH),
        ([_noise(1)] * 2, Sound.SPEECH),
    ):
        listener = Listener()
        for window in windows:
            listener.hear(window)
        assert listener.sound is sound


def test_the_lag_is_the_longest_of_late_and_bounded() -> None:
    lag = Lag()
    assert lag.ms == 0
    lag.note(1000, 850)
    assert lag.ms == 150
    lag.note(3000, 1000)
    assert lag.ms == LONGEST_MS
    for _ in range(5):
        lag.note(1000, 950)
    assert lag.ms == 50


@pytest.mark.parametrize(
    ("talk", "answered"),
    [
        (Talk(Completeness.COMPLETE, far=False, matters=False), True),
        (Talk(Completeness.CLOSED, far=False, matters=False), True),
        (Talk(Completeness.ELSEWHERE, far=False, matters=False), False),
        (Talk(Completeness.ELSEWHERE, far=False, matters=True), True),
        (Talk(Completeness.COMPLETE, far=True, matters=False), False),
        (Talk(Completeness.COMPLETE, far=True, matters=False, again=True), True),
        (Talk(Completeness.CLOSED, far=True, matters=False, again=True), False),
        (Talk(Completeness.CLOSED, far=True, matters=True), True),
        (Talk(Completeness.CLOSED, far=False, matters=False, away=True), True),
    ],
)
def test_who_is_answered(talk: Talk, answered: bool) -> None:
    assert IgnoreBystanders().for_agent(talk) is answered
    assert AnswerEverybody().for_agent(talk)


@pytest.mark.parametrize(
    ("talk", "doubtful"),
    [
        (Talk(Completeness.CLOSED, far=False, matters=False), False),
        (Talk(Completeness.CLOSED, far=False, matters=False, away=True), True),
        (Talk(Completeness.OPEN, far=False, matters=False, away=True), True),
        (Talk(Completeness.NOTHING, far=False, matters=False, away=True), True),
        (Talk(Completeness.CLOSED, far=False, matters=True, away=True), False),
        (Talk(Completeness.SHORT, far=False, matters=False, away=True), False),
        (Talk(Completeness.COMPLETE, far=False, matters=False, away=True), False),
        (Talk(Completeness.WAIT, far=False, matters=False, away=True), False),
        (Talk(Completeness.SHORT, far=False, matters=False, away=True, turned=True), True),
        (Talk(Completeness.COMPLETE, far=False, matters=True, away=True, turned=True), False),
    ],
)
def test_what_is_doubted(talk: Talk, doubtful: bool) -> None:
    assert IgnoreBystanders().doubtful(talk) is doubtful
    assert not AnswerEverybody().doubtful(talk)


def test_replies_are_prepared_ahead_a_few_times() -> None:
    early, waiting, never = PrepareEarly(most=2), PrepareInSilence(), PrepareNever()
    assert early.worth(Completeness.COMPLETE, 0, 1) and not early.worth(Completeness.COMPLETE, 0, 2)
    assert not early.worth(Completeness.OPEN, 0, 0) and early.worth(Completeness.OPEN, 32, 5)
    assert not waiting.worth(Completeness.COMPLETE, 0, 0) and waiting.worth(Completeness.COMPLETE, 32, 0)
    assert not any(one.worth(Completeness.ELSEWHERE, 500, 0) for one in (early, waiting, never))
    assert not never.worth(Completeness.COMPLETE, 500, 0)


def test_a_pause_is_judged_once_its_words_must_be_there() -> None:
    strategy = QuestionAware()
    assert strategy.silence_needed(Pause(Completeness.COMPLETE, lag_ms=200)) == 200
    assert strategy.silence_needed(Pause(Completeness.CLOSED, lag_ms=200)) == SILENCE_MS[Completeness.CLOSED]
    assert strategy.silence_needed(Pause(Completeness.OPEN, patience=9)) == 3 * SILENCE_MS[Completeness.OPEN]
