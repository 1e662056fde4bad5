"""The state table of one call to a customer's page: (state, event) -> next state and, at its end, why.

An event without a row changes nothing: pages and timers speak late, twice and out of turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cases.domain.vocabulary import Disposition


class LineState(StrEnum):
    """How far a call to a page is."""

    DIALLED = "dialled"
    """No page of the customer is open; one that opens rings."""
    RINGING = "ringing"
    """Every open page of the customer rings."""
    ANSWERING = "answering"
    """One page took the call and prepares microphone and connection."""
    UP = "up"
    """Audio flows."""
    ENDED = "ended"


class LineEvent(StrEnum):
    """What can happen to a call to a page."""

    PAGE_OPENED = "page_opened"
    LAST_PAGE_CLOSED = "last_page_closed"
    TAKEN = "taken"
    DECLINED = "declined"
    NO_MICROPHONE = "no_microphone"
    BAD_OFFER = "bad_offer"
    AUDIO_FLOWS = "audio_flows"
    AUDIO_LOST = "audio_lost"
    TAKER_CLOSED = "taker_closed"
    CUSTOMER_HUNG_UP = "customer_hung_up"
    AGENT_HUNG_UP = "agent_hung_up"
    TIME_IS_UP = "time_is_up"


class LineEnd(StrEnum):
    """Why a call to a page ended; the detail of a dial that ended, and the page's reason."""

    MISSED = "missed"
    """Nobody took it while it rang."""
    NO_PAGE = "no_page"
    """No page of the customer was open."""
    DECLINED = "declined"
    CANCELLED = "cancelled"
    """Our side gave up while it rang."""
    NO_MICROPHONE = "no_microphone"
    BAD_OFFER = "bad_offer"
    """The page's session description could not be used."""
    NO_CONNECTION = "no_connection"
    """Taken, but audio never flowed."""
    PAGE_CLOSED = "page_closed"
    CUSTOMER_HUNG_UP = "customer_hung_up"
    AGENT_HUNG_UP = "agent_hung_up"
    AUDIO_LOST = "audio_lost"
    CUSTOMER_BUSY = "customer_busy"
    """Another call with this customer was under way; this one never rang."""


@dataclass(frozen=True, slots=True)
class LineStep:
    """What an event does.

    Attributes:
        state: The next state.
        end: Why the call ended, where it did.
    """

    state: LineState
    end: LineEnd | None = None


_S, _E, _X = LineState, LineEvent, LineEnd


def _ended(end: LineEnd) -> LineStep:
    return LineStep(LineState.ENDED, end)


LINE_TABLE: dict[tuple[LineState, LineEvent], LineStep] = {
    (_S.DIALLED, _E.PAGE_OPENED): LineStep(_S.RINGING),
    (_S.DIALLED, _E.AGENT_HUNG_UP): _ended(_X.CANCELLED),
    (_S.DIALLED, _E.TIME_IS_UP): _ended(_X.NO_PAGE),
    (_S.RINGING, _E.PAGE_OPENED): LineStep(_S.RINGING),
    (_S.RINGING, _E.LAST_PAGE_CLOSED): LineStep(_S.DIALLED),
    (_S.RINGING, _E.TAKEN): LineStep(_S.ANSWERING),
    (_S.RINGING, _E.DECLINED): _ended(_X.DECLINED),
    (_S.RINGING, _E.AGENT_HUNG_UP): _ended(_X.CANCELLED),
    (_S.RINGING, _E.TIME_IS_UP): _ended(_X.MISSED),
    (_S.ANSWERING, _E.NO_MICROPHONE): _ended(_X.NO_MICROPHONE),
    (_S.ANSWERING, _E.BAD_OFFER): _ended(_X.BAD_OFFER),
    (_S.ANSWERING, _E.AUDIO_FLOWS): LineStep(_S.UP),
    (_S.ANSWERING, _E.AUDIO_LOST): _ended(_X.NO_CONNECTION),
    (_S.ANSWERING, _E.TAKER_CLOSED): _ended(_X.PAGE_CLOSED),
    (_S.ANSWERING, _E.DECLINED): _ended(_X.DECLINED),
    (_S.ANSWERING, _E.CUSTOMER_HUNG_UP): _ended(_X.DECLINED),
    (_S.ANSWERING, _E.AGENT_HUNG_UP): _ended(_X.CANCELLED),
    (_S.ANSWERING, _E.TIME_IS_UP): _ended(_X.NO_CONNECTION),
    (_S.UP, _E.AUDIO_LOST): _ended(_X.AUDIO_LOST),
    (_S.UP, _E.TAKER_CLOSED): _ended(_X.PAGE_CLOSED),
    (_S.UP, _E.CUSTOMER_HUNG_UP): _ended(_X.CUSTOMER_HUNG_UP),
    (_S.UP, _E.AGENT_HUNG_UP): _ended(_X.AGENT_HUNG_UP),
}
"""Every legal step."""

DISPOSITIONS: dict[LineEnd, Disposition] = {
    LineEnd.MISSED: Disposition.NO_ANSWER,
    LineEnd.NO_PAGE: Disposition.NO_ANSWER,
    LineEnd.CANCELLED: Disposition.NO_ANSWER,
    LineEnd.DECLINED: Disposition.REJECTED,
    LineEnd.NO_MICROPHONE: Disposition.FAILED,
    LineEnd.BAD_OFFER: Disposition.FAILED,
    LineEnd.NO_CONNECTION: Disposition.FAILED,
    LineEnd.PAGE_CLOSED: Disposition.FAILED,
    LineEnd.CUSTOMER_BUSY: Disposition.BUSY,
}
"""How a dial ended that never came up; the other ends are of calls that were answered."""


def line_step(state: LineState, event: LineEvent) -> LineStep | None:
    """The step of an event in a state, or None where it changes nothing."""
    return LINE_TABLE.get((state, event))
