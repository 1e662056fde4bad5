"""What every bank does, and what only the webhook one can get wrong."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

import httpx2
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from cases.adapters import FakeBank, SimulatedClock, SystemClock, WebhookBank
from cases.domain.errors import InvalidValueError
from cases.domain.vocabulary import BankAction
from cases.ports import Bank, BankInstruction, BankRefusedError, BankUnavailableError
from tests.support import case_facts as facts

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
URL = "https://bank.example/instructions"
HOLD = BankInstruction("a-1:hold", "a-1", "a-1", BankAction.HOLD, "", ("first_time_payee",), "policy", facts.NOON)


class Switches(Protocol):
    """How a bank under test is made to misbehave."""

    away_for: int
    lose_answers_for: int
    refuses: bool

    @property
    def done(self) -> list[str]: ...


@dataclass
class BankServer:
    """A bank's end of the webhook: verifies, carries out each key once, misbehaves when told to."""

    away_for: int = 0
    lose_answers_for: int = 0
    refuses: bool = False
    done: list[str] = field(default_factory=list)
    requests: list[httpx2.Request] = field(default_factory=list)
    answer: Callable[[httpx2.Request], httpx2.Response] | None = None

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if self.answer is not None:
            return self.answer(request)
        if self.away_for > 0:
            self.away_for -= 1
            return httpx2.Response(503)
        body = Webhook(SECRET).verify(request.content, dict(request.headers))
        assert request.headers["idempotency-key"] == request.headers["webhook-id"] == body["key"]
        if body["key"] not in self.done:
            if self.refuses:
                return httpx2.Response(422)
            self.done.append(body["key"])
        if self.lose_answers_for > 0:
            self.lose_answers_for -= 1
            raise httpx2.ReadTimeout("lost", request=request)
        return httpx2.Response(200, json={"reference": f"srv-{self.done.index(body['key']) + 1}"})


class FakeSwitches(FakeBank):
    @property
    def done(self) -> list[str]:
        return list(self.carried_out)


@pytest.fixture
async def server() -> AsyncIterator[tuple[BankServer, WebhookBank]]:
    behind = BankServer()
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(behind)) as client:
        yield behind, WebhookBank(URL, SECRET, clock=SystemClock(), client=client)


@pytest.fixture(params=["fake", "webhook"])
def bank(request: pytest.FixtureRequest, server: tuple[BankServer, WebhookBank]) -> tuple[Switches, Bank]:
    if request.param == "webhook":
        return server
    fake = FakeSwitches()
    return fake, fake


async def test_an_instruction_is_carried_out_and_referenced(bank: tuple[Switches, Bank]) -> None:
    switches, port = bank
    assert await port.instruct(HOLD)
    assert switches.done == ["a-1:hold"]


async def test_the_same_key_is_carried_out_once_under_one_reference(bank: tuple[Switches, Bank]) -> None:
    switches, port = bank
    references = {await port.instruct(HOLD) for _ in range(3)}
    assert len(references) == 1
    assert switches.done == ["a-1:hold"]


async def test_other_keys_have_other_references(bank: tuple[Switches, Bank]) -> None:
    switches, port = bank
    second = replace(HOLD, key="a-1:decision:1", action=BankAction.RELEASE)
    assert await port.instruct(HOLD) != await port.instruct(second)
    assert switches.done == ["a-1:hold", "a-1:decision:1"]


async def test_a_bank_that_is_away_may_be_asked_again(bank: tuple[Switches, Bank]) -> None:
    switches, port = bank
    switches.away_for = 1
    with pytest.raises(BankUnavailableError) as caught:
        await port.instruct(HOLD)
    assert caught.value.retryable
    assert switches.done == []
    await port.instruct(HOLD)
    assert switches.done == ["a-1:hold"]


async def test_a_lost_answer_is_asked_for_again_without_a_second_effect(bank: tuple[Switches, Bank]) -> None:
    switches, port = bank
    switches.lose_answers_for = 1
    with pytest.raises(BankUnavailableError):
        await port.instruct(HOLD)
    await port.instruct(HOLD)
    assert switches.done == ["a-1:hold"]


async def test_a_refusal_is_final(bank: tuple[Switches, Bank]) -> None:
    switches, port = bank
    switches.refuses = True
    with pytest.raises(BankRefusedError) as caught:
        await port.instruct(HOLD)
    assert not caught.value.retryable
    assert switches.done == []


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, BankUnavailableError),
        (503, BankUnavailableError),
        (429, BankUnavailableError),
        (408, BankUnavailableError),
        (400, BankRefusedError),
        (401, BankRefusedError),
        (404, BankRefusedError),
        (302, BankRefusedError),
    ],
)
async def test_the_status_says_what_happened(
    server: tuple[BankServer, WebhookBank], status: int, error: type[Exception]
) -> None:
    behind, port = server
    behind.answer = lambda _: httpx2.Response(status, headers={"location": "https://elsewhere.example/"})
    with pytest.raises(error):
        await port.instruct(HOLD)
    assert len(behind.requests) == 1, "no redirect is followed"


@pytest.mark.parametrize("failure", [httpx2.ConnectError, httpx2.ReadTimeout, httpx2.RemoteProtocolError])
async def test_a_line_that_breaks_is_a_bank_that_is_away(
    server: tuple[BankServer, WebhookBank], failure: type[httpx2.TransportError]
) -> None:
    behind, port = server

    def fail(request: httpx2.Request) -> httpx2.Response:
        raise failure("broken", request=request)

    behind.answer = fail
    with pytest.raises(BankUnavailableError):
        await port.instruct(HOLD)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"reference": 7}', b'{"reference": "a b"}', b"x" * 100_000], ids=len
)
async def test_an_odd_answer_still_counts_and_the_key_stands_in(
    server: tuple[BankServer, WebhookBank], content: bytes
) -> None:
    behind, port = server
    behind.answer = lambda _: httpx2.Response(200, content=content)
    assert await port.instruct(HOLD) == "a-1:hold"


async def test_the_message_carries_what_the_bank_needs_and_nobody_else_could_have_sent_it(
    server: tuple[BankServer, WebhookBank],
) -> None:
    behind, port = server
    await port.instruct(HOLD)
    request = behind.requests[0]
    assert json.loads(request.content) == {
        "type": "payment.hold",
        "key": "a-1:hold",
        "case_id": "a-1",
        "alert_id": "a-1",
        "action": "hold",
        "outcome": "",
        "reasons": ["first_time_payee"],
        "decided_by": "policy",
        "at": "2026-03-02T12:00:00Z",
    }
    tampered = request.content.replace(b"hold", b"free")
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(tampered, dict(request.headers))


@pytest.mark.parametrize("url", ["http://bank.example/x", "ftp://bank.example", "bank.example", "https://", ""])
def test_an_address_that_others_could_read_is_refused(url: str) -> None:
    with pytest.raises(InvalidValueError):
        WebhookBank(url, SECRET, clock=SimulatedClock(facts.NOON))


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]/x", URL])
async def test_this_machine_may_be_spoken_to_in_the_clear(url: str) -> None:
    await WebhookBank(url, SECRET, clock=SimulatedClock(facts.NOON)).aclose()


def test_simulated_time_goes_forward_alone() -> None:
    clock = SimulatedClock(facts.NOON)
    clock.advance(timedelta(seconds=5))
    clock.advance_to(facts.NOON)
    assert clock.now() == facts.NOON + timedelta(seconds=5)
    with pytest.raises(ValueError, match="back"):
        clock.advance(timedelta(seconds=-1))
