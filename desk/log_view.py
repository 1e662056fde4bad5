"""The event log of a case as the desk shows it: what happened, in identifiers, with each leaf's hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cases.domain import events as ev
from cases.store import StoredEvent


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event.

    Attributes:
        seq: Number within the case.
        at: When it happened, UTC.
        type: Class of the event.
        detail: What it says, in identifiers and without personal data.
        leaf: Leaf hash in the Merkle log, hex.
    """

    seq: int
    at: datetime
    type: str
    detail: str
    leaf: str


def event_row(stored: StoredEvent) -> EventRow:
    """One line of the log."""
    event = stored.event
    return EventRow(stored.seq, stored.at, type(event).__name__, " · ".join(_details(event)), stored.leaf_hash)


def _details(event: ev.Event) -> list[str]:
    match event:
        case ev.BankAcknowledged(action=action, reference=reference):
            return [action.value, reference]
        case ev.BankUnreachable(action=action, error=error):
            return [action.value, error]
        case ev.AttemptScheduled(attempt=attempt) | ev.AttemptStarted(attempt=attempt):
            return [str(attempt)]
        case ev.SummonsIssued(by=by) | ev.CallbackCodeIssued(by=by):
            return [by]
        case ev.CustomerArrived(arrival=arrival):
            return [arrival.value]
        case ev.DialPlaced(attempt=attempt, leg=leg):
            return [str(attempt), leg]
        case ev.CallClaimed(attempt=attempt, claim=claim):
            return [str(attempt), str(claim)]
        case ev.CustomerRinging(attempt=attempt) | ev.CallAnswered(attempt=attempt):
            return [str(attempt)]
        case ev.DialEnded(attempt=attempt, disposition=disposition, detail=detail):
            return [str(attempt), disposition.value, *([detail] if detail else [])]
        case ev.TransferRequested(attempt=attempt, cause=cause):
            return [str(attempt), cause.value]
        case ev.TransferAccepted(attempt=attempt, by=by):
            return [str(attempt), by]
        case ev.TransferFailed(attempt=attempt, reason=reason):
            return [str(attempt), reason.value]
        case ev.CallReferred(attempt=attempt):
            return [str(attempt)]
        case ev.ReviewerJoined(attempt=attempt, by=by, part=part):
            return [str(attempt), by, part.value]
        case ev.ReviewerLeft(attempt=attempt, by=by, part=part, reason=left):
            return [str(attempt), by, part.value, left.value]
        case ev.PictureAllowed(attempt=attempt, number=number) | ev.PictureBegun(attempt=attempt, number=number):
            return [f"{attempt}.{number}"]
        case ev.PictureWithdrawn(attempt=attempt):
            return [str(attempt)]
        case ev.PictureKept(attempt=attempt, number=number, file=file):
            return [f"{attempt}.{number}", file.name, f"{file.size} B", *([file.media.sha256] if file.media else [])]
        case ev.PictureFailed(attempt=attempt, number=number, reason=failure, detail=detail):
            return [f"{attempt}.{number}", failure.value, *([detail] if detail else [])]
        case ev.CallEnded(attempt=attempt, disposition=disposition, call=call):
            return [str(attempt), disposition.value, call.ending.value]
        case ev.AnalysisWritten(attempt=attempt, analysis=analysis):
            return [str(attempt), analysis.writer.value, *([analysis.model] if analysis.model else [])]
        case ev.TimerFired(name=name):
            return [name]
        case ev.OutcomeReached(assessment=assessment):
            return [assessment.outcome.value, assessment.action.value, str(assessment.score)]
        case ev.EscalationOpened(reasons=reasons):
            return list(reasons)
        case ev.ReviewClaimed(by=by):
            return [by]
        case ev.DecisionMade(decision=decision):
            return [decision.action.value, decision.by]
        case ev.CaseClosed(action=action):
            return [action.value]
        case ev.EvidenceViewed(by=by, what=what):
            return [by, what]
    return []
