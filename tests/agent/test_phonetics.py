"""Words as a recognizer mishears them: read by their sound, and never as a yes to the payment."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.brains.brain import TurnContext
from agent.brains.lexicon import load
from agent.brains.phonetics import day_by_sound, likeness, sound
from agent.brains.rules import read_by_rules
from agent.brains.understanding import Heard, by_sound, understand
from cases.domain.vocabulary import Act, Intent, Language, Question
from tests.support.alerts import alert_en, alert_zh

ALERTS = {Language.EN: alert_en(), Language.ZH: alert_zh()}


@pytest.mark.parametrize(
    ("language", "question", "said", "intent", "value"),
    [
        (Language.EN, Question.MADE, "i have never herd of hem", Intent.DENY, "no"),
        (Language.ZH, Question.MADE, "布施我", Intent.DENY, "no"),
        (Language.ZH, Question.MADE, "是我福的", Intent.UNSURE, "unsure"),
        (Language.EN, Question.IDENTITY, "the twelfth of mars", Intent.ANSWER, "03-12"),
        (Language.ZH, Question.IDENTITY, "三月是二号", Intent.ANSWER, "03-12"),
        (Language.EN, Question.MADE, "purple elephants", Intent.UNCLEAR, None),
        (Language.EN, Question.IDENTITY, "purple elephants", Intent.UNCLEAR, None),
        (Language.ZH, Question.MADE, "紫色的大象", Intent.UNCLEAR, None),
    ],
)
def test_misheard_words_are_read_by_their_sound(
    language: Language, question: Question, said: str, intent: Intent, value: str | None
) -> None:
    reading = read_by_rules(TurnContext(ALERTS[language], language, Act.REPEAT, question, said))
    assert reading.intent is intent
    assert [answer.value for answer in reading.answers] == ([] if value is None else [value])
    assert all(answer.quote in said for answer in reading.answers)


@settings(deadline=None)
@given(st.sampled_from(list(Language)), st.data())
def test_no_sound_confirms_a_payment(language: Language, data: st.DataObject) -> None:
    phrases = load(language).phrases
    phrase = data.draw(st.sampled_from([*phrases["made"], *phrases["proceed"], *phrases["any"]]))
    place = data.draw(st.integers(0, len(phrase)))
    letter = data.draw(st.sampled_from("abdehknorstz" if language is Language.EN else "的是我不没有人打"))
    said = phrase[:place] + letter + phrase[place + 1 :]
    for question in (Question.MADE, Question.PROCEED):
        heard = Heard(said, question.value, language)
        plain = understand(heard).reading
        second = by_sound(heard, plain)
        assert second == plain or second.intent is not Intent.CONFIRM
        assert second == plain or "yes" not in [answer.value for answer in second.answers]


def test_what_recognizers_confuse_sounds_the_same() -> None:
    assert sound("不是我", Language.ZH) == sound("布思我", Language.ZH)
    assert likeness(sound("that wasn't me", Language.EN), sound("that wasn't meat", Language.EN)) > 0.8
    assert day_by_sound("the twelfth of marge", Language.EN, "en-GB") == (3, 12)
    assert day_by_sound("no date at all", Language.EN, "en-GB") is None
