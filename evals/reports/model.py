"""What a report holds: a machine-independent record of a suite's runs and the figures over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from evals.reports.talk import AnswerRecord, SignalRecord, TurnRecord

FORMAT: Literal["riskcall-eval/1"] = "riskcall-eval/1"
"""Names the schema; its number rises when a reader of the old one would be misled."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its 95 % interval.

    Attributes:
        value: The figure: a share from 0 to 1, or a number in its metric's unit; None where nothing was counted.
        low: Lower bound, or None where there is none.
        high: Upper bound, or None where there is none.
        n: How many things were counted.
        hits: For a share: how many of them; else None.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    hits: int | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a group of runs.

    Attributes:
        scenarios: Different scenarios.
        runs: All runs.
        passed: Runs that passed.
        failed: Runs that failed.
        invalid: Runs whose simulated customer went wrong.
        metrics: Figure by name of its metric (evals/metrics.py).
        pass_k: pass^k by k, up to the most runs that every scenario has.
    """

    scenarios: int
    runs: int
    passed: int
    failed: int
    invalid: int
    metrics: Mapping[str, Figure]
    pass_k: Mapping[int, Figure]


@dataclass(frozen=True, slots=True)
class Twins:
    """English and Chinese side by side, over scenarios that exist in both.

    Attributes:
        pairs: Twins with valid runs in both languages.
        en: Outcome right in English.
        zh: Outcome right in Chinese.
        difference: Share in English less share in Chinese, in percentage points, with a paired bootstrap interval.
        apart: Names of twins whose shares differ.
        lonely: Ids of scenarios without a twin among the runs.
    """

    pairs: int
    en: Figure
    zh: Figure
    difference: Figure
    apart: tuple[str, ...]
    lonely: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """One thing that was looked at.

    Attributes:
        name: `outcome`, `effect`, …, or a veto such as `false_release`.
        passed: Whether it held.
        detail: What was expected and what was found where it did not.
        turns: Turns it cites.
    """

    name: str
    passed: bool
    detail: str
    turns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReasonRecord:
    """A finding of triage: rule of the scorecard, points, whether hard, why in the scenario's language, turns."""

    rule: str
    points: int
    hard: bool
    reason: str
    turns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ExpectRecord:
    """What the scenario asks for; fields as in scenario files, empty and None ask for nothing."""

    outcome: tuple[str, ...]
    effect: tuple[str, ...]
    escalated: bool | None
    disclosed: bool | None
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    said: tuple[str, ...]
    never_said: tuple[str, ...]
    max_agent_turns: int | None
    disposition: str | None = None


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """The payment in question, as a reader of the report must know it.

    Attributes:
        amount_minor: Amount in the currency's smallest unit.
        currency: ISO 4217 code.
        payee: Creditor's name.
        memo: The payment's reference, or None.
        tier: Contact tier that the alert names, or None.
        score: Fraud score between 0 and 1.
        typologies: The engine's hypotheses, likeliest first.
    """

    amount_minor: int
    currency: str
    payee: str
    memo: str | None
    tier: str | None
    score: float
    typologies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GradeRecord:
    """What the graders found beside the checks; fields as in `evals.graders.Verdict`.

    Attributes:
        amount: Whether the amount was read back as stored; None where it was not.
        payee: The same of the payee.
        date: The same of the date.
    """

    false_release: bool
    missed_escalation: bool
    false_escalation: bool
    disclosure_breach: bool
    forbidden: tuple[str, ...]
    identity_error: bool
    amount: bool | None
    payee: bool | None
    date: bool | None
    agent_turns: int


@dataclass(frozen=True, slots=True)
class EnginesRecord:
    """Which engines ran, as `name model` strings."""

    asr: str
    tts: str
    llm: str
    vad: str


@dataclass(frozen=True, slots=True)
class VoiceRecord:
    """What voice adds; fields as in `evals.graders.VoiceRun`, the recording as a path from the report's folder."""

    recording: str | None
    engines: EnginesRecord
    customer_voice: str
    channel: str
    word_errors: int
    words: int
    response_ms: tuple[int, ...]
    yield_ms: tuple[int, ...]
    false_cut_ins: int
    barge_ins: int
    ignored_barge_ins: int
    backchannels: int
    backchannel_stops: int
    dead_air: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of a scenario.

    Attributes:
        id: The scenario.
        number: Which run of it, from 1.
        title: What the scenario is about.
        locale: `en-GB`, `en-US` or `zh-CN`.
        language: `en` or `zh`.
        tags: The scenario's groups.
        twin: Id without the language, the same for both twins.
        source: Scenario file: from the working folder, or from the package for those that come with it.
        line: Line of the scenario in it.
        status: What the run is worth.
        reason: Why it did not pass, in one line; empty where it did.
        error: What broke the run off, or empty.
        faults: What went wrong with the simulated customer.
        expect: What was asked for.
        alert: The payment in question.
        disposition: How the dial ended, or None where the run broke off.
        ending: How the conversation ended, or None without one.
        outcome: What triage concluded, or None where the run broke off.
        effects: What the bank was told before a person decides, in order.
        escalated: Whether a person decides.
        disclosed: Whether facts of the payment were spoken.
        score: Triage's points.
        reasons: Why, hard rules first.
        typologies: Likeliest kinds of fraud, best first.
        checks: Everything that was looked at, final state first.
        grade: What the graders found.
        signals: What was observed.
        answers: What was recorded of the customer's answers.
        turns: The conversation.
        length_ms: Length of the call: measured by voice, in text estimated from its words; None without one.
        voice: What voice adds; None in text.
    """

    id: str
    number: int
    title: str
    locale: str
    language: Literal["en", "zh"]
    tags: tuple[str, ...]
    twin: str
    source: str
    line: int
    status: Literal["passed", "failed", "invalid"]
    reason: str
    error: str
    faults: tuple[str, ...]
    expect: ExpectRecord
    alert: AlertRecord
    disposition: str | None
    ending: str | None
    outcome: str | None
    effects: tuple[str, ...]
    escalated: bool | None
    disclosed: bool | None
    score: int | None
    reasons: tuple[ReasonRecord, ...]
    typologies: tuple[str, ...]
    checks: tuple[CheckRecord, ...]
    grade: GradeRecord
    signals: tuple[SignalRecord, ...]
    answers: tuple[AnswerRecord, ...]
    turns: tuple[TurnRecord, ...]
    length_ms: int | None
    voice: VoiceRecord | None

    @property
    def key(self) -> str:
        """`id#number`: the run within its suite."""
        return f"{self.id}#{self.number}"

    @property
    def outcome_right(self) -> bool:
        """Whether the outcome is one that the scenario accepts."""
        return self.outcome in self.expect.outcome


@dataclass(frozen=True, slots=True)
class SuiteRecord:
    """One suite: its own figures, never mixed with another's.

    Attributes:
        name: `development`, `heldout`, or `scenarios` for files that the caller named.
        planned: How many runs were to be made.
        total: Figures over all its runs.
        by_language: Figures of each language.
        by_tag: Figures of each tag.
        twins: The languages side by side.
        runs: Finished runs, in the order of the scenarios.
    """

    name: str
    planned: int
    total: Figures
    by_language: Mapping[str, Figures]
    by_tag: Mapping[str, Figures]
    twins: Twins
    runs: tuple[RunRecord, ...]


@dataclass(frozen=True, slots=True)
class Versions:
    """What was evaluated (model risk management).

    Attributes:
        riskcall: Version of the package.
        prompts: SHA-256 over the prompt files.
        policies: SHA-256 over the policy files.
        brain: `name model` of what understood the customer.
        engines: Each set of speech engines that ran, once; empty in text.
        channel: The line that stood in for the scenarios' own, in plain words, or None.
        seed: Seed of everything drawn by chance: noise, loss, bootstrap.
    """

    riskcall: str
    prompts: str
    policies: str
    brain: str
    engines: tuple[EnginesRecord, ...]
    channel: str | None
    seed: int


@dataclass(frozen=True, slots=True)
class Report:
    """A report.

    Attributes:
        format: Names the schema.
        made_at: When the run began, UTC.
        mode: `text` or `voice`.
        versions: What was evaluated.
        runs_per_scenario: How often each scenario was to be run.
        planned: How many runs were to be made.
        done: How many were.
        partial: Whether the run was stopped before all were made.
        suites: The suites, each with figures of its own.
    """

    format: Literal["riskcall-eval/1"]
    made_at: datetime
    mode: Literal["text", "voice"]
    versions: Versions
    runs_per_scenario: int
    planned: int
    done: int
    partial: bool
    suites: tuple[SuiteRecord, ...]

    @property
    def runs(self) -> tuple[RunRecord, ...]:
        """All finished runs."""
        return tuple(run for suite in self.suites for run in suite.runs)

    @property
    def succeeded(self) -> bool:
        """Whether every planned run was made and passed, and nothing was released falsely."""
        return (
            not self.partial
            and bool(self.runs)
            and all(run.status == "passed" and not run.grade.false_release for run in self.runs)
        )
