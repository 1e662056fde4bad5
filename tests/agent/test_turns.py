from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.brains.completeness import Completeness
from agent.call.turns.activity import Activity
from agent.call.turns.duck_and_listen import DuckAndListen
from agent.call.turns.ending import Pause
from agent.call.turns.fixed_silence import FixedSilence
from agent.call.turns.overlap import Overlap, Verdict
from agent.call.turns.question_aware import SILENCE_MS, QuestionAware
from agent.call.turns.stop_at_once import StopAtOnce
from agent.call.turns.taking import BARGE_INS, TURN_ENDS, TurnTaking, turn_taking
from agent.speech.vad import WINDOW_MS


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
    assert turn_taking("question-aware", "duck-and-listen") == TurnTaking()
    for turn_end in TURN_ENDS:
        for barge_in in BARGE_INS:
            chosen = turn_taking(turn_end, barge_in)
            assert (chosen.turn_end, chosen.barge_in) == (TURN_ENDS[turn_end](), BARGE_INS[barge_in]())
    with pytest.raises(KeyError):
        turn_taking("never", "duck-and-listen")


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
        (Completeness.NOTHING, 192, 0, Verdict.HOLD),
        (Completeness.NOTHING, 720, 0, Verdict.YIELD),
        (Completeness.BACKCHANNEL, 300, 0, Verdict.DUCK),
        (Completeness.BACKCHANNEL, 820, 0, Verdict.YIELD),
        (Completeness.SHORT, 192, 0, Verdict.HOLD),
        (Completeness.SHORT, 256, 0, Verdict.HOLD),
        (Completeness.SHORT, 512, 0, Verdict.YIELD),
        (Completeness.WAIT, 512, 0, Verdict.YIELD),
        (Completeness.SHORT, 256, 160, Verdict.YIELD),
        (Completeness.BACKCHANNEL, 256, 160, Verdict.OVER),
        (Completeness.NOTHING, 256, 160, Verdict.OVER),
    ],
)
def test_judges_speech_over_the_agent(
    completeness: Completeness, voiced_ms: float, silence_ms: float, verdict: Verdict
) -> None:
    assert DuckAndListen().judge(Overlap(completeness, voiced_ms, silence_ms)) is verdict


def test_only_words_of_their_own_take_the_floor() -> None:
    takes_floor = DuckAndListen().takes_floor
    assert takes_floor(Overlap(Completeness.SHORT, 200))
    assert takes_floor(Overlap(Completeness.NOTHING, 800))
    assert not takes_floor(Overlap(Completeness.NOTHING, 300))
    assert not takes_floor(Overlap(Completeness.BACKCHANNEL, 5000))
