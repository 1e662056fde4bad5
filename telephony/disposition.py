"""How a telephone call that was not answered ended: SIP status, Q.850 cause, and what LiveKit says -> Disposition."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cases.domain.vocabulary import Disposition


@dataclass(frozen=True, slots=True)
class DialResult:
    """How one dial ended.

    Attributes:
        disposition: In the words of a case.
        detail: Stable code for the operator, such as `sip_486`.
        retryable: Whether nothing was sent to the customer, so that dialling again at once is safe and may help.
    """

    disposition: Disposition
    detail: str
    retryable: bool = False


_NO_ANSWER, _BUSY, _REJECTED = Disposition.NO_ANSWER, Disposition.BUSY, Disposition.REJECTED
_FAILED, _FORWARDED = Disposition.FAILED, Disposition.FORWARDED

SIP: dict[int, Disposition] = {
    # The customer's side had it and did not take it.
    408: _NO_ANSWER,
    480: _NO_ANSWER,
    487: _NO_ANSWER,
    486: _BUSY,
    600: _BUSY,
    603: _REJECTED,
    607: _REJECTED,
    # The line sends callers on. LiveKit SIP does not follow, and nobody is called who was not asked for.
    181: _FORWARDED,
    300: _FORWARDED,
    301: _FORWARDED,
    302: _FORWARDED,
    305: _FORWARDED,
    380: _FORWARDED,
}
"""SIP status to disposition (RFC 3261, RFC 8197 for 607); every other failed: the trunk, the network, or no such
number (404, 410, 484, 604), which the detail tells. 403 and 608 are said by carriers, not by customers."""

Q850: dict[int, Disposition] = {
    16: _NO_ANSWER,
    17: _BUSY,
    18: _NO_ANSWER,
    19: _NO_ANSWER,
    20: _NO_ANSWER,
    21: _REJECTED,
    31: _NO_ANSWER,
    23: _FORWARDED,
}
"""ISDN cause to disposition (ITU-T Q.850); 1, 3, 22, 28 no such number, 34 to 58 the network: failed."""

_SPEAKS_FOR_CUSTOMER = frozenset({486, 600, 603, 607})
"""Statuses that a cause does not overrule."""
_CAUSE = re.compile(r"q\.?850\s*;.*?cause\s*=\s*(\d{1,3})", re.IGNORECASE)

RINGING_TIMEOUT = "ringing_timeout"
NO_RESPONSE = "no_response"
UNENCRYPTED = "media_unencrypted"
_SERVICE: dict[str, tuple[str, bool]] = {
    "unavailable": ("sip_unavailable", True),
    "unauthenticated": ("livekit_refused", False),
    "permission_denied": ("livekit_refused", False),
    "not_found": ("sip_trunk_unknown", False),
    "invalid_argument": ("sip_request_refused", False),
    "resource_exhausted": ("sip_unavailable", True),
}
_WORDS: tuple[tuple[str, str], ...] = (
    ("required auth", "sip_trunk_credentials"),
    ("max auth retry", "sip_trunk_credentials"),
    ("common crypto", UNENCRYPTED),
    ("common media", "no_common_codec"),
)


def of_sip(status: int, phrase: str = "", *, rang: bool) -> DialResult:
    """How a dial ended that got a final SIP response.

    Args:
        status: The SIP status.
        phrase: Its reason phrase or Reason header, which may carry a Q.850 cause (RFC 3326).
        rang: Whether the telephone was known to ring before.
    """
    detail = f"sip_{status}"
    disposition = SIP.get(status, _FAILED)
    if status == 408 and not rang:
        disposition = _FAILED
    cause = q850_cause(phrase)
    if cause is not None:
        detail = f"{detail}_q850_{cause}"
        if status not in _SPEAKS_FOR_CUSTOMER:
            disposition = Q850.get(cause, _FAILED)
    return DialResult(disposition, detail)


def of_service(code: str, message: str, *, rang: bool) -> DialResult:
    """How a dial ended that LiveKit refused or gave up without a final SIP response.

    Args:
        code: Error code of the LiveKit API.
        message: Its message; only known words in it are used, for it may hold numbers.
        rang: Whether the telephone was known to ring before.
    """
    said = message.lower()
    for words, detail in _WORDS:
        if words in said:
            return DialResult(_FAILED, detail)
    if code in ("canceled", "deadline_exceeded"):
        return DialResult(_NO_ANSWER, RINGING_TIMEOUT) if rang else DialResult(_FAILED, NO_RESPONSE)
    detail, retryable = _SERVICE.get(code, ("sip_failed", False))
    return DialResult(_FAILED, detail, retryable and not rang)


def q850_cause(text: str) -> int | None:
    """The ISDN cause in a Reason header, or None."""
    found = _CAUSE.search(text)
    return int(found.group(1)) if found else None
