"""Names in a call's room: who is who, and on which topic what is said. Nothing in them tells who the customer is."""

from __future__ import annotations

import hashlib

CUSTOMER = "customer"
"""Identity of the customer, in a room by page or by telephone."""
AGENT = "agent"
"""Identity of the agent."""
RECEPTION = "reception"
"""Identity of whoever answers a customer who rings in, until the agent comes."""
INBOUND = "inbound-"
"""What the name of a room begins with into which a customer rings; LiveKit makes the rest of it up."""
REVIEWER = "reviewer-"
"""What the identity of a reviewer begins with."""

CAPTIONS_TOPIC = "riskcall.captions"
"""Data packets to everybody in the room: one JSON object each, with `speaker`, `text` and `final`."""
CONTROLS_TOPIC = "riskcall.controls"
"""Data packets from the customer's page: one JSON object each, with `kind` (a ControlKind) and, for `dtmf`, `value`."""

STILLS_TOPIC = "riskcall.stills"
"""Data packets from the customer's page: one JSON object each, with `allowed`, whether stills may be kept from now, and
`recorded`, whether the page said that the moving picture is recorded as well."""


def room_name(attempt_id: str) -> str:
    """The room of a contact attempt: always the same for the same attempt, and it tells nothing about it.

    Args:
        attempt_id: `case:attempt`.
    """
    return f"call-{hashlib.sha256(attempt_id.encode()).hexdigest()[:24]}"
