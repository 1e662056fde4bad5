"""Asking the server where a caller's code leads: each answer of its API, and what it comes to."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx2
import pytest

from agent.remote.api import CallsApi
from agent.remote.arrivals import Arrived
from agent.remote.errors import ApiAwayError, ApiBusyError, ApiConflictError, ApiKeyRefusedError, ApiRefusedError
from cases.domain.arrivals import Meeting
from cases.domain.vocabulary import Language

CODE, ROOM, CALLER = "482913", "inbound-_+442079460000_abc", "sip_0123456789abcdef"


def api(answer: Callable[[httpx2.Request], httpx2.Response]) -> CallsApi:
    return CallsApi("http://server/", "key", httpx2.AsyncClient(transport=httpx2.MockTransport(answer)))


@pytest.mark.parametrize("meets", list(Meeting))
@pytest.mark.parametrize("language", list(Language))
async def test_a_code_that_leads_somewhere(meets: Meeting, language: Language) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert (request.method, request.url.path) == ("POST", "/v1/arrivals")
        assert request.headers["authorization"] == "Bearer key"
        assert json.loads(request.content) == {"code": CODE, "room": ROOM, "caller": CALLER}
        return httpx2.Response(201, json={"meets": meets, "language": language})

    assert await api(answer).arrive(CODE, ROOM, CALLER) == Arrived(meets, language)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (404, "callback_code_unknown", ApiRefusedError),
        (409, "callback_code_used", ApiConflictError),
        (429, "callback_codes_throttled", ApiBusyError),
        (401, "key_invalid", ApiKeyRefusedError),
        (422, "arrival_invalid", ApiRefusedError),
        (503, "store_unavailable", ApiAwayError),
    ],
)
async def test_a_code_that_does_not(status: int, code: str, error: type[Exception]) -> None:
    with pytest.raises(error) as raised:
        await api(lambda request: httpx2.Response(status, json={"code": code})).arrive(CODE, ROOM, CALLER)
    assert type(raised.value) is error
    assert CODE not in str(raised.value)


@pytest.mark.parametrize("body", ["{}", "no json", '{"meets": "robot", "language": "en"}'])
async def test_an_answer_that_cannot_be_read(body: str) -> None:
    with pytest.raises(ApiRefusedError) as raised:
        await api(lambda request: httpx2.Response(201, text=body)).arrive(CODE, ROOM)
    assert raised.value.code == "arrival_unreadable"


async def test_a_server_that_is_not_there() -> None:
    def away(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    with pytest.raises(ApiAwayError):
        await api(away).arrive(CODE, ROOM)
