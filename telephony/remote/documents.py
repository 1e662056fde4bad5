"""What goes over the calls API: the claim's answer, and events."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from cases.domain.case import Case
from cases.domain.events import (
    CallAnswered,
    CallEnded,
    CallReferred,
    CustomerRinging,
    DialEnded,
    Event,
    PictureAllowed,
    PictureWithdrawn,
    ReviewerJoined,
    ReviewerLeft,
    TransferAccepted,
    TransferFailed,
    TransferRequested,
)
from cases.ports import DialRequest
from cases.store import EventFormatError, decode_event, encode_event
from telephony.remote.errors import EventRefusedError

INBOUND = "inbound"
"""Kind of leg on which a caller who rang the bank is met in their room: a telephone, though nobody is dialled."""
EVENT_KEYS: dict[type[Event], str] = {
    CustomerRinging: "ringing",
    CallAnswered: "answered",
    DialEnded: "ended",
    CallEnded: "ended",
}
"""What a worker may tell, and the end of each event's key: `case:attempt:ringing`."""
PEOPLE: tuple[type[Event], ...] = (
    TransferRequested,
    TransferAccepted,
    TransferFailed,
    CallReferred,
    ReviewerJoined,
    ReviewerLeft,
)
"""What a worker may tell again and again; the end of its key numbers it: `case:attempt:people:3`."""
PICTURE: tuple[type[Event], ...] = (PictureAllowed, PictureWithdrawn)
"""The same, of the customer's recorded picture: `case:attempt:picture:2`."""
_NUMBERED = re.compile(r"(people|picture):[1-9][0-9]{0,4}")
RESULTS: tuple[type[Event], ...] = (DialEnded, CallEnded)
"""Events that end an attempt; it has one of them."""


@dataclass(frozen=True, slots=True)
class ClaimedCall:
    """What a worker needs to hold a call.

    Attributes:
        case: The case, without what earlier calls and people said of it.
        request: The attempt.
        leg: Kind of leg to dial: `sip`; or to meet the customer on: `livekit` a page, `inbound` a telephone.
        room: The call's LiveKit room; the customer's, where one waits.
        claim: Number of the claim.
        token: The call token.
        grace_s: How long the call outlives its link, seconds.
    """

    case: Case
    request: DialRequest
    leg: str
    room: str
    claim: int
    token: str
    grace_s: float


CLAIMED_CALL: TypeAdapter[ClaimedCall] = TypeAdapter(ClaimedCall)
"""Writes and reads the claim's answer."""


def event_document(event: Event, key: str = "") -> dict[str, Any]:
    """An event as the API takes it.

    Args:
        event: The event.
        key: The end of its key, where the event is one of PEOPLE or PICTURE.
    """
    name, version, body = encode_event(event)
    numbered = {"key": key} if isinstance(event, (*PEOPLE, *PICTURE)) else {}
    return {"type": name, "version": version, "body": json.loads(body), **numbered}


def key_of(document: object, event: Event) -> str:
    """The end of an event's key.

    Raises:
        EventRefusedError: It has none that it may have.
    """
    if not isinstance(event, (*PEOPLE, *PICTURE)):
        return EVENT_KEYS[type(event)]
    key = document.get("key") if isinstance(document, dict) else None
    kind = "people" if isinstance(event, PEOPLE) else "picture"
    found = _NUMBERED.fullmatch(key) if isinstance(key, str) else None
    if found is None or found[1] != kind:
        raise EventRefusedError(f"send a key such as {kind}:1 with this event")
    return found[0]


def event_of(document: object, attempt: int) -> Event:
    """The event in a document.

    Raises:
        EventRefusedError: It is none that a worker may tell of this attempt; the message says why.
    """
    if not isinstance(document, dict) or not {"type", "version", "body"} <= document.keys():
        raise EventRefusedError("send an object with type, version and body")
    name, version = document["type"], document["version"]
    told = [one.__name__ for one in (*EVENT_KEYS, *PEOPLE, *PICTURE)]
    if name not in told or not isinstance(version, int):
        raise EventRefusedError(f"a worker tells {', '.join(told)}")
    try:
        event = decode_event(name, version, json.dumps(document["body"]))
    except EventFormatError as error:
        raise EventRefusedError(str(error)) from error
    if getattr(event, "attempt", None) != attempt:
        raise EventRefusedError(f"the event is not of attempt {attempt}")
    return event


def media_keys(case_id: str, attempt: int) -> tuple[str, str]:
    """Key of a call's recording without its suffix, and what the keys of its stills begin with."""
    return f"{case_id}/{attempt}.", f"{case_id}/{attempt}-"
