"""What a case's page says of a customer who came by themselves: when, and by whose code; never the code."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from cases.domain import events as ev
from cases.domain.vocabulary import Arrival, Disposition
from desk.callback_codes import CallbackCodes
from desk.code_throttle import CodeThrottle
from tests.support.desk_cases import NOON
from tests.support.desk_harness import Desk


def words(page: str) -> str:
    """The panel of contact attempts as a reader sees it."""
    found = re.search(r'<section class="panel" id="attempts".*?</section>', page, re.S)
    assert found is not None
    return " ".join(re.sub(r"<[^>]*>", " ", found.group()).split())


@pytest.fixture
def codes(bench: Desk) -> CallbackCodes:
    return CallbackCodes(
        bench.intake,
        bench.store,
        bench.clock,
        secret=b"s" * 32,
        throttle=CodeThrottle(),
        waits=timedelta(seconds=90),
    )


async def test_a_customer_who_rang_back_is_shown_with_when_and_whose_code(bench: Desk, codes: CallbackCodes) -> None:
    case = await bench.open_case()
    code, _ = await codes.issue(case.id, code="9182736450", by="bank")
    await bench.record(case.id, ev.DialEnded(1, Disposition.NO_ANSWER), "no answer")
    bench.clock.advance(timedelta(minutes=5))
    await codes.arrive(code, "inbound-1", "")
    await bench.record(case.id, ev.DialEnded(2, Disposition.NO_ANSWER), "gone")
    bench.clock.advance(timedelta(minutes=1))
    await bench.record(case.id, ev.CustomerArrived(Arrival.VIDEO, "video-1"), "video")
    await bench.record(case.id, ev.CustomerArrived(Arrival.INBOUND, "inbound-2"), "again")
    await bench.sign_in()
    page = (await bench.client.get(f"/cases/{case.id}")).text
    made, rang = NOON.strftime("%Y-%m-%d %H:%M UTC"), (NOON + timedelta(minutes=5)).strftime("%Y-%m-%d %H:%M UTC")
    assert f"2 The customer rang back with the code issued by the bank at {made} {rang}" in words(page)
    assert "3 The customer opened the video link" in words(page)
    assert "· The customer rang back not met by the agent" in words(page)
    assert code not in page
    await bench.client.get("/language/zh")
    page = (await bench.client.get(f"/cases/{case.id}")).text
    assert f"2 客户已回拨 所报回拨码由银行生成于 {made} {rang}" in words(page)
    assert "已生成回拨码" in page and code not in page
