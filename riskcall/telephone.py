"""What the settings say about LiveKit and the telephone, as the rooms that telephone take it."""

from __future__ import annotations

import base64
import hmac

from cases.domain.alert import ContactKind
from cases.domain.case import Case
from cases.domain.vocabulary import Arrival
from riskcall.errors import SettingsInvalidError
from riskcall.settings import Settings
from telephony.leg import Leg, LegError
from telephony.limits import DialLimits
from telephony.livekit import (
    InboundLeg,
    LiveKitAccess,
    MediaEncryption,
    RoomLeg,
    SipLeg,
    SipTransport,
    SipTrunk,
    room_name,
)
from telephony.livekit.room_leg import KIND as ROOM
from telephony.livekit.sip_leg import KIND as SIP
from telephony.remote.documents import INBOUND, ClaimedCall


def dial_limits(settings: Settings) -> DialLimits:
    """What may be dialled, and how often."""
    return DialLimits(
        countries=frozenset(settings.sip_countries),
        at_once=settings.sip_calls_at_once,
        per_minute=settings.sip_calls_per_minute,
        per_day=settings.sip_calls_per_day,
        per_number_per_day=settings.sip_calls_per_number_per_day,
    )


def livekit_access(settings: Settings) -> LiveKitAccess:
    """The LiveKit server and its key."""
    secret = settings.livekit_api_secret.get_secret_value() if settings.livekit_api_secret else ""
    return LiveKitAccess(settings.livekit_url, settings.livekit_api_key, secret)


def sip_trunk(settings: Settings) -> SipTrunk:
    """The way into the telephone network."""
    return SipTrunk(
        trunk_id=settings.sip_trunk_id,
        address=settings.sip_address,
        transport=SipTransport(settings.sip_transport),
        username=settings.sip_username,
        password=settings.sip_password.get_secret_value() if settings.sip_password else "",
        caller_id=settings.sip_caller_id,
        media_encryption=MediaEncryption(settings.sip_media_encryption),
    )


def sip_leg(settings: Settings, case: Case) -> SipLeg:
    """The telephone line of a case's latest attempt.

    Raises:
        LegError: The attempt dials nobody: the customer came by themselves.
    """
    attempt = case.attempts[-1]
    if attempt.contact is None:
        raise LegError(f"attempt {attempt.id} dials nobody")
    number = case.alert.customer.contacts[attempt.contact].address
    return SipLeg(livekit_access(settings), sip_trunk(settings), number, room_name(attempt.id))


def room_key(settings: Settings, room: str) -> str:
    """Passphrase with which everybody in a room of a video session encrypts end to end; empty where none is wanted.

    It is derived from the worker key, so that server and workers know it and the LiveKit server does not.
    """
    if not settings.video_encryption or settings.worker_key is None:
        return ""
    key = hmac.digest(settings.worker_key.get_secret_value().encode(), f"video {room}".encode(), "sha256")
    return base64.urlsafe_b64encode(key).decode()


def require_telephone(settings: Settings) -> None:
    """Make sure that telephone calls can be placed at all.

    Raises:
        SettingsInvalidError: Something is missing; the message names it.
    """
    if missing := settings.missing_for_telephone():
        message = f"nobody can be called by telephone without {', '.join(missing)}; docs/telephony.md shows how"
        raise SettingsInvalidError(message)


def remote_leg(settings: Settings, case: Case) -> str | None:
    """Which kind of leg a worker dials for a case's latest attempt; None where this process reaches the customer."""
    arrival = case.attempts[-1].arrival if case.attempts else None
    if arrival is not None:
        return INBOUND if arrival is Arrival.INBOUND else ROOM
    index = case.attempts[-1].contact if case.attempts else None
    if index is None or not settings.has_trunk:
        return None
    return SIP if case.alert.customer.contacts[index].kind is ContactKind.PHONE else None


def line_of(settings: Settings, claimed: ClaimedCall) -> Leg:
    """The line on which a worker reaches the customer of a call that it has claimed.

    Raises:
        LegError: The attempt dials nobody.
    """
    if claimed.leg == SIP:
        return sip_leg(settings, claimed.case)
    if claimed.leg == INBOUND:
        return InboundLeg(livekit_access(settings), claimed.room)
    key = room_key(settings, claimed.room) if claimed.case.attempts[-1].arrival is Arrival.VIDEO else ""
    return RoomLeg(livekit_access(settings), claimed.room, key=key.encode() or None)
