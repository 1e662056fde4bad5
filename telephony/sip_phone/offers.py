"""SDP offer and answer (RFC 3264) for G.711 with telephone-events; SDP's syntax is aiosipua's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aiosipua.sdp import MediaDescription, SdpMessage, parse_sdp, serialize_sdp
from aiosipua.sdp_negotiate import SdpNegotiationError, build_sdp, negotiate_sdp

from telephony.leg import FRAME_MS
from telephony.line.channel import Codec
from telephony.sip_phone.errors import NoCommonCodecError
from telephony.sip_phone.messages import Address

PAYLOAD_TYPES = {Codec.PCMU: 0, Codec.PCMA: 8}
"""Static RTP payload types (RFC 3551)."""
OWN_EVENT_TYPE = 101
"""Payload type of telephone-events in offers of the phone."""
PLAIN = "RTP/AVP"


@dataclass(frozen=True, slots=True)
class Agreed:
    """What both sides agreed on.

    Attributes:
        codec: Codec of both directions.
        event_type: Payload type of telephone-events, or None where the other side takes none.
        remote: Where audio goes; None until the other side has said.
        sends: Whether the other side wants audio: not while it holds the call.
    """

    codec: Codec
    event_type: int | None
    remote: Address | None
    sends: bool = True


def offer(host: str, port: int, codecs: Sequence[Codec], version: int = 1) -> str:
    """An offer of these codecs, in order of preference, and of telephone-events.

    Args:
        host: Address at which audio is taken.
        port: Its port.
        codecs: At least one of PAYLOAD_TYPES.
        version: Counts the descriptions of one session.
    """
    first = codecs[0]
    sdp = build_sdp(
        host, port, PAYLOAD_TYPES[first], first.upper(), 8000, OWN_EVENT_TYPE, FRAME_MS, session_id=str(port)
    )
    sdp.origin.session_version = str(version)
    media = sdp.media[0]
    others = [PAYLOAD_TYPES[codec] for codec in codecs[1:]]
    media.formats[1:1] = [str(number) for number in others]
    media.attributes["rtpmap"][1:1] = [f"{PAYLOAD_TYPES[codec]} {codec.upper()}/8000" for codec in codecs[1:]]
    return serialize_sdp(sdp)


def answer(text: str, host: str, port: int, codecs: Sequence[Codec], version: int = 1) -> tuple[str, Agreed]:
    """The answer to an offer, and what it agrees on; arguments as for `offer`.

    Raises:
        NoCommonCodecError: There is none of these codecs in the offer, or the offer cannot be read.
    """
    offered = _read(text)
    audio = _audio(offered)
    supported = [PAYLOAD_TYPES[codec] for codec in codecs]
    events = _event_type(audio)
    try:
        answered, chosen = negotiate_sdp(offered, host, port, supported, events or 0, FRAME_MS, session_id=str(port))
    except (SdpNegotiationError, ValueError) as error:
        raise NoCommonCodecError(f"The other side offers no codec of the phone's ({error}).") from error
    answered.origin.session_version = str(version)
    return serialize_sdp(answered), replace(_agreed(offered, audio, chosen), event_type=events)


def accepted(text: str) -> Agreed:
    """What an answer to the phone's own offer agrees on.

    Raises:
        NoCommonCodecError: It is no answer to it.
    """
    answered = _read(text)
    audio = _audio(answered)
    known = [int(number) for number in audio.formats if number.isdigit() and int(number) in PAYLOAD_TYPES.values()]
    if not known:
        raise NoCommonCodecError("The other side took none of the phone's codecs.")
    return _agreed(answered, audio, known[0])


def _agreed(sdp: SdpMessage, audio: MediaDescription, payload_type: int) -> Agreed:
    codec = next((codec for codec, number in PAYLOAD_TYPES.items() if number == payload_type), None)
    remote = sdp.rtp_address
    if codec is None or remote is None:
        raise NoCommonCodecError("The other side gives no address or no static payload type for its audio.")
    held = audio.direction in ("sendonly", "inactive") or remote[0] == "0.0.0.0"
    return Agreed(codec, _event_type(audio), remote, sends=not held)


def _read(text: str) -> SdpMessage:
    try:
        return parse_sdp(text)
    except (ValueError, IndexError) as error:
        raise NoCommonCodecError("The other side's session description cannot be read.") from error


def _audio(sdp: SdpMessage) -> MediaDescription:
    audio = sdp.audio
    if audio is None or audio.proto != PLAIN or not audio.port:
        raise NoCommonCodecError("The other side offers no audio, or wants it encrypted.")
    return audio


def _event_type(audio: MediaDescription) -> int | None:
    events = [codec for codec in audio.codecs if codec.encoding_name.casefold() == "telephone-event"]
    narrow = [codec.payload_type for codec in events if codec.clock_rate in (0, 8000)]
    return narrow[0] if narrow else None
