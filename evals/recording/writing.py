"""The scenario file of a recorded case, with what a reader must know in comments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from cases.domain.alert import Alert
from cases.domain.vocabulary import Disposition, Language
from evals.graders.facts import agent_turns, discloses
from evals.recording.document import alert_document
from evals.recording.model import Expected, NameLeft, Source
from evals.recording.talk import Talk

TAG = "recorded"
"""Tag of every recorded scenario."""
_TITLES = {Language.EN: "Recorded case: {outcome}", Language.ZH: "真实案件录得：{outcome}"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is written.

    Attributes:
        source: What happened.
        alert: The alert that stands in.
        talk: What the customer says and does, replaced.
        answered_by: Who answers.
        names_left: What somebody must look at.
    """

    source: Source
    alert: Alert
    talk: Talk
    answered_by: str
    names_left: tuple[NameLeft, ...]


def written(facts: Facts, expected: Expected) -> str:
    """The file."""
    scenario: dict[str, Any] = {
        "id": facts.alert.id,
        "title": _TITLES[facts.alert.language].format(outcome=facts.source.outcome.value),
        "locale": facts.alert.locale,
        "tags": [TAG],
        "alert": {"document": alert_document(facts.alert)},
        "customer": _customer(facts),
    }
    expect = _yaml({"expect": _happened(facts.source)})
    if expected is Expected.EDIT:
        kept = "".join(f"# {line}\n" for line in expect.splitlines())
        expect = f"# Write what would have been right; this is what happened:\n{kept}expect:\n  outcome:\n"
    return _comments(facts) + _yaml(scenario) + expect


def _customer(facts: Facts) -> dict[str, Any]:
    if facts.source.disposition is not Disposition.ANSWERED:
        return {"answered_by": facts.answered_by}
    answers = {act.value: lines[0] if len(lines) == 1 else lines for act, lines in facts.talk.answers.items()}
    customer: dict[str, Any] = {"answers": answers} if answers else {}
    if facts.talk.events:
        customer["events"] = facts.talk.events
    return customer or {"default": ""}


def _happened(source: Source) -> dict[str, Any]:
    expect: dict[str, Any] = {
        "outcome": source.outcome.value,
        "effect": source.effect.value,
        "escalated": source.escalated,
        "disclosed": _disclosed(source),
    }
    if source.signals:
        expect["signals"] = {"include": [code.value for code in source.signals]}
    return expect


def _disclosed(source: Source) -> bool:
    if source.call is None:
        return False
    told = any(discloses(turn.heard_text, source.alert) for turn in agent_turns(source.call))
    return source.call.verification.disclosed or told


def _comments(facts: Facts) -> str:
    lines = [
        f"Recorded from a case whose latest event has the hash {facts.source.digest}.",
        "Names, accounts, references, contacts, dates and numbers are invented; amounts are scaled by one factor.",
    ]
    lines += [f"Unlike the call: {note}." for note in facts.talk.notes]
    lines += [f"Look at: {one.place}: {one.words!r} may name somebody." for one in facts.names_left]
    if not facts.names_left and facts.source.call is not None:
        lines.append("No words that look like other names were found; read the customer's lines all the same.")
    return "".join(f"# {line}\n" for line in lines)


def _yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=110)
