"""The first analysis of a call as the desk shows it: sentences by section, with links into transcript and recording."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cases.domain.analysis import Ground, Section, Statement, Writer
from cases.domain.case import CallRecord
from cases.domain.vocabulary import BankAction, Language

SHOWN_CITES = 4
"""Most links to turns behind one sentence."""
_PIECES = re.compile("(“[^“”]*”)")


@dataclass(frozen=True, slots=True)
class Cite:
    """A turn that a sentence rests on.

    Attributes:
        turn: Its index.
        at_ms: Where it starts in the recording.
    """

    turn: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class AnalysisLine:
    """One sentence.

    Attributes:
        pieces: Its words in order; those that somebody said are marked.
        cites: Turns it rests on.
        grounds: What else of the record it rests on.
        by_model: Whether a model wrote it.
    """

    pieces: tuple[tuple[str, bool], ...]
    cites: tuple[Cite, ...]
    grounds: tuple[Ground, ...]
    by_model: bool


@dataclass(frozen=True, slots=True)
class AnalysisView:
    """The analysis of the latest call.

    Attributes:
        attempt: Number of its contact attempt.
        anchor: Prefix of the anchors of its turns.
        language: Language of the call, in which people are quoted.
        written: Whether it is there already.
        proposal: What it proposes, or None while it is not written.
        writer: Who wrote it.
        model: Name of the model, or empty.
        mixed: Whether the template stands in for sentences of a model.
        fallback: Text key of why no model wrote although one was asked, or empty.
        dropped: How many sentences of a model did not stand the check.
        sections: Sentences by section, in the order of reading; a section may be empty.
    """

    attempt: int
    anchor: str
    language: Language
    written: bool
    proposal: BankAction | None
    writer: Writer
    model: str
    mixed: bool
    fallback: str
    dropped: int
    sections: dict[Section, tuple[AnalysisLine, ...]]


def analysis_view(record: CallRecord, language: Language) -> AnalysisView:
    """The analysis of one call in the page's language."""
    analysis = record.analysis
    statements = analysis.statements if analysis else ()
    findings = analysis.findings if analysis else ()
    reason = next((one.partition(": ")[2] for one in findings if one.startswith("template: ")), "")
    starts = {turn.index: turn.started_ms for turn in record.call.turns}
    writer = analysis.writer if analysis else Writer.TEMPLATE
    return AnalysisView(
        attempt=record.attempt,
        anchor=f"call-{record.attempt}",
        language=record.call.language,
        written=analysis is not None,
        proposal=analysis.proposal if analysis else None,
        writer=writer,
        model=analysis.model if analysis else "",
        mixed=writer is Writer.LLM and any(one.writer is Writer.TEMPLATE for one in statements),
        fallback=f"analysis.reason.{reason.replace(' ', '_')}" if reason else "",
        dropped=len(findings) - bool(reason),
        sections={
            section: tuple(_line(one, language, starts) for one in statements if one.section is section)
            for section in Section
        },
    )


def _line(statement: Statement, language: Language, starts: dict[int, int]) -> AnalysisLine:
    text = statement.text.get(language)
    return AnalysisLine(
        pieces=tuple((piece, piece.startswith("“")) for piece in _PIECES.split(text) if piece),
        cites=tuple(Cite(turn, starts.get(turn, 0)) for turn in statement.turns[:SHOWN_CITES]),
        grounds=statement.grounds,
        by_model=statement.writer is Writer.LLM,
    )
