"""What the settings say about LiveKit and the telephone, as the rooms that telephone take it."""

from __future__ import annotations

from riskcall.errors import SettingsInvalidError
from riskcall.settings import Settings
from telephony.limits import DialLimits
from telephony.livekit.access import LiveKitAccess
from telephony.livekit.trunk import MediaEncryption, SipTransport, SipTrunk


def dial_limits(settings: Settings) -> DialLimits:
    """What may be dialled, and how often."""
    return DialLimits(
        countries=frozenset(settings.sip_countries),
        at_once=settings.sip_calls_at_once,
        per_minute=settings.sip_calls_per_minute,
        per_day=settings.sip_calls_per_day,
        per_number_per_day=settings.sip_calls_per_number_per_day,
    )


def livekit_access(settings: Settings) -> LiveKitAccess | None:
    """The LiveKit server and its key, or None where none is set."""
    if not settings.livekit_url or settings.livekit_api_secret is None:
        return None
    return LiveKitAccess(settings.livekit_url, settings.livekit_api_key, settings.livekit_api_secret.get_secret_value())


def sip_trunk(settings: Settings) -> SipTrunk | None:
    """The way into the telephone network, or None where none is set."""
    if not settings.has_trunk:
        return None
    return SipTrunk(
        trunk_id=settings.sip_trunk_id,
        address=settings.sip_address,
        transport=SipTransport(settings.sip_transport),
        username=settings.sip_username,
        password=settings.sip_password.get_secret_value() if settings.sip_password else "",
        caller_id=settings.sip_caller_id,
        media_encryption=MediaEncryption(settings.sip_media_encryption),
    )


def telephone(settings: Settings) -> tuple[LiveKitAccess, SipTrunk]:
    """Server and trunk of a composition that telephones.

    Raises:
        SettingsInvalidError: Something is missing; the message names it.
    """
    access, trunk = livekit_access(settings), sip_trunk(settings)
    if access is None or trunk is None or settings.missing_for_telephone():
        missing = ", ".join(settings.missing_for_telephone())
        raise SettingsInvalidError(f"nobody can be called by telephone without {missing}; see docs/telephony.md")
    return access, trunk
