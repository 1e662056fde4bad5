"""Reports made by hand from runs made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cases.domain.vocabulary import Act
from evals.graders import VoiceRun, grade
from evals.graders.model import Run
from evals.reports.build import Made, build_report
from evals.reports.model import Report
from evals.runner import Graded, Mode, SuiteRun
from evals.scenario import Scenario
from evals.suites import Suite, SuiteName
from tests.support.eval_runs import HELD, TURNS, agent, run, scenario

AT = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
MADE = Made(AT, "0.1.0", "a" * 64, "b" * 64, "rules 1")
GOOD = scenario("{outcome: confirmed_genuine, escalated: false}", id="good-en")
BAD = scenario("{outcome: denied, said: ['specialist']}", id="bad-en")
EVIL = "<img src=x onerror=alert(1)></script><b>&amp;\x00"


def graded(
    of: Scenario,
    number: int = 1,
    *,
    held: bool = False,
    faults: tuple[str, ...] = (),
    voice: VoiceRun | None = None,
    as_run: Run | None = None,
) -> Graded:
    one = as_run or (run(of, assessment=HELD, faults=faults) if held else run(of, faults=faults))
    one = replace(one, scenario=of, voice=voice)
    return Graded(of, number, one, grade(one))


def report(
    runs: Sequence[Graded],
    *,
    name: SuiteName = SuiteName.NAMED,
    mode: Mode = Mode.TEXT,
    planned: int | None = None,
    folder: Path = Path(),
    made: Made = MADE,
) -> Report:
    scenarios = tuple({id(one.scenario): one.scenario for one in runs}.values())
    count = max((one.number for one in runs), default=1)
    total = len(runs) if planned is None else planned
    result = SuiteRun(tuple(runs), total, total > len(runs), 1.0)
    return build_report([Suite(name, scenarios)], result, made, mode=mode, runs=count, folder=folder)


def evil(of: Scenario = GOOD) -> Graded:
    """A run in which payee, title, tag, speech and error are HTML."""
    payment = replace(of.alert.transaction, creditor=replace(of.alert.transaction.creditor, name=EVIL))
    of = replace(of, title=EVIL, tags=(EVIL,), alert=replace(of.alert, transaction=payment))
    turns = (*TURNS[:1], replace(TURNS[1], text=EVIL, heard_text=EVIL), *TURNS[2:-1], agent(6, EVIL, Act.GOODBYE))
    return graded(of, faults=(EVIL,), as_run=run(of, turns=turns, faults=(EVIL,)))
