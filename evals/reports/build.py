"""Makes a report of what a runner brought home."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from evals.figures import figures, figures_by_language, figures_by_tag, twins
from evals.reports.model import FORMAT, Report, RunRecord, SuiteRecord, Versions
from evals.reports.records import engines_record, run_record
from evals.runner import Graded, Mode, SuiteRun
from evals.statistics import SEED
from evals.suites import Suite, SuiteName


@dataclass(frozen=True, slots=True)
class Made:
    """What a report says of how it was made.

    Attributes:
        at: When the run began, UTC.
        riskcall: Version of the package.
        prompts: SHA-256 over the prompt files.
        policies: SHA-256 over the policy files.
        brain: `name model` of what understood the customer.
        channel: The line that stood in for the scenarios' own, in plain words, or None.
    """

    at: datetime
    riskcall: str
    prompts: str
    policies: str
    brain: str
    channel: str | None = None


def build_report(
    suites: Sequence[Suite], result: SuiteRun, made: Made, *, mode: Mode, runs: int, folder: Path
) -> Report:
    """The report of a run.

    Args:
        suites: What was to be run.
        result: What came of it.
        made: How it was made.
        mode: In text or by voice.
        runs: How often each scenario was to be run.
        folder: Where the report will lie, from which recordings are told.
    """
    voice = mode is Mode.VOICE
    records: dict[int, list[RunRecord]] = defaultdict(list)
    for one in result.graded:
        records[id(one.scenario)].append(run_record(one, folder))
    return Report(
        format=FORMAT,
        made_at=made.at,
        mode=mode.value,
        versions=_versions(made, result.graded),
        runs_per_scenario=runs,
        planned=result.planned,
        done=len(result.graded),
        partial=result.interrupted,
        suites=tuple(
            suite_record(
                suite.name,
                len(suite.scenarios) * runs,
                [run for scenario in suite.scenarios for run in records[id(scenario)]],
                voice=voice,
            )
            for suite in suites
        ),
    )


def suite_record(name: str, planned: int, runs: Sequence[RunRecord], *, voice: bool) -> SuiteRecord:
    """One suite with the figures over its runs."""
    return SuiteRecord(
        name=name,
        planned=planned,
        total=figures(runs, voice=voice),
        by_language=figures_by_language(runs, voice=voice),
        by_tag=figures_by_tag(runs, voice=voice),
        # Texts of the attack corpus are numbered in each language by itself: equal numbers are no twins.
        twins=twins(() if name == SuiteName.ATTACKS else runs),
        runs=tuple(runs),
    )


def _versions(made: Made, graded: Sequence[Graded]) -> Versions:
    spoken = [one.run.voice.engines for one in graded if one.run is not None and one.run.voice is not None]
    return Versions(
        riskcall=made.riskcall,
        prompts=made.prompts,
        policies=made.policies,
        brain=made.brain,
        engines=tuple(engines_record(one) for one in dict.fromkeys(spoken)),
        channel=made.channel,
        seed=SEED,
    )
