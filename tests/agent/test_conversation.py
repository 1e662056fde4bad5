"""A conversation turn by turn: what is considered, committed and played, and what is noted of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.brains.completeness import Completeness, judge, matters
from agent.dialogue.conversation import Conversation, Reply
from agent.dialogue.redaction import REDACTED
from cases.domain.alert import Alert
from cases.domain.call import CallEnding, Confirmation, CustomerRequest, Identity
from cases.domain.triage import assess
from cases.domain.vocabulary import Act, BankAction, Disposition, Intent, Language, Question, Rail, SignalCode, Typology
from tests.support.alerts import alert_en, alert_zh
from tests.support.text_talk import POLICY, opened, talk


async def test_considering_changes_nothing_until_it_is_committed() -> None:
    conversation = talk(alert_en())
    opened = conversation.open()
    conversation.commit(opened)
    conversation.played(opened, opened.text, complete=True)
    thrown = await conversation.consider("No, you have the wrong number.")
    assert thrown.ends and not conversation.ended
    await thrown.aclose()
    kept = await conversation.consider("Yes, speaking.")
    conversation.commit(kept)
    assert conversation.act is Act.ASK_IDENTITY
    assert conversation.question is Question.IDENTITY
    assert conversation.next_turn == 2


async def test_what_was_not_heard_leaves_no_turn() -> None:
    conversation = talk(alert_en())
    reply = conversation.open()
    conversation.commit(reply)
    assert conversation.played(reply, "", complete=False) == 0
    assert conversation.next_turn == 0
    assert conversation.note("mm-hm") == 0
    assert conversation.next_turn == 1


async def test_a_reply_that_was_prepared_before_the_question_was_played_still_cites_its_turn() -> None:
    conversation = await opened(alert_en())
    question = await conversation.consider("Yes, speaking.")
    conversation.commit(question)
    early = await conversation.consider("The twelfth of March.")
    conversation.played(question, question.text, complete=True)
    conversation.commit(early)
    assert conversation.verification.identity is Identity.PASSED
    assert [answer.turn for answer in conversation.verification.answers] == [3]
    assert conversation.next_turn == 4


@pytest.mark.parametrize(
    ("alert", "opening", "secret"),
    [
        (alert_en(), "Yes, speaking.", "Sure, my card number is four one one one one one one one"),
        (alert_en(), "Yes, speaking.", "the code is 482913"),
        (alert_zh(), "是我。", "验证码是四八二九一三"),
    ],
)
async def test_a_secret_is_refused_and_never_stored(alert: Alert, opening: str, secret: str) -> None:
    conversation = await opened(alert, opening)
    for reply in (conversation.consider_secret(secret), await conversation.consider(secret)):
        assert reply.acts == (Act.REFUSE_SECRET, Act.ASK_IDENTITY)
        assert not reply.interruptible
        assert reply.customer_text is not None and REDACTED[alert.language] in reply.customer_text
        assert not any(digits in reply.customer_text for digits in ("482913", "four one one", "四八二九"))
        assert "secret removed" in reply.findings
    conversation.commit(reply)
    assert conversation.note("4111 1111 1111 1111") == 4
    assert not [text for _, text in conversation._history if "4111" in text]


async def test_signals_beside_a_secret_still_count() -> None:
    conversation = await opened(alert_en(), "Yes, speaking.", "The twelfth of March.", "Yes, that was me.")
    reply = await conversation.consider("he told me to say the code 482913")
    assert reply.acts[0] is Act.REFUSE_SECRET
    conversation.commit(reply)
    assert SignalCode.TOLD_WHAT_TO_SAY in {s.signal.code for s in conversation.verification.signals}


async def test_buttons_and_silence() -> None:
    conversation = await opened(alert_en(), "Yes, speaking.")
    assert conversation.consider_silence().acts == (Act.STILL_THERE,)
    human = conversation.consider_request(CustomerRequest.HUMAN)
    assert Act.TRANSFER_TO_HUMAN in human.acts and human.ends
    conversation.commit(human)
    assert conversation.ended
    assert conversation.close(CallEnding.COMPLETED).request is CustomerRequest.HUMAN


async def test_patience_after_a_wait_and_the_question_stays_open() -> None:
    conversation = await opened(alert_en(), "Yes, speaking.")
    reply = await conversation.consider("Hold on a minute")
    assert reply.acts == (Act.WAIT,) and reply.patience > 2
    conversation.commit(reply)
    assert conversation.question is Question.IDENTITY
    silent = await opened(alert_en(), "Yes, speaking.", "The twelfth of March.")
    silence = silent.consider_silence()
    silent.commit(silence)
    assert silent.question is None
    no = await silent.consider("No no")
    silent.commit(no)
    assert silent.verification.confirmation is Confirmation.UNKNOWN


async def test_other_hearings_help_only_where_they_cannot_release() -> None:
    conversation = await opened(alert_en(), "Yes, speaking.", "The twelfth of March.")
    asked = await conversation.consider("hoo itch fizz man", alternatives=["who is this"])
    assert asked.reading is not None and asked.reading.intent is Intent.ASK_WHO
    assert asked.customer_text == "who is this"
    sure = await conversation.consider("jazz cat whizz knee", alternatives=["yes that was me"])
    assert sure.reading is not None and sure.reading.intent is Intent.UNCLEAR


async def _cut_at(words: str) -> tuple[Conversation, Reply]:
    """A conversation whose question about the payment was cut off behind some words."""
    conversation = await opened(alert_en())
    for said in ("Yes, speaking.", "The twelfth of March."):
        reply = await conversation.consider(said)
        conversation.commit(reply)
        last = said == "The twelfth of March."
        heard = reply.text[: reply.text.index(words) + len(words)] if last else reply.text
        conversation.played(reply, heard, complete=not last)
    return conversation, reply


async def test_what_was_cut_off_goes_on_at_the_sentence_that_was_not_heard_to_its_end() -> None:
    conversation, asked = await _cut_at("It was")
    rest = conversation.consider_resumption()
    assert rest is not None and rest.acts == asked.acts and rest.question is asked.question
    assert rest.text.startswith("It was") and asked.text.endswith(rest.text)
    conversation.commit(rest)
    conversation.played(rest, rest.text, complete=True)
    assert conversation.consider_resumption() is None
    confirmed = await conversation.consider("Yes, I made this payment.")
    conversation.commit(confirmed)
    assert conversation.verification.confirmation is Confirmation.CONFIRMED, "all of the question was heard by now"


async def test_who_asked_for_a_moment_hears_the_rest_and_not_all_of_it_again() -> None:
    conversation, asked = await _cut_at("It was")
    waits = await conversation.consider("Hold on a second.")
    assert waits.acts == (Act.WAIT,)
    conversation.commit(waits)
    conversation.played(waits, waits.text, complete=True)
    assert conversation.consider_resumption() is None, "the customer asked for silence"
    back = await conversation.consider("Okay, go on.")
    assert back.acts == asked.acts and back.text.startswith("It was") and asked.text.endswith(back.text)


async def test_a_greeting_that_was_cut_off_gives_its_notices_again_from_their_beginning() -> None:
    conversation = talk(alert_en())
    reply = conversation.open()
    conversation.commit(reply)
    heard = reply.text[: reply.text.index("recorded") - 5]
    conversation.played(reply, heard, complete=False)
    rest = conversation.consider_resumption()
    assert rest is not None and "automated assistant" in rest.text and "recorded" in rest.text


async def test_who_is_cut_off_again_and_again_waits() -> None:
    conversation, _ = await _cut_at("It was")
    for _ in range(2):
        rest = conversation.consider_resumption()
        assert rest is not None
        conversation.commit(rest)
        conversation.played(rest, "It", complete=False)
    assert conversation.consider_resumption() is None


def card(*, chinese: bool) -> Alert:
    alert = alert_zh() if chinese else alert_en()
    by_card = replace(alert.transaction, rail=Rail.CARD)
    return replace(alert, typologies=(Typology.UNAUTHORISED_USE,), transaction=by_card)


async def released(*, chinese: bool) -> Conversation:
    """A conversation in which the customer confirmed, and heard that the payment goes ahead."""
    if chinese:
        return await opened(card(chinese=True), "对，我是。", "三月十二号。", "对，是我付的。")
    return await opened(card(chinese=False), "Yes, speaking.", "The twelfth of March.", "Yes, that was me.")


def action(conversation: Conversation, ending: CallEnding) -> BankAction:
    """What the bank is told if the call ends now."""
    alert = card(chinese=conversation.language is Language.ZH)
    verified = conversation.close(ending)
    return assess(alert, verified, POLICY, disposition=Disposition.ANSWERED, ending=ending).action


@pytest.mark.parametrize(
    "words",
    [
        "",
        "wait i didn't make that",
        "Hold on, it wasn't me.",
        "Stop, that's not mine.",
        "actually no",
        "no wait",
        "wait",
        "cancel it",
        "don't release it",
        "please stop the payment",
        "i changed my mind",
        "actually i'm not sure",
        "okay but my son told me to say that",
        "等等，不是我付的",
        "别放行",
        "等一下",
        "我不确定",
        "我反悔了",
    ],
)
async def test_no_word_against_a_payment_that_goes_ahead_is_passed_over(words: str) -> None:
    chinese = not words.isascii()
    conversation = await released(chinese=chinese)
    assert conversation.ended and action(conversation, CallEnding.COMPLETED) is BankAction.RELEASE
    reply = await conversation.consider(words)
    conversation.commit(reply)
    for ending in CallEnding:
        assert action(conversation, ending) is not BankAction.RELEASE
    assert Act.GOODBYE not in reply.acts or {Act.HOLD_FOR_REVIEW, Act.REASSURE_DENIED} & set(reply.acts)


@pytest.mark.parametrize("chinese", [False, True])
async def test_a_denial_of_a_payment_that_goes_ahead_is_not_taken_for_talk_in_the_room(chinese: bool) -> None:
    conversation = await released(chinese=chinese)
    words = "等等，我没付过" if chinese else "wait i didn't make that"
    assert conversation.question is Question.MADE
    assert matters(words, conversation.question, conversation.language)
    assert judge(words, conversation.question, conversation.language, over_line=True) is Completeness.COMPLETE


@pytest.mark.parametrize(
    "words",
    [
        "thanks",
        "Great, thank you very much.",
        "okay bye",
        "brilliant, cheers",
        "lovely, thanks for checking",
        "that's great, have a nice day",
        "alright",
        "yes",
        "谢谢",
        "好的，谢谢你们，再见",
        "太好了，辛苦了",
    ],
)
async def test_thanks_and_farewells_leave_a_payment_that_goes_ahead_as_it_is(words: str) -> None:
    chinese = not words.isascii()
    conversation = await released(chinese=chinese)
    conversation.commit(await conversation.consider(words))
    assert action(conversation, CallEnding.COMPLETED) is BankAction.RELEASE
