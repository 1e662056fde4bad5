"""What holds of callback codes whatever happens: how long they live, who gets in, and how many guesses there are."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cases.domain import events as ev
from cases.domain.case import Case, CaseState
from cases.domain.lifecycle import evolve
from cases.domain.rules import CaseTimings
from cases.domain.vocabulary import Disposition
from cases.store import StoredEvent
from desk.callback_codes import CallbackCodes
from desk.code_throttle import WINDOW_S, CodeLimits, CodeThrottle
from desk.errors import DeskError
from tests.support.desk_cases import NOON, alert
from tests.support.desk_harness import Desk, desk

T = TypeVar("T")
CASES = ("c-1", "c-2")
WAITS = CaseTimings().arrival_waits
TALKING = (CaseState.HOLDING, CaseState.WAITING, CaseState.CONTACTING)
OPEN = CodeLimits(per_caller=10_000, per_hour=10_000)
seconds = st.sampled_from([1, 30, 59, 60, 89, 90, 91, 600, 3600])
rooms = st.sampled_from([f"inbound-{number}" for number in range(4)])


class Codes(RuleBasedStateMachine):
    """Two cases, codes that collide, callers in a few rooms, and a server that is started again and again."""

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        self.given: list[str] = []
        self.desk: Desk = self.do(self.stack.enter_async_context(desk(Path(self.folder.name))))
        for case_id in CASES:
            self.do(self.desk.open_case(alert(id=case_id, customer__reference=case_id)))
        self.start_again()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def case(self, case_id: str) -> Case:
        case = self.do(self.desk.store.case(case_id))
        assert case is not None
        return case

    @rule()
    def start_again(self) -> None:
        self.codes = CallbackCodes(
            self.desk.intake,
            self.desk.store,
            self.desk.clock,
            secret=b"s" * 32,
            throttle=CodeThrottle(OPEN),
            waits=WAITS,
        )

    @rule(case_id=st.sampled_from(CASES), code=st.sampled_from(["", "111111", "2222222222"]), lasts=seconds)
    def issue(self, case_id: str, code: str, lasts: int) -> None:
        now = self.desk.clock.now()
        try:
            made, expires_at = self.do(self.codes.issue(case_id, timedelta(seconds=lasts), code=code, by="bank"))
        except DeskError as error:
            assert error.status == 409
            return
        assert now < expires_at <= alert(id=case_id).hold_deadline
        assert made == code or (len(made) == 6 and made.isdigit())
        self.given.append(made)

    @precondition(lambda self: self.given)
    @rule(data=st.data(), room=rooms)
    def ring(self, data: st.DataObject, room: str) -> None:
        code = data.draw(st.sampled_from(sorted(set(self.given))))
        before = {one: len(self.case(one).arrivals) for one in CASES}
        try:
            welcome = self.do(self.codes.arrive(code, room, ""))
        except DeskError as error:
            assert error.status in (404, 409)
            assert {one: len(self.case(one).arrivals) for one in CASES} == before
            return
        assert self.do(self.codes.arrive(code, room, "")) == welcome

    @rule(case_id=st.sampled_from(CASES), disposition=st.sampled_from([Disposition.NO_ANSWER, Disposition.FAILED]))
    def attempt_ends(self, case_id: str, disposition: Disposition) -> None:
        attempt = self.case(case_id).attempt
        if attempt is not None:
            self.do(self.desk.record(case_id, ev.DialEnded(attempt.number, disposition), f"{attempt.number}:ended"))

    @rule(passed=seconds)
    def time_passes(self, passed: int) -> None:
        self.desk.clock.advance(timedelta(seconds=passed))

    @invariant()
    def the_record_tells_of_nobody_who_should_not_have_come(self) -> None:
        if not hasattr(self, "desk"):
            return
        logs = {one: self.do(self.desk.store.events(one)) for one in CASES}
        for case_id, log in logs.items():
            check_arrivals(case_id, log)
        check_owners([one for log in logs.values() for one in log])

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            self.do(self.stack.aclose())
            self.loop.close()
            self.folder.cleanup()


def check_arrivals(case_id: str, log: tuple[StoredEvent, ...]) -> None:
    """Everybody who came said a live code that nobody else was using; told from the record alone."""
    case: Case | None = None
    for stored in log:
        event = stored.event
        if isinstance(event, ev.CustomerArrived):
            assert case is not None
            live = [one for one in case.codes if one.digest == event.code and one.expires_at > stored.at]
            assert live, "came by a code whose time was over"
            earlier = [one for one in case.arrivals if one.code == event.code]
            if earlier and case.state in TALKING:
                last = earlier[-1]
                meetings = [one for one in case.attempts if one.room == last.room and one.started_at >= last.at]
                over = all(one.ended_at is not None for one in meetings)
                assert over and (meetings or stored.at - last.at > WAITS or case.waiting is None or other(case, last))
        case = evolve(case, event, case_id=case_id, seq=stored.seq, at=stored.at)


def other(case: Case, last: Any) -> bool:
    """Whether somebody else came after this caller, so that nobody will meet this one."""
    return case.waiting is not None and case.waiting.room != last.room


def check_owners(log: list[StoredEvent]) -> None:
    """No code is two cases' at the same time."""
    made: dict[str, list[tuple[datetime, datetime, str]]] = {}
    for stored in log:
        if isinstance(stored.event, ev.CallbackCodeIssued):
            made.setdefault(stored.event.digest, []).append((stored.at, stored.event.expires_at, stored.case_id))
    for spans in made.values():
        for start, _, owner in spans:
            assert not [one for one in spans if one[2] != owner and one[0] <= start < one[1]]


TestCodes = Codes.TestCase
TestCodes.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

limits = st.builds(CodeLimits, per_caller=st.integers(1, 6), per_hour=st.integers(1, 30))
tries = st.lists(
    st.tuples(st.integers(0, 200), st.sampled_from("abc"), st.sampled_from(["wrong", "right", "own"])), max_size=200
)


@settings(deadline=None)
@given(limits=limits, tries=tries)
def test_no_caller_and_no_crowd_gets_more_guesses_than_the_limits_say(
    limits: CodeLimits, tries: list[tuple[int, str, str]]
) -> None:
    throttle, now = CodeThrottle(limits), NOON
    wrong: list[tuple[datetime, str]] = []
    for passed, caller, kind in tries:
        now += timedelta(seconds=passed)
        if throttle.begin(caller, now):
            continue
        if kind != "own" and throttle.answer(now):
            continue
        if kind == "wrong":
            wrong.append((now, caller))
        else:
            throttle.take_back(caller, answered=kind != "own")
    for start, caller in wrong:
        since = [(at - start, by) for at, by in wrong if at >= start]
        assert sum(by == caller and after < timedelta(seconds=WINDOW_S) for after, by in since) <= limits.per_caller
        assert sum(after < timedelta(hours=1) for after, _ in since) <= 2 * limits.per_hour


@settings(deadline=None)
@given(limits=limits, tries=tries)
def test_whoever_waits_as_long_as_told_may_try_again(limits: CodeLimits, tries: list[tuple[int, str, str]]) -> None:
    throttle, now = CodeThrottle(limits), NOON
    for passed, caller, _ in tries:
        now += timedelta(seconds=passed)
        if wait := throttle.begin(caller, now):
            assert wait <= WINDOW_S
            now += timedelta(seconds=wait)
            assert throttle.begin(caller, now) == 0
        if wait := throttle.answer(now):
            assert wait <= 3600 / limits.per_hour + 1
            assert throttle.answer(now + timedelta(seconds=wait)) == 0


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 6))
def test_tries_at_the_same_moment_get_no_further_than_one_after_the_other(at_once: int, allowed: int) -> None:
    throttle = CodeThrottle(CodeLimits(allowed, 1000))
    begun = [throttle.begin("a", NOON) == 0 for _ in range(at_once)]
    assert sum(begun) == min(at_once, allowed)
