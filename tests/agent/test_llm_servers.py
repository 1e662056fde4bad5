"""The model brain with servers as they are: errors that pass, fields they do not take, calls that cost too much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from agent.brains.dialect import Dialect, Format, TokensField
from agent.brains.fake_llm import DROP, STALL, FakeAnswer, FakeLlmServer, reading_json, tokens
from agent.brains.fallback import FallbackBrain
from agent.brains.llm import LlmBrain
from cases.domain.limits import ModelBudget
from cases.domain.vocabulary import Intent
from tests.support.llm_turns import PLENTY, context, model_at, streamed

NO = "No, that wasn't me."
DENIED = streamed("deny", answers=[{"question": "made", "value": "no", "quote": "that wasn't me"}])


async def brains_of(server: FakeLlmServer, brain: LlmBrain, turns: int = 1, limit_s: float = 20.0) -> list[str]:
    """Read the same words some times and tell which brain took them."""
    fallback = FallbackBrain(brain, PLENTY, head_limit_s=limit_s)
    taken = []
    for _ in range(turns):
        turn = fallback.read(context(NO))
        assert (await turn.head()).intent is Intent.DENY
        await turn.aclose()
        taken.append(turn.brain)
    await brain.aclose()
    return taken


class TestRetries:
    @pytest.mark.parametrize("failure", [FakeAnswer(status=500), FakeAnswer(status=503), FakeAnswer(status=429)])
    async def test_an_error_that_passes_is_tried_once_more(self, failure: FakeAnswer) -> None:
        async with FakeLlmServer([failure, DENIED]) as server:
            assert await brains_of(server, model_at(server)) == ["llm"]
            assert len(server.requests) == 2

    async def test_an_error_that_stays_is_tried_no_more_than_once(self) -> None:
        async with FakeLlmServer([FakeAnswer(status=500)]) as server:
            assert await brains_of(server, model_at(server)) == ["rules: model erred"]
            assert len(server.requests) == 2

    @pytest.mark.parametrize(
        "failure",
        [
            FakeAnswer(status=401),
            FakeAnswer(status=404),
            FakeAnswer(status=400),
            FakeAnswer(status=429, headers=(("Retry-After", "20"),)),
            FakeAnswer((*tokens(reading_json("deny"))[:2], DROP)),
        ],
        ids=["key", "model", "request", "told_to_wait", "broken_off"],
    )
    async def test_any_other_failure_is_not_tried_again(self, failure: FakeAnswer) -> None:
        async with FakeLlmServer([failure]) as server:
            assert (await brains_of(server, model_at(server)))[0].startswith("rules: model ")
            assert len(server.requests) == 1

    async def test_a_slow_model_is_not_asked_twice(self) -> None:
        async with FakeLlmServer([FakeAnswer((STALL,))]) as server:
            assert await brains_of(server, model_at(server), limit_s=0.3) == ["rules: model stalled"]
            assert len(server.requests) == 1

    async def test_a_late_error_is_not_tried_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("agent.brains.llm.RETRY_WITHIN_S", 0.0)
        async with FakeLlmServer([FakeAnswer(status=500), DENIED]) as server:
            assert await brains_of(server, model_at(server)) == ["rules: model erred"]
            assert len(server.requests) == 1


def refusing(*complaints: tuple[str, str], status: int = 400) -> Any:
    """A server that refuses requests with a text in them, each with its own words."""

    def answer(request: dict[str, Any]) -> FakeAnswer:
        for text, words in complaints:
            if text in str({name: value for name, value in request.items() if name != "messages"}):
                return FakeAnswer(status=status, message=words)
        return DENIED

    return answer


SERVERS = {
    "old llama.cpp": (
        refusing(
            ("json_schema", 'response_format type must be one of "text" or "json_object", but got: json_schema'),
            status=500,
        ),
        {"response_format": {"type": "json_object"}},
    ),
    "LM Studio without schemas": (
        refusing(
            ("json_schema", "response_format json_schema is not supported by this model"),
            ("json_object", "'response_format.type' must be 'json_schema' or 'text'"),
        ),
        {"response_format": None},
    ),
    "old vLLM": (
        refusing(
            (
                "max_completion_tokens",
                "[{'type': 'extra_forbidden', 'loc': ('body', 'max_completion_tokens'), 'msg': 'Extra inputs are not "
                "permitted'}]",
            )
        ),
        {"max_tokens": 600, "max_completion_tokens": None},
    ),
    "a reasoning model": (
        refusing(("temperature", "Unsupported value: 'temperature' does not support 0 with this model.")),
        {"temperature": None},
    ),
    "one that takes little": (
        refusing(
            ("json_schema", "json_schema unknown"),
            ("json_object", "json_object unknown"),
            ("max_completion_tokens", "unknown field max_completion_tokens"),
            ("temperature", "unknown field temperature"),
        ),
        {"response_format": None, "temperature": None, "max_completion_tokens": None, "max_tokens": 600},
    ),
}


class TestDialects:
    @pytest.mark.parametrize("name", SERVERS)
    async def test_what_a_server_does_not_take_is_left_out_from_then_on(self, name: str) -> None:
        answer, fields = SERVERS[name]
        async with FakeLlmServer(answer) as server:
            assert await brains_of(server, model_at(server), turns=3) == ["llm"] * 3
            refused = len(server.requests) - 3
            assert 1 <= refused <= 4
            for request in server.requests[refused:]:
                assert {field: request.get(field) for field in fields} == fields
                in_prompt = '"additionalProperties"' in request["messages"][0]["content"]
                assert in_prompt is ("json_schema" not in str(request.get("response_format")))

    async def test_a_complaint_of_something_else_changes_nothing(self) -> None:
        async with FakeLlmServer([FakeAnswer(status=400, message="context length exceeded")]) as server:
            assert await brains_of(server, model_at(server), turns=2) == ["rules: model erred"] * 2
            assert all("json_schema" in str(request["response_format"]) for request in server.requests)

    async def test_settings_name_what_is_asked_first(self) -> None:
        dialect = Dialect(Format.TEXT, TokensField.OLD)
        async with FakeLlmServer([DENIED]) as server:
            assert await brains_of(server, model_at(server, dialect=dialect, reply_tokens=1500)) == ["llm"]
            (request,) = server.requests
        assert request["max_tokens"] == 1500 and "response_format" not in request

    @pytest.mark.parametrize("fence", ["```json\n{}\n```", "```\n{}\n```\n", "\n{}\n"])
    async def test_json_in_a_fence_is_read(self, fence: str) -> None:
        text = fence.replace("{}", reading_json("deny"))
        async with FakeLlmServer([FakeAnswer(tokens(text, 3))]) as server:
            assert await brains_of(server, model_at(server)) == ["llm"]


class TestCaps:
    async def read_by(self, budget: ModelBudget, turns: int, answers: Sequence[FakeAnswer] = (DENIED,)) -> list[str]:
        async with FakeLlmServer(answers) as server:
            brain = FallbackBrain(model_at(server), budget, head_limit_s=20.0)
            taken = []
            for _ in range(turns):
                turn = brain.read(context(NO))
                await turn.head()
                await turn.aclose()
                taken.append(turn.brain)
            await brain.aclose()
            assert len(server.requests) == taken.count("llm")
        return taken

    async def test_turns_of_a_call(self) -> None:
        taken = await self.read_by(ModelBudget(turns=2, tokens=10**6, seconds=60), 4)
        assert taken == ["llm", "llm", "rules: model budget spent", "rules: model budget spent"]

    async def test_tokens_of_a_call(self) -> None:
        taken = await self.read_by(ModelBudget(turns=99, tokens=6000, seconds=60), 5)
        assert taken[0] == "llm" and taken[-1] == "rules: model budget spent"

    async def test_seconds_of_a_call(self) -> None:
        assert await self.read_by(ModelBudget(turns=99, tokens=10**6, seconds=0), 1) == ["rules: model budget spent"]

    async def test_each_call_has_its_own_budget(self) -> None:
        async with FakeLlmServer([DENIED]) as server:
            model = model_at(server)
            for _ in range(2):
                turn = FallbackBrain(model, ModelBudget(turns=1, tokens=10**6, seconds=60)).read(context(NO))
                await turn.head()
                await turn.aclose()
                assert turn.brain == "llm"
            await model.aclose()

    async def test_a_request_that_is_never_answered_costs_too(self) -> None:
        async with FakeLlmServer([FakeAnswer((STALL,))]) as server:
            model = model_at(server)
            turn = FallbackBrain(model, PLENTY, head_limit_s=0.2).read(context(NO))
            await turn.head()
            assert turn.brain == "rules: model stalled" and turn.tokens > 500
            await model.aclose()

    async def test_tokens_that_the_server_counts_replace_the_estimate(self) -> None:
        async with FakeLlmServer([FakeAnswer(DENIED.pieces, total_tokens=77)]) as server:
            model = model_at(server)
            turn = model.read(context(NO))
            await turn.head()
            assert [piece async for piece in turn.reply()] == []
            assert turn.tokens == 77
            await turn.aclose()
            await model.aclose()

    async def test_a_model_that_never_stops_is_cut_off(self) -> None:
        endless = FakeAnswer(('{"intent": "deny", "answers": [', *(" " * 100 for _ in range(200)), STALL))
        async with FakeLlmServer([endless]) as server:
            model = model_at(server, reply_tokens=100)
            assert await brains_of(server, model) == ["rules: model broke the schema"]
