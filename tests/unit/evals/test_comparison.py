from __future__ import annotations

from dataclasses import replace

import pytest

from cases.domain.vocabulary import Act, Disposition
from evals.comparison import Comparison, Verdict, compare
from evals.runner import Graded
from evals.suites import SuiteName
from tests.support.eval_reports import MADE, graded, report
from tests.support.eval_runs import TURNS, agent, run, scenario


def compared(before: list[Graded], after: list[Graded]) -> Comparison:
    return compare(report(before), report(after))


def passing(count: int, start: int = 0) -> list[Graded]:
    return [graded(scenario(id=f"s{number}")) for number in range(start, count)]


def failing(count: int, start: int = 0) -> list[Graded]:
    return [graded(scenario(id=f"s{number}"), held=True) for number in range(start, count)]


def test_nothing_changed_is_nothing_told() -> None:
    found = compared(passing(5), passing(5))
    (suite,) = found.suites
    assert not found.worse
    assert (suite.common, suite.broken, suite.fixed, suite.changed, suite.reworded) == (5, (), (), (), ())
    assert {one.verdict for one in suite.metrics} == {Verdict.SAME}
    assert suite.chance == 1


def test_broken_fixed_added_and_removed_are_told_apart() -> None:
    found = compared(passing(2) + failing(3, 2) + passing(4, 3), failing(1) + passing(3, 1) + failing(5, 4))
    (suite,) = found.suites
    assert [one.id for one in suite.broken] == ["s0"]
    assert [one.id for one in suite.fixed] == ["s2"]
    assert (suite.removed, suite.added) == (("s3",), ("s4",))
    assert suite.broken[0].after.reason == "outcome: expected confirmed_genuine, found suspected_scam"
    assert found.worse


def test_a_new_scenario_that_fails_is_no_step_back() -> None:
    assert not compared(passing(2), passing(2) + failing(3, 2)).worse


def test_another_outcome_that_is_allowed_too_is_a_change_and_no_failure() -> None:
    of = scenario("{outcome: [confirmed_genuine, suspected_scam]}")
    (suite,) = compared([graded(of)], [graded(of, held=True)]).suites
    assert [one.id for one in suite.changed] == ["x"]
    assert (suite.changed[0].before.effects, suite.changed[0].after.effects) == (("release",), ("hold",))


def test_other_words_are_told_line_by_line() -> None:
    of = scenario()
    other = (*TURNS[:-1], agent(6, "Lovely. Goodbye.", Act.GOODBYE))
    (suite,) = compared([graded(of)], [graded(of, as_run=run(of, turns=other))]).suites
    assert [one.id for one in suite.reworded] == ["x"]
    (line,) = suite.reworded[0].lines
    assert (line.before, line.after) == ((TURNS[-1].text,), ("Lovely. Goodbye.",))


def test_one_more_false_release_is_worse_even_where_nothing_fails_anew() -> None:
    of = scenario("{outcome: denied}")
    found = compared([graded(of, held=True)], [graded(of)])
    assert not found.suites[0].broken
    assert [one.metric.name for one in found.suites[0].forbidden_rise] == ["false_release"]
    assert found.worse
    assert not compared([graded(of)], [graded(of, held=True)]).worse


@pytest.mark.parametrize(("broken", "verdict"), [(1, Verdict.CHANCE), (5, Verdict.CHANCE), (6, Verdict.WORSE)])
def test_noise_is_not_sold_as_progress(broken: int, verdict: Verdict) -> None:
    well, ill = passing(60), failing(broken) + passing(60, broken)
    mended = Verdict.BETTER if verdict is Verdict.WORSE else verdict
    for before, after, expected, share in ((well, ill, verdict, -broken / 60), (ill, well, mended, broken / 60)):
        (suite,) = compared(before, after).suites
        metric = next(one for one in suite.metrics if one.metric.name == "pass")
        assert metric.verdict is expected
        assert metric.difference == pytest.approx(share)
        assert metric.low is not None and metric.high is not None and metric.low <= share <= metric.high


def test_a_scenario_that_turns_invalid_is_a_change() -> None:
    of = scenario()
    (suite,) = compared([graded(of)], [graded(of, faults=("ran out of script",))]).suites
    assert [one.id for one in suite.changed] == ["x"]
    assert suite.changed[0].after.status == "invalid"


def test_a_scenario_fails_where_any_of_its_runs_does() -> None:
    of = scenario()
    (suite,) = compared([graded(of, 1), graded(of, 2)], [graded(of, 1), graded(of, 2, held=True)]).suites
    assert [one.id for one in suite.broken] == ["x"]
    assert suite.broken[0].after.outcomes == ("confirmed_genuine", "suspected_scam")


def test_suites_are_compared_by_name_and_otherwise_as_one() -> None:
    first = report(passing(2), name=SuiteName.DEVELOPMENT)
    assert [one.name for one in compare(first, report(passing(2), name=SuiteName.DEVELOPMENT)).suites] == [
        "development"
    ]
    (whole,) = compare(first, report(passing(3))).suites
    assert (whole.name, whole.common, whole.added) == ("scenarios", 2, ("s2",))


def test_what_hampers_a_comparison_is_noted() -> None:
    later = report(passing(1), planned=4, made=replace(MADE, prompts="c" * 64, brain="llm gpt"))
    notes = compare(report(passing(1)), later).notes
    assert "the second report is partial" in notes
    assert "brain: rules 1 → llm gpt" in notes
    assert any(note.startswith("prompts: aaaa") for note in notes)


def test_a_run_without_a_conversation_is_compared_too() -> None:
    of = scenario("{outcome: [unreached, confirmed_genuine]}")
    nobody = replace(run(of), call=None, disposition=Disposition.BUSY)
    (suite,) = compared([graded(of, as_run=nobody)], [graded(of)]).suites
    assert suite.common == 1
