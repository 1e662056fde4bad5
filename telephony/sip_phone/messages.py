"""SIP messages as the phone takes and makes them; syntax is aiosipua's."""

from __future__ import annotations

from collections.abc import Mapping

from aiosipua import SipMessage, SipRequest, SipResponse
from aiosipua.headers import parse_address, parse_via
from aiosipua.message import missing_required_headers
from aiosipua.utils import generate_tag

from telephony.sip_phone.errors import BadMessageError

Address = tuple[str, int]
"""Host and port."""
METHODS = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REFER", "NOTIFY", "INFO", "UPDATE")
"""What the phone understands."""
DEFAULT_PORT = 5060
LONGEST = 65_535
"""Bytes of the largest datagram."""
REASONS: dict[int, str] = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    302: "Moved Temporarily",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    503: "Service Unavailable",
    600: "Busy Everywhere",
    603: "Decline",
    604: "Does Not Exist Anywhere",
}
"""Phrases of RFC 3261 for the statuses that the phone uses."""


def read(data: bytes) -> SipRequest | SipResponse:
    """The message of a datagram, with every header the phone relies on present and readable.

    Raises:
        BadMessageError: It is none.
    """
    try:
        message = SipMessage.parse(data)
        if missing := [name for name in ("via", "from", "to", "call-id", "cseq") if name not in message.headers]:
            raise BadMessageError(f"without {', '.join(missing)}")
        branch = message.via[0].branch
        number, ends = message.cseq, (message.from_addr, message.to_addr)
        for contact in message.headers.get("contact"):
            parse_address(contact)
    except (ValueError, IndexError, KeyError, AttributeError, TypeError) as error:
        raise BadMessageError("not a SIP message") from error
    if not branch or number is None or None in ends:
        raise BadMessageError("a header cannot be read")
    if isinstance(message, SipRequest) and number.method != message.method:
        raise BadMessageError("the method is not that of CSeq")
    if isinstance(message, SipResponse) and not 100 <= message.status_code <= 699:
        raise BadMessageError("no such status")
    return message


def refusal_of(data: bytes) -> SipResponse | None:
    """The 400 that answers a datagram that could not be read, or None where nobody could be told."""
    try:
        message = SipMessage.parse(data)
        if not isinstance(message, SipRequest) or message.method == "ACK" or missing_required_headers(message):
            return None
        parse_via(message.headers.get("via")[0])
        return response_to(message, 400)
    except (ValueError, IndexError, KeyError, AttributeError, TypeError):
        return None


def response_to(
    request: SipRequest,
    status: int,
    *,
    tag: str = "",
    reason: str = "",
    headers: Mapping[str, str] | None = None,
    sdp: str = "",
) -> SipResponse:
    """A response with the headers that a request gives it.

    Args:
        request: What is answered.
        status: Status code.
        tag: This side's tag in `To`; empty makes one where the request has none.
        reason: Phrase; empty takes the usual one.
        headers: Further headers.
        sdp: The body.
    """
    response = SipResponse(status_code=status, reason_phrase=reason or REASONS.get(status, "Unknown"))
    for name in ("Via", "From", "To", "Call-ID", "CSeq", "Record-Route"):
        for value in request.headers.get(name):
            response.headers.append(name, value)
    to = request.headers.get_first("to") or ""
    if status > 100 and ";tag=" not in to.casefold():
        response.headers.set_single("To", f"{to};tag={tag or generate_tag()}")
    for name, value in (headers or {}).items():
        response.headers.set_single(name, value)
    if sdp:
        response.headers.set_single("Content-Type", "application/sdp")
        response.text = sdp
    return response


def reply_address(request: SipRequest, source: Address) -> Address:
    """Where a response goes (RFC 3261 section 18.2.2, RFC 3581): back where the request came from."""
    via = request.via[0]
    return source if "rport" in via.params else (source[0], via.port or DEFAULT_PORT)


def acknowledgement(request: SipRequest, response: SipResponse) -> SipRequest:
    """The ACK to a refusal of an INVITE, which belongs to the INVITE's own transaction (section 17.1.1.3)."""
    ack = SipRequest(method="ACK", uri=request.uri)
    ack.headers.append("Via", request.headers.get("via")[0])
    for name, source in (("From", request), ("To", response), ("Call-ID", request)):
        ack.headers.set_single(name, source.headers.get(name)[0])
    ack.headers.set_single("CSeq", f"{sequence(request)} ACK")
    ack.headers.set_single("Max-Forwards", "70")
    for route in request.headers.get("route"):
        ack.headers.append("Route", route)
    return ack


def cancellation(invite: SipRequest) -> SipRequest:
    """The CANCEL of an INVITE (section 9.1)."""
    cancel = SipRequest(method="CANCEL", uri=invite.uri)
    cancel.headers.append("Via", invite.headers.get("via")[0])
    for name in ("From", "To", "Call-ID"):
        cancel.headers.set_single(name, invite.headers.get(name)[0])
    cancel.headers.set_single("CSeq", f"{sequence(invite)} CANCEL")
    cancel.headers.set_single("Max-Forwards", "70")
    return cancel


def sequence(message: SipMessage) -> int:
    """The number of CSeq."""
    number = message.cseq
    return number.seq if number is not None else 0


def branch_of(message: SipMessage) -> str:
    """The branch of the topmost Via."""
    return message.via[0].branch or ""


def user_of(uri: str) -> str:
    """The user of a SIP URI or the number of a tel URI; empty where there is none."""
    scheme, _, rest = uri.strip().strip("<>").partition(":")
    if "@" not in rest and scheme.casefold() != "tel":
        return ""
    return rest.partition("@")[0].partition(";")[0]
