"""Keys of the telephone in a conversation: what is recorded of them, and what never is."""

from __future__ import annotations

import pytest

from agent.dialogue.keys import KEYPAD, key_of
from agent.dialogue.text_session import TextCustomer, TextMove
from cases.domain.call import Answer, Call
from cases.domain.vocabulary import Act, Intent, Key, Language, Outcome, Question, Speaker
from evals.recording.talk import talk_of
from tests.support.text_talk import ALERTS, EN, ZH, acts_of, call, judged, opened, spoken, talk

MUMBLE = {Language.EN: "Mumble mumble.", Language.ZH: "哎哟。"}
HELLO = {Language.EN: EN, Language.ZH: ZH}
SHOWN = {Language.EN: "[key 2]", Language.ZH: "[按键 2]"}
SEVERAL = {Language.EN: "[several keys]", Language.ZH: "[多个按键]"}
WISHES = {
    Language.EN: ("Can I press a button?", "I can't speak right now.", "Could I use the keypad instead?"),
    Language.ZH: ("我能按键吗？", "我现在不方便出声。", "可以用按键回答吗？"),
}


def presser(language: Language, at: Act, keys: str, before: str = "") -> TextCustomer:
    """A customer who is understood up to the payment, mumbles then, and presses keys once at an act."""
    said, left = HELLO[language], [keys]

    def move(acts: tuple[Act, ...], text: str) -> TextMove:
        if at in acts and left:
            return TextMove(keys=left.pop(), say=before)
        words = said.get(acts[-1].value, "") if acts[-1] in (Act.GREET, Act.ASK_IDENTITY) else MUMBLE[language]
        return TextMove(str(words))

    return move


def customer_texts(held: Call) -> list[str]:
    return [turn.text for turn in held.turns if turn.speaker is Speaker.CUSTOMER]


@pytest.mark.parametrize("language", list(Language))
async def test_a_key_is_an_answer_with_a_turn_of_its_own(language: Language) -> None:
    held = await call(ALERTS[language], presser(language, Act.OFFER_KEYS, "2"))
    assert judged(ALERTS[language], held).outcome is Outcome.DENIED
    made = [answer for answer in held.verification.answers if answer.question is Question.MADE]
    turn = held.turns[made[-1].turn]
    assert made == [Answer(Question.MADE, "no", SHOWN[language], turn.index)]
    assert (turn.text, turn.brain, turn.speaker) == (SHOWN[language], KEYPAD, Speaker.CUSTOMER)
    assert turn.reading is not None and turn.reading.intent is Intent.DENY
    assert made[-1].quote in turn.text


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("typed", ["4711", "5500005555555559", "11", "1*2#"])
async def test_a_typed_number_is_dropped_unseen_and_the_customer_told(language: Language, typed: str) -> None:
    for at in (Act.GREET, Act.ASK_IDENTITY, Act.ASK_MADE, Act.OFFER_KEYS):
        held = await call(ALERTS[language], presser(language, at, typed))
        index = next(turn.index for turn in held.turns if turn.text == SEVERAL[language])
        assert held.turns[index + 1].acts[0] in (Act.REFUSE_DIGITS, Act.TRANSFER_TO_HUMAN)
        assert held.turns[index].brain == KEYPAD
        assert all(
            typed not in text for turn in held.turns for text in (turn.text, turn.heard_text, repr(turn.reading))
        )
        assert not [answer for answer in held.verification.answers if answer.question is Question.MADE]


@pytest.mark.parametrize("language", list(Language))
async def test_keys_that_were_not_offered_leave_no_trace(language: Language) -> None:
    hello = str(HELLO[language]["greet"])
    pressed = await call(ALERTS[language], presser(language, Act.GREET, "1", before=hello))
    silent = await call(ALERTS[language], presser(language, Act.GREET, "", before=hello))
    assert customer_texts(pressed) == customer_texts(silent) and acts_of(pressed) == acts_of(silent)


@pytest.mark.parametrize("language", list(Language))
async def test_zero_before_identity_hands_over_and_discloses_nothing(language: Language) -> None:
    held = await call(ALERTS[language], presser(language, Act.GREET, "0"))
    assert acts_of(held) == [Act.GREET, Act.TRANSFER_TO_HUMAN, Act.GOODBYE]
    assert judged(ALERTS[language], held).outcome is Outcome.HUMAN_REQUESTED and not held.verification.disclosed


@pytest.mark.parametrize(("language", "words"), [(one, words) for one, all_ in WISHES.items() for words in all_])
async def test_whoever_asks_for_keys_is_offered_them(language: Language, words: str) -> None:
    said = HELLO[language]
    conversation = await opened(ALERTS[language], str(said["greet"]), str(said["ask_identity"]))
    reply = await conversation.consider(words)
    assert reply.acts == (Act.OFFER_KEYS, Act.ASK_MADE), reply.reading


@pytest.mark.parametrize("language", list(Language))
async def test_a_yes_counts_from_when_the_offer_was_heard_whole(language: Language) -> None:
    said = HELLO[language]
    conversation = await opened(ALERTS[language], str(said["greet"]), str(said["ask_identity"]))
    offer = await conversation.consider(WISHES[language][0])
    conversation.commit(offer)
    await spoken(offer)
    whole = offer.sentences[0] if language is Language.ZH else " ".join(offer.sentences[:2])
    assert offer.acts_in(whole[:-1]) == () and offer.acts_in(whole) == (Act.OFFER_KEYS,)
    conversation.played(offer, whole[:20], complete=False)
    early = conversation.consider_keys("1")
    assert early is not None and early.acts == (Act.OFFER_KEYS, Act.ASK_MADE)
    conversation.commit(early)
    conversation.played(early, "", complete=False)
    assert not [a for a in conversation.verification.answers if a.question is Question.MADE]


def test_a_key_says_what_it_means_and_a_row_says_nothing() -> None:
    assert [key_of(key) for key in "0127*"] == [Key.PERSON, Key.MADE, Key.NOT_MADE, Key.OTHER, Key.OTHER]
    assert key_of("22") is Key.SEVERAL
    with pytest.raises(ValueError, match="no key"):
        key_of("")
    assert talk(ALERTS[Language.EN]).consider_keys("7") is None


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(("typed", "told"), [("2", "2"), ("4711", "99")])
async def test_a_recorded_scenario_presses_the_key_and_no_digit_more(language: Language, typed: str, told: str) -> None:
    held = await call(ALERTS[language], presser(language, Act.OFFER_KEYS, typed))
    recorded = talk_of(held, "a person please")
    assert {"on": "offer_keys", "dtmf": told} in recorded.events
    assert all("[" not in line for lines in recorded.answers.values() for line in lines)
