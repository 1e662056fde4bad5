"""A cap on request bodies that answers like every other refusal."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """ASGI middleware: whoever reads a longer body gets an HTTP 413 raised, before more of it is kept."""

    def __init__(self, app: ASGIApp, limit: int, longer: Mapping[str, int] = MappingProxyType({})) -> None:
        """Wrap an application.

        Args:
            app: The application.
            limit: Longest body, bytes.
            longer: Other limits, by what a path begins with.
        """
        self._app = app
        self._limit = limit
        self._longer = longer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = next((most for start, most in self._longer.items() if scope["path"].startswith(start)), self._limit)
        declared = Headers(scope=scope).get("content-length", "0")
        # A header that is no number is the server's to refuse; the count below holds all the same.
        too_long = declared.isascii() and declared.isdigit() and (len(declared) > 19 or int(declared) > limit)
        received = 0

        async def receive_some() -> Message:
            nonlocal received
            if too_long:
                raise HTTPException(413, "Content Too Large")
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413, "Content Too Large")
            return message

        await self._app(scope, receive_some, send)
