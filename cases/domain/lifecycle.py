"""The life of a case: a table of moves, and what each event leads to.

The table says which event may happen in which state and where it leads; `evolve` folds events by it and asks
nothing else. `decide` meets a new event: it refuses what the table or a guard refuses, works out by policy which
further events follow at once, and returns them together with effects to run and timers to set. Whoever stores
them stores all of it in one transaction. Doubt never leads to a release: only triage of the attempt that is
under way, or a reviewer, releases a payment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cases.domain import events as ev
from cases.domain import fold
from cases.domain.analysis import unfounded
from cases.domain.case import Case, CaseState, Instruction, InstructionStatus
from cases.domain.errors import IllegalEventError
from cases.domain.fold_picture import check_picture, due_pictures
from cases.domain.rules import CaseRules
from cases.domain.steps import reactions
from cases.domain.transfer import ReviewerPart

HOLDING, WAITING, CONTACTING, REVIEW, SETTLING, CLOSED = CaseState

ALWAYS: tuple[type[ev.Event], ...] = (
    ev.BankAcknowledged,
    ev.BankUnreachable,
    ev.SummonsIssued,
    ev.CallbackCodeIssued,
    ev.CustomerArrived,
    ev.DialPlaced,
    ev.CallClaimed,
    ev.CustomerRinging,
    ev.CallAnswered,
    ev.DialEnded,
    ev.TransferRequested,
    ev.TransferAccepted,
    ev.TransferFailed,
    ev.CallReferred,
    ev.ReviewerJoined,
    ev.ReviewerLeft,
    ev.PictureAllowed,
    ev.PictureWithdrawn,
    ev.PictureBegun,
    ev.PictureKept,
    ev.PictureFailed,
    ev.CallEnded,
    ev.AnalysisWritten,
    ev.TimerFired,
    ev.EvidenceViewed,
)
"""Facts that may come late or twice: recorded in every state, and they move a case only through what follows."""

MOVES: dict[tuple[CaseState | None, type[ev.Event]], CaseState] = {
    (None, ev.AlertReceived): HOLDING,
    (HOLDING, ev.AttemptStarted): CONTACTING,
    (HOLDING, ev.AttemptScheduled): WAITING,
    (HOLDING, ev.EscalationOpened): REVIEW,
    (WAITING, ev.AttemptStarted): CONTACTING,
    (WAITING, ev.AttemptScheduled): WAITING,
    (WAITING, ev.OutcomeReached): WAITING,
    (WAITING, ev.EscalationOpened): REVIEW,
    (CONTACTING, ev.AttemptStarted): CONTACTING,
    (CONTACTING, ev.AttemptScheduled): WAITING,
    (CONTACTING, ev.OutcomeReached): CONTACTING,
    (CONTACTING, ev.DecisionMade): SETTLING,
    (CONTACTING, ev.EscalationOpened): REVIEW,
    (REVIEW, ev.OutcomeReached): REVIEW,
    (REVIEW, ev.EscalationOpened): REVIEW,
    (REVIEW, ev.ReviewClaimed): REVIEW,
    (REVIEW, ev.DecisionMade): SETTLING,
    (SETTLING, ev.CaseClosed): CLOSED,
    (SETTLING, ev.EscalationOpened): REVIEW,
}
"""Events that move a case, or that only some states allow."""

TABLE: dict[tuple[CaseState | None, type[ev.Event]], CaseState] = {
    **{(state, event): state for state in CaseState for event in ALWAYS},
    **MOVES,
}
"""(state, event) to state; what is missing is refused."""

STATE_TIMERS: dict[CaseState, str] = {
    HOLDING: "hold_ack",
    WAITING: "next_attempt",
    CONTACTING: "attempt",
    REVIEW: "review_sla",
    SETTLING: "settle",
}
"""The timer that belongs to each state and stops when the case leaves it; `hold_deadline` runs until the end."""

DERIVED: frozenset[type[ev.Event]] = frozenset(
    {ev.AttemptScheduled, ev.AttemptStarted, ev.OutcomeReached, ev.EscalationOpened, ev.CaseClosed}
)
"""Events that only `decide` makes."""

REASON_LENGTH = 2_000
"""Longest reason of a decision, characters."""


@dataclass(frozen=True, slots=True)
class InstructBank:
    """Effect: give the bank an instruction, once per key."""

    instruction: Instruction


@dataclass(frozen=True, slots=True)
class PlaceDial:
    """Effect: begin a contact attempt, once per number."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Analyse:
    """Effect: write the first analysis of a call, once per attempt."""

    attempt: int


@dataclass(frozen=True, slots=True)
class RecordPicture:
    """Effect: begin to record the customer's picture, once per number."""

    attempt: int
    number: int


@dataclass(frozen=True, slots=True)
class KeepPicture:
    """Effect: end a recording of the customer's picture and keep it, or do away with it; once per number."""

    attempt: int
    number: int


Effect = InstructBank | PlaceDial | Analyse | RecordPicture | KeepPicture
"""What the world is to be asked; its answer comes back as an event."""


@dataclass(frozen=True, slots=True)
class TimerChange:
    """Set a timer of the case, or stop it.

    Attributes:
        name: `hold_ack`, `attempt`, `next_attempt`, `hold_deadline`, `review_sla` or `settle`; a case has one of
            each at most.
        due_at: When it fires, UTC, or None to stop it.
        attempt: Number of the contact attempt it belongs to, or 0.
    """

    name: str
    due_at: datetime | None
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Decided:
    """What an event led to.

    Attributes:
        case: The case after all events.
        events: The event itself and those that follow from it, in order.
        effects: What to ask of the world.
        timers: Timers to set and to stop, in order.
    """

    case: Case
    events: tuple[ev.Event, ...]
    effects: tuple[Effect, ...]
    timers: tuple[TimerChange, ...]


def next_state(state: CaseState | None, event: ev.Event) -> CaseState:
    """Where an event leads.

    Raises:
        IllegalEventError: The table has no such row.
    """
    try:
        return TABLE[state, type(event)]
    except KeyError:
        where = "before its alert" if state is None else f"in state {state.value}"
        raise IllegalEventError(f"{type(event).__name__} cannot happen to a case {where}") from None


def evolve(case: Case | None, event: ev.Event, *, case_id: str, seq: int, at: datetime) -> Case:
    """The case after one more stored event.

    Raises:
        IllegalEventError: The table has no row for it.
    """
    state = next_state(None if case is None else case.state, event)
    return fold.apply(case, event, case_id=case_id, seq=seq, at=at, state=state)


def decide(case: Case | None, event: ev.Event, *, case_id: str, at: datetime, rules: CaseRules) -> Decided:
    """What a new event leads to.

    Args:
        case: The case before it, or None before its alert.
        event: What happened.
        case_id: The case.
        at: When it happened, UTC.
        rules: The policies.

    Raises:
        IllegalEventError: The event cannot happen now; nothing changed.
        InvalidValueError: No jurisdiction covers the alert's country.
    """
    if type(event) in DERIVED:
        raise IllegalEventError(f"{type(event).__name__} follows from other events; it cannot be recorded by itself")
    if case is not None:
        _guard(case, event, rules)
    elif isinstance(event, ev.AlertReceived):
        # An alert that no policy covers is refused at the door.
        rules.contact(event.alert)
    events: list[ev.Event] = []
    effects: list[Effect] = []
    timers: list[TimerChange] = []
    pending = [event]
    while pending:
        now = pending.pop(0)
        after = evolve(case, now, case_id=case_id, seq=1 if case is None else case.seq + 1, at=at)
        events.append(now)
        effects.extend(_effects(case, after, now))
        timers.extend(_timers(case, after, now, at, rules))
        pending.extend(reactions(case, now, after, at, rules))
        case = after
    assert case is not None
    return Decided(case, tuple(events), tuple(effects), tuple(timers))


def _guard(case: Case, event: ev.Event, rules: CaseRules) -> None:
    """Refuse what the table allows in general but not in this case.

    Raises:
        IllegalEventError: It cannot happen to this case.
    """
    match event:
        case ev.BankAcknowledged(key=key) | ev.BankUnreachable(key=key):
            if case.instruction(key) is None:
                raise IllegalEventError(f"the bank was never given an instruction with key {key}")
        case (
            ev.DialPlaced(attempt=number)
            | ev.CallClaimed(attempt=number)
            | ev.CustomerRinging(attempt=number)
            | ev.CallAnswered(attempt=number)
            | ev.DialEnded(attempt=number)
            | ev.CallEnded(attempt=number)
            | ev.TransferRequested(attempt=number)
            | ev.TransferFailed(attempt=number)
            | ev.CallReferred(attempt=number)
            | ev.PictureWithdrawn(attempt=number)
        ):
            _guard_attempt(case, number)
        case (
            ev.TransferAccepted(attempt=number, by=by)
            | ev.ReviewerJoined(attempt=number, by=by)
            | ev.ReviewerLeft(attempt=number, by=by)
        ):
            _guard_attempt(case, number)
            if not by or by == fold.POLICY:
                raise IllegalEventError("an account, by its name, is in a call")
        case ev.AnalysisWritten():
            _guard_analysis(case, event, rules)
        case ev.PictureAllowed() | ev.PictureBegun() | ev.PictureKept() | ev.PictureFailed():
            check_picture(case, event)
        case ev.ReviewClaimed(by=by):
            _guard_claim(case, by)
        case ev.DecisionMade():
            _guard_decision(case, event)


def _guard_analysis(case: Case, event: ev.AnalysisWritten, rules: CaseRules) -> None:
    """Refuse an analysis that is not of a call of this case, is its second, or does not rest on the record."""
    record = case.call_of(event.attempt)
    if record is None:
        raise IllegalEventError(f"case {case.id} has no call of attempt {event.attempt}")
    if record.analysis is not None:
        raise IllegalEventError(f"the call of attempt {event.attempt} is analysed already")
    fault = unfounded(event.analysis, record.call, rules.assess(case.alert, record.disposition, record.call))
    if fault:
        raise IllegalEventError(f"the analysis does not rest on the record: {fault}")


def _guard_attempt(case: Case, number: int) -> None:
    if fold.find_attempt(case, number) is None:
        raise IllegalEventError(f"case {case.id} has no contact attempt {number}")


def _guard_claim(case: Case, by: str) -> None:
    review = case.review
    if not by or by == fold.POLICY:
        raise IllegalEventError("a review is claimed by an account")
    if review is not None and review.claimed_by not in (None, by) and not review.overdue:
        raise IllegalEventError(f"{review.claimed_by} works on this review until it is overdue")


def _guard_decision(case: Case, event: ev.DecisionMade) -> None:
    decision = event.decision
    if case.state in (SETTLING, CLOSED):
        raise IllegalEventError(f"case {case.id} is already decided")
    talks = case.attempt is not None and case.transfer is not None and case.transfer.talking == decision.by != ""
    if case.state is not REVIEW and not talks:
        raise IllegalEventError(f"case {case.id} waits for no person's decision now")
    if not decision.by or decision.by == fold.POLICY:
        raise IllegalEventError("a decision names the account that makes it")
    if not decision.reason.strip() or len(decision.reason) > REASON_LENGTH:
        raise IllegalEventError(f"give the reason of the decision, in at most {REASON_LENGTH} characters")
    review = case.review
    if review is not None and review.claimed_by not in (None, decision.by) and not review.overdue:
        raise IllegalEventError(f"{review.claimed_by} works on this review until it is overdue")


def _effects(before: Case | None, after: Case, event: ev.Event) -> Iterable[Effect]:
    sent_before = set() if before is None else {one.key for one in before.instructions if _is_sent(one)}
    for one in after.instructions:
        if _is_sent(one) and one.key not in sent_before:
            yield InstructBank(one)
    if isinstance(event, ev.AttemptStarted):
        yield PlaceDial(event.attempt)
    if isinstance(event, ev.CallEnded) and before is not None and len(after.calls) > len(before.calls):
        yield Analyse(event.attempt)
    if isinstance(event, ev.PictureAllowed) and before is not None and len(after.pictures) > len(before.pictures):
        yield RecordPicture(event.attempt, event.number)
    due_before = frozenset() if before is None else due_pictures(before)
    for attempt, number in sorted(due_pictures(after) - due_before):
        yield KeepPicture(attempt, number)


def _is_sent(instruction: Instruction) -> bool:
    return instruction.status is InstructionStatus.SENT


def _timers(before: Case | None, after: Case, event: ev.Event, at: datetime, rules: CaseRules) -> Iterable[TimerChange]:
    match event:
        case ev.AlertReceived(alert=alert):
            yield TimerChange("hold_ack", at + rules.timings.hold_ack)
            yield TimerChange("hold_deadline", max(at, alert.hold_deadline - rules.timings.deadline_notice))
        case ev.AttemptScheduled():
            yield TimerChange("next_attempt", event.due_at, event.attempt)
        case ev.AttemptStarted():
            yield TimerChange("attempt", event.expires_at, event.attempt)
        case ev.TransferRequested(attempt=number) | ev.ReviewerJoined(attempt=number, part=ReviewerPart.TALKING):
            # The result of a call with a person comes later than that of one without.
            if fold.is_current(after, number):
                yield TimerChange("attempt", at + rules.transfer_limit, number)
        case ev.DecisionMade():
            yield TimerChange("settle", at + rules.timings.settle_limit)
        case ev.TimerFired(name="settle") if after.state is SETTLING and after.outstanding is not None:
            yield TimerChange("settle", at + rules.timings.settle_limit)
        case ev.EscalationOpened():
            assert after.review is not None
            # A review that is overdue already needs no second alarm.
            if not after.review.overdue:
                yield TimerChange("review_sla", after.review.due_at)
    if before is not None and before.state is not after.state:
        yield from _stopped(before.state, after.state)


def _stopped(left: CaseState, entered: CaseState) -> Iterable[TimerChange]:
    """Timers that mean nothing in the new state; one that fires all the same is met by the table."""
    own = {
        HOLDING: "hold_ack",
        WAITING: "next_attempt",
        CONTACTING: "attempt",
        REVIEW: "review_sla",
        SETTLING: "settle",
    }
    if left in own:
        yield TimerChange(own[left], None)
    if entered is CLOSED:
        yield TimerChange("hold_deadline", None)
