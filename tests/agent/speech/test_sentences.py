"""Cutting texts loses no letter, whatever the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.speech.engine import WordMark
from agent.speech.sentences import estimate_marks, split_sentences, split_words

TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            ["Hello", "payment", "£4,500.00", "3.5%", "Sam's", "您好", "我们暂停了", "付款", "？", "。", ".", "!", "…",
             ", ", " ", "\n", "\"", "”", "（", "）", "-", "e.g.", "10:30", "a"]
        ),
        max_size=40,
    ).map("".join),
)  # fmt: skip


def letters(text: str) -> str:
    return "".join(text.split())


@given(TEXTS)
def test_sentences_joined_hold_every_letter(text: str) -> None:
    pieces = split_sentences(text)
    assert letters("".join(pieces)) == letters(text)
    assert all(piece and piece == piece.strip() for piece in pieces)


@given(TEXTS)
def test_words_joined_hold_every_letter(text: str) -> None:
    words = split_words(text)
    assert letters("".join(words)) == letters(text)
    assert all(word and word == word.strip() for word in words)


@given(TEXTS)
def test_words_of_the_sentences_are_the_words_of_the_text(text: str) -> None:
    apart = [word for sentence in split_sentences(text) for word in split_words(sentence)]
    assert letters("".join(apart)) == letters(text)


@given(TEXTS)
def test_words_put_together_again_are_the_same_words(text: str) -> None:
    words = split_words(text)
    assert tuple(map(letters, split_words(" ".join(words)))) == tuple(map(letters, words))


@given(TEXTS, st.floats(0, 60_000), st.floats(0, 60_000))
def test_marks_hold_every_letter_and_stay_within_the_audio(text: str, start_ms: float, length_ms: float) -> None:
    marks = estimate_marks(text, start_ms, start_ms + length_ms)
    assert letters("".join(mark.text for mark in marks)) == letters(text)
    starts = [mark.start_ms for mark in marks]
    assert starts == sorted(starts)
    assert all(round(start_ms) <= start <= round(start_ms + length_ms) for start in starts)
    assert not starts or starts[0] == round(start_ms)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Hello. Did you pay £4,500.00? No!", ("Hello.", "Did you pay £4,500.00?", "No!")),
        ("您好。是您本人吗？好的！", ("您好。", "是您本人吗？", "好的！")),
        ("“Is it you?” he asked.", ("“Is it you?”", "he asked.")),
        ("没有标点", ("没有标点",)),
        ("Wait... what", ("Wait...", "what")),
        ("他说：“好。”然后走了。", ("他说：“好。”", "然后走了。")),
        ("", ()),
    ],
)
def test_sentences(text: str, sentences: tuple[str, ...]) -> None:
    assert split_sentences(text) == sentences


def test_words_take_time_by_their_letters_and_pauses_by_their_marks() -> None:
    marks = estimate_marks("aa bbbb, cc", 100, 1400)
    assert [(mark.text, mark.start_ms) for mark in marks] == [("aa", 100), ("bbbb,", 300), ("cc", 1200)]


def test_words_without_punctuation_take_time_by_their_letters() -> None:
    assert estimate_marks("ab abcd", 100, 700) == (WordMark("ab", 100), WordMark("abcd", 300))
    assert [mark.start_ms for mark in estimate_marks("您好吗", 0, 300)] == [0, 100, 200]
