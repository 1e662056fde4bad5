"""The trunk on which telephones are dialled, as LiveKit SIP is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from livekit import api

from telephony.livekit.errors import TrunkUnencryptedError


class MediaEncryption(StrEnum):
    """Whether the voice on the telephone line is encrypted with SRTP."""

    OFF = "off"
    ALLOW = "allow"
    """Offered; a line that refuses it is dialled again without it."""
    REQUIRE = "require"
    """A line without it is no line."""


class SipTransport(StrEnum):
    """How the trunk is spoken to."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


_TRANSPORTS = {
    SipTransport.UDP: api.SIPTransport.SIP_TRANSPORT_UDP,
    SipTransport.TCP: api.SIPTransport.SIP_TRANSPORT_TCP,
    SipTransport.TLS: api.SIPTransport.SIP_TRANSPORT_TLS,
}
_ENCRYPTION = {
    MediaEncryption.OFF: api.SIPMediaEncryption.SIP_MEDIA_ENCRYPT_DISABLE,
    MediaEncryption.ALLOW: api.SIPMediaEncryption.SIP_MEDIA_ENCRYPT_ALLOW,
    MediaEncryption.REQUIRE: api.SIPMediaEncryption.SIP_MEDIA_ENCRYPT_REQUIRE,
}


@dataclass(frozen=True, slots=True)
class SipTrunk:
    """A way into the telephone network: one kept in LiveKit, or one described here.

    Attributes:
        trunk_id: Id of an outbound trunk kept in LiveKit; then address, transport and credentials are its own.
        address: Host or `host:port` of the carrier or the bank's SBC.
        transport: How that address is spoken to.
        username: User name, or empty where the trunk knows us by address.
        password: Password of that user.
        caller_id: The number that customers see.
        media_encryption: Whether the voice is encrypted.
        headers: Extra SIP headers of the INVITE, as the carrier asks for.
    """

    trunk_id: str = ""
    address: str = ""
    transport: SipTransport = SipTransport.TLS
    username: str = ""
    password: str = field(default="", repr=False)
    caller_id: str = ""
    media_encryption: MediaEncryption = MediaEncryption.REQUIRE
    headers: tuple[tuple[str, str], ...] = ()

    def check(self) -> None:
        """Refuse a trunk that cannot keep what its media encryption promises.

        Raises:
            TrunkUnencryptedError: Media must be encrypted, and the keys would travel in the clear (RFC 4568,
                section 8.3). Of a trunk kept in LiveKit the transport is not known here and is not judged.
        """
        if self.trunk_id or self.media_encryption is not MediaEncryption.REQUIRE:
            return
        if self.transport is not SipTransport.TLS:
            raise TrunkUnencryptedError(
                f"media encryption is required and the trunk is spoken to over {self.transport.value}: take tls, or "
                "allow calls without encryption"
            )

    def request(
        self, number: str, room: str, identity: str, *, ring_seconds: float, max_seconds: float
    ) -> api.CreateSIPParticipantRequest:
        """The request that dials a number into a room and answers once it is taken, or not.

        Args:
            number: Whom to call.
            room: Where the call comes to.
            identity: Who is called, in that room.
            ring_seconds: How long to ring.
            max_seconds: How long the call may last.
        """
        request = api.CreateSIPParticipantRequest(
            sip_call_to=number,
            sip_number=self.caller_id,
            room_name=room,
            participant_identity=identity,
            hide_phone_number=True,
            krisp_enabled=False,
            play_dialtone=False,
            wait_until_answered=True,
            media_encryption=_ENCRYPTION[self.media_encryption],
            headers=dict(self.headers),
        )
        request.ringing_timeout.FromMilliseconds(round(ring_seconds * 1000))
        request.max_call_duration.FromMilliseconds(round(max_seconds * 1000))
        if self.trunk_id:
            request.sip_trunk_id = self.trunk_id
        else:
            request.trunk.CopyFrom(
                api.SIPOutboundConfig(
                    hostname=self.address,
                    transport=_TRANSPORTS[self.transport],
                    auth_username=self.username,
                    auth_password=self.password,
                    headers_to_attributes={"Diversion": DIVERTED, "History-Info": HISTORY},
                )
            )
        return request


DIVERTED = "riskcall.sip.diversion"
"""Attribute of a customer whose call was sent on (RFC 5806)."""
HISTORY = "riskcall.sip.history"
"""Attribute of a customer whose call took a way of several hops (RFC 7044)."""
