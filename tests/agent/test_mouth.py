from __future__ import annotations

import pytest

from agent.call.mouth import Mouth, remainder
from agent.speech.engine import WordMark
from agent.speech.errors import EngineFailedError
from cases.domain.vocabulary import Language
from telephony.leg import SPEAKER_RATE
from tests.support.call_fakes import LETTER_MS, HumMouth
from tests.support.virtual_time import run_virtual

TEXT = "we have stopped a payment"


def spoken(mouth: Mouth) -> tuple[float, list[WordMark]]:
    async def speak() -> tuple[float, list[WordMark]]:
        length, marks = 0.0, []
        async for chunk in mouth.speak(TEXT):
            length += len(chunk.pcm) / 2 / SPEAKER_RATE * 1000
            marks += chunk.marks
        return length, marks

    return run_virtual(speak())


def test_brings_audio_to_the_rate_of_the_line() -> None:
    length, marks = spoken(Mouth(HumMouth(), None, Language.EN))
    assert length == pytest.approx(LETTER_MS * 21, abs=2)
    assert [(mark.text, mark.start_ms) for mark in marks][:3] == [("we", 0), ("have", 120), ("stopped", 360)]


@pytest.mark.parametrize("stalls", [False, True])
def test_the_spare_repeats_the_word_that_was_cut_and_speaks_on(stalls: bool) -> None:
    spare = HumMouth()
    mouth = Mouth(HumMouth(fails_after_words=3, stalls=stalls), spare, Language.EN)
    length, marks = spoken(mouth)
    assert spare.spoken == ["stopped a payment"]
    assert " ".join(mark.text for mark in marks) == TEXT
    assert length == pytest.approx(LETTER_MS * (13 + 15), abs=5)
    assert [mark.start_ms for mark in marks] == sorted(mark.start_ms for mark in marks)
    spoken(mouth)
    assert spare.spoken[1:] == [TEXT]


def test_without_a_spare_the_failure_shows() -> None:
    with pytest.raises(EngineFailedError):
        spoken(Mouth(HumMouth(fails_after_words=0), None, Language.EN))


def test_two_failures_show() -> None:
    with pytest.raises(EngineFailedError):
        spoken(Mouth(HumMouth(fails_after_words=2), HumMouth(fails_after_words=1), Language.EN))


def test_a_remainder_begins_with_the_word_that_was_cut() -> None:
    marks = [WordMark("one,", 0), WordMark("two", 100)]
    assert remainder("one, two three", marks) == "two three"
    assert remainder("one, two three", []) == "one, two three"
    assert remainder("您好，请讲", [WordMark("您好，", 0), WordMark("请", 500)]) == "请讲"
