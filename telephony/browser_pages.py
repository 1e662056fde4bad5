"""The customer's side as the switchboard sees it: sessions of the bank's app, open pages, what they say and hear."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from cases.domain.vocabulary import Language
from cases.ports import Clock
from telephony.leg import LegError

_TOKEN_BYTES = 32
_NOTICES_WAITING = 256

Notice = Mapping[str, object]
"""A message to a page; `type` says which."""


class TooManyPagesError(LegError):
    """The customer already has as many pages open as one may; close one and load this one again."""

    code = "too_many_pages"


class PageEventKind(StrEnum):
    """What a page can say."""

    TAKE = "take"
    OFFER = "offer"
    DECLINE = "decline"
    NO_MICROPHONE = "no_microphone"
    HANG_UP = "hang_up"
    ASK_HUMAN = "ask_human"
    DTMF = "dtmf"
    STILLS = "stills"


@dataclass(frozen=True, slots=True)
class PageEvent:
    """One message of a page about one call.

    Attributes:
        kind: What the customer or the page did.
        call: The call that rang, as the page was told.
        value: SDP of an offer, digit of a DTMF key, `yes` or `no` of the consent to still frames, else empty.
    """

    kind: PageEventKind
    call: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class AppSession:
    """One signed-in session of the bank's app.

    Attributes:
        id: Names the session without opening it: the digest of its token.
        customer_reference: Whose it is.
        language: Language the page starts in.
        expires_at: When the link ends, UTC.
        browser_hash: Digest of the secret of the browser that the session belongs to, or empty before the first.
    """

    id: str
    customer_reference: str
    language: Language
    expires_at: datetime
    browser_hash: str = ""


class AppSessions:
    """Sessions of the bank's app in this process, kept under digests of their tokens."""

    def __init__(self, clock: Clock, limit: int = 10_000) -> None:
        """Keep at most `limit` sessions; the oldest is forgotten first."""
        self._clock = clock
        self._limit = limit
        self._sessions: dict[str, AppSession] = {}

    def issue(self, customer_reference: str, language: Language, lasts: timedelta) -> str:
        """Begin a session and return its token, 256 random bits for the address `/app/{token}`."""
        now = self._clock.now()
        self._sessions = {key: kept for key, kept in self._sessions.items() if kept.expires_at > now}
        while len(self._sessions) >= self._limit:
            self._sessions.pop(next(iter(self._sessions)))
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        key = _digest(token)
        self._sessions[key] = AppSession(key, customer_reference, language, now + lasts)
        return token

    def named(self, session_id: str) -> AppSession | None:
        """The session of this id, or None where it is unknown, revoked or expired."""
        session = self._sessions.get(session_id)
        return session if session is not None and self.lives(session) else None

    def find(self, token: str) -> AppSession | None:
        """The session of a token, or None where it is unknown, revoked or expired."""
        return self.named(_digest(token))

    def bind(self, token: str, browser: str) -> AppSession | None:
        """Give a session to a browser, by the secret in its cookie; the first one keeps it.

        Returns:
            The session, or None where it is unknown, expired or another browser's.
        """
        session = self.find(token)
        if session is None or not browser:
            return None
        if not session.browser_hash:
            session = replace(session, browser_hash=_digest(browser))
            self._sessions[session.id] = session
        return session if hmac.compare_digest(session.browser_hash, _digest(browser)) else None

    def lives(self, session: AppSession) -> bool:
        """Whether a session has neither expired nor been revoked."""
        return session.id in self._sessions and session.expires_at > self._clock.now()

    def revoke(self, session_id: str) -> None:
        """End a session; an unknown one is no error."""
        self._sessions.pop(session_id, None)


class Page:
    """One open page of a customer; the web side reads its notices and closes it when they end."""

    def __init__(self, session: AppSession) -> None:
        """A page that just opened."""
        self.session = session
        self._waiting: asyncio.Queue[Notice | None] = asyncio.Queue(_NOTICES_WAITING)
        self._closed = False

    def tell(self, notice: Notice) -> None:
        """Send a notice; a page that stopped reading is closed instead of filling memory."""
        if self._closed:
            return
        if self._waiting.full():
            self.close()
            return
        self._waiting.put_nowait(notice)

    async def next_notice(self) -> Notice | None:
        """The next notice, or None when the page is to be closed."""
        if self._closed and self._waiting.empty():
            return None
        return await self._waiting.get()

    def close(self) -> None:
        """Have the web side close the page, once it has read what waits unless it stopped reading."""
        if self._closed:
            return
        self._closed = True
        while self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
