"""What goes over the calls API: the claim's answer, and events."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from cases.domain.case import Case
from cases.domain.events import CallAnswered, CallEnded, CustomerRinging, DialEnded, Event
from cases.ports import DialRequest
from cases.store import EventFormatError, decode_event, encode_event
from telephony.remote.errors import EventRefusedError

EVENT_KEYS: dict[type[Event], str] = {
    CustomerRinging: "ringing",
    CallAnswered: "answered",
    DialEnded: "ended",
    CallEnded: "ended",
}
"""What a worker may tell, and the end of each event's key: `case:attempt:ringing`."""
RESULTS: tuple[type[Event], ...] = (DialEnded, CallEnded)
"""Events that end an attempt; it has one of them."""


@dataclass(frozen=True, slots=True)
class ClaimedCall:
    """What a worker needs to hold a call.

    Attributes:
        case: The case, without what earlier calls and people said of it.
        request: The attempt.
        leg: Kind of leg to dial.
        room: The call's LiveKit room.
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


def event_document(event: Event) -> dict[str, Any]:
    """An event as the API takes it."""
    name, version, body = encode_event(event)
    return {"type": name, "version": version, "body": json.loads(body)}


def event_of(document: object, attempt: int) -> Event:
    """The event in a document.

    Raises:
        EventRefusedError: It is none that a worker may tell of this attempt; the message says why.
    """
    if not isinstance(document, dict) or not {"type", "version", "body"} <= document.keys():
        raise EventRefusedError("send an object with type, version and body")
    name, version = document["type"], document["version"]
    if name not in {one.__name__ for one in EVENT_KEYS} or not isinstance(version, int):
        raise EventRefusedError(f"a worker tells {', '.join(one.__name__ for one in EVENT_KEYS)}")
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
