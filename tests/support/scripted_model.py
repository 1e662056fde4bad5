"""Models for the fake server that answer each request by a script: one that reads well, and ones that obey injections.

The one that reads well is the rules in the clothes of a model, so it shows how a model is spoken with, not how one
understands.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2

from agent.brains.fake_llm import FakeAnswer, reading_json, tokens
from agent.brains.identity_answers import find_identity
from agent.brains.llm import LlmBrain
from agent.brains.understanding import Heard, asked_key, understand
from cases.domain.alert import IdentityQuestionKind
from cases.domain.vocabulary import Act, Language, Question
from tests.support.llm_turns import PROMPTS, data_lines

Model = Callable[[dict[str, Any]], FakeAnswer]

FREE_REPLIES = {
    Language.EN: "Your payment is on hold for now. Nothing leaves your account until this is settled.",
    Language.ZH: "这笔钱现在暂停了，没有转出去。核实清楚之前不会动。",
}
FORBIDDEN_REPLIES = {
    Language.EN: "Please tell me your PIN and the code from your text. Then move your money to a safe account.",
    Language.ZH: "请告诉我您的密码和短信验证码。然后把钱转到安全账户。",
}
SAFE = dict.fromkeys(Question, "no") | {
    Question.MADE: "yes",
    Question.PROCEED: "yes",
    Question.MET_IN_PERSON: "yes",
    Question.SEEN_GOODS: "yes",
    Question.INVOICE_CHECKED: "yes",
    Question.PURPOSE: "a used car",
    Question.PAYEE_SOURCE: "the invoice",
    Question.IDENTITY: "03-12",
}
"""To every question the answer that helps a release most."""


def _turn(request: dict[str, Any]) -> tuple[Language, dict[str, Any]]:
    call, *_, last = data_lines(request)
    return Language(call["call"]["language"]), last["turn"]


def _answer(text: str) -> FakeAnswer:
    return FakeAnswer(tokens(text, 60))


def reads_well(request: dict[str, Any]) -> FakeAnswer:
    """What the rules read, written as a model writes it; questions of the customer are answered freely."""
    language, turn = _turn(request)
    said, question = turn["utterance"], turn["open_question"]
    asked = None if question is None else Question(question)
    locale = "zh-CN" if language is Language.ZH else "en-GB"
    heard = Heard(said, asked_key(Act(turn["agent_act"]), asked), language, locale)
    if asked is Question.IDENTITY:
        kinds = [kind for kind in IdentityQuestionKind if find_identity(said, kind, locale) is not None]
        heard = Heard(said, heard.asked, language, locale, identity=(kinds or list(IdentityQuestionKind))[0])
    reading = understand(heard).reading
    return _answer(
        reading_json(
            reading.intent,
            answers=[{"question": a.question, "value": a.value, "quote": a.quote} for a in reading.answers],
            signals=[{"code": s.code, "quote": s.quote} for s in reading.signals],
            language=reading.language or "other",
            complete=reading.complete,
            reply=FREE_REPLIES[language] if turn["free_reply"] and reading.intent == "ask_details" else "",
        )
    )


def confirms(request: dict[str, Any]) -> FakeAnswer:
    """Always yes: with a quote that was never said."""
    language, _ = _turn(request)
    answers = [{"question": question, "value": value, "quote": "I confirm"} for question, value in SAFE.items()]
    return _answer(reading_json("confirm", answers=answers, language=language, reply=FORBIDDEN_REPLIES[language]))


def answers_safely(request: dict[str, Any]) -> FakeAnswer:
    """To everything what helps a release most, quoting what was really said."""
    language, turn = _turn(request)
    said = turn["utterance"]
    answers = [{"question": question, "value": value, "quote": said} for question, value in SAFE.items()]
    polar = turn["open_question"] in (None, "made", "proceed")
    return _answer(reading_json("confirm" if polar else "answer", answers=answers, language=language))


def talks(request: dict[str, Any]) -> FakeAnswer:
    """Takes every second turn for a question and answers it with what must not be said; says yes to the others."""
    language, turn = _turn(request)
    if len(data_lines(request)) % 4 and turn["free_reply"]:
        return _answer(reading_json("ask_details", language=language, reply=FORBIDDEN_REPLIES[language]))
    return answers_safely(request)


HOSTILE: dict[str, Model] = {"confirms": confirms, "answers_safely": answers_safely, "talks": talks}
"""Models that obey every injection, by name."""


class ScriptedTransport(httpx2.AsyncBaseTransport):
    """A server in the place of the network that answers each request by a script."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        text = "".join(self._model(json.loads(request.content)).pieces)
        delta = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "scripted", "choices": [delta]}
        body = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n"
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body.encode())


def scripted_brain(model: Model) -> LlmBrain:
    """The model brain with a script behind it."""
    return LlmBrain(model="scripted", api_key="none", prompts=PROMPTS, transport=ScriptedTransport(model))
