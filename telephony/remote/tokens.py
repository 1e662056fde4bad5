"""Call tokens: let one worker speak for one call, for minutes."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt
from jwt.types import Options

from cases.ports import Clock
from telephony.remote.errors import CallTokenInvalidError, CallTokenWrongError

LASTS = timedelta(minutes=5)
"""How long a token is good for; the link renews it."""
_ALGORITHM = "HS256"
_AUDIENCE = "riskcall-call"
_NEEDED = ["sub", "aud", "exp", "claim"]


@dataclass(frozen=True, slots=True)
class CallGrant:
    """What a token allows.

    Attributes:
        call_id: The call, `case:attempt`.
        claim: Number of the claim that it was issued to.
        expires_at: When it ends, UTC.
    """

    call_id: str
    claim: int
    expires_at: datetime


class CallTokens:
    """Issues and reads tokens (JWT, RFC 7519, HMAC-SHA-256)."""

    def __init__(self, secret: bytes, clock: Clock, lasts: timedelta = LASTS) -> None:
        """Sign with a key that is derived from a secret of the server and used for nothing else."""
        self._key = hmac.digest(secret, b"riskcall call token", hashlib.sha256)
        self._clock = clock
        self._lasts = lasts

    def issue(self, call_id: str, claim: int) -> str:
        """A token for one claim of one call."""
        expires = self._clock.now() + self._lasts
        claims = {"sub": call_id, "aud": _AUDIENCE, "exp": int(expires.timestamp()), "claim": claim}
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def read(self, token: str) -> CallGrant:
        """What a token allows.

        Raises:
            CallTokenInvalidError: It is no token of ours, or it has expired.
        """
        try:
            # The time is checked below, by the clock of this process's composition.
            options: Options = {"require": _NEEDED, "verify_exp": False}
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM], audience=_AUDIENCE, options=options)
            grant = CallGrant(str(claims["sub"]), int(claims["claim"]), datetime.fromtimestamp(claims["exp"], UTC))
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError) as error:
            raise CallTokenInvalidError("send `Authorization: Bearer` with the call's token") from error
        if grant.expires_at <= self._clock.now():
            raise CallTokenInvalidError("the call's token has expired; get a new one with the worker key")
        return grant

    def fades(self, grant: CallGrant) -> bool:
        """Whether more than half of a token's life is over."""
        return grant.expires_at - self._clock.now() < self._lasts / 2


def bearer(authorization: str, call_id: str, tokens: CallTokens) -> CallGrant:
    """What the bearer token of a header allows on a call.

    Raises:
        CallTokenInvalidError: There is none, or it is expired or forged.
        CallTokenWrongError: It is of another call.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise CallTokenInvalidError("send `Authorization: Bearer` with the call's token")
    grant = tokens.read(token.strip())
    if grant.call_id != call_id:
        raise CallTokenWrongError("this token is of another call")
    return grant
