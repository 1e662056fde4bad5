"""Answering machines known by their words: what is one, what is a person, and what the agent then does."""

from __future__ import annotations

from pathlib import Path

import pytest

import evals
from agent.dialogue.answering import Answerer, who_answers
from cases.domain.call import Identity
from cases.domain.errors import IllegalInputError
from cases.domain.triage import assess
from cases.domain.vocabulary import Act, Disposition, Language, Outcome
from evals.loader import load_scenarios
from tests.support.text_talk import ALERTS, EN, POLICY, acts_of, call, opened, scripted

SCENARIOS = Path(evals.__file__).parent / "scenarios"
MACHINES = {
    Language.EN: (
        "Hi, this is Alex. I can't get to the phone right now, please leave a message after the tone.",
        "The person you are calling is not available to take your call. Please leave a message after the beep.",
        "You've reached the voicemail of 0 7 7 0 0 9 0 0. Please leave your name and number.",
        "Your call has been forwarded to an automatic voice message system.",
        "Hello, you've reached Sam. Leave me a message and I'll get back to you.",
        "ninth sorry i missed you leave year name and number after the deep an i'll call you back",
        "Thank you for calling the Harper family. We'll call you back.",
        "The customer you have dialled is currently unavailable.",
    ),
    Language.ZH: (
        "您好，我现在不方便接听电话，请在提示音后留言。",
        "您拨打的电话暂时无人接听，请稍后再拨。",
        "您所拨打的用户已关机。",
        "您的来电已转接语音信箱。",
        "我现在无法接听，请留言。",
        "请留下您的姓名和电话，我会尽快回复。",
    ),
}
MISHEARD = {
    "hi it's he record year name and reason for calling healthy if this person is available": Answerer.SCREENER,
    "the person year calling is using is screen service got had an say year name and my": Answerer.SCREENER,
    "please take year name and the reason for yard call and i'll connect here if the person accept": Answerer.SCREENER,
    "nobody is available to take your call please leave the message after the down": Answerer.VOICEMAIL,
    "nobody is answering please believe a message after the don": Answerer.VOICEMAIL,
    "the person you re calling is not answering please live your message after the town": Answerer.VOICEMAIL,
    "email box is telling cannot accept any messages at this time goodbye": Answerer.MAILBOX_FULL,
    "the number you have child is not in service please check the number": Answerer.UNALLOCATED,
}
"""What pocketsphinx makes of machines on a simulated line."""
PEOPLE = {
    Language.EN: (
        "Hello?",
        "Hello, Harper residence.",
        "Yes, speaking.",
        "Leave me alone.",
        "I'm busy, leave me a message.",
        "She's not available, would you like to leave a message?",
        "Alex can't come to the phone, I'm her sister.",
        "I can't take your call right now, I'm driving.",
        "I'm not available now, I'll call you back as soon as I can.",
        "He's out, you can leave a message with me.",
        "Can I take a message? She'll call you back.",
        "Please state your name and why you're calling.",
        "Who is this? Should I leave a message for him?",
        "I'm the person you're calling.",
        "Don't leave a voicemail again.",
        "Do I press one?",
        "I got your message after the weekend.",
        "Nobody told me, I only saw the message after the weekend.",
    ),
    Language.ZH: (
        "喂？",
        "你好，哪位？",
        "我现在不方便接电话，稍后给您回电。",
        "他不在家，您要不要留言？",
        "他现在无法接听，需要我给他留个言吗？",
        "请说一下您是谁，有什么事。",
        "您打错了，不是我的电话。",
        "我正在开会，晚点再打。",
    ),
}


@pytest.mark.parametrize(("language", "text"), [(one, text) for one, said in MACHINES.items() for text in said])
def test_a_machines_greeting_is_known(language: Language, text: str) -> None:
    assert who_answers(text, language) is not Answerer.PERSON
    other = Language.ZH if language is Language.EN else Language.EN
    assert who_answers(text, other) is not Answerer.PERSON, "a network greets in its own language"


@pytest.mark.parametrize(("text", "answerer"), MISHEARD.items())
def test_a_machine_that_was_misheard_is_known(text: str, answerer: Answerer) -> None:
    assert who_answers(text, Language.EN) is answerer


@pytest.mark.parametrize(("language", "text"), [(one, text) for one, said in PEOPLE.items() for text in said])
def test_a_person_is_no_machine(language: Language, text: str) -> None:
    assert who_answers(text, language) is Answerer.PERSON


@pytest.mark.parametrize("language", list(Language))
async def test_a_machine_gets_the_neutral_message_and_nobody_was_reached(language: Language) -> None:
    alert = ALERTS[language]
    held = await call(alert, scripted({"greet": MACHINES[language][0]}))
    assert acts_of(held) == [Act.GREET, Act.LEAVE_VOICEMAIL]
    assert held.turns[-1].findings == ("answering machine: words",)
    assert held.turns[1].text == MACHINES[language][0] and held.turns[1].reading is None
    assert held.answered_by is Disposition.VOICEMAIL and not held.verification.disclosed
    judged = assess(alert, held.verification, POLICY, disposition=held.answered_by, ending=held.ending)
    assert judged.outcome is Outcome.UNREACHED


async def test_a_machine_that_speaks_at_the_identity_question_is_known_too() -> None:
    held = await call(
        ALERTS[Language.EN],
        scripted({"greet": "Yes, speaking.", "ask_identity": MACHINES[Language.EN][1]}, MACHINES[Language.EN][1]),
    )
    assert acts_of(held)[-1] is Act.LEAVE_VOICEMAIL


async def test_a_customer_who_was_identified_is_never_a_machine() -> None:
    talk = await opened(ALERTS[Language.EN], "Yes, speaking.", "The twelfth of March.")
    assert talk.verification.identity is Identity.PASSED and not talk.machine_possible
    reply = await talk.consider("Please leave a message after the tone.")
    assert Act.LEAVE_VOICEMAIL not in reply.acts
    with pytest.raises(IllegalInputError):
        talk.consider_machine("beep")


async def test_a_person_who_answers_is_a_person() -> None:
    held = await call(ALERTS[Language.EN], scripted(EN))
    assert held.answered_by is Disposition.ANSWERED


def test_nobody_in_the_development_suites_is_taken_for_a_machine() -> None:
    suites = [path for path in sorted(SCENARIOS.iterdir()) if path.is_dir() and path.name != "heldout"]
    answered = [one for one in load_scenarios(suites) if one.customer.answered_by is Disposition.ANSWERED]
    people = [one for one in answered if not {"machine", "screener", "voicemail", "network"} & set(one.tags)]
    assert len(people) > 100
    said = [(one.id, one.language, line) for one in people for line in one.customer.lines()]
    taken = [(id, line) for id, language, line in said if who_answers(line, language) is not Answerer.PERSON]
    assert taken == []
