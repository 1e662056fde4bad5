"""The first analysis of a call: short sentences for the reviewer, each of which says what it rests on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from cases.domain.alert import Alert
from cases.domain.call import Call, Turn
from cases.domain.policy import Policy, Text
from cases.domain.ruling import Assessment
from cases.domain.vocabulary import BankAction, Disposition, Language

MOST_STATEMENTS = 40
"""Most statements of one analysis."""
_QUOTE = re.compile("“([^“”]*)”")


class Section(StrEnum):
    """The parts of an analysis, in the order in which they are read."""

    WHAT_HAPPENED = "what_happened"
    CONTRADICTIONS = "contradictions"
    SIGNALS = "signals"
    TYPOLOGIES = "typologies"
    PROPOSAL = "proposal"
    NEXT_STEPS = "next_steps"


class Ground(StrEnum):
    """What of the record a statement rests on where no turn says it."""

    ALERT = "alert"
    """What the bank flagged."""
    CALL = "call"
    """How the call went: what answered, how it ended, what was not asked."""
    TRIAGE = "triage"
    """What policy concluded."""


class Writer(StrEnum):
    """Who writes analyses."""

    TEMPLATE = "template"
    LLM = "llm"


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence in both languages, with what it rests on.

    Attributes:
        section: Where it stands.
        text: The sentence; words that somebody said stand between “ and ”, letter by letter.
        turns: Indices of the turns it cites, in order.
        grounds: What else of the record it rests on.
        writer: Who wrote it.
    """

    section: Section
    text: Text
    turns: tuple[int, ...] = ()
    grounds: tuple[Ground, ...] = ()
    writer: Writer = Writer.TEMPLATE


@dataclass(frozen=True, slots=True)
class Analysis:
    """The first analysis of one call.

    Attributes:
        statements: What it says, in the order of the sections.
        proposal: What it proposes for the payment; code takes it from triage, no model does.
        writer: Who wrote it; single statements may be the template's where a model's fell out.
        model: Name of the language model, or empty.
        version: Content hash of wording and prompt.
        findings: What was dropped of a model's text and why, or why no model wrote; stable words, no personal data.
    """

    statements: tuple[Statement, ...]
    proposal: BankAction
    writer: Writer = Writer.TEMPLATE
    model: str = ""
    version: str = ""
    findings: tuple[str, ...] = ()

    def of(self, section: Section) -> tuple[Statement, ...]:
        """The statements of one section."""
        return tuple(one for one in self.statements if one.section is section)


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that an analysis may rest on.

    Attributes:
        alert: What the bank flagged.
        disposition: What answered.
        call: The conversation.
        assessment: Triage's result for this conversation.
        proposal: What may be proposed for the payment.
        policy: Labels and lines that triage went by.
    """

    alert: Alert
    disposition: Disposition
    call: Call
    assessment: Assessment
    proposal: BankAction
    policy: Policy

    @property
    def language(self) -> Language:
        """The language of the call."""
        return self.call.language


def may_propose(assessment: Assessment) -> frozenset[BankAction]:
    """What an analysis may propose: what triage concluded, or to hold."""
    return frozenset({assessment.action, BankAction.HOLD})


def quotes(sentence: str) -> tuple[str, ...]:
    """The words that a sentence quotes: what stands between “ and ”."""
    return tuple(_QUOTE.findall(sentence))


def is_said(quote: str, turn: Turn) -> bool:
    """Whether somebody said these words in a turn; what was prepared but never played was not said."""
    return bool(quote.strip()) and quote in turn.heard_text


def unfounded(analysis: Analysis, call: Call, assessment: Assessment) -> str:
    """What in an analysis does not rest on its call, in words without personal data; empty where nothing is amiss.

    This is the least that the record demands, whoever wrote: every statement cites turns that exist or other grounds,
    every quote stands in a cited turn, and nothing looser than triage's action is proposed.
    """
    if analysis.proposal not in may_propose(assessment):
        return "it proposes something else than triage"
    if not analysis.statements or len(analysis.statements) > MOST_STATEMENTS:
        return f"it has {len(analysis.statements)} statements, not 1 to {MOST_STATEMENTS}"
    turns = {turn.index: turn for turn in call.turns}
    for place, statement in enumerate(analysis.statements):
        if not statement.turns and not statement.grounds:
            return f"statement {place} cites nothing"
        if not turns.keys() >= set(statement.turns):
            return f"statement {place} cites a turn that does not exist"
        cited = [turns[index] for index in statement.turns]
        for quote in quotes(statement.text.en) + quotes(statement.text.zh):
            if not any(quote in turn.heard_text or quote in turn.text for turn in cited):
                return f"statement {place} quotes words that no cited turn holds"
    return ""
