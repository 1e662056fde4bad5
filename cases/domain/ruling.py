"""What policy and people conclude: findings, assessment, decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cases.domain.vocabulary import BankAction, Disposition, Outcome, Typology


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
        disposition: How the dial ended, or None while it is under way.
    """

    id: str
    number: int
    disposition: Disposition | None = None
