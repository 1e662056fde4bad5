"""Persons in running calls at the desk: who sees what, what they may order, and that all of it is checked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from cases.domain import events as ev
from cases.domain.call import Confirmation, Identity, ObservedSignal, Verification
from cases.domain.reading import Signal
from cases.domain.transfer import ReviewerPart, TransferCause, TransferFailure
from cases.domain.vocabulary import SignalCode
from telephony.people.handover import LineKind, Order, OrderKind
from tests.support.desk_harness import Desk, desk

CASE = "/cases/alert-1"
SO_FAR = Verification(
    identity=Identity.PASSED,
    confirmation=Confirmation.DENIED,
    signals=(ObservedSignal(Signal(SignalCode.SAFE_ACCOUNT, "a safe account"), 3),),
)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as made:
        await made.open_case()
        await made.sign_in()
        yield made


async def running(bench: Desk) -> list[Order]:
    """A call of the case runs; what is ordered of it."""
    assert bench.deps.people is not None
    orders: list[Order] = []
    bench.deps.people.calls.attach("alert-1", orders.append)
    await bench.record("alert-1", ev.CallAnswered(1), "answered")
    return orders


async def waits(bench: Desk) -> list[Order]:
    orders = await running(bench)
    event = ev.TransferRequested(1, TransferCause.CUSTOMER_ASKED, SO_FAR)
    await bench.record("alert-1", event, "people:1")
    return orders


async def order(bench: Desk, kind: str, line: str = "page") -> int:
    answer = await bench.post(f"{CASE}/people", order=kind, line=line)
    return answer.status_code


async def test_who_waits_stands_first_in_the_queue_and_is_briefed_on_the_page(bench: Desk) -> None:
    await waits(bench)
    bench.clock.advance(timedelta(seconds=40))
    queue = (await bench.client.get("/")).text
    assert queue.index("Customers on hold for a person") < queue.index("Needs your decision")
    page = (await bench.client.get(CASE)).text
    for expected in (
        "The customer is on hold for a person",
        "identity passed",
        "says they did not pay",
        "Safe account",
    ):
        assert expected.lower() in page.lower(), expected
    assert 'data-order="accept"' in page and 'data-order="listen"' in page
    assert "microphone=(self)" in (await bench.client.get(CASE)).headers["permissions-policy"]


async def test_orders_reach_the_call_with_the_name_of_who_gave_them(bench: Desk) -> None:
    orders = await waits(bench)
    for kind in ("accept", "listen", "take_over", "hand_back", "leave"):
        assert await order(bench, kind) == 202
    assert orders == [Order(kind, "m.lindqvist", LineKind.PAGE) for kind in OrderKind]


async def test_orders_follow_what_one_does_in_the_call(bench: Desk) -> None:
    await running(bench)
    page = (await bench.client.get(CASE)).text
    assert 'data-order="take_over"' in page and 'data-order="accept"' not in page
    await bench.record("alert-1", ev.ReviewerJoined(1, "m.lindqvist", ReviewerPart.TALKING), "people:1")
    page = (await bench.client.get(CASE)).text
    assert "You speak with the customer" in page
    assert 'data-order="hand_back"' in page and 'data-order="take_over"' not in page
    other = await bench.sign_in("r.okafor", bench.another())
    seen = (await other.get(CASE)).text
    assert "m.lindqvist speaks with the customer" in seen


async def test_whoever_talks_may_decide_during_the_call(bench: Desk) -> None:
    await running(bench)
    await bench.record("alert-1", ev.ReviewerJoined(1, "m.lindqvist", ReviewerPart.TALKING), "people:1")
    page = (await bench.client.get(CASE)).text
    assert 'id="decision-form"' in page
    other = await bench.sign_in("r.okafor", bench.another())
    assert 'id="decision-form"' not in (await other.get(CASE)).text


async def test_an_auditor_sees_and_orders_nothing(bench: Desk) -> None:
    orders = await waits(bench)
    auditor = await bench.sign_in("a.auditor", bench.another())
    page = (await auditor.get(CASE)).text
    assert "on hold for a person" in page and "data-order" not in page
    answer = await bench.post(f"{CASE}/people", auditor, order="listen", line="page")
    assert answer.status_code == 403 and orders == []


async def test_what_cannot_be_done_is_said(bench: Desk) -> None:
    assert await order(bench, "listen") == 409
    await waits(bench)
    assert await order(bench, "accept", "phone") == 409
    assert await order(bench, "dance") == 403
    answer = await bench.client.post(f"{CASE}/people", data={"order": "listen"})
    assert answer.status_code == 403


async def test_a_page_that_is_open_counts_as_somebody_who_is_there(bench: Desk) -> None:
    assert bench.deps.people is not None
    calls = bench.deps.people.calls
    assert (await bench.client.get("/present")).json() == {"on_hold": 0} and calls.on_duty
    bench.clock.advance(timedelta(minutes=2))
    assert not calls.on_duty
    auditor = await bench.sign_in("a.auditor", bench.another())
    await auditor.get("/present")
    assert not calls.on_duty


async def test_a_failure_is_told_in_words(bench: Desk) -> None:
    await waits(bench)
    await bench.record("alert-1", ev.TransferFailed(1, TransferFailure.NOBODY_FREE), "people:2")
    assert "Nobody took the customer in time" in (await bench.client.get(CASE)).text
