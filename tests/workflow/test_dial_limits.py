"""Limits before every dial, from the alert to the desk: what they refuse never reaches the dialer behind them."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from agent.analysis.template import TemplateAnalyst
from cases.adapters import FakeBank, SystemClock
from cases.domain.alert import Alert, Contact, ContactKind
from cases.domain.case import Case, CaseState
from cases.domain.ruling import ContactAttempt
from cases.domain.vocabulary import DialRefusal, Disposition
from cases.effects import EffectLimits
from cases.ports import DialRequest
from cases.runtime import CaseRuntime
from telephony.limited_dialer import TELEPHONE, LimitedDialer
from telephony.limits import DialLimits
from tests.support import case_facts as facts
from tests.support.case_policy import small_policy

CLOCK = SystemClock()
LONDON = "+442079460000"
FREE = DialLimits(frozenset({"GB"}), at_once=8, per_minute=20, per_day=100, per_number_per_day=100)


class Telephone:
    """Notes whom it was told to dial; nobody answers."""

    def __init__(self, leg: str = TELEPHONE) -> None:
        self.leg = leg
        self.requests: list[DialRequest] = []
        self.dialled = asyncio.Semaphore(0)

    async def leg_of(self, case_id: str) -> str:
        return self.leg

    async def dial(self, request: DialRequest) -> None:
        self.requests.append(request)
        self.dialled.release()


class World:
    """A runtime whose dialer stands behind the limits."""

    def __init__(self, folder: Path, limits: DialLimits, leg: str = TELEPHONE) -> None:
        self.telephone = Telephone(leg)
        self.runtime = CaseRuntime(
            f"sqlite:///{folder}/cases.db",
            policy=small_policy(attempts=1, spacing=()),
            bank=FakeBank(),
            analyst=TemplateAnalyst(),
            clock=CLOCK,
            limits=EffectLimits(bank_tries=3, bank_wait_s=0.01),
        )
        store = self.runtime.store
        self.runtime.use_dialer(
            LimitedDialer(self.telephone, find_case=store.case, find_usage=store.dial_usage, limits=limits, clock=CLOCK)
        )

    async def receive(self, alert_id: str, number: str = LONDON) -> None:
        now = CLOCK.now()
        await self.runtime.intake.receive(alert_with(number, facts.example_alert(alert_id, now=now)), at=now)

    async def ended(self, case_id: str) -> ContactAttempt:
        async with asyncio.timeout(30):
            with self.runtime.store.subscribe() as changes:
                if over := await self._ended(case_id):
                    return over
                async for _ in changes:
                    if over := await self._ended(case_id):
                        return over
        raise AssertionError("unreachable")

    async def _ended(self, case_id: str) -> ContactAttempt | None:
        case = await self.runtime.store.case(case_id)
        return case.attempts[0] if case and case.attempts and case.attempts[0].ended_at else None

    async def case(self, case_id: str) -> Case:
        case = await self.runtime.store.case(case_id)
        assert case is not None
        return case


def alert_with(number: str, alert: Alert) -> Alert:
    customer = replace(alert.customer, reference=alert.id, contacts=(Contact(ContactKind.PHONE, number),))
    return replace(alert, customer=customer)


async def test_what_is_allowed_is_dialled(tmp_path: Path) -> None:
    world = World(tmp_path, FREE)
    await world.runtime.start()
    await world.receive("a-1")
    async with asyncio.timeout(30):
        await world.telephone.dialled.acquire()
    assert [one.attempt_id for one in world.telephone.requests] == ["a-1:1"]
    await world.runtime.stop()


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("+33140205050", DialRefusal.COUNTRY_NOT_ALLOWED),
        ("+449098790123", DialRefusal.PREMIUM_NUMBER),
        ("+447700900123", DialRefusal.INVALID_NUMBER),
    ],
)
async def test_a_refused_number_is_a_failed_attempt_and_a_person_s_matter(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, number: str, why: DialRefusal
) -> None:
    world = World(tmp_path, FREE)
    await world.runtime.start()
    with caplog.at_level(logging.INFO):
        await world.receive("a-1", number)
        attempt = await world.ended("a-1")
    assert (attempt.disposition, attempt.detail) == (Disposition.FAILED, why.value)
    assert (await world.case("a-1")).state is CaseState.REVIEW
    assert world.telephone.requests == []
    assert any(why.value in line for line in caplog.messages)
    assert number[1:] not in caplog.text
    await world.runtime.stop()


async def test_calls_at_once_stay_under_their_cap_and_an_operator_reads_of_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(tmp_path, replace(FREE, at_once=2))
    await world.runtime.start()
    names = [f"a-{number}" for number in range(6)]
    with caplog.at_level(logging.WARNING, "telephony"):
        await asyncio.gather(*(world.receive(name) for name in names))
        async with asyncio.timeout(30):
            for _ in range(2):
                await world.telephone.dialled.acquire()
        calling = {one.case_id for one in world.telephone.requests}
        refused = [await world.ended(name) for name in names if name not in calling]
    assert len(calling) == 2 and len(refused) == 4
    assert {one.detail for one in refused} == {DialRefusal.CALLS_AT_ONCE.value}
    assert sum("RISKCALL_SIP_CALLS_AT_ONCE=2" in line for line in caplog.messages) == 4
    assert LONDON[1:] not in caplog.text
    await world.runtime.stop()


async def test_a_restart_does_not_reset_the_caps(tmp_path: Path) -> None:
    limits = replace(FREE, per_number_per_day=1)
    before = World(tmp_path, limits)
    await before.runtime.start()
    await before.receive("a-1")
    async with asyncio.timeout(30):
        await before.telephone.dialled.acquire()
    await before.runtime.stop()
    after = World(tmp_path, limits)
    await after.runtime.start()
    await after.receive("a-2")
    assert (await after.ended("a-2")).detail == DialRefusal.CALLS_PER_NUMBER.value
    assert after.telephone.requests == []
    await after.runtime.stop()


async def test_a_leg_that_dials_no_number_has_no_limits(tmp_path: Path) -> None:
    world = World(tmp_path, replace(FREE, countries=frozenset()), leg="browser")
    await world.runtime.start()
    await world.receive("a-1", "+33140205050")
    async with asyncio.timeout(30):
        await world.telephone.dialled.acquire()
    await world.runtime.stop()
