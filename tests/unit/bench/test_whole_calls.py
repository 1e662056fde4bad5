"""The speed of whole calls: figures of a report, the first call beside the others, the tables."""

from __future__ import annotations

from typing import Any

import pytest

from bench.calls import GOALS, collect, first_call, first_table, table
from bench.calls_in_a_row import CallSpeed, speed_of
from bench.statistics import ratio


def report(first: int, *responses: int | None) -> dict[str, Any]:
    """A report of `riskcall demo`: the agent greets, then answers."""
    turns = [{"speaker": "agent", "started_ms": first, "response_ms": None, "yield_ms": None}]
    for response in responses:
        turns.append({"speaker": "customer", "started_ms": 0, "response_ms": None, "yield_ms": None})
        turns.append({"speaker": "agent", "started_ms": 0, "response_ms": response, "yield_ms": None})
    return {"turns": turns, "latency": {"alert_to_ringing_ms": 55}}


def test_the_first_word_is_the_agents_even_where_the_customer_speaks_first() -> None:
    talk = report(40, 200, 300, None)
    talk["turns"].insert(0, {"speaker": "customer", "started_ms": 5, "response_ms": None, "yield_ms": None})
    assert speed_of(talk) == CallSpeed(55, 40, 250)


def test_a_call_in_which_nothing_was_said_has_no_figures() -> None:
    assert speed_of({"turns": [], "latency": {"alert_to_ringing_ms": None}}) == CallSpeed(None, None, None)


def test_a_first_call_that_is_slower_shows_and_one_that_is_not_does_not() -> None:
    slow = [CallSpeed(50, 120, 400), *[CallSpeed(50, 40, 200)] * 9]
    ratios = first_call([slow])
    assert ratios["answer_to_word_ms"].value == 3
    assert ratios["response_ms"].low == ratios["response_ms"].value == 2
    assert ratios["alert_to_ringing_ms"].value == 1
    assert "| answer_to_word_ms | 3.00 [3.00, 3.00] |" in first_table(ratios)


def test_calls_without_a_figure_are_left_out() -> None:
    assert first_call([[CallSpeed(None, None, None), CallSpeed(1, 2, 3)]]) == {}


def test_a_ratio_needs_both_samples() -> None:
    assert ratio([4, 4], [2, 2]).high == 2
    with pytest.raises(ValueError):
        ratio([], [1])


def test_the_table_shows_every_figure_with_its_goal() -> None:
    rows = table(collect([report(40, 200)])).splitlines()[2:]
    assert [row.split(" | ")[0].strip("| ") for row in rows] == list(GOALS)
    assert any(row.startswith("| response_ms | 1 | 200 [200, 200]") and row.endswith("≤ 400 / ≤ 600 |") for row in rows)
