from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.brains.completeness import Completeness, bears_on, judge, matters, of_anybody, takes_anything
from cases.domain.vocabulary import Language, Question

EN, ZH = Language.EN, Language.ZH
COMPLETE, SHORT, CLOSED, OPEN = Completeness.COMPLETE, Completeness.SHORT, Completeness.CLOSED, Completeness.OPEN
ELSEWHERE = Completeness.ELSEWHERE


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
        ("hey listen to me", Question.MADE, EN, Completeness.WAIT),
        ("let me finish", Question.PURPOSE, EN, Completeness.WAIT),
        ("你听我说", Question.MADE, ZH, Completeness.WAIT),
        ("让我把话说完", Question.PURPOSE, ZH, Completeness.WAIT),
    ],
)
def test_words_so_far(said: str, question: Question | None, language: Language, expected: Completeness) -> None:
    assert judge(said, question, language) is expected


@pytest.mark.parametrize(
    ("said", "question", "language"),
    [
        ("it's for my", Question.PURPOSE, EN),
        ("i'm paying", Question.PURPOSE, EN),
        ("a second hand", Question.PURPOSE, EN),
        ("it's for my daughter's", Question.PURPOSE, EN),
        ("a man called", Question.PAYEE_SOURCE, EN),
        ("the thirteenth", Question.IDENTITY, EN),
        ("september", Question.IDENTITY, EN),
        ("it's b d", Question.IDENTITY, EN),
        ("so i", Question.MADE, EN),
        ("no i was on", Question.MADE, EN),
        ("they said", Question.CONTACTED, EN),
        ("he lives two", Question.MET_IN_PERSON, EN),
        ("could i just ask", Question.MADE, EN),
        ("我在", Question.PURPOSE, ZH),
        ("这个是给", Question.PURPOSE, ZH),
        ("嗯那个", Question.MADE, ZH),
        ("五月", Question.IDENTITY, ZH),
        ("有一个", Question.CONTACTED, ZH),
    ],
)
def test_what_is_unfinished_is_waited_for(said: str, question: Question, language: Language) -> None:
    assert judge(said, question, language) is OPEN


@pytest.mark.parametrize(
    ("said", "question", "language"),
    [
        ("i think so", Question.MADE, EN),
        ("yes it was", Question.MADE, EN),
        ("not that i know of", Question.CONTACTED, EN),
        ("what is it about", Question.MADE, EN),
        ("who was it sent to", Question.MADE, EN),
        ("she is the lady i was talking to", Question.PAYEE_SOURCE, EN),
        ("no i don't want to", Question.PROCEED, EN),
        ("it's the one i was told about", Question.PURPOSE, EN),
        ("garden chairs", Question.PURPOSE, EN),
        ("m thirteen", Question.IDENTITY, EN),
        ("not really", Question.SEEN_GOODS, EN),
        ("i'll call you", Question.PROCEED, EN),
        ("卖家发给我的", Question.PAYEE_SOURCE, ZH),
        ("买了套沙发", Question.PURPOSE, ZH),
        ("没跟别人说", Question.TOLD_WHAT_TO_SAY, ZH),
        ("我自己加的他", Question.CONTACTED, ZH),
    ],
)
def test_what_could_be_whole_is_not_taken_for_unfinished(said: str, question: Question, language: Language) -> None:
    assert judge(said, question, language) in (COMPLETE, SHORT, CLOSED)


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("hang on darling", EN),
        ("it's the bank", EN),
        ("can you turn the telly down please", EN),
        ("hush i'm on the phone", EN),
        ("mum where are my keys", EN),
        ("tell him i'll ring back", EN),
        ("我在打电话呢", ZH),
        ("老公，你先吃吧", ZH),
        ("把电视关小一点", ZH),
    ],
)
def test_talk_to_others_in_the_room_is_known(said: str, language: Language) -> None:
    assert judge(said, Question.MADE, language) is ELSEWHERE
    assert not matters(said, Question.MADE, language)


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("no darling i didn't pay anybody", EN),
        ("hang on darling i want to speak to a person", EN),
        ("hush he told me to say it's for rent", EN),
        ("等一下老公，不是我转的", ZH),
    ],
)
def test_what_protects_the_customer_is_for_us_whoever_it_is_said_to(said: str, language: Language) -> None:
    assert judge(said, Question.MADE, language) is not ELSEWHERE
    assert matters(said, Question.MADE, language)


def test_a_yes_in_the_middle_of_the_agents_line_answers_nothing() -> None:
    for said, language in (("yes", EN), ("yep of course", EN), ("对对", ZH), ("好啊", ZH)):
        assert judge(said, Question.MADE, language, over_line=True) is Completeness.BACKCHANNEL
    for said, language in (("no", EN), ("yes but", EN), ("不是我", ZH)):
        assert judge(said, Question.MADE, language, over_line=True) is not Completeness.BACKCHANNEL
    assert judge("yes", Question.MADE, EN) is SHORT


@given(st.text(max_size=60), st.sampled_from([None, *Question]), st.sampled_from(list(Language)))
def test_any_words_are_judged(said: str, question: Question | None, language: Language) -> None:
    judged = judge(said, question, language)
    assert (judged is Completeness.NOTHING) is not any(character.isalnum() for character in said)


@pytest.mark.parametrize("language", Language)
def test_only_questions_that_ask_what_take_any_words(language: Language) -> None:
    assert takes_anything(Question.PURPOSE, language) and takes_anything(Question.PAYEE_SOURCE, language)
    assert not any(takes_anything(question, language) for question in (None, Question.IDENTITY, Question.MADE))


@pytest.mark.parametrize(
    ("said", "language", "expected"),
    [
        ("what time is it?", Language.EN, True),
        ("who is this?", Language.EN, False),
        ("can you say that again?", Language.EN, False),
        ("no, it wasn't me", Language.EN, False),
        ("put me through to a person", Language.EN, False),
        ("the bus is late", Language.EN, False),
        ("现在几点了", Language.ZH, True),
        ("你是谁", Language.ZH, False),
        ("不是我", Language.ZH, False),
        ("我要找人工", Language.ZH, False),
    ],
)
def test_what_is_asked_of_anybody(said: str, language: Language, expected: bool) -> None:
    assert of_anybody(said, Question.MADE, language) is expected


@pytest.mark.parametrize(
    ("said", "language", "expected"),
    [
        ("the eighteenth of", Language.EN, True),
        ("P E nineteen", Language.EN, True),
        ("it is in June", Language.EN, True),
        ("not the blue one", Language.EN, False),
        ("next customer please", Language.EN, False),
        ("may I have it", Language.EN, False),
        ("三月", Language.ZH, True),
        ("十二号", Language.ZH, True),
        ("你去开门", Language.ZH, False),
    ],
)
def test_pieces_of_a_date_or_a_postcode_bear_on_who_somebody_is(said: str, language: Language, expected: bool) -> None:
    assert bears_on(said, Question.IDENTITY, language) is expected
    assert not bears_on(said, Question.MADE, language)


@pytest.mark.parametrize("said", ["how did you get my number", "they gave me the number"])
def test_a_number_of_somebody_is_a_whole_thing(said: str) -> None:
    assert judge(said, Question.MADE, Language.EN) is not Completeness.OPEN
    assert judge("it was a large number", Question.MADE, Language.EN) is Completeness.OPEN
