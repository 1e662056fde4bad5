"""Persons in a case's running call as the desk shows them: who waits, who talks, what the visitor may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cases.domain.call import Confirmation, Identity
from cases.domain.case import Case
from cases.domain.transfer import Transfer, TransferCause, TransferFailure
from cases.domain.vocabulary import HARD_SIGNALS, Question, SignalCode
from telephony.people.handover import OrderKind


@dataclass(frozen=True, slots=True)
class Brief:
    """What a reviewer should know before they speak with the customer.

    Attributes:
        identity: Whether the right person is on the line.
        confirmation: What the customer said of the payment.
        answers: Questions with their latest normalised answers, in order.
        signals: What was noticed, hard ones first.
    """

    identity: Identity
    confirmation: Confirmation
    answers: tuple[tuple[Question, str], ...]
    signals: tuple[SignalCode, ...]


@dataclass(frozen=True, slots=True)
class PeopleView:
    """The panel of persons in a call.

    Attributes:
        waiting_since: Since when the customer is on hold for a person, or None.
        cause: Why a person was called for, or None.
        accepted_by: Who takes the customer, or empty.
        talking: Who speaks with the customer, or empty.
        listening: Who listens.
        mine: What the visitor does: `talking`, `listening` or empty.
        failure: Why the customer was not put through, or None.
        orders: What the visitor may do now, in order.
        brief: What was known when the person was called for, or None.
    """

    waiting_since: datetime | None
    cause: TransferCause | None
    accepted_by: str
    talking: str
    listening: tuple[str, ...]
    mine: str
    failure: TransferFailure | None
    orders: tuple[OrderKind, ...]
    brief: Brief | None


def people_view(case: Case, *, account: str, may_join: bool, reachable: bool) -> PeopleView | None:
    """The panel for one visitor; None where there is nothing to show.

    Args:
        case: The case.
        account: Who looks.
        may_join: Whether the visitor's role allows to come into calls.
        reachable: Whether a call runs that reviewers can come into.
    """
    attempt = case.attempts[-1] if case.attempts else None
    known = case.transfer if attempt is not None else None
    current = known if known is not None and attempt is not None and known.attempt == attempt.number else None
    if not reachable and (current is None or not current.waiting):
        return None
    people = current or Transfer(0 if attempt is None else attempt.number)
    mine = "talking" if people.talking == account else ("listening" if account in people.listening else "")
    return PeopleView(
        waiting_since=people.requested_at if people.waiting else None,
        cause=people.cause,
        accepted_by=people.accepted_by if people.waiting else "",
        talking=people.talking,
        listening=people.listening,
        mine=mine,
        failure=people.failure,
        orders=_orders(people, mine, account) if may_join and reachable else (),
        brief=_brief(people) if people.waiting or people.talking else None,
    )


def _orders(people: Transfer, mine: str, account: str) -> tuple[OrderKind, ...]:
    if mine == "talking":
        return (OrderKind.HAND_BACK, OrderKind.LEAVE)
    listens = (OrderKind.LEAVE,) if mine == "listening" else (OrderKind.LISTEN,)
    if people.waiting:
        return listens if people.accepted_by else (OrderKind.ACCEPT, *listens)
    return (OrderKind.TAKE_OVER, *listens)


def _brief(people: Transfer) -> Brief | None:
    seen = people.so_far
    if seen is None:
        return None
    latest = {answer.question: answer.value for answer in seen.answers if answer.question is not Question.IDENTITY}
    codes = dict.fromkeys(one.signal.code for one in seen.signals)
    return Brief(
        seen.identity,
        seen.confirmation,
        tuple(latest.items()),
        tuple(sorted(codes, key=lambda code: code not in HARD_SIGNALS)),
    )
