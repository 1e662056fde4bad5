from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.statistics import (
    clustered_rate,
    interval,
    mcnemar,
    pass_hat_k,
    quantile,
    quantile_samples,
    rate,
    ratio_samples,
    resamples,
)


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


def test_equal_runs_of_a_scenario_count_once() -> None:
    assert (clustered_rate([(1, 1), (0, 1)]).low, clustered_rate([(1, 1), (0, 1)]).high) == (
        rate(1, 2).low,
        rate(1, 2).high,
    )
    thrice = clustered_rate([(3, 3), (0, 3), (3, 3), (3, 3)])
    assert (thrice.hits, thrice.of) == (9, 12)
    assert (thrice.low, thrice.high) == pytest.approx((rate(3, 4).low, rate(3, 4).high))
    assert clustered_rate([(3, 3)] * 4).low == rate(4, 4).low
    mixed = clustered_rate([(2, 4), (2, 4), (2, 4), (2, 4)])
    assert mixed.low == pytest.approx(rate(8, 16).low)


@pytest.mark.parametrize(
    ("fixed", "broken", "p"), [(0, 0, 1.0), (0, 6, 0.03125), (6, 0, 0.03125), (1, 1, 1.0), (2, 10, 0.03857421875)]
)
def test_mcnemar_has_known_values(fixed: int, broken: int, p: float) -> None:
    assert mcnemar(fixed, broken) == pytest.approx(p)


def test_a_quantile_is_a_value_by_nearest_rank() -> None:
    assert [quantile([3, 1, 2, 4], share) for share in (0.5, 0.95)] == [2, 4]
    assert quantile([], 0.5) is None


@given(st.lists(st.lists(st.integers(0, 50), max_size=4), min_size=1, max_size=12), st.sampled_from([0.5, 0.95]))
def test_a_quantile_s_resamples_are_quantiles_of_what_was_drawn(groups: list[list[int]], share: float) -> None:
    weights = resamples(len(groups))[:20]
    found = quantile_samples(groups, share, weights)
    for row, value in zip(weights, found, strict=True):
        drawn = [one for group, times in zip(groups, row, strict=True) for one in group * int(times)]
        assert (quantile(drawn, share) == value) if drawn else np.isnan(value)


def test_a_bootstrap_is_the_same_each_time_and_holds_the_figure() -> None:
    parts = [(float(n % 3 == 0), 1.0) for n in range(90)]
    first, second = [interval(ratio_samples(parts, resamples(90))) for _ in range(2)]
    assert first == second
    assert first is not None and first[0] < 1 / 3 < first[1]
    # The normal interval of 30 of 90 is .236 to .431; the bootstrap must agree with it.
    assert first == pytest.approx((0.236, 0.431), abs=0.02)
    assert interval(ratio_samples([(0.0, 0.0)], resamples(1))) is None
