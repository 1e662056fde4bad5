"""What can happen in a call, as the director is told; one queue keeps the order."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from agent.call.people.people import PeopleNews
from agent.call.preparation import Preparation
from agent.call.speaking import Speaking
from agent.record.turn_log import CustomerSpan
from cases.domain.call import CallEnding, CustomerRequest


class SessionStalledError(Exception):
    """livekit's session did not confirm a turn, or did not play an utterance; its log says why."""

    code = "session_stalled"


@dataclass(frozen=True, slots=True)
class TurnHeard:
    """The hearing takes the customer's turn for ended; the session confirms it next."""


@dataclass(frozen=True, slots=True)
class TurnConfirmed:
    """The session takes the customer's turn for ended."""


@dataclass(frozen=True, slots=True)
class NoiseOver:
    """What began like a turn was a noise, or a backchannel."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A preparation has its reply, or failed."""

    preparation: Preparation


@dataclass(frozen=True, slots=True)
class SpeechOver:
    """Nothing more of an utterance will be played."""

    speaking: Speaking


@dataclass(frozen=True, slots=True)
class SecretBegun:
    """The customer begins to read out a secret; the hearing has dropped the rest.

    Attributes:
        text: The words up to there.
        span: Where they lie.
    """

    text: str
    span: CustomerSpan


@dataclass(frozen=True, slots=True)
class BeepHeard:
    """The line beeped as an answering machine does."""


@dataclass(frozen=True, slots=True)
class Requested:
    """A button of the customer."""

    request: CustomerRequest


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key of the customer's telephone; it is repeated nowhere, for it may belong to a secret.

    Attributes:
        key: The key.
    """

    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PersonNews:
    """A reviewer comes to speak with the customer, or does so no more."""

    news: PeopleNews


class Timer(StrEnum):
    """The timers of a call."""

    QUIET = "quiet"
    CONFIRM = "confirm"
    PLAY = "play"
    CAP = "cap"
    CAP_OVER = "cap_over"
    AFTERTHOUGHT = "afterthought"
    BEEP = "beep"
    KEYS = "keys"
    REASSURE = "reassure"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Due:
    """A timer ran out.

    Attributes:
        timer: Which one.
        mark: What it was set with: a timer whose mark is no longer current is stale.
    """

    timer: Timer
    mark: int


@dataclass(frozen=True, slots=True)
class Over:
    """The call ends now."""

    ending: CallEnding


Happening = (
    TurnHeard
    | TurnConfirmed
    | NoiseOver
    | Prepared
    | SpeechOver
    | SecretBegun
    | BeepHeard
    | Requested
    | KeyPressed
    | PersonNews
    | Due
    | Over
)
