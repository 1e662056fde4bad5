from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.brains.completeness import Completeness, judge
from cases.domain.vocabulary import Language, Question

EN, ZH = Language.EN, Language.ZH
COMPLETE, SHORT, OPEN = Completeness.COMPLETE, Completeness.SHORT, Completeness.OPEN


@pytest.mark.parametrize(
    ("said", "question", "language", "expected"),
    [
        ("no I didn't", Question.MADE, EN, COMPLETE),
        ("yes that was me", Question.MADE, EN, COMPLETE),
        ("no", Question.MADE, EN, SHORT),
        ("yes", Question.MADE, EN, SHORT),
        ("yes I", Question.MADE, EN, OPEN),
        ("the payment was for", Question.PURPOSE, EN, OPEN),
        ("it's for my rent", Question.PURPOSE, EN, SHORT),
        ("they told me not to", Question.TOLD_WHAT_TO_SAY, EN, OPEN),
        ("nobody told me what to say", Question.TOLD_WHAT_TO_SAY, EN, COMPLETE),
        ("the twelfth of", Question.IDENTITY, EN, OPEN),
        ("the twelfth of march", Question.IDENTITY, EN, COMPLETE),
        ("yes speaking", None, EN, COMPLETE),
        ("who is this", None, EN, COMPLETE),
        ("can I speak to a person", Question.MADE, EN, COMPLETE),
        ("mm hmm", Question.MADE, EN, Completeness.BACKCHANNEL),
        ("uh-huh okay", Question.MADE, EN, Completeness.BACKCHANNEL),
        ("hold on", Question.MADE, EN, Completeness.WAIT),
        ("one moment please", Question.IDENTITY, EN, Completeness.WAIT),
        ("um", Question.MADE, EN, OPEN),
        ("", Question.MADE, EN, Completeness.NOTHING),
        (" ...", None, EN, Completeness.NOTHING),
        ("不是我", Question.MADE, ZH, COMPLETE),
        ("对，是我自己转的", Question.MADE, ZH, COMPLETE),
        ("没有", Question.MADE, ZH, SHORT),
        ("是的", Question.PROCEED, ZH, Completeness.BACKCHANNEL),
        ("因为", Question.PURPOSE, ZH, OPEN),
        ("他们叫我不要", Question.TOLD_WHAT_TO_SAY, ZH, OPEN),
        ("没人教我怎么说", Question.TOLD_WHAT_TO_SAY, ZH, COMPLETE),
        ("三月", Question.IDENTITY, ZH, OPEN),
        ("三月十", Question.IDENTITY, ZH, SHORT),
        ("三月十二号", Question.IDENTITY, ZH, COMPLETE),
        ("我在买一辆二手车", Question.PURPOSE, ZH, SHORT),
        ("是我", None, ZH, COMPLETE),
        ("转人工", Question.MADE, ZH, COMPLETE),
        ("嗯", Question.MADE, ZH, Completeness.BACKCHANNEL),
        ("等一下", Question.MADE, ZH, Completeness.WAIT),
    ],
)
def test_words_so_far(said: str, question: Question | None, language: Language, expected: Completeness) -> None:
    assert judge(said, question, language) is expected


@given(st.text(max_size=60), st.sampled_from([None, *Question]), st.sampled_from(list(Language)))
def test_any_words_are_judged(said: str, question: Question | None, language: Language) -> None:
    judged = judge(said, question, language)
    assert (judged is Completeness.NOTHING) is not any(character.isalnum() for character in said)
