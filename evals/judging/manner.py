"""What a judge's marks mean for runs: told apart from the grade, which they can lower and never raise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from cases.domain.vocabulary import Language, Speaker
from evals.judging.calibration import Calibration
from evals.judging.model import Criterion, Cut, Judgement, Label, Spoken
from evals.reports.model import Report, RunRecord

FORMAT: Literal["riskcall-judge/1"] = "riskcall-judge/1"
"""Names the schema of what is written."""
MIDDLE_CUT = 2
"""Highest score that means bad where nothing was fitted: the rubric's own words for a fault."""


class Note(StrEnum):
    """What becomes of a run's grade."""

    AS_GRADED = "as graded"
    """The judge found nothing that counts, or the run had not passed anyway."""
    LOWERED = "lowered"
    """The run passed, and its manner is wanting in a criterion in which the judge agrees with people."""
    NOT_JUDGED = "not judged"
    """There are no marks, or none that count."""


@dataclass(frozen=True, slots=True)
class MarkRecord:
    """A mark as it is kept.

    Attributes:
        score: From 1 to 5, or 0 where the talk does not show the criterion.
        label: What it means, or None.
        counts: Whether the judge agrees with people on this criterion in this language.
        turn: The agent's turn that decided it.
        quote: Words of it.
        reason: The judge's reason: untrusted text.
    """

    score: int
    label: Label | None
    counts: bool
    turn: int
    quote: str
    reason: str


@dataclass(frozen=True, slots=True)
class Manner:
    """A judged run.

    Attributes:
        suite: Its suite.
        id: The scenario.
        number: Which run of it.
        language: Its language.
        status: Its grade, as the report has it.
        note: What the judge adds to it.
        marks: Marks by criterion.
        dropped: Criteria whose mark quoted what was not said.
        error: Why there are no marks, or empty.
    """

    suite: str
    id: str
    number: int
    language: Language
    status: str
    note: Note
    marks: Mapping[Criterion, MarkRecord]
    dropped: tuple[Criterion, ...]
    error: str


@dataclass(frozen=True, slots=True)
class MannerReport:
    """What a judge made of a report.

    Attributes:
        format: Names the schema.
        model: Name of the judge's model.
        calibrated: Whether its calibration holds for this model and rubric.
        runs: The judged runs.
    """

    format: Literal["riskcall-judge/1"]
    model: str
    calibrated: bool
    runs: tuple[Manner, ...]


def judged_runs(report: Report) -> tuple[tuple[str, RunRecord], ...]:
    """The runs of a report in which the agent spoke, with their suites."""
    return tuple((suite.name, run) for suite in report.suites for run in suite.runs if run.turns)


def talk_of(run: RunRecord) -> tuple[Spoken, ...]:
    """The talk of a run as it was heard."""
    return tuple(Spoken(turn.index, Speaker(turn.speaker), turn.heard_text, turn.acts) for turn in run.turns)


def manner(suite: str, run: RunRecord, judgement: Judgement, calibration: Calibration | None) -> Manner:
    """What a judgement means for a run.

    Args:
        suite: The run's suite.
        run: The run.
        judgement: What the judge made of it.
        calibration: What is known of the judge, or None: then no mark counts.
    """
    language = Language(run.language)
    marks: dict[Criterion, MarkRecord] = {}
    for criterion, mark in judgement.marks.items():
        known = calibration.of(criterion, language) if calibration else None
        cut = known.cut if known else Cut(criterion, language, MIDDLE_CUT)
        counts = known is not None and known.calibrated
        marks[criterion] = MarkRecord(mark.score, cut.label(judgement), counts, mark.turn, mark.quote, mark.reason)
    return Manner(
        suite=suite,
        id=run.id,
        number=run.number,
        language=language,
        status=run.status,
        note=_note(run.status, tuple(marks.values())),
        marks=marks,
        dropped=judgement.dropped,
        error=judgement.error,
    )


def _note(status: str, marks: Sequence[MarkRecord]) -> Note:
    counting = [mark for mark in marks if mark.counts and mark.label is not None]
    if not counting:
        return Note.NOT_JUDGED
    wanting = any(mark.label is Label.BAD for mark in counting)
    return Note.LOWERED if wanting and status == "passed" else Note.AS_GRADED
