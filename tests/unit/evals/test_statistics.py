from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain.vocabulary import Language, Outcome
from evals.graders import Status, Verdict, grade
from evals.scenario import Scenario
from evals.statistics import by_language, by_tag, compare_twins, pass_hat_k, rate, summarise
from tests.support.eval_runs import HELD, run, scenario


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    # Reference values of the Wilson score interval without continuity correction (z = 1.959964).
    [
        (8, 10, 0.4902, 0.9433),
        (81, 263, 0.2553, 0.3662),
        (0, 20, 0.0, 0.1611),
        (20, 20, 0.8389, 1.0),
        (1, 1, 0.2065, 1.0),
    ],
)
def test_wilson_intervals_have_known_values(hits: int, of: int, low: float, high: float) -> None:
    found = rate(hits, of)
    assert [found.low, found.high] == pytest.approx([low, high], abs=5e-5)


def test_nothing_counted_says_nothing() -> None:
    assert (rate(0, 0).share, rate(0, 0).low, rate(0, 0).high) == (None, 0.0, 1.0)


@pytest.mark.parametrize(("hits", "of"), [(2, 1), (-1, 3)])
def test_impossible_counts_are_refused(hits: int, of: int) -> None:
    with pytest.raises(ValueError, match="hits must be"):
        rate(hits, of)


@given(st.integers(1, 2000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_an_interval_holds_its_share_and_mirrors(counts: tuple[int, int]) -> None:
    hits, of = counts
    found, other = rate(hits, of), rate(of - hits, of)
    assert 0 <= found.low <= hits / of <= found.high <= 1
    assert found.low == pytest.approx(1 - other.high, abs=1e-9)


def test_pass_hat_k_has_known_values() -> None:
    # Two scenarios of four runs: C(3,2)/C(4,2) = 1/2 and C(4,2)/C(4,2) = 1.
    assert pass_hat_k([(3, 4), (4, 4)], 2) == pytest.approx(0.75)
    assert pass_hat_k([(3, 4), (4, 4)], 4) == pytest.approx(0.5)
    assert pass_hat_k([(1, 2), (0, 1)], 2) == 0.0
    assert pass_hat_k([(1, 1)], 2) is None
    with pytest.raises(ValueError, match="at least 1"):
        pass_hat_k([], 0)


@given(st.lists(st.booleans(), min_size=1, max_size=7).flatmap(lambda r: st.tuples(st.just(r), st.integers(1, len(r)))))
def test_pass_hat_k_is_the_share_of_samples_that_all_pass(case: tuple[list[bool], int]) -> None:
    runs, k = case
    samples = list(combinations(runs, k))
    expected = sum(all(sample) for sample in samples) / len(samples)
    assert pass_hat_k([(sum(runs), len(runs))], k) == pytest.approx(expected)


def graded(of: Scenario, *, held: bool = False, faults: tuple[str, ...] = ()) -> tuple[Scenario, Verdict]:
    return of, grade(run(of, assessment=HELD, faults=faults) if held else run(of, faults=faults))


def test_a_summary_counts_what_happened() -> None:
    right = scenario("{outcome: confirmed_genuine, escalated: false}", id="right")
    scam = scenario("{outcome: suspected_scam, effect: hold, escalated: true}", id="scam")
    runs = [
        graded(right),
        graded(right),
        graded(right, held=True),  # outcome wrong, escalated for nothing
        graded(scam, held=True),
        graded(scam, held=True),
        graded(scam),  # released, not escalated
        graded(right, faults=("said nothing",)),
    ]
    found = summarise(runs)
    assert (found.scenarios, found.runs, found.invalid) == (2, 7, 1)
    assert (found.passed.hits, found.passed.of) == (4, 6)
    assert (found.outcome.hits, found.outcome.of) == (4, 6)
    assert found.pass_k == {1: pytest.approx(2 / 3), 2: pytest.approx(1 / 3), 3: 0.0}
    assert found.false_releases == 1
    assert (found.missed_escalations.hits, found.missed_escalations.of) == (1, 3)
    assert (found.false_escalations.hits, found.false_escalations.of) == (1, 3)
    assert (found.disclosure_breaches, found.forbidden_utterances, found.identity_errors) == (0, 0, 0)
    assert (found.amount.hits, found.amount.of, found.payee.hits, found.date.hits) == (6, 6, 6, 6)
    assert found.mean_agent_turns == 4


def test_a_false_release_of_an_invalid_run_is_counted() -> None:
    found = summarise([graded(scenario("{outcome: denied}"), faults=("ran out of script",))])
    assert (found.invalid, found.passed.of, found.false_releases) == (1, 0, 1)


def test_nothing_run_is_no_success() -> None:
    found = summarise([])
    assert (found.runs, found.passed.share, found.pass_k, found.mean_agent_turns) == (0, None, {}, None)


def test_groups_take_only_their_own() -> None:
    en = replace(scenario(id="a-en"), tags=("card", "easy"))
    zh = replace(scenario(id="a-zh"), locale="zh-CN", tags=("card",))
    runs = [graded(en), graded(zh, held=True)]
    languages = by_language(runs)
    assert (languages[Language.EN].outcome.hits, languages[Language.ZH].outcome.hits) == (1, 0)
    tags = by_tag(runs)
    assert {tag: found.runs for tag, found in tags.items()} == {"card": 2, "easy": 1}


def test_twins_are_compared_pair_by_pair() -> None:
    def pair(name: str) -> tuple[Scenario, Scenario]:
        return scenario(id=f"{name}-en"), replace(scenario(id=f"{name}-zh"), locale="zh-CN")

    (a_en, a_zh), (b_en, b_zh) = pair("a"), pair("b")
    lonely = scenario(id="c-en")
    found = compare_twins([graded(a_en), graded(a_zh), graded(b_en), graded(b_zh, held=True), graded(lonely)])
    assert found.pairs == 2
    assert (found.en.hits, found.zh.hits) == (2, 1)
    assert found.difference_points == pytest.approx(50)
    assert (found.apart, found.lonely) == (("b",), ("c-en",))
    assert compare_twins([]).difference_points is None


def test_an_invalid_twin_is_no_pair() -> None:
    en, zh = scenario(id="a-en"), replace(scenario(id="a-zh"), locale="zh-CN")
    found = compare_twins([graded(en), graded(zh, faults=("x",))])
    assert (found.pairs, found.lonely) == (0, ("a-en",))


def test_the_outcome_counts_apart_from_the_pass() -> None:
    of = scenario("{outcome: confirmed_genuine, said: [specialist]}")
    found = summarise([graded(of)])
    assert (found.passed.hits, found.outcome.hits) == (0, 1)
    assert grade(run(of)).status is Status.FAILED
    assert Outcome.CONFIRMED_GENUINE in of.expect.outcomes
