"""Sessions of the desk: signed cookies with an idle and an absolute end, and the form tokens bound to them.

A session is a value the browser carries, signed with HMAC-SHA256; any process that knows the secret reads it.
Signing out forgets the session in this process and deletes the cookie; a new password ends all sessions of the
account everywhere, because the session carries a fingerprint of the password hash.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from cases.ports import Clock
from desk.accounts import Account, Accounts

_MIN_SECRET = 32
_REFRESH_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's session.

    Attributes:
        sid: Random identifier.
        name: Account name, or empty before signing in.
        mark: Fingerprint of the account's password hash, or empty.
        began: When it was issued, seconds since 1970.
        seen: When its last page was loaded, seconds since 1970.
    """

    sid: str
    name: str
    mark: str
    began: int
    seen: int


class Sessions:
    """Issues, reads and ends sessions."""

    def __init__(self, secret: bytes, clock: Clock, accounts: Accounts, idle_seconds: int, total_seconds: int) -> None:
        """Use a secret of at least 32 bytes.

        Raises:
            ValueError: The secret is too short.
        """
        if len(secret) < _MIN_SECRET:
            raise ValueError(f"the session secret needs {_MIN_SECRET} bytes or more")
        self._session_key = hmac.digest(secret, b"desk session", "sha256")
        self._form_key = hmac.digest(secret, b"desk form", "sha256")
        self._clock = clock
        self._accounts = accounts
        self._idle = idle_seconds
        self._total = total_seconds
        self._ended: dict[str, int] = {}

    def anonymous(self) -> Session:
        """A session before signing in; it only carries the form token of the sign-in page."""
        now = self._now()
        return Session(secrets.token_urlsafe(18), "", "", now, now)

    def begin(self, account: Account) -> Session:
        """A fresh session of an account that has just given its password."""
        now = self._now()
        return Session(secrets.token_urlsafe(18), account.name, _mark(account), now, now)

    def end(self, session: Session) -> None:
        """Forget a session before its time."""
        now = self._now()
        self._ended = {sid: until for sid, until in self._ended.items() if until > now}
        self._ended[session.sid] = session.began + self._total

    def seal(self, session: Session) -> str:
        """The cookie's value."""
        body = base64.urlsafe_b64encode(json.dumps(asdict(session), separators=(",", ":")).encode()).rstrip(b"=")
        return f"{body.decode()}.{hmac.new(self._session_key, body, hashlib.sha256).hexdigest()}"

    def open(self, cookie: str) -> Session | None:
        """The session of a cookie, or None where it is forged, ended or too old."""
        body, _, signature = cookie.partition(".")
        if not (body.isascii() and signature.isascii()):
            return None
        expected = hmac.new(self._session_key, body.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, signature):
            return None
        try:
            session = Session(**json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))
        except (binascii.Error, ValueError, TypeError):
            return None
        return session if self.lives(session) else None

    def lives(self, session: Session) -> bool:
        """Whether the session has not ended by idleness, age, signing out or a changed account."""
        return session.sid not in self._ended and self.seconds_left(session) > 0

    def seconds_left(self, session: Session) -> int:
        """Seconds until the session ends unless another page is loaded; zero or less when it ended."""
        now = self._now()
        return min(session.seen + self._idle, session.began + self._total) - now

    def account(self, session: Session) -> Account | None:
        """The signed-in account, or None where it is gone, has a new password or nobody signed in."""
        account = self._accounts.find(session.name) if session.name else None
        return account if account is not None and hmac.compare_digest(_mark(account), session.mark) else None

    def touched(self, session: Session) -> Session | None:
        """The session with a new idle limit, or None while the old one is recent enough."""
        now = self._now()
        return replace(session, seen=now) if now - session.seen >= _REFRESH_SECONDS else None

    def form_token(self, session: Session) -> str:
        """The token that a form of this session must bring back."""
        return hmac.new(self._form_key, session.sid.encode(), hashlib.sha256).hexdigest()

    def form_token_fits(self, session: Session, token: str) -> bool:
        """Whether a form's token belongs to this session."""
        return hmac.compare_digest(self.form_token(session).encode(), token.encode("utf-8", "replace"))

    def _now(self) -> int:
        return int(_seconds(self._clock.now()))


def _mark(account: Account) -> str:
    return hashlib.sha256(account.password_hash.encode()).hexdigest()[:16]


def _seconds(moment: datetime) -> float:
    return moment.timestamp()
