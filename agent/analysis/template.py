"""The analysis that no model is needed for: sentences of the wording files, filled in from the record."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from agent.analysis.contradictions import contradictions
from agent.analysis.happened import what_happened
from agent.analysis.next_steps import next_steps
from agent.analysis.pen import Pen, label, reason
from cases.domain.analysis import MOST_STATEMENTS, Analysis, Dossier, Ground, Section, Statement
from cases.domain.call import Identity
from cases.domain.policy import Bar, Text
from cases.domain.ruling import Finding
from cases.domain.vocabulary import HARD_SIGNALS, BankAction, Outcome, SignalCode, Typology
from prompts.analysis import AnalysisPrompts
from prompts.analysis import load as load_prompts

MOST_QUOTES = 3
"""Most quotes of one signal."""
_BARS = frozenset(Bar)
_TELLING_BARS = frozenset(
    {
        Bar.WRONG_PARTY,
        Bar.IDENTITY_FAILED,
        Bar.DENIED,
        Bar.CHANGED_ANSWER,
        Bar.FORWARDED_LINE,
        Bar.SIM_SWAPPED,
        Bar.WANTS_PERSON,
        Bar.WANTS_CALLBACK,
        Bar.REFUSED,
    }
)
"""Bars that say why by themselves; the others only say what is missing."""


class TemplateAnalyst:
    """Writes analyses from the wording files."""

    def __init__(self, prompts: AnalysisPrompts | None = None) -> None:
        """Use this wording; the files of the package when None."""
        self._prompts = prompts or load_prompts()

    async def analyse(self, dossier: Dossier) -> Analysis:
        """Write the analysis, away from the event loop."""
        return await asyncio.to_thread(self.write, dossier)

    def write(self, dossier: Dossier) -> Analysis:
        """Write the analysis; takes a few milliseconds."""
        statements = written(dossier, self._prompts)
        return Analysis(statements, dossier.proposal, version=self._prompts.version)


def written(dossier: Dossier, prompts: AnalysisPrompts) -> tuple[Statement, ...]:
    """The template's sentences about a dossier, in the order of the sections."""
    pen = Pen(dossier, prompts)
    parts = (
        *what_happened(pen),
        *contradictions(pen),
        *signals(pen),
        *typologies(pen),
        proposal(pen),
        *next_steps(pen),
    )
    return parts[:MOST_STATEMENTS]


def signals(pen: Pen) -> Iterator[Statement]:
    """Every signal once, those that hold the payment first, with the words it rests on."""
    quotes: dict[SignalCode, list[tuple[int, str]]] = {}
    for observed in pen.dossier.call.verification.signals:
        said = pen.said(observed.turn, observed.signal.quote)
        quotes.setdefault(observed.signal.code, []).append((observed.turn, said))
    for code in sorted(quotes, key=lambda one: one not in HARD_SIGNALS):
        name = label(pen.dossier.policy.signals[code].label)
        shown = quotes[code][:MOST_QUOTES]
        words = list(dict.fromkeys(text for _, text in shown if text.strip()))
        turns = [turn for turn, _ in shown]
        yield pen.write(Section.SIGNALS, "quoted" if words else "bare", turns, quotes=words, slots={"label": name})


def typologies(pen: Pen) -> Iterator[Statement]:
    """The likeliest kinds of fraud, at most two, with what points to them."""
    assessment = pen.dossier.assessment
    if pen.dossier.proposal is BankAction.RELEASE or assessment.outcome is Outcome.CONFIRMED_GENUINE:
        return
    denied = assessment.outcome is Outcome.DENIED
    identified = pen.dossier.call.verification.identity is Identity.PASSED
    told: set[str] = set()
    for place, typology in enumerate(assessment.typologies[:2]):
        kind = {"typology": label(pen.dossier.policy.typologies[typology].label)}
        turns, quotes = _pointing(pen, typology)
        if place == 0 and denied:
            yield pen.write(Section.TYPOLOGIES, "by_denial", _reasons(pen)[1], slots=kind)
        elif set(quotes) - told:
            key = "by_signals" if place == 0 else "also"
            told.update(quotes)
            yield pen.write(Section.TYPOLOGIES, key, turns, quotes=quotes, slots=kind)
        elif turns and place == 0:
            yield pen.write(Section.TYPOLOGIES, "by_signals_bare", turns, slots=kind)
        elif typology in pen.dossier.alert.typologies and place == 0 and identified:
            yield pen.write(Section.TYPOLOGIES, "by_alert", (), grounds=(Ground.ALERT,), slots=kind)


def _pointing(pen: Pen, typology: Typology) -> tuple[list[int], list[str]]:
    """Turns whose signals point to a kind of fraud, and what was said there."""
    turns, quotes = [], []
    for observed in pen.dossier.call.verification.signals:
        if typology in pen.dossier.policy.signals[observed.signal.code].typologies:
            turns.append(observed.turn)
            quotes.append(pen.said(observed.turn, observed.signal.quote))
    return turns[:MOST_QUOTES], list(dict.fromkeys(words for words in quotes[:MOST_QUOTES] if words.strip()))


def proposal(pen: Pen) -> Statement:
    """What is proposed for the payment, as triage concluded, with the weightiest reason."""
    assessment = pen.dossier.assessment
    first, turns = _reasons(pen)
    grounds = (Ground.TRIAGE,)
    slots = {} if first is None else {"reason": reason(Text(first.reason_en, first.reason_zh))}
    match pen.dossier.proposal:
        case BankAction.RELEASE:
            key, turns, slots = "release", [one.turn for one in pen.dossier.call.verification.answers], {}
        case BankAction.BLOCK if assessment.outcome is Outcome.DENIED or first is None:
            key, slots = "block", {}
        case BankAction.BLOCK:
            key = "block_for"
        case _ if assessment.action is BankAction.RELEASE:
            key, slots = "hold_doubt", {}
        case _:
            key = "hold_plain" if first is None else "hold"
    return pen.write(Section.PROPOSAL, key, turns or pen.last, grounds=grounds, slots=slots)


def _reasons(pen: Pen) -> tuple[Finding | None, list[int]]:
    """The weightiest finding and the turns that it cites."""
    findings = pen.dossier.assessment.findings
    first = max(findings, key=lambda one: (_weight(one), bool(one.turns), one.points), default=None)
    return first, [] if first is None else list(first.turns)


def _weight(finding: Finding) -> int:
    """How much a finding says about the payment: hard ones most, then telling bars and points, then the other bars."""
    if finding.rule not in _BARS:
        return 3 if finding.hard else 1
    return 2 if finding.rule in _TELLING_BARS else 0
