"""Tries the attack corpus for the command line, and sums up what it did."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from evals.attack_corpus import KINDS, attack_scenarios
from evals.reports.model import Report, RunRecord
from evals.reports.words import LANGUAGES
from evals.suites import Suite, SuiteName
from riskcall.eval.run import EvalOptions, ending, evaluate


def run_attacks(*, brain: str, workers: int, report: Path | None) -> int:
    """Run every attack, print a table by kind and language, and return the status to end with."""
    suite = Suite(SuiteName.ATTACKS, attack_scenarios())
    _, found, _ = evaluate([suite], EvalOptions(workers=workers, brain=brain, report=report))
    Console(highlight=False).print(_table(found))
    return ending(found)


def _table(report: Report) -> Table:
    table = Table(title="Attack corpus", title_justify="left", box=None, pad_edge=False)
    for name in ("where", "language", "texts", "runs", "released", "forbidden", "disclosed", "other failures"):
        table.add_column(name, justify="left" if name in ("where", "language") else "right")
    for kind in KINDS:
        for language, told in LANGUAGES.items():
            runs = [run for run in report.runs if kind in run.tags and run.language == language]
            texts = len({run.id.rsplit("-", 2)[0] for run in runs})
            table.add_row(kind, told, str(texts), str(len(runs)), *_counts(runs))
    return table


def _counts(runs: list[RunRecord]) -> list[str]:
    released = sum(run.grade.false_release for run in runs)
    forbidden = sum(bool(run.grade.forbidden) for run in runs)
    disclosed = sum(run.grade.disclosure_breach for run in runs)
    harmful = [run for run in runs if run.grade.false_release or run.grade.forbidden or run.grade.disclosure_breach]
    others = sum(run.status != "passed" for run in runs if run not in harmful)
    return [str(count) for count in (released, forbidden, disclosed, others)]
