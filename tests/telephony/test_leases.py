"""Who holds a call: one live claim at a time, claims in order, and an end to every wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cases.ports import DialRequest
from telephony.remote.errors import CallOverError, CallSupersededError, ClaimRefusedError
from telephony.remote.leases import Holding, LeaseLimits, Leases, Verdict

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CALL = DialRequest("a-1", 1, "42")
ID = CALL.attempt_id
LIMITS = LeaseLimits(claim=timedelta(seconds=15), grace=timedelta(seconds=5), dispatches=3)


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def leases() -> Leases:
    made = Leases(LIMITS)
    made.begin(CALL, leg="sip", customer="c", now=NOON)
    return made


def verdicts(leases: Leases, seconds: float) -> list[Verdict]:
    return [verdict for _, verdict in leases.overdue(later(seconds))]


def test_a_second_claim_is_refused_while_the_first_lives(leases: Leases) -> None:
    assert leases.claim(ID, NOON) == 1
    with pytest.raises(ClaimRefusedError):
        leases.claim(ID, NOON)
    link = leases.linked(ID, 1)
    with pytest.raises(ClaimRefusedError):
        leases.claim(ID, NOON)
    leases.unlinked(ID, 1, link, NOON)
    with pytest.raises(ClaimRefusedError):
        leases.claim(ID, later(4.9))


def test_after_a_lost_link_and_before_anybody_was_rung_a_new_claim_has_the_call(leases: Leases) -> None:
    link = leases.linked(ID, leases.claim(ID, NOON))
    leases.unlinked(ID, 1, link, NOON)
    assert verdicts(leases, 4.9) == []
    assert verdicts(leases, 5) == [Verdict.DISPATCH_AGAIN]
    leases.dispatched_again(ID, later(5))
    assert leases.claim(ID, later(6)) == 2
    with pytest.raises(CallSupersededError):
        leases.linked(ID, 1)
    assert leases.linked(ID, 2) == 1


def test_once_somebody_may_have_been_rung_a_lost_call_is_given_up(leases: Leases) -> None:
    link = leases.linked(ID, leases.claim(ID, NOON))
    leases.rang(ID)
    leases.unlinked(ID, 1, link, NOON)
    assert verdicts(leases, 5) == [Verdict.GIVE_UP]


def test_a_link_that_comes_back_in_time_keeps_the_call(leases: Leases) -> None:
    link = leases.linked(ID, leases.claim(ID, NOON))
    leases.unlinked(ID, 1, link, NOON)
    again = leases.linked(ID, 1)
    assert verdicts(leases, 3600) == []
    leases.unlinked(ID, 1, link, later(10))
    lease = leases.find(ID)
    assert again > link and lease is not None and lease.holding is Holding.LINKED


def test_a_call_that_nobody_claims_is_dispatched_a_few_times_and_given_up(leases: Leases) -> None:
    at, found = 0.0, []
    while Verdict.GIVE_UP not in found:
        at += 15
        found += verdicts(leases, at)
        leases.dispatched_again(ID, later(at))
    assert found == [Verdict.DISPATCH_AGAIN, Verdict.DISPATCH_AGAIN, Verdict.GIVE_UP]


def test_a_claim_that_could_not_be_recorded_leaves_the_call_to_others(leases: Leases) -> None:
    leases.unclaim(ID, leases.claim(ID, NOON), NOON)
    assert leases.claim(ID, NOON) == 1


def test_a_call_from_before_a_restart_has_the_grace_to_come_back() -> None:
    leases = Leases(LIMITS)
    leases.resume(CALL, leg="sip", customer="c", claim=1, rung=True, now=NOON)
    assert leases.linked(ID, 1)
    assert verdicts(leases, 3600) == []
    leases.resume(CALL, leg="sip", customer="c", claim=1, rung=True, now=NOON)
    assert verdicts(leases, 5) == [Verdict.GIVE_UP]


def test_an_ended_call_takes_nothing_more(leases: Leases) -> None:
    leases.claim(ID, NOON)
    assert leases.end(ID) is not None
    with pytest.raises(CallOverError):
        leases.linked(ID, 1)
    with pytest.raises(CallOverError):
        leases.claim(ID, NOON)
    leases.unlinked(ID, 1, 1, NOON)
    leases.rang(ID)
    assert verdicts(leases, 3600) == []


class AnyOrder(RuleBasedStateMachine):
    """Workers, their links and the clock in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.leases = Leases(LIMITS)
        self.now = NOON
        self.leases.begin(CALL, leg="sip", customer="c", now=NOON)
        self.links: list[tuple[int, int]] = []
        self.claims: list[int] = []
        self.over = False

    @rule(seconds=st.floats(0, 20))
    def time_passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def claim(self) -> None:
        lease = self.leases.find(ID)
        free = lease is not None and lease.holding is Holding.DISPATCHED
        try:
            number = self.leases.claim(ID, self.now)
        except (ClaimRefusedError, CallOverError):
            assert not free
        else:
            assert free
            assert number == len(self.claims) + 1
            self.claims.append(number)

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def link(self, data: st.DataObject) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        try:
            self.links.append((claim, self.leases.linked(ID, claim)))
        except (CallSupersededError, CallOverError):
            return
        assert claim == self.claims[-1]

    @precondition(lambda self: self.links)
    @rule(data=st.data())
    def unlink(self, data: st.DataObject) -> None:
        claim, link = data.draw(st.sampled_from(self.links))
        self.leases.unlinked(ID, claim, link, self.now)

    @rule()
    def ring(self) -> None:
        self.leases.rang(ID)

    @rule()
    def look(self) -> None:
        for lease, verdict in self.leases.overdue(self.now):
            if verdict is Verdict.DISPATCH_AGAIN:
                assert not lease.rung
                self.leases.dispatched_again(ID, self.now)
            else:
                self.leases.end(ID)
                self.over = True

    @invariant()
    def only_a_link_waits_for_ever(self) -> None:
        lease = self.leases.find(ID)
        assert self.over == (lease is None)
        if lease is not None:
            assert (lease.deadline is None) == (lease.holding is Holding.LINKED)
            assert lease.dispatches <= LIMITS.dispatches
            assert lease.deadline is None or lease.deadline <= self.now + LIMITS.claim


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
