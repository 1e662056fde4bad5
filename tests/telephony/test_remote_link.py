"""Messages of the link and tokens of calls: what was written is read, and what is none is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.adapters.clock import SimulatedClock
from telephony.remote.errors import CallTokenInvalidError, CallTokenWrongError, LinkMessageError
from telephony.remote.link import (
    MAX_CHARACTERS,
    SERVER_SAYS,
    WORKER_SAYS,
    ServerMessage,
    WorkerMessage,
    server_says,
    worker_says,
)
from telephony.remote.tokens import LASTS, CallTokens, bearer

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
UP: st.SearchStrategy[WorkerMessage] = st.one_of([st.builds(one) for one in WORKER_SAYS])
DOWN: st.SearchStrategy[ServerMessage] = st.one_of([st.builds(one) for one in SERVER_SAYS])


@given(UP)
def test_what_a_worker_says_is_read(message: WorkerMessage) -> None:
    assert worker_says.read(worker_says.write(message)) == message


@given(DOWN)
def test_what_the_server_says_is_read(message: ServerMessage) -> None:
    assert server_says.read(server_says.write(message)) == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        json.dumps({"type": "AgentSpeaking"}),
        json.dumps({"type": "BargedIn", "at_ms": "soon"}),
        "x" * (MAX_CHARACTERS + 1),
    ],
)
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(LinkMessageError):
        worker_says.read(text)


def test_a_message_of_a_newer_version_is_passed_over() -> None:
    assert worker_says.read('{"type": "Sang", "song": "la"}') is None
    assert worker_says.read('{"type": ["Heartbeat"]}') is None


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(NOON)


@pytest.fixture
def tokens(clock: SimulatedClock) -> CallTokens:
    return CallTokens(b"s" * 32, clock)


def test_a_token_speaks_for_one_claim_of_one_call_for_minutes(tokens: CallTokens, clock: SimulatedClock) -> None:
    token = tokens.issue("a-1:1", 2)
    grant = bearer(f"Bearer {token}", "a-1:1", tokens)
    assert (grant.call_id, grant.claim) == ("a-1:1", 2)
    with pytest.raises(CallTokenWrongError):
        bearer(f"Bearer {token}", "a-1:2", tokens)
    assert not tokens.fades(grant)
    clock.advance(LASTS / 2 + timedelta(seconds=1))
    assert tokens.fades(grant)
    clock.advance(LASTS / 2)
    with pytest.raises(CallTokenInvalidError):
        tokens.read(token)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic abc", "Bearer a.b.c"])
def test_what_is_no_token_is_refused(tokens: CallTokens, header: str) -> None:
    with pytest.raises(CallTokenInvalidError):
        bearer(header, "a-1:1", tokens)


def test_a_token_of_another_secret_or_algorithm_is_refused(tokens: CallTokens, clock: SimulatedClock) -> None:
    claims = {"sub": "a-1:1", "aud": "riskcall-call", "exp": int((NOON + LASTS).timestamp()), "claim": 1}
    forged = [
        CallTokens(b"t" * 32, clock).issue("a-1:1", 1),
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims, "s" * 32, algorithm="HS256"),
    ]
    for token in forged:
        with pytest.raises(CallTokenInvalidError):
            tokens.read(token)
