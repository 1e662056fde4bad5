"""Voice figures on calls whose waveform is known by construction."""

from __future__ import annotations

import numpy as np
import pytest

from agent.record.waveform import Mask, voiced
from evals.voice.scoring import Timing, TrueLine, score
from evals.voice.words import word_errors, words_of
from telephony.customer import LineKind

LENGTH = 30_000


def agent(*spans: tuple[int, int], length: int = LENGTH) -> Mask:
    """An agent's channel as the recorder would give it: loud within the spans, faint noise elsewhere."""
    peaks = np.full(length, 20, np.int32)
    for start, end in spans:
        peaks[start:end] = 4_000
    return voiced(peaks)


def line(start: int, end: int, kind: LineKind = LineKind.ANSWER, text: str = "yes") -> TrueLine:
    return TrueLine(text, start, end, kind)


def test_a_response_runs_from_the_customers_last_sound_to_the_agents_first() -> None:
    timing = score([line(3_000, 4_000), line(8_000, 9_000)], agent((0, 2_700), (4_250, 7_500), (9_600, LENGTH)))
    assert timing == Timing(response_ms=(250, 600))


def test_computing_that_the_clock_left_out_is_added() -> None:
    timing = score([line(3_000, 4_000)], agent((0, 2_700), (4_250, LENGTH)), lag_ms=lambda at: at / 100)
    assert timing.response_ms == (250 + 42,)


def test_a_line_that_nobody_answers_has_no_response() -> None:
    timing = score([line(3_000, 4_000), line(5_500, 6_000)], agent((0, 2_700), (6_200, LENGTH)))
    assert timing.response_ms == (200,)


def test_an_agent_that_begins_before_the_line_is_over_cuts_in() -> None:
    timing = score([line(3_000, 6_000)], agent((0, 2_700), (4_400, 8_000), (8_600, LENGTH)))
    assert timing.false_cut_ins == 1 and timing.response_ms == ()


def test_a_pause_between_sentences_is_no_new_beginning() -> None:
    timing = score([line(2_000, 3_500, LineKind.BARGE_IN)], agent((0, 2_400), (2_700, 9_000), length=9_000))
    assert timing.false_cut_ins == 0 and timing.ignored_barge_ins == 1


def test_a_barge_in_that_is_heeded_has_a_yield_and_is_answered() -> None:
    timing = score([line(2_000, 3_500, LineKind.BARGE_IN)], agent((0, 2_230), (3_800, LENGTH)))
    assert timing == Timing(response_ms=(300,), yield_ms=(230,), barge_ins=1)


def test_an_answer_that_follows_the_cut_at_once_is_another_utterance() -> None:
    timing = score([line(2_000, 2_400, LineKind.BARGE_IN)], agent((0, 2_230), (2_600, LENGTH)), cut_ms=[2_230])
    assert timing == Timing(response_ms=(200,), yield_ms=(230,), barge_ins=1)


def test_the_tail_of_a_cut_is_no_new_beginning() -> None:
    mask = agent((0, 2_250), (2_600, LENGTH))
    timing = score([line(2_000, 2_400, LineKind.BARGE_IN)], mask, cut_ms=[2_230])
    assert timing.false_cut_ins == 0 and timing.yield_ms == (230,)


def test_a_barge_in_that_is_talked_over_is_ignored() -> None:
    timing = score([line(2_000, 3_500, LineKind.BARGE_IN)], agent((0, LENGTH)))
    assert timing == Timing(barge_ins=1, ignored_barge_ins=1)


def test_a_barge_in_into_silence_is_none() -> None:
    timing = score([line(2_600, 3_500, LineKind.BARGE_IN)], agent((0, 2_400), (3_900, LENGTH)))
    assert timing.barge_ins == 0 and timing.response_ms == (400,)


def test_a_hum_that_stops_the_agent_counts_and_one_at_the_end_of_its_words_does_not() -> None:
    hums = [line(2_000, 2_400, LineKind.BACKCHANNEL), line(9_000, 9_400, LineKind.BACKCHANNEL)]
    timing = score(hums, agent((0, 2_300), (4_000, 9_600), (11_000, LENGTH)), completed_ms=[9_600])
    assert (timing.backchannels, timing.backchannel_stops) == (2, 1)


def test_a_hum_that_the_agent_talks_through_is_no_stop() -> None:
    timing = score([line(2_000, 2_400, LineKind.BACKCHANNEL)], agent((0, LENGTH)))
    assert (timing.backchannels, timing.backchannel_stops, timing.false_cut_ins) == (1, 0, 0)


@pytest.mark.parametrize(("until", "dead"), [(5_900, 0), (6_100, 1)])
def test_a_silence_of_more_than_three_seconds_is_dead_air(until: int, dead: int) -> None:
    assert score([], agent((0, 3_000), (until, LENGTH))).dead_air == dead


def test_a_silence_that_the_customer_chose_is_not() -> None:
    mask = agent((0, 3_000), (9_000, 12_000), (18_000, LENGTH))
    assert score([], mask, kept_silent_ms=[3_000]).dead_air == 1


def test_the_end_of_the_call_ends_a_silence_too() -> None:
    assert score([line(3_200, 4_000)], agent((0, 3_000), length=9_000)).dead_air == 1


@pytest.mark.parametrize(
    ("said", "heard", "errors", "words"),
    [
        ("Yes, that was me.", "yes that was me", 0, 4),
        ("No, that wasn\N{RIGHT SINGLE QUOTATION MARK}t me.", "that was me", 2, 4),
        ("Yes.", "", 1, 1),
        ("", "hello there", 2, 0),
        ("对，是我买的。", "对是你买的", 1, 5),
        ("one two three four", "two three for four", 2, 4),
    ],
)
def test_words_are_compared_without_case_and_punctuation(said: str, heard: str, errors: int, words: int) -> None:
    assert word_errors(said, heard) == (errors, words)


def test_chinese_counts_by_the_character_and_english_within_it_by_the_word() -> None:
    assert words_of("我买了 iPhone 15。") == ["我", "买", "了", "iphone", "15"]
