"""Why a call in a room ended, told from what LiveKit says."""

from __future__ import annotations

from enum import StrEnum

from livekit import rtc


class RoomEnd(StrEnum):
    """Why a call in a room ended."""

    CUSTOMER_HUNG_UP = "customer_hung_up"
    AGENT_HUNG_UP = "agent_hung_up"
    CUSTOMER_LOST = "customer_lost"
    """The customer's connection broke."""
    ROOM_CLOSED = "room_closed"
    """Somebody deleted the room, or sent the agent out of it."""
    ROOM_LOST = "room_lost"
    """The agent's connection broke."""


LOST = frozenset({RoomEnd.CUSTOMER_LOST, RoomEnd.ROOM_CLOSED, RoomEnd.ROOM_LOST})
"""Ends by which the line broke."""
_WENT = frozenset(
    {
        rtc.DisconnectReason.CLIENT_INITIATED,
        rtc.DisconnectReason.PARTICIPANT_REMOVED,
        rtc.DisconnectReason.USER_REJECTED,
        rtc.DisconnectReason.USER_UNAVAILABLE,
    }
)
"""Reasons of a customer who left, rather than one whose connection broke."""
_CLOSED = frozenset({rtc.DisconnectReason.ROOM_DELETED, rtc.DisconnectReason.PARTICIPANT_REMOVED})


def end_by_leaving(reason: rtc.DisconnectReason.ValueType | None) -> RoomEnd:
    """Why the call ended, by why the customer is gone: of a room that is deleted the agent may hear that first."""
    if reason == rtc.DisconnectReason.ROOM_DELETED:
        return RoomEnd.ROOM_CLOSED
    return RoomEnd.CUSTOMER_HUNG_UP if reason in _WENT else RoomEnd.CUSTOMER_LOST


def end_by_closing(reason: rtc.DisconnectReason.ValueType) -> RoomEnd:
    """Why the call ended, by why the agent is out of the room."""
    return RoomEnd.ROOM_CLOSED if reason in _CLOSED else RoomEnd.ROOM_LOST
