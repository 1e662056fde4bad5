"""What goes wrong at a SIP phone."""

from __future__ import annotations

from telephony.leg import LegError


class SipPhoneError(LegError):
    """Base of what goes wrong at a SIP phone."""

    code = "sip_phone"


class BadMessageError(SipPhoneError):
    """A datagram that is no SIP message, or one that breaks RFC 3261."""

    code = "sip_bad_message"


class NoAnswerError(SipPhoneError):
    """The other side does not answer a request, however often it is sent."""

    code = "sip_timeout"


class NoCommonCodecError(SipPhoneError):
    """The other side offers no G.711 without encryption."""

    code = "sip_no_codec"


class CallRefusedError(SipPhoneError):
    """The other side refused a call.

    Attributes:
        status: SIP status code.
    """

    code = "sip_refused"

    def __init__(self, status: int, reason: str) -> None:
        """Refused with a status."""
        super().__init__(f"The call was refused: {status} {reason}".rstrip())
        self.status = status
