"""Everything that can happen to a case, in the past tense; a case is the fold of these.

Each event class carries a `version`; a stored event names its type and version, so that an old one is read
as it was meant when it was written.
"""

from __future__ import annotations

from cases.domain.events.base import Event
from cases.domain.events.case import (
    AlertReceived,
    BankAcknowledged,
    BankUnreachable,
    CaseClosed,
    DecisionMade,
    EscalationOpened,
    EvidenceViewed,
    OutcomeReached,
    ReviewClaimed,
    TimerFired,
)
from cases.domain.events.contact import (
    AnalysisWritten,
    AttemptScheduled,
    AttemptStarted,
    CallAnswered,
    CallbackCodeIssued,
    CallClaimed,
    CallEnded,
    CustomerArrived,
    CustomerRinging,
    DialEnded,
    DialPlaced,
    SummonsIssued,
)
from cases.domain.events.people import (
    CallReferred,
    ReviewerJoined,
    ReviewerLeft,
    TransferAccepted,
    TransferFailed,
    TransferRequested,
)
from cases.domain.events.picture import (
    PictureAllowed,
    PictureBegun,
    PictureFailed,
    PictureKept,
    PictureWithdrawn,
)

__all__ = [
    "EVENT_TYPES",
    "AlertReceived",
    "AnalysisWritten",
    "AttemptScheduled",
    "AttemptStarted",
    "BankAcknowledged",
    "BankUnreachable",
    "CallAnswered",
    "CallClaimed",
    "CallEnded",
    "CallReferred",
    "CallbackCodeIssued",
    "CaseClosed",
    "CustomerArrived",
    "CustomerRinging",
    "DecisionMade",
    "DialEnded",
    "DialPlaced",
    "EscalationOpened",
    "Event",
    "EvidenceViewed",
    "OutcomeReached",
    "PictureAllowed",
    "PictureBegun",
    "PictureFailed",
    "PictureKept",
    "PictureWithdrawn",
    "ReviewClaimed",
    "ReviewerJoined",
    "ReviewerLeft",
    "SummonsIssued",
    "TimerFired",
    "TransferAccepted",
    "TransferFailed",
    "TransferRequested",
]

EVENT_TYPES: dict[str, type[Event]] = {
    cls.__name__: cls
    for cls in (
        AlertReceived,
        BankAcknowledged,
        BankUnreachable,
        AttemptScheduled,
        SummonsIssued,
        CallbackCodeIssued,
        CustomerArrived,
        AttemptStarted,
        DialPlaced,
        CallClaimed,
        CustomerRinging,
        CallAnswered,
        DialEnded,
        TransferRequested,
        TransferAccepted,
        TransferFailed,
        CallReferred,
        ReviewerJoined,
        ReviewerLeft,
        PictureAllowed,
        PictureWithdrawn,
        PictureBegun,
        PictureKept,
        PictureFailed,
        CallEnded,
        AnalysisWritten,
        TimerFired,
        OutcomeReached,
        EscalationOpened,
        ReviewClaimed,
        DecisionMade,
        CaseClosed,
        EvidenceViewed,
    )
}
"""Stored type name to class."""
