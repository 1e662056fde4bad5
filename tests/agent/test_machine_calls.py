"""Machines, networks and call screeners in calls with audio, on virtual time, and people who pick up behind them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cases.domain.call import Call, CallEnding
from cases.domain.vocabulary import Act, Disposition, Language, Outcome, Speaker
from telephony.simulated import SimulatedLeg
from tests.support.sound import beep
from tests.support.text_talk import ALERTS, EN, ZH, judged, talk
from tests.support.voice_setting import Setting

MAILBOX = {
    Language.EN: "You've reached Alex. Please leave a message after the tone.",
    Language.ZH: "我现在无法接听，请在提示音后留言。",
}
FULL = {Language.EN: "The mailbox is full. Goodbye.", Language.ZH: "对不起，语音信箱已满。"}
GONE = {
    Language.EN: "The number you have dialled is not in service.",
    Language.ZH: "您拨打的号码是空号，请核对后再拨。",
}
ASKS = {
    Language.EN: "Hi, if you record your name and reason for calling, I'll see if this person is available.",
    Language.ZH: "请录下您的姓名和来电原因，我看看对方现在方不方便接听。",
}
HOLDS = {Language.EN: "Thanks. Please stay on the line.", Language.ZH: "谢谢，请不要挂断，正在为您转接。"}
HELLO = {Language.EN: "Hello? Who is this?", Language.ZH: "喂？你是谁啊？"}
ANSWERS = {Language.EN: EN, Language.ZH: ZH}
BOTH = pytest.mark.parametrize("language", list(Language))


def held(language: Language, customer: dict[str, Any], **options: Any) -> tuple[Call, Setting]:
    persona = {"language": language.value, **customer}
    # The ears of these tests take the beep, which is higher than any line, for their last one: a noise.
    persona["events"] = [*customer.get("events", []), {"on": "warn", "after_ms": 0, "say": "(beep)"}]
    setting = Setting(persona, talk=talk(ALERTS[language]), **options)
    return setting.run(), setting


def acts(call: Call) -> list[tuple[Act, ...]]:
    return [turn.acts for turn in call.turns if turn.speaker is Speaker.AGENT]


async def lines(leg: SimulatedLeg, count: int) -> None:
    while len(leg.spoken) < count or leg.spoken[count - 1].ended_ms < 0:  # noqa: ASYNC110 - polls virtual time
        await asyncio.sleep(0.02)


@BOTH
def test_a_mailbox_is_left_the_message_only_after_its_beep(language: Language) -> None:
    async def beeps(leg: SimulatedLeg) -> None:
        await lines(leg, 1)
        await asyncio.sleep(2.0)
        leg._mouth += beep()

    call, _ = held(language, {"answers": {"greet": MAILBOX[language]}, "default": ""}, during=beeps)
    assert acts(call)[-1] == (Act.LEAVE_VOICEMAIL,)
    assert (call.answered_by, call.detail) == (Disposition.VOICEMAIL, "")
    greeting = next(turn for turn in call.turns if turn.speaker is Speaker.CUSTOMER)
    assert call.turns[-1].started_ms > greeting.ended_ms + 2_000
    assert not call.verification.disclosed


@BOTH
@pytest.mark.parametrize(
    ("words", "disposition", "detail"),
    [
        (MAILBOX, Disposition.VOICEMAIL, "no_beep"),
        (FULL, Disposition.VOICEMAIL, "mailbox_full"),
        (GONE, Disposition.FAILED, "unallocated"),
    ],
)
def test_what_takes_no_message_is_told_none(
    language: Language, words: dict[Language, str], disposition: Disposition, detail: str
) -> None:
    call, _ = held(language, {"answers": {"greet": words[language]}, "default": ""})
    assert call.ending is CallEnding.NO_PERSON
    assert (call.answered_by, call.detail) == (disposition, detail)
    assert acts(call) == [(Act.GREET,)]
    assert [turn.text for turn in call.turns if turn.speaker is Speaker.CUSTOMER] == [words[language]]


@BOTH
def test_a_person_who_speaks_over_the_message_is_greeted_and_goes_on(language: Language) -> None:
    said = ANSWERS[language]
    answers = {
        "greet": [MAILBOX[language], said["greet"]],
        "ask_identity": said["ask_identity"],
        "ask_made": {Language.EN: "No, I didn't.", Language.ZH: "不是我付的。"}[language],
    }
    events = [{"on": "leave_voicemail", "after_ms": 1200, "say": HELLO[language]}]

    async def beeps(leg: SimulatedLeg) -> None:
        await lines(leg, 1)
        await asyncio.sleep(1.0)
        leg._mouth += beep()

    call, _ = held(language, {"answers": answers, "events": events, "default": ""}, during=beeps)
    spoken = acts(call)
    at = spoken.index((Act.LEAVE_VOICEMAIL,))
    message = next(turn for turn in call.turns if turn.acts == (Act.LEAVE_VOICEMAIL,))
    assert message.interrupted and spoken[at + 1] == (Act.GREET,)
    assert call.answered_by is Disposition.ANSWERED
    assert judged(ALERTS[language], call).outcome is Outcome.DENIED


@BOTH
def test_a_person_who_speaks_while_the_beep_is_waited_for_is_answered(language: Language) -> None:
    said = ANSWERS[language]

    async def picks_up(leg: SimulatedLeg) -> None:
        await lines(leg, 1)
        await asyncio.sleep(2.0)
        leg._mouth += leg._audio[HELLO[language]]

    answers = {"greet": [MAILBOX[language], said["greet"]], "repeat": HELLO[language], "explain_who": said["greet"]}
    call, _ = held(language, {"answers": answers, "default": ""}, during=picks_up)
    assert (Act.LEAVE_VOICEMAIL,) not in acts(call)
    assert call.answered_by is Disposition.ANSWERED and len(acts(call)) > 2


@BOTH
def test_a_screener_gets_name_and_reason_and_the_person_behind_it_the_opening(language: Language) -> None:
    said = ANSWERS[language]
    answers = {
        "greet": [ASKS[language], said["greet"]],
        "answer_screener": HOLDS[language],
        "wait": HELLO[language],
        "ask_identity": said["ask_identity"],
        "ask_made": {Language.EN: "No, I didn't.", Language.ZH: "不是我付的。"}[language],
    }
    call, setting = held(language, {"answers": answers, "default": ""})
    assert acts(call)[:4] == [(Act.GREET,), (Act.ANSWER_SCREENER,), (Act.WAIT,), (Act.GREET,)]
    told = next(turn for turn in call.turns if turn.acts == (Act.ANSWER_SCREENER,))
    asked = setting.leg.spoken[0]
    assert told.ended_ms - asked.ended_ms <= 10_000, "within what a screener records"
    assert call.answered_by is Disposition.ANSWERED and judged(ALERTS[language], call).outcome is Outcome.DENIED


@BOTH
def test_nobody_behind_a_screener_is_waited_for_so_long(language: Language) -> None:
    call, setting = held(language, {"answers": {"greet": ASKS[language]}, "default": ""}, max_seconds=120.0)
    assert acts(call) == [(Act.GREET,), (Act.ANSWER_SCREENER,), (Act.GOODBYE,)]
    assert (call.answered_by, call.detail) == (Disposition.SCREENER, "nobody_came")
    waited = call.turns[-1].started_ms - call.turns[-2].ended_ms
    assert 38_000 <= waited <= 42_000


def test_the_beep_of_a_screener_is_no_mailbox() -> None:
    async def beeps(leg: SimulatedLeg) -> None:
        await lines(leg, 1)
        leg._mouth += beep()

    call, _ = held(
        Language.EN, {"answers": {"greet": ASKS[Language.EN]}, "default": ""}, during=beeps, max_seconds=120.0
    )
    assert acts(call)[1] == (Act.ANSWER_SCREENER,) and (Act.LEAVE_VOICEMAIL,) not in acts(call)
