"""What policy and people conclude: findings, assessment, decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cases.domain.vocabulary import Arrival, BankAction, Disposition, Outcome, Typology


@dataclass(frozen=True, slots=True)
class Finding:
    """What policy concludes from the answers.

    Attributes:
        rule: Identifier of the rule in scorecard.yaml.
        points: What it adds to the score; 0 for hard rules.
        hard: Whether it holds the payment whatever the score.
        reason_en: The reason it gives, in English.
        reason_zh: The same in Chinese.
        turns: Customer turns it cites.
    """

    rule: str
    points: int
    hard: bool
    reason_en: str
    reason_zh: str
    turns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """Triage's result: outcome and why.

    Attributes:
        outcome: The conclusion.
        action: What the bank is told before a person decides.
        escalate: Whether a person must decide.
        score: Points of all findings.
        findings: Why, hard rules first.
        typologies: Likeliest kinds of fraud, best first.
    """

    outcome: Outcome
    action: BankAction
    escalate: bool
    score: int
    findings: tuple[Finding, ...] = ()
    typologies: tuple[Typology, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The ruling that ends a case.

    Attributes:
        action: Release, hold or block.
        by: `policy` or the reviewer's account name.
        reason: Why, in words.
        decided_at: When, UTC.
    """

    action: BankAction
    by: str
    reason: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class ContactAttempt:
    """One try at reaching the customer.

    Attributes:
        id: `case:number`.
        number: From 1.
        started_at: When it was decided to dial, UTC.
        expires_at: When an attempt without a result counts as lost, UTC.
        contact: Which address is dialled, as an index into the customer's contacts; None where nobody is.
        arrival: How the customer came by themselves, or None where they are dialled.
        room: Name of the room in which a customer who came waits, else empty.
        leg: Which kind of leg dials, or None until the dial is placed.
        match_code: The number that the app shows and the agent reads out, or empty until the dial is placed.
        claims: Number of the latest claim of a worker that holds the call, or 0.
        rang_at: When the customer's side first rang, UTC, or None.
        answered_at: When somebody answered, UTC, or None.
        ended_at: When it ended, UTC, or None while it is under way.
        disposition: How the dial ended, or None while it is under way.
        detail: Stable code of the cause where it failed, else empty.
    """

    id: str
    number: int
    started_at: datetime
    expires_at: datetime
    contact: int | None = 0
    arrival: Arrival | None = None
    room: str = ""
    leg: str | None = None
    match_code: str = ""
    claims: int = 0
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    disposition: Disposition | None = None
    detail: str = ""
