"""Headers that every answer carries; a route that needs others sets its own."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content Security Policy of the desk: nothing inline, nothing from elsewhere."""
_DEFAULTS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=(), payment=()",
}
STATIC_PREFIX = "/static/"
"""Files that hold no data of anybody: a browser may keep them and asks whether they changed."""


def voice_headers(origins: Sequence[str], rooms_at: str = "") -> dict[str, str]:
    """Headers of a page of the desk on which a reviewer may speak: its own microphone, its sockets, LiveKit's."""
    sockets = " ".join("ws" + origin.removeprefix("http") for origin in origins)
    if rooms_at:
        sockets += f" {rooms_at} http{rooms_at.removeprefix('ws')}"
    return {
        "Content-Security-Policy": CONTENT_POLICY.replace("connect-src 'self'", f"connect-src 'self' {sockets}")
        + "; worker-src 'self'",
        "Permissions-Policy": _DEFAULTS["Permissions-Policy"].replace("microphone=()", "microphone=(self)"),
    }


class SecurityHeaders:
    """ASGI middleware that adds the headers an answer does not set itself."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        """Wrap an application; `secure` adds Strict-Transport-Security (RFC 6797)."""
        self._app = app
        self._headers = {**_DEFAULTS, **({"Strict-Transport-Security": "max-age=31536000"} if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault(
                    "Cache-Control", "no-cache" if scope["path"].startswith(STATIC_PREFIX) else "no-store"
                )
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
