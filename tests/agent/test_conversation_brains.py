"""A conversation with a model behind it: free wording, and brains that fail."""

from __future__ import annotations

import pytest

from agent.brains.brain import TurnContext
from agent.brains.fake_llm import STALL, FakeAnswer, FakeLlmServer, reading_json, tokens
from agent.brains.llm import LlmBrain
from agent.brains.rules import RulesTurn
from cases.domain.vocabulary import Act, Language, Outcome, Speaker
from prompts import load as load_prompts
from tests.support.alerts import alert_en
from tests.support.text_talk import EN, call, judged, opened, scripted, spoken


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
