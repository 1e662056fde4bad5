"""The link between a worker and the server while a call lasts: what goes up, what comes down, and how it is written.

A message is a frozen dataclass; on the wire it is a JSON object of its fields with its class name as `type`. Whoever
adds a message adds its class to WORKER_SAYS or SERVER_SAYS and handles it at the other end; an end that does not know
a message yet passes over it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cases.domain.call import Turn
from cases.domain.vocabulary import Act, Language
from telephony.people.handover import Order
from telephony.remote.errors import LinkMessageError

MAX_CHARACTERS = 64 * 1024
"""Longest message of either side."""
HEARTBEAT_S = 1.0
"""A worker says something at least so often."""
SILENT_S = 4.0
"""A link on which nothing was said for so long is lost."""

CLOSED_TOKEN_REFUSED = 4401
"""Close code: the token is not valid here; get a new one and come back."""
CLOSED_SILENT = 4408
"""Close code: nothing was said for too long; come back."""
CLOSED_SUPERSEDED = 4409
"""Close code: a later claim has the call."""
CLOSED_OVER = 4410
"""Close code: the call is not under way any more."""
CLOSED_NOT_UNDERSTOOD = 4422
"""Close code: a message was none."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The worker lives."""


@dataclass(frozen=True, slots=True)
class Started:
    """Audio flows."""

    language: Language


@dataclass(frozen=True, slots=True)
class AgentSpeaking:
    """The agent speaks; the words begun so far in this utterance."""

    text: str
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class AgentSpoke:
    """An utterance of the agent ended, to its end or cut."""

    turn: Turn


@dataclass(frozen=True, slots=True)
class CustomerSpeaking:
    """The customer speaks; the words as they are recognised so far."""

    text: str


@dataclass(frozen=True, slots=True)
class CustomerSpoke:
    """A turn of the customer was understood."""

    turn: Turn


@dataclass(frozen=True, slots=True)
class BargedIn:
    """The customer talks over the agent, who has stopped; milliseconds from the start of the recording."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class WentOn:
    """What sounded like a barge-in was none."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class TalkEnded:
    """The conversation is over; its result follows as an event.

    Attributes:
        ending: How it ended, a CallEnding.
    """

    ending: str


@dataclass(frozen=True, slots=True)
class Linked:
    """The link is up and the call is this worker's; said first."""


@dataclass(frozen=True, slots=True)
class TokenRenewed:
    """The call token to use from now on."""

    token: str


@dataclass(frozen=True, slots=True)
class EndCall:
    """Hang up now: the call is not wanted any more.

    Attributes:
        reason: Stable code.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """A reviewer wants something of the call.

    Attributes:
        order: What, and who.
        phone: The reviewer's number where they want to be called by telephone, else empty.
    """

    order: Order
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Duty:
    """Whether anybody is at the desk who could take a customer."""

    on_duty: bool


WorkerMessage = (
    Heartbeat | Started | AgentSpeaking | AgentSpoke | CustomerSpeaking | CustomerSpoke | BargedIn | WentOn | TalkEnded
)
"""What a worker says."""
ServerMessage = Linked | TokenRenewed | EndCall | Ordered | Duty
"""What the server says."""

WORKER_SAYS: tuple[type[Any], ...] = (
    Heartbeat,
    Started,
    AgentSpeaking,
    AgentSpoke,
    CustomerSpeaking,
    CustomerSpoke,
    BargedIn,
    WentOn,
    TalkEnded,
)
SERVER_SAYS: tuple[type[Any], ...] = (Linked, TokenRenewed, EndCall, Ordered, Duty)


class Vocabulary:
    """Writes and reads the messages of one side."""

    def __init__(self, messages: Sequence[type[Any]]) -> None:
        """Know these messages."""
        self._adapters: dict[str, TypeAdapter[Any]] = {one.__name__: TypeAdapter(one) for one in messages}

    def write(self, message: WorkerMessage | ServerMessage) -> str:
        """A message as text."""
        name = type(message).__name__
        fields = self._adapters[name].dump_python(message, mode="json")
        return json.dumps({"type": name, **fields}, ensure_ascii=False, separators=(",", ":"))

    def read(self, text: str) -> Any:
        """The message in a text; None where it is of a type that this side does not know.

        Raises:
            LinkMessageError: It is no message.
        """
        if len(text) > MAX_CHARACTERS:
            raise LinkMessageError("the message is too long")
        try:
            fields = json.loads(text)
            name = fields.pop("type")
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            raise LinkMessageError("a message is a JSON object with a type") from error
        adapter = self._adapters.get(name) if isinstance(name, str) else None
        if adapter is None:
            return None
        try:
            return adapter.validate_json(json.dumps(fields))
        except ValidationError as error:
            where = ", ".join(".".join(map(str, one["loc"])) for one in error.errors(include_input=False))
            raise LinkMessageError(f"{name}: {where} cannot be read") from None


worker_says = Vocabulary(WORKER_SAYS)
"""What goes up."""
server_says = Vocabulary(SERVER_SAYS)
"""What comes down."""
