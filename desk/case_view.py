"""One case as the desk shows it: verdict, reasons, evidence, payment, attempts, bank messages, what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cases.domain.alert import Alert
from cases.domain.case import CallRecord, Case, CaseState, Instruction
from cases.domain.picture import Picture
from cases.domain.reading import Signal
from cases.domain.ruling import Assessment, Decision, Finding
from cases.domain.vocabulary import HARD_SIGNALS, BankAction, Disposition, Language, Outcome, Question, SignalCode
from desk.analysis_view import AnalysisView, analysis_view
from desk.arrivals_view import ArrivalRow, arrival_rows
from desk.queue_view import QueueRow, queue_row
from desk.transcript import Span, TurnView, time_line, turn_views


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One reason.

    Attributes:
        rule: Identifier of the rule.
        reason: Why, in the page's language.
        points: What it adds to the score.
        hard: Whether it holds the payment whatever the score.
        turns: Turns it cites.
        call: Identifier of the call those turns are in, or empty.
    """

    rule: str
    reason: str
    points: int
    hard: bool
    turns: tuple[int, ...]
    call: str


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One observed signal with the customer's words."""

    code: SignalCode
    quote: str
    turn: int
    hard: bool
    call: str


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One recorded answer.

    Attributes:
        question: What was asked.
        value: Normalised reply.
        quote: The customer's words.
        turn: Turn it comes from.
        superseded: Whether a later answer took its place.
        call: Identifier of the call.
    """

    question: Question
    value: str
    quote: str
    turn: int
    superseded: bool
    call: str


@dataclass(frozen=True, slots=True)
class CallView:
    """One conversation.

    Attributes:
        record: The conversation as evidence.
        anchor: Prefix of its turns' anchors on the page.
        turns: What was said.
        spans: The turns on the recording's time line.
        duration_ms: Length of the recording, else of the talk.
        answers: What was answered.
        signals: What was observed.
        unasked: Required questions that were not put.
    """

    record: CallRecord
    anchor: str
    turns: tuple[TurnView, ...]
    spans: tuple[Span, ...]
    duration_ms: int
    answers: tuple[AnswerRow, ...]
    signals: tuple[SignalRow, ...]
    unasked: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One contact attempt and, where there was one, its conversation; `detail` is the code of why there was none."""

    number: int
    disposition: Disposition | None
    detail: str
    record: CallRecord | None


@dataclass(frozen=True, slots=True)
class DecisionPanel:
    """What the visitor may decide.

    Attributes:
        open: Whether the case takes a decision now.
        mine: Whether the visitor claimed it.
        claimed_by: Who claimed it, or empty.
        advised: What policy told the bank meanwhile, or None.
        blocked: Text key of why there is no decision to make, or empty.
    """

    open: bool
    mine: bool
    claimed_by: str
    advised: BankAction | None
    blocked: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything on a case's page.

    Attributes:
        row: The case in one line, as in the queue.
        alert: What the bank flagged.
        state: Where it stands.
        seq: Number of the latest event.
        assessment: Outcome and why, or None.
        headline: Text key of the verdict.
        findings: Reasons, hard ones first.
        release_line: Score from which nothing is released by policy.
        scale: Right end of the score's scale.
        advice: Text keys of what to do next, in order.
        calls: Conversations, latest first.
        attempts: Contact attempts, in order.
        arrivals: Times that the customer came by themselves, in order.
        next_attempt_at: When the next attempt is due, or None.
        instructions: Messages to the bank, in order.
        payment: What the bank last confirmed, or None.
        decision: The ruling, or None.
        panel: What the visitor may decide.
        review_due: When the review is late, or None.
        analysis: The first analysis of the latest call, or None where there was no call.
        pictures: Recordings of the customer's picture, latest first.
    """

    row: QueueRow
    alert: Alert
    state: CaseState
    seq: int
    assessment: Assessment | None
    headline: str
    findings: tuple[FindingRow, ...]
    release_line: int
    scale: int
    advice: tuple[str, ...]
    calls: tuple[CallView, ...]
    attempts: tuple[AttemptRow, ...]
    arrivals: tuple[ArrivalRow, ...]
    next_attempt_at: datetime | None
    instructions: tuple[Instruction, ...]
    payment: BankAction | None
    decision: Decision | None
    panel: DecisionPanel
    review_due: datetime | None
    analysis: AnalysisView | None
    pictures: tuple[Picture, ...] = ()

    @property
    def ended_attempts(self) -> frozenset[int]:
        """Numbers of the attempts that are over."""
        return frozenset(one.number for one in self.attempts if one.disposition is not None)


def case_view(case: Case, *, account: str, language: Language, release_line: int, live: str) -> CaseView:
    """Build the page of one case.

    Args:
        case: The case.
        account: Who looks at it.
        language: Language of the reasons.
        release_line: Score from which nothing is released by policy.
        live: Phase of a running call, or empty.
    """
    assessment = case.assessment
    latest = case.calls[-1].call.id if case.calls else ""
    findings = tuple(_finding(one, language, latest) for one in assessment.findings) if assessment else ()
    records = {record.attempt: record for record in case.calls}
    return CaseView(
        row=queue_row(case),
        alert=case.alert,
        state=case.state,
        seq=case.seq,
        assessment=assessment,
        headline=_headline(case, live),
        findings=findings,
        release_line=release_line,
        scale=max(100, release_line * 2, assessment.score if assessment else 0),
        advice=_advice(case),
        calls=tuple(call_view(record) for record in reversed(case.calls)),
        attempts=tuple(AttemptRow(a.number, a.disposition, a.detail, records.get(a.number)) for a in case.attempts),
        arrivals=arrival_rows(case),
        next_attempt_at=case.next_attempt.due_at if case.next_attempt else None,
        instructions=case.instructions,
        payment=case.payment,
        decision=case.decision,
        panel=decision_panel(case, account),
        review_due=case.review.due_at if case.review and case.state is CaseState.REVIEW else None,
        analysis=analysis_view(case.calls[-1], language) if case.calls else None,
        pictures=tuple(reversed(case.pictures)),
    )


def call_view(record: CallRecord) -> CallView:
    """One conversation for the page."""
    call = record.call
    turns = turn_views(call)
    spoken = max((turn.ended_ms for turn in call.turns), default=0)
    duration = (call.recording.duration_ms or 0) if call.recording else 0
    duration = max(duration, spoken)
    verification = call.verification
    last = {answer.question: place for place, answer in enumerate(verification.answers)}
    answers = tuple(
        AnswerRow(a.question, a.value, a.quote, a.turn, last[a.question] != place, call.id)
        for place, a in enumerate(verification.answers)
    )
    return CallView(
        record=record,
        anchor=f"call-{record.attempt}",
        turns=turns,
        spans=time_line(turns, duration),
        duration_ms=duration,
        answers=answers,
        signals=tuple(_signal(one.signal, one.turn, call.id) for one in verification.signals),
        unasked=tuple(q for q in verification.required if q not in verification.asked),
    )


def decision_panel(case: Case, account: str) -> DecisionPanel:
    """What an account may decide on a case now."""
    review = case.review if case.state is CaseState.REVIEW else None
    claimed_by = (review.claimed_by or "") if review else ""
    blocked = ""
    if case.state is CaseState.CLOSED:
        blocked = "decide.closed"
    elif case.decision is not None and case.state is CaseState.SETTLING:
        blocked = "decide.decided"
    elif case.state is not CaseState.REVIEW and not _talks(case, account):
        blocked = "decide.running"
    elif claimed_by and claimed_by != account and not (review and review.overdue):
        blocked = "decide.claimed"
    return DecisionPanel(
        open=not blocked,
        mine=bool(claimed_by) and claimed_by == account,
        claimed_by=claimed_by,
        advised=case.assessment.action if case.assessment else None,
        blocked=blocked,
    )


def _talks(case: Case, account: str) -> bool:
    """Whether this account speaks with the customer now."""
    return case.attempt is not None and case.transfer is not None and case.transfer.talking == account != ""


def contradicts(case: Case, action: BankAction) -> bool:
    """Whether a ruling releases what policy found a hard reason to hold."""
    findings = case.assessment.findings if case.assessment else ()
    return action is BankAction.RELEASE and any(finding.hard for finding in findings)


def _finding(finding: Finding, language: Language, call: str) -> FindingRow:
    reason = finding.reason_zh if language is Language.ZH else finding.reason_en
    return FindingRow(finding.rule, reason, finding.points, finding.hard, finding.turns, call)


def _signal(signal: Signal, turn: int, call: str) -> SignalRow:
    return SignalRow(signal.code, signal.quote, turn, signal.code in HARD_SIGNALS, call)


def _headline(case: Case, live: str) -> str:
    if case.assessment is not None:
        return f"headline.{case.assessment.outcome.value}"
    return f"headline.live_{live}" if live else f"headline.state_{case.state.value}"


_ADVICE: dict[Outcome, tuple[str, ...]] = {
    Outcome.CONFIRMED_GENUINE: ("advice.check_release",),
    Outcome.DENIED: ("advice.block", "advice.secure_account", "advice.notice_time"),
    Outcome.SUSPECTED_SCAM: ("advice.listen_hard", "advice.call_customer", "advice.no_release_on_word"),
    Outcome.IDENTITY_FAILED: ("advice.other_identity", "advice.check_contacts"),
    Outcome.WRONG_PARTY: ("advice.check_contacts", "advice.nothing_disclosed"),
    Outcome.UNREACHED: ("advice.other_channel", "advice.keep_held"),
    Outcome.CALLBACK_REQUESTED: ("advice.call_back",),
    Outcome.HUMAN_REQUESTED: ("advice.call_customer_now",),
    Outcome.INCONCLUSIVE: ("advice.listen_gaps", "advice.call_customer"),
}
"""What a reviewer does next after each outcome."""


def _advice(case: Case) -> tuple[str, ...]:
    if case.transfer is not None and case.transfer.waiting:
        return ("advice.take_customer",)
    if case.state in (CaseState.CLOSED, CaseState.SETTLING):
        return ()
    if case.assessment is None:
        return ("advice.person_must_look",) if case.state is CaseState.REVIEW else ("advice.wait",)
    steps = _ADVICE[case.assessment.outcome] if case.state is CaseState.REVIEW else ("advice.wait",)
    codes = {one.signal.code for record in case.calls for one in record.call.verification.signals}
    if codes & {SignalCode.DISTRESS, SignalCode.VULNERABLE}:
        steps = ("advice.care_first", *steps)
    return steps
