"""Judges for tests, in the place of the network: one that thinks as people do, and ones that do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
from openai import AsyncOpenAI

from evals.judging.judge import Judge
from evals.judging.labelled import labelled_set
from evals.judging.model import Criterion, Label
from prompts import load

PROMPTS = load()
Turns = list[dict[str, Any]]
Thinks = Callable[[Turns], dict[str, Any] | str]
_KNOWN = {tuple(turn.text for turn in one.talk): one.labels for one in labelled_set()}


def marks(turns: Turns, scores: dict[Criterion, int], quote: str | None = None) -> dict[str, Any]:
    """An answer with these scores, quoting the agent's last turn."""
    last = [turn for turn in turns if turn["speaker"] == "agent"][-1]
    words = last["text"][:12] if quote is None else quote
    return {
        criterion.value: {
            "turn": last["index"],
            "quote": words if scores[criterion] else "",
            "reason": "because",
            "score": scores[criterion],
        }
        for criterion in Criterion
    }


def as_people_do(turns: Turns) -> dict[str, Any]:
    """What people said of excerpts; of any other talk, good."""
    labels = _KNOWN.get(tuple(turn["text"] for turn in turns))
    if labels is None:
        return marks(turns, dict.fromkeys(Criterion, 4))
    said = {Label.GOOD: 4, Label.BAD: 1, None: 0}
    return marks(turns, {criterion: said[labels.get(criterion)] for criterion in Criterion})


def pleased(turns: Turns) -> dict[str, Any]:
    """Full marks for everything."""
    return marks(turns, dict.fromkeys(Criterion, 5))


class JudgeTransport(httpx2.AsyncBaseTransport):
    """A server that answers by what somebody thinks of the talk."""

    def __init__(self, thinks: Thinks) -> None:
        self.requests: list[dict[str, Any]] = []
        self._thinks = thinks

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        self.requests.append(body)
        line = next(one for one in body["messages"][1]["content"].splitlines() if one.startswith("{"))
        answer = self._thinks(json.loads(line)["turns"])
        text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
        delta = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "scripted", "choices": [delta]}
        content = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=content)


def scripted_judge(thinks: Thinks | httpx2.AsyncBaseTransport) -> Judge:
    """A judge with a script behind it."""
    transport = JudgeTransport(thinks) if not isinstance(thinks, httpx2.AsyncBaseTransport) else thinks
    client = AsyncOpenAI(
        api_key="none",
        base_url="http://judge.invalid/v1",
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=transport),
    )
    return Judge(model="scripted", client=client, prompts=PROMPTS)
