"""The committed beginning of a growing transcript."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.speech.agreement import LocalAgreement

TEXTS = st.lists(
    st.lists(st.sampled_from(["no", "it", "was", "not", "me", "我"]), max_size=5).map(" ".join), max_size=12
)


def test_words_are_committed_once_two_transcriptions_agree() -> None:
    agreement = LocalAgreement()
    assert agreement.push("No, it") == ""
    assert agreement.push("No, it was") == "No, it"
    assert agreement.push("no it was not me.") == "no it was"


def test_what_was_committed_stands_though_a_transcription_contradicts_it() -> None:
    agreement = LocalAgreement()
    agreement.push("no it was")
    agreement.push("no it was")
    assert agreement.push("know it is") == ""
    assert agreement.push("no it was not") == "no it was"


def test_a_chinese_character_is_a_unit() -> None:
    agreement = LocalAgreement()
    agreement.push("我没有做")
    assert agreement.push("我没有，作过") == "我没有"


@given(TEXTS)
def test_stable_is_a_beginning_and_never_shrinks_nor_changes(texts: list[str]) -> None:
    agreement = LocalAgreement()
    committed: list[str] = []
    for text in texts:
        stable = agreement.push(text)
        assert text.startswith(stable)
        if stable:
            words = stable.split()
            assert words[: len(committed)] == committed
            committed = words
