"""A model's sentences that stood the check, and the template's where they leave something out."""

from __future__ import annotations

from collections.abc import Sequence

from agent.analysis.check import Checker
from cases.domain.analysis import MOST_STATEMENTS, Section, Statement

LEAST_COURSE = 2
"""Fewer sentences of a model on what happened do not tell the course of a call."""
_BY_COVER = frozenset({Section.CONTRADICTIONS, Section.SIGNALS, Section.NEXT_STEPS})
"""Sections in which nothing that the record holds may go missing."""


def checked(written: Sequence[Statement], checker: Checker) -> tuple[tuple[Statement, ...], tuple[str, ...]]:
    """The sentences that rest on the record, and findings on the others: section and fault, no words of theirs."""
    kept: list[Statement] = []
    findings: list[str] = []
    for statement in written:
        fault = checker.fault(statement)
        if fault is None and statement.text not in [one.text for one in kept]:
            kept.append(statement)
        elif fault is not None:
            findings.append(f"{statement.section.value}: {fault.value}")
    return tuple(kept), tuple(findings)


def merged(model: Sequence[Statement], template: Sequence[Statement]) -> tuple[Statement, ...]:
    """One analysis, in the order of the sections.

    What happened and the typologies are the model's where it wrote them. The proposal is the template's first, since it
    comes from triage; the model only explains it. Of contradictions, signals and next steps the template adds each that
    no sentence of the model's cites.
    """
    parts: list[Statement] = []
    for section in Section:
        theirs = [one for one in model if one.section is section]
        ours = [one for one in template if one.section is section]
        if section is Section.PROPOSAL:
            parts += [*ours, *theirs]
        elif section in _BY_COVER:
            cited = [set(one.turns) for one in theirs]
            parts += [*theirs, *(one for one in ours if not one.turns or not _covered(set(one.turns), cited))]
        elif len(theirs) < (LEAST_COURSE if section is Section.WHAT_HAPPENED else 1):
            parts += ours
        else:
            parts += theirs
    return tuple(parts[:MOST_STATEMENTS])


def _covered(turns: set[int], cited: Sequence[set[int]]) -> bool:
    return any(turns <= one for one in cited)
