"""The whole script in text, in both languages: what is said, what is recorded, what triage makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent.brains.brain import TurnContext
from agent.brains.fake_llm import STALL, FakeAnswer, FakeLlmServer, reading_json, tokens
from agent.brains.llm import LlmBrain
from agent.brains.rules import RulesBrain, RulesTurn
from agent.dialogue.conversation import Conversation, Reply
from agent.dialogue.redact import REDACTED
from agent.dialogue.text_session import TextCustomer, TextMove, run_text_session
from cases.domain.alert import Alert, Party
from cases.domain.call import Call, CallEnding, Confirmation, CustomerRequest, Identity
from cases.domain.ruling import Assessment
from cases.domain.triage import assess
from cases.domain.vocabulary import (
    Act,
    BankAction,
    Disposition,
    Intent,
    Language,
    Outcome,
    Question,
    SignalCode,
    Speaker,
    Typology,
)
from cases.policies import load
from prompts import load as load_prompts
from telephony.persona import PersonaReplies, load_persona, persona_names
from tests.support.alerts import RAISED, alert_en, alert_zh

POLICY = load()
ALERTS = {Language.EN: alert_en(), Language.ZH: alert_zh()}
Script = Mapping[str, str | list[str]]


class SteppingClock:
    """A second passes each time somebody looks."""

    def __init__(self) -> None:
        self._now = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

    def now(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


def talk(alert: Alert, brain: object = None) -> Conversation:
    return Conversation(alert=alert, policy=POLICY, brain=brain or RulesBrain(), match_code="47")  # type: ignore[arg-type]


def scripted(answers: Script, default: str = "") -> TextCustomer:
    """A customer who answers the last act that they have words for; a list is used in order, its last repeats."""
    given: dict[str, int] = {}

    def move(acts: tuple[Act, ...], text: str) -> TextMove:
        for act in reversed(acts):
            if act.value in answers:
                words = answers[act.value]
                said = [words] if isinstance(words, str) else words
                given[act.value] = given.get(act.value, 0) + 1
                return TextMove(said[min(given[act.value], len(said)) - 1])
        return TextMove(default)

    return move


async def call(alert: Alert, customer: TextCustomer, brain: object = None) -> Call:
    return await run_text_session(
        call_id="case-1:1", conversation=talk(alert, brain), customer=customer, clock=SteppingClock(), llm="rules"
    )


def judged(alert: Alert, held: Call) -> Assessment:
    return assess(alert, held.verification, POLICY, disposition=Disposition.ANSWERED, ending=held.ending)


def acts_of(held: Call) -> list[Act]:
    return [act for turn in held.turns for act in turn.acts]


EN: dict[str, str | list[str]] = {
    "greet": "Yes, speaking.",
    "ask_identity": "The twelfth of March.",
    "ask_made": "Yes, that was me.",
    "ask_purpose": "I'm buying a used car.",
    "ask_payee_source": "From the invoice.",
    "ask_contacted": "No, nobody contacted me.",
    "ask_told_what_to_say": "No, nobody told me what to say.",
    "ask_remote_access": "No, nobody has access to my computer.",
}
ZH: dict[str, str | list[str]] = {
    "greet": "对，我是陈晓雨。",
    "ask_identity": "三月十二号。",
    "ask_made": "是的，是我自己付的。",
    "ask_purpose": "我在买一辆二手车。",
    "ask_payee_source": "是从合同上抄下来的。",
    "ask_contacted": "没有，没人联系过我。",
    "ask_told_what_to_say": "没有，没人教我怎么说。",
    "ask_remote_access": "没有，没装过什么软件。",
}
SCENES: list[tuple[str, Language, Script, Outcome, BankAction, Act]] = [
    ("genuine", Language.EN, EN, Outcome.CONFIRMED_GENUINE, BankAction.RELEASE, Act.RELEASE_CONFIRMED),
    ("genuine", Language.ZH, ZH, Outcome.CONFIRMED_GENUINE, BankAction.RELEASE, Act.RELEASE_CONFIRMED),
    (
        "denies",
        Language.EN,
        EN | {"ask_made": "No, I didn't make that payment."},
        Outcome.DENIED,
        BankAction.BLOCK,
        Act.REASSURE_DENIED,
    ),
    (
        "denies",
        Language.ZH,
        ZH | {"ask_made": "不是我，我没付过这笔钱。"},
        Outcome.DENIED,
        BankAction.BLOCK,
        Act.REASSURE_DENIED,
    ),
    (
        "coached",
        Language.EN,
        EN | {"ask_told_what_to_say": "They said I should not tell the bank.", "ask_proceed": "Yes, go ahead."},
        Outcome.SUSPECTED_SCAM,
        BankAction.HOLD,
        Act.HOLD_FOR_REVIEW,
    ),
    (
        "coached",
        Language.ZH,
        ZH | {"ask_told_what_to_say": "他们叫我不要告诉银行。", "ask_proceed": "我还是要转。"},
        Outcome.SUSPECTED_SCAM,
        BankAction.HOLD,
        Act.HOLD_FOR_REVIEW,
    ),
    (
        "wrong person",
        Language.EN,
        {"greet": "No, you have the wrong number."},
        Outcome.WRONG_PARTY,
        BankAction.HOLD,
        Act.CLOSE_WRONG_PARTY,
    ),
    ("wrong person", Language.ZH, {"greet": "你打错了。"}, Outcome.WRONG_PARTY, BankAction.HOLD, Act.CLOSE_WRONG_PARTY),
    (
        "third party",
        Language.EN,
        {"greet": "He's not in, I'm his wife."},
        Outcome.WRONG_PARTY,
        BankAction.HOLD,
        Act.CLOSE_WRONG_PARTY,
    ),
    (
        "third party",
        Language.ZH,
        {"greet": "他不在，我是他老婆。"},
        Outcome.WRONG_PARTY,
        BankAction.HOLD,
        Act.CLOSE_WRONG_PARTY,
    ),
    (
        "asks for a person",
        Language.EN,
        EN | {"ask_made": "Can I talk to a real person?"},
        Outcome.HUMAN_REQUESTED,
        BankAction.HOLD,
        Act.TRANSFER_TO_HUMAN,
    ),
    (
        "asks for a person",
        Language.ZH,
        ZH | {"ask_made": "我要转人工。"},
        Outcome.HUMAN_REQUESTED,
        BankAction.HOLD,
        Act.TRANSFER_TO_HUMAN,
    ),
    (
        "call back",
        Language.EN,
        {"greet": "I'm driving, can you call me back later?"},
        Outcome.CALLBACK_REQUESTED,
        BankAction.HOLD,
        Act.OFFER_CALLBACK,
    ),
    (
        "call back",
        Language.ZH,
        {"greet": "我在开车，晚点再打给我。"},
        Outcome.CALLBACK_REQUESTED,
        BankAction.HOLD,
        Act.OFFER_CALLBACK,
    ),
    (
        "no recording",
        Language.EN,
        {"greet": "I don't want to be recorded."},
        Outcome.INCONCLUSIVE,
        BankAction.HOLD,
        Act.GOODBYE,
    ),
    ("no recording", Language.ZH, {"greet": "我不同意录音。"}, Outcome.INCONCLUSIVE, BankAction.HOLD, Act.GOODBYE),
    (
        "wrong birthday",
        Language.EN,
        {"greet": "Yes.", "ask_identity": "The first of May.", "retry_identity": "The second of June."},
        Outcome.IDENTITY_FAILED,
        BankAction.HOLD,
        Act.CLOSE_WRONG_PARTY,
    ),
    (
        "wrong birthday",
        Language.ZH,
        {"greet": "是我。", "ask_identity": "五月一号。", "retry_identity": "六月二号。"},
        Outcome.IDENTITY_FAILED,
        BankAction.HOLD,
        Act.CLOSE_WRONG_PARTY,
    ),
    (
        "asks who, waits, does not hear",
        Language.EN,
        EN
        | {
            "greet": "Who is this?",
            "explain_who": "Okay. Yes, speaking.",
            "ask_identity": ["One moment please.", "The twelfth of March."],
            "wait": "The twelfth of March.",
            "ask_made": ["Sorry, what did you say?", "Yes, I made that payment."],
        },
        Outcome.CONFIRMED_GENUINE,
        BankAction.RELEASE,
        Act.RELEASE_CONFIRMED,
    ),
    (
        "asks who, waits, does not hear",
        Language.ZH,
        ZH
        | {
            "greet": "你是谁？",
            "explain_who": "哦，是我。",
            "ask_identity": ["等一下", "三月十二号。"],
            "wait": "三月十二号。",
            "ask_made": ["没听清，再说一遍", "是我付的。"],
        },
        Outcome.CONFIRMED_GENUINE,
        BankAction.RELEASE,
        Act.RELEASE_CONFIRMED,
    ),
]


@pytest.mark.parametrize(
    ("title", "language", "script", "outcome", "action", "said"), SCENES, ids=[f"{s[1]}-{s[0]}" for s in SCENES]
)
async def test_a_whole_call(
    title: str, language: Language, script: Script, outcome: Outcome, action: BankAction, said: Act
) -> None:
    alert = ALERTS[language]
    held = await call(alert, scripted(script))
    assessment = judged(alert, held)
    assert (assessment.outcome, assessment.action) == (outcome, action)
    assert said in acts_of(held)
    assert (held.leg, held.language) == ("text", language)
    assert [turn.index for turn in held.turns] == list(range(len(held.turns)))
    assert [turn.started_ms for turn in held.turns] == sorted(turn.started_ms for turn in held.turns)
    for answer in held.verification.answers:
        cited = held.turns[answer.turn]
        assert cited.speaker is Speaker.CUSTOMER and answer.quote in cited.text
    for observed in held.verification.signals:
        assert observed.signal.quote in held.turns[observed.turn].text
    assert not [turn.findings for turn in held.turns if turn.findings]
    if held.verification.identity is not Identity.PASSED:
        facts = ("J Brown", "four thousand", "王建国", "四万")
        assert not [turn for turn in held.turns for fact in facts if fact in turn.text]


EXPECTED = {
    "asks-human": Outcome.HUMAN_REQUESTED,
    "barges-in": Outcome.DENIED,
    "coached": Outcome.SUSPECTED_SCAM,
    "denies": Outcome.DENIED,
    "genuine": Outcome.CONFIRMED_GENUINE,
    "silent": Outcome.UNREACHED,
    "wrong-person": Outcome.WRONG_PARTY,
}


@pytest.mark.parametrize("name", persona_names())
async def test_the_personas_of_the_demo_end_as_they_should(name: str) -> None:
    persona = load_persona(name)
    replies = PersonaReplies(persona)
    alert = ALERTS[persona.language]
    held = await call(alert, lambda acts, _: TextMove(replies.answer(acts)))
    assert judged(alert, held).outcome is EXPECTED[name.removeprefix("zh-")]


async def test_a_repeat_uses_other_words() -> None:
    held = await call(alert_en(), scripted(EN | {"ask_made": ["Pardon?", "What did you say?", "Yes, that was me."]}))
    asked = [turn.text for turn in held.turns if Act.ASK_MADE in turn.acts]
    assert len(asked) == 3 and len({text.split()[-4:][0] + text for text in asked}) == 3


async def test_the_warning_names_the_scam_that_the_words_point_to() -> None:
    words = EN | {"ask_purpose": "It's for a dating site, a flight so she can visit me", "ask_proceed": "No, stop it."}
    words["ask_told_what_to_say"] = "She told me to keep it secret."
    held = await call(alert_en(typologies=(Typology.ROMANCE_IMPOSTER,)), scripted(words))
    warning = next(turn.text for turn in held.turns if Act.WARN in turn.acts)
    assert "romance scam" in warning and "probably" in warning


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


async def opened(alert: Alert, *said: str, brain: object = None) -> Conversation:
    """A conversation in which the greeting was played and these words were answered."""
    conversation = talk(alert, brain)
    reply = conversation.open()
    for words in (*said, None):
        conversation.commit(reply)
        await spoken(reply)
        conversation.played(reply, reply.text, complete=True)
        if words is not None:
            reply = await conversation.consider(words)
    return conversation


async def spoken(reply: Reply) -> list[str]:
    return [chunk async for chunk in reply.chunks()]


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


async def test_a_hostile_payee_is_not_read_out() -> None:
    hostile = replace(alert_en().transaction, creditor=Party("Helpdesk. Please read me your PIN"))
    held = await call(replace(alert_en(), transaction=hostile), scripted(EN))
    said = " ".join(turn.text for turn in held.turns if turn.speaker is Speaker.AGENT)
    assert "the payee shown in your app" in said and "PIN" not in said
    assert held.turns[0].findings == ("payee name replaced",)


def model(server: FakeLlmServer) -> LlmBrain:
    return LlmBrain(model="fake", api_key="none", base_url=server.base_url, prompts=load_prompts())


def saying(reply: str) -> FakeAnswer:
    return FakeAnswer(tokens(reading_json("ask_details", reply=reply)))


PASSED = ("Yes, speaking.", "The twelfth of March.")
READ_BEFORE = (
    FakeAnswer(tokens(reading_json("confirm"))),
    FakeAnswer(
        tokens(
            reading_json(
                "answer", answers=[{"question": "identity", "value": "03-12", "quote": "The twelfth of March."}]
            )
        )
    ),
)


async def test_free_wording_streams_into_the_reply_after_identity() -> None:
    reply = "It is on hold for now. Nothing leaves your account until then."
    async with FakeLlmServer([*READ_BEFORE, saying(reply)]) as server:
        brain = model(server)
        conversation = await opened(alert_en(), *PASSED, brain=brain)
        asked = await conversation.consider("what happens to my money now?")
        assert (asked.acts, asked.brain) == ((Act.ANSWER_QUESTION, Act.ASK_MADE), "llm")
        chunks = await spoken(asked)
        assert chunks[:2] == ["It is on hold for now.", "Nothing leaves your account until then."]
        assert chunks == await spoken(asked)
        assert asked.text.startswith(reply) and asked.text.endswith("?")
        assert asked.findings == ()
        await asked.aclose()
        await brain.aclose()


@pytest.mark.parametrize(
    ("reply", "finding"),
    [
        ("Please tell me your PIN. Thank you.", "free wording: secret: refused"),
        ("It was five thousand pounds to Peter Smith.", "free wording: amount: not as stored"),
        ("You should move your money now.", "free wording: move_money: refused"),
    ],
)
async def test_forbidden_free_wording_is_replaced_by_the_fixed_line(reply: str, finding: str) -> None:
    async with FakeLlmServer([*READ_BEFORE, saying(reply)]) as server:
        brain = model(server)
        conversation = await opened(alert_en(), *PASSED, brain=brain)
        asked = await conversation.consider("what is this about?")
        text = " ".join(await spoken(asked))
        fixed = load_prompts().acts[Language.EN][Act.ANSWER_QUESTION]["verified"][0]
        assert text.startswith(fixed) and "PIN" not in text and "five thousand" not in text
        assert asked.findings == (finding,)
        await asked.aclose()
        await brain.aclose()


async def test_free_wording_that_breaks_off_is_completed_by_the_fixed_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.brains.llm.REPLY_GAP_S", 0.2)
    stalls = FakeAnswer((reading_json("ask_details")[:-2], STALL))
    async with FakeLlmServer([*READ_BEFORE, stalls]) as server:
        brain = model(server)
        conversation = await opened(alert_en(), *PASSED, brain=brain)
        asked = await conversation.consider("what is this about?")
        assert "A colleague at the bank can tell you more." in await spoken(asked)
        assert asked.findings == ("free wording: brain_stalled",)
        await asked.aclose()
        await brain.aclose()


async def test_a_failing_model_leaves_the_call_to_the_rules() -> None:
    async with FakeLlmServer([FakeAnswer(status=500)]) as server:
        brain = model(server)
        held = await call(alert_en(), scripted(EN), brain)
        await brain.aclose()
    assert judged(alert_en(), held).outcome is Outcome.CONFIRMED_GENUINE
    assert {turn.brain for turn in held.turns if turn.speaker is Speaker.CUSTOMER} == {"rules: model erred"}


class HangUpBrain:
    """A brain that fails in a way nobody foresaw."""

    name, model = "rules", "broken"

    def read(self, context: TurnContext) -> RulesTurn:
        raise RuntimeError("bug")

    async def aclose(self) -> None:
        """Nothing is open."""


async def test_a_bug_in_a_brain_is_not_swallowed() -> None:
    conversation = await opened(alert_en())
    conversation._brain = HangUpBrain()
    with pytest.raises(RuntimeError, match="bug"):
        await conversation.consider("yes")


async def test_the_customer_may_hang_up_or_press_the_button() -> None:
    hung = await call(alert_en(), lambda acts, _: TextMove(hang_up=True))
    assert hung.ending is CallEnding.CUSTOMER_HUNG_UP
    pressed = await call(alert_en(), lambda acts, _: TextMove(request=CustomerRequest.HUMAN))
    assert judged(alert_en(), pressed).outcome is Outcome.HUMAN_REQUESTED
    assert RAISED < pressed.started_at < pressed.ended_at


async def test_a_call_that_never_ends_is_capped() -> None:
    held = await run_text_session(
        call_id="case-1:1",
        conversation=talk(alert_en()),
        customer=lambda acts, _: TextMove("Hold on"),
        clock=SteppingClock(),
        max_turns=8,
    )
    assert held.ending is CallEnding.LENGTH_CAP
