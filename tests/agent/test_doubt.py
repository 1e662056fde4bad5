"""A confirmation that may have been a denial is not taken for one, however often it is heard."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from agent.brains.rules import RulesBrain
from agent.dialogue.conversation import Conversation, Reply
from agent.dialogue.doubt import LASTING, Acoustics, Doubt, doubts, stands
from cases.alerts import parse_alert
from cases.domain.limits import DoubtLimits
from cases.domain.vocabulary import Act, Intent, Language, Question
from cases.policies import load as load_policy
from evals.alerts import load as load_example

MOMENT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
LIMITS = DoubtLimits(confidence=0.6, snr_db=20, loses_sounds=frozenset({"weak"}))
CLEAR = Acoustics("strong", 0.95, 40.0)
WEAK = Acoustics("weak", 0.99, 40.0)


def denies(text: str) -> bool:
    return any(word in text for word in ("n't", "not", "不是"))


def found(
    text: str, acoustics: Acoustics = CLEAR, alternatives: tuple[str, ...] = (), language: Language = Language.EN
) -> set[Doubt]:
    return set(doubts(text, language, acoustics, alternatives, LIMITS, denies))


def test_words_that_were_heard_well_are_not_doubted() -> None:
    assert not found("yes that was me", CLEAR, ("yes that was he", "yet that was me"))
    assert not found("that was me", CLEAR)
    assert not found("对，是我买的", CLEAR, language=Language.ZH)


@pytest.mark.parametrize(
    ("acoustics", "alternatives", "doubt"),
    [
        (CLEAR, ("that wasn't me",), Doubt.CONTRARY),
        (CLEAR, ("yes that wasn't me",), Doubt.MIXED),
        (Acoustics("strong", 0.59, 40.0), (), Doubt.UNSURE),
        (Acoustics("strong", 0.95, 19.0), (), Doubt.NOISY),
        (WEAK, (), Doubt.SWALLOWED),
    ],
)
def test_each_reason_is_found_by_itself(acoustics: Acoustics, alternatives: tuple[str, ...], doubt: Doubt) -> None:
    assert found("that was me", acoustics, alternatives) == {doubt}


@pytest.mark.parametrize("text", ["that was me", "it was mine", "i did make that", "that's mine"])
def test_what_one_lost_sound_turns_round_is_doubted_of_an_ear_that_loses_sounds(text: str) -> None:
    assert found(text, WEAK) == {Doubt.SWALLOWED}


@pytest.mark.parametrize("text", ["yes that was me", "yeah it was mine", "i made that payment", "yes"])
def test_a_yes_or_words_of_their_own_are_believed_all_the_same(text: str) -> None:
    assert not found(text, WEAK)


def test_a_second_confirmation_settles_noise_and_not_what_the_ear_gets_wrong_again() -> None:
    everything = frozenset(Doubt)
    assert stands(everything, again=False) == everything
    assert stands(everything, again=True) == LASTING
    assert stands(frozenset({Doubt.NOISY, Doubt.MIXED}), again=True) == frozenset()


def test_two_utterances_are_heard_as_badly_as_the_worse_one() -> None:
    assert Acoustics("e", 0.9, None).with_worse(Acoustics("e", 0.7, 12.0)) == Acoustics("e", 0.7, 12.0)


class Talk:
    """A conversation that stands at the question whether the payment was made."""

    def __init__(self, example: str = "card-not-present") -> None:
        self.conversation = Conversation(
            alert=parse_alert(load_example(example, now=MOMENT)),
            policy=load_policy(),
            brain=RulesBrain(),
            match_code="47",
        )
        self.take(self.conversation.open())
        for words in ("yes speaking", "the twelfth of march"):
            self.say(words)
        assert self.conversation.act is Act.ASK_MADE

    def take(self, reply: Reply) -> Reply:
        async def run() -> None:
            async for _ in reply.chunks():
                pass
            await reply.aclose()

        self.conversation.commit(reply)
        asyncio.run(run())
        self.conversation.played(reply, reply.text, complete=True)
        return reply

    def say(self, words: str, acoustics: Acoustics | None = None, alternatives: tuple[str, ...] = ()) -> Reply:
        return self.take(asyncio.run(self.conversation.consider(words, acoustics=acoustics, alternatives=alternatives)))

    @property
    def confirmed(self) -> bool:
        return self.conversation.verification.confirmation == "confirmed"


WELL = Acoustics("pocketsphinx", 0.99, 60.0)
NOISY = Acoustics("pocketsphinx", 0.9, 12.0)


def test_a_clear_yes_confirms() -> None:
    talk = Talk()
    talk.say("yes that was me", WELL)
    assert talk.confirmed


def test_a_doubted_yes_is_asked_again_in_other_words_with_the_reason_on_record() -> None:
    talk = Talk()
    asked = talk.conversation._composer.spoken[Act.ASK_MADE]
    reply = talk.say("that was me", WELL, ("that wasn't me",))
    assert reply.acts[-1] is Act.ASK_MADE and Act.CLARIFY in reply.acts and asked == 1
    assert reply.reading is not None and reply.reading.intent is Intent.UNCLEAR
    assert any("another hearing of the words denies" in finding for finding in reply.findings)
    assert not talk.confirmed


def test_it_never_confirms_however_often_it_is_misheard_the_same_way() -> None:
    talk = Talk()
    replies = []
    while not talk.conversation.ended:
        replies.append(talk.say("that was me", WELL))
    assert Act.TRANSFER_TO_HUMAN in replies[-1].acts and not talk.confirmed


def test_noise_is_settled_by_a_second_yes() -> None:
    talk = Talk()
    talk.say("yes that was me", NOISY)
    assert not talk.confirmed
    talk.say("yes i made it", NOISY)
    assert talk.confirmed


def test_a_denial_needs_no_second_hearing() -> None:
    talk = Talk()
    talk.say("no that wasn't me", Acoustics("pocketsphinx", 0.5, 5.0), ("yes that was me",))
    assert talk.conversation.verification.confirmation == "denied"


def test_written_words_are_not_doubted() -> None:
    talk = Talk()
    talk.say("that was me", None, ("that wasn't me",))
    assert talk.confirmed


UNSURE = Acoustics("pocketsphinx", 0.5, 60.0)


def test_an_answer_for_the_payment_that_the_recognizer_is_unsure_of_is_asked_again() -> None:
    talk = Talk("new-payee-transfer")
    talk.say("yes that was me", WELL)
    assert talk.conversation.act is Act.ASK_PURPOSE
    reply = talk.say("my rent for march", UNSURE)
    assert reply.acts == (Act.CLARIFY, Act.ASK_PURPOSE)
    assert "answer in doubt: the recognizer is unsure" in reply.findings
    talk.say("my rent for march", NOISY)
    assert talk.conversation.act is Act.ASK_PAYEE_SOURCE


def test_answers_that_are_never_heard_well_leave_the_payment_to_a_person() -> None:
    talk = Talk("new-payee-transfer")
    talk.say("yes that was me", WELL)
    while not talk.conversation.ended:
        reply = talk.say("no nobody", UNSURE)
    assert {Act.TRANSFER_TO_HUMAN, Act.HOLD_FOR_REVIEW} & set(reply.acts)
    answered = {answer.question for answer in talk.conversation.verification.answers}
    assert not answered & {Question.PURPOSE, Question.CONTACTED, Question.TOLD_WHAT_TO_SAY, Question.REMOTE_ACCESS}


def test_what_speaks_against_the_payment_counts_however_badly_it_was_heard() -> None:
    talk = Talk("new-payee-transfer")
    talk.say("yes that was me", WELL)
    talk.say("somebody from the bank called me and told me to move my money to a safe account", UNSURE)
    assert talk.conversation.verification.signals
