"""The dialer tells each case's leg before it dials, and dials nobody for a case that is not there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.dialer import CallDialer, News
from cases.domain.case import Case
from cases.domain.events import CallEnded, DialEnded
from cases.domain.vocabulary import Disposition
from cases.ports import DialRefusedError, DialRequest
from tests.support.desk_cases import alert
from tests.support.desk_harness import Desk, desk


@dataclass
class Placed:
    """A placement that reaches nobody."""

    leg: str

    async def hold(self, case: Case, request: DialRequest, news: News) -> DialEnded | CallEnded:
        return DialEnded(request.attempt, Disposition.NO_ANSWER)


async def nothing(case_id: str, event: object, event_id: str) -> None:
    return None


def dialer(bench: Desk, leg: str) -> CallDialer:
    return CallDialer(placement=lambda case: Placed(leg), find_case=bench.store.case, record=nothing, max_calls=1)


@pytest.mark.parametrize("leg", ["text", "browser"])
async def test_the_leg_is_the_one_that_this_case_is_placed_on(tmp_path: Path, leg: str) -> None:
    async with desk(tmp_path) as bench:
        case = await bench.open_case(alert())
        assert await dialer(bench, leg).leg_of(case.id) == leg


async def test_there_is_no_leg_and_no_dial_without_a_case(tmp_path: Path) -> None:
    async with desk(tmp_path) as bench:
        with pytest.raises(DialRefusedError):
            await dialer(bench, "text").leg_of("nobody")
        with pytest.raises(DialRefusedError):
            await dialer(bench, "text").dial(DialRequest("nobody", 1, "42"))
