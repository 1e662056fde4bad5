"""Signatures of incoming webhooks (Standard Webhooks 1.0), against up to two active secrets and a given time."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

from desk.errors import SignatureError, SignatureMissingError, SignatureStaleError

TOLERANCE = timedelta(minutes=5)
"""How far a timestamp may be off, either way (Standard Webhooks 1.0, replay attacks)."""
_MAX_SIGNATURES = 10
_MAX_HEADER = 1_000


class SignatureVerifier:
    """Checks webhooks; during a change of secrets either of the two signs."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Take one or two secrets (`whsec_…` or bare base64)."""
        self._hooks = tuple(Webhook(secret) for secret in secrets)

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """Return the message id of a rightly signed webhook.

        Raises:
            SignatureMissingError: A header is missing.
            SignatureStaleError: The timestamp is too old or too far ahead.
            SignatureError: Anything else that is not right.
        """
        message_id, stamp, signatures = _headers(headers)
        sent_at = _time(stamp)
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise SignatureError("The body is not UTF-8, so that no signature can match it.") from error
        given = _given(signatures)
        expected = [base64.b64decode(h.sign(message_id, sent_at, text).partition(",")[2]) for h in self._hooks]
        if not any([hmac.compare_digest(want, got) for want in expected for got in given]):
            raise SignatureError("No signature in webhook-signature matches the raw body and an active secret.")
        if abs(now - sent_at) > TOLERANCE:
            raise SignatureStaleError("webhook-timestamp is more than five minutes off; sign again with the time now.")
        return message_id


def _headers(headers: Mapping[str, str]) -> tuple[str, str, str]:
    found = [headers.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature")]
    if not all(found):
        raise SignatureMissingError("Send the headers webhook-id, webhook-timestamp and webhook-signature.")
    if any(len(value) > _MAX_HEADER for value in found):
        raise SignatureError("A webhook header is too long.")
    return found[0], found[1], found[2]


def _time(stamp: str) -> datetime:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 11):
        raise SignatureError("webhook-timestamp must be whole seconds since 1970.")
    return datetime.fromtimestamp(int(stamp), UTC)


def _given(signatures: str) -> list[bytes]:
    given = []
    for signature in signatures.split(" ")[:_MAX_SIGNATURES]:
        version, _, encoded = signature.partition(",")
        if version != "v1":
            continue
        try:
            given.append(base64.b64decode(encoded, validate=True))
        except (binascii.Error, ValueError) as error:
            raise SignatureError("A v1 signature in webhook-signature is not base64.") from error
    return given
