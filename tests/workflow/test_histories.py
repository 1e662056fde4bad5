"""Thousands of random lives of a case in simulated time, each from its seed."""

from __future__ import annotations

from collections import Counter

from cases.domain.rules import CaseRules
from cases.policies import load
from cases.runtime import zones_of
from tests.support import case_facts as facts
from tests.support.case_policy import ZONES, small_policy
from tests.support.case_simulation import Simulation, random_alert

SEEDS = range(3_000)


def test_whatever_happens_a_case_comes_to_a_safe_end() -> None:
    base = facts.example_alert()
    banks = load()
    rules = [
        CaseRules(small_policy(), ZONES),
        CaseRules(small_policy(urgent=False, spacing=(3600, 20_000)), ZONES),
        CaseRules(banks, zones_of(banks)),
    ]
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        life = Simulation(seed, rules[seed % 3], random_alert(base, seed))
        case = life.run()
        assert life.replayed() == case, f"seed {seed}: the log does not give the case back"
        came = {one.number for one in case.attempts if one.arrival is not None}
        for number, at in life.dials:
            assert number in came or life.rules.contact(life.alert).allow(at), (
                f"seed {seed}: attempt {number} outside calling hours"
            )
        seen.update(f"{one.decided_by} {one.action}" for one in case.instructions)
        seen.update(type(event).__name__ for event, _ in life.log)
        seen["came"] += bool(came)
        seen["late"] += any(one.late for one in case.calls)
        seen["refused"] += life.refused > 0
    # The histories are worth something only where they come by everything.
    wanted = {
        "policy release",
        "policy block",
        "rosa release",
        "late",
        "came",
        "refused",
        "AttemptScheduled",
        "BankUnreachable",
    }
    assert all(seen[one] > 20 for one in wanted), seen


def test_the_same_seed_lives_the_same_life() -> None:
    base = facts.example_alert()
    rules = CaseRules(small_policy(), ZONES)
    first, second = (Simulation(7, rules, random_alert(base, 7)) for _ in range(2))
    assert first.run() == second.run()
    assert first.log == second.log
