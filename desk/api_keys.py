"""Bearer keys of the bank's API (RFC 6750)."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from starlette.requests import Request

from desk.errors import KeyInvalidError


class ApiKeys:
    """The keys that may use the API."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Let these keys in; with none of them nobody is let in."""
        self._keys = tuple(key.encode() for key in keys)

    def check(self, request: Request) -> None:
        """Let a request pass that carries one of the keys.

        Raises:
            KeyInvalidError: It carries none, or one that is unknown.
        """
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        sent = given.strip().encode("utf-8", "replace")
        # Every key is compared, so that the time tells nothing about which one came close.
        fits = [hmac.compare_digest(key, sent) for key in self._keys]
        if scheme.lower() != "bearer" or not any(fits):
            raise KeyInvalidError("Send `Authorization: Bearer` with an API key of this bank.")
