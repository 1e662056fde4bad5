"""Events to canonical JSON and back; a stored event names its type and the version of its fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import rfc8785
from pydantic import TypeAdapter, ValidationError

from cases.domain.events import EVENT_TYPES, Event
from cases.store.errors import EventFormatError

_ADAPTERS: dict[str, TypeAdapter[Event]] = {name: TypeAdapter(cls) for name, cls in EVENT_TYPES.items()}
_UPCASTS: Mapping[tuple[str, int], Callable[[str], str]] = {
    # Turns were stored without `muted`, which an absent field reads as: nothing was muted.
    ("CallEnded", 1): lambda body: body,
    # Verifications were stored without `person_spoke`, which an absent field reads as: no reviewer spoke.
    ("CallEnded", 2): lambda body: body,
    # Calls were stored without `answered_by` and `detail`; the event's own disposition tells who answered.
    ("CallEnded", 3): lambda body: body,
    # Attempts were stored without `arrival` and `room`, which absent fields read as: the customer is dialled.
    ("AttemptStarted", 1): lambda body: body,
    # Arrivals were stored without `code`, which an absent field reads as: nobody said one.
    ("CustomerArrived", 1): lambda body: body,
}
"""What brings the body of an older version to the next one, by type name and older version."""


def encode_event(event: Event) -> tuple[str, int, str]:
    """Type name, version and body of an event; the body is canonical JSON (RFC 8785)."""
    cls = type(event)
    body = rfc8785.dumps(_ADAPTERS[cls.__name__].dump_python(event, mode="json"))
    return cls.__name__, cls.version, body.decode()


def decode_event(type_name: str, version: int, body: str) -> Event:
    """Read an event as it was meant when it was written.

    Raises:
        EventFormatError: Unknown type or version, or a body that does not fit.
    """
    cls = EVENT_TYPES.get(type_name)
    if cls is None:
        raise EventFormatError(f"event type {type_name!r} is unknown: a newer riskcall wrote it, run that one")
    while (upcast := _UPCASTS.get((type_name, version))) is not None:
        body, version = upcast(body), version + 1
    if version != cls.version:
        raise EventFormatError(f"{type_name} version {version} is unknown: this riskcall reads {cls.version}")
    try:
        return _ADAPTERS[type_name].validate_json(body)
    except ValidationError as error:
        fields = ", ".join(".".join(str(part) for part in one["loc"]) for one in error.errors(include_input=False))
        raise EventFormatError(f"{type_name}: the stored body is damaged at {fields}") from None
