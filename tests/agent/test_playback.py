from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.record.playback import Playback, heard_text
from agent.speech.engine import WordMark
from agent.speech.sentences import estimate_marks

TEXT = "Did you make this payment?"
MARKS = tuple(WordMark(word, at) for word, at in zip(TEXT.split(), (0, 200, 400, 700, 900), strict=True))


def test_hears_nothing_before_anything_was_played() -> None:
    assert heard_text(TEXT, MARKS, 0, 1400) == ""


def test_hears_a_word_once_half_of_it_was_played() -> None:
    assert heard_text(TEXT, MARKS, 299, 1400) == "Did"
    assert heard_text(TEXT, MARKS, 300, 1400) == "Did you"
    assert heard_text(TEXT, MARKS, 1149, 1400) == "Did you make this"
    assert heard_text(TEXT, MARKS, 1400, 1400) == TEXT


def test_hears_chinese_sign_by_sign() -> None:
    marks = tuple(WordMark(sign, 200 * index) for index, sign in enumerate("这笔付款是您做的吗？"))
    assert heard_text("这笔付款是您做的吗？", marks, 850, 2000) == "这笔付款"


@given(st.text("ab c。，", min_size=1).filter(str.strip), st.floats(0, 3000), st.floats(0, 3000))
def test_more_playing_never_means_less_hearing(text: str, one: float, other: float) -> None:
    marks = estimate_marks(text, 0, 2000)
    less, more = (heard_text(text, marks, played, 2000) for played in sorted((one, other)))
    assert more.startswith(less) and text.startswith(more)


@given(st.text("ab c。，", min_size=1).filter(str.strip))
def test_all_played_is_all_heard(text: str) -> None:
    assert heard_text(text, estimate_marks(text, 0, 2000), 2001, 2000) == text.rstrip()


def test_an_account_joins_frames_that_follow_each_other_and_keeps_pauses_apart() -> None:
    playback = Playback()
    assert not playback.started
    for place in (100.0, 120.0, 140.0):
        playback.note(place, 480)
    playback.note(500.0, 240)
    assert [(span.at_ms, span.offset, span.count) for span in playback.spans] == [(100, 0, 1440), (500, 1440, 240)]
    assert (playback.played_ms, playback.started_ms, playback.ended_ms) == (70, 100, 510)
