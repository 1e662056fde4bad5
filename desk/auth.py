"""Who may do what at the desk: signing in, the visitor of a request, form tokens, origins, roles."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import Response

from cases.domain.vocabulary import Language
from desk.accounts import Account, Role
from desk.deps import DeskDeps
from desk.errors import FormRefusedError, RoleRefusedError, SignInNeededError
from desk.sessions import Session, Sessions
from desk.throttle import FailureWindow

_MAX_NAME = 64
_MAX_PASSWORD = 1_024
_ADDRESS_SHARE = 10
"""Failures of one address, in failures of one name: an office shares an address."""
LANGUAGE_COOKIE = "riskcall-language"


@dataclass(frozen=True, slots=True)
class Visitor:
    """The signed-in person behind a request.

    Attributes:
        account: Who it is.
        session: The session the request came with.
        language: Language of the pages.
    """

    account: Account
    session: Session
    language: Language

    @property
    def may_decide(self) -> bool:
        """Whether the role allows claims and decisions."""
        return self.account.role is Role.REVIEWER


class Auth:
    """Sessions, sign-in and form checks of one application."""

    def __init__(self, deps: DeskDeps) -> None:
        """Use the deps' accounts, secret, origins and limits."""
        limits = deps.limits
        self.sessions = Sessions(
            deps.session_secret, deps.clock, deps.accounts, limits.idle_seconds, limits.session_seconds
        )
        self._accounts = deps.accounts
        self._clock = deps.clock
        self._origins = frozenset(deps.origins)
        self._secure = deps.origins[0].startswith("https://")
        self._name_failures = FailureWindow(limits.login_failures, limits.login_window_seconds)
        self._address_failures = FailureWindow(_ADDRESS_SHARE * limits.login_failures, limits.login_window_seconds)

    @property
    def cookie_name(self) -> str:
        """Name of the session cookie; the prefix `__Host-` (RFC 6265bis) binds it to this host and needs https."""
        return "__Host-riskcall" if self._secure else "riskcall"

    async def signed_in(self, request: Request) -> None:
        """Dependency of every desk route: puts the Visitor on `request.state` or refuses.

        Raises:
            SignInNeededError: There is no living session of an existing account.
        """
        session = self.session_of(request)
        account = self.sessions.account(session) if session else None
        if session is None or account is None:
            raise SignInNeededError("Sign in to see this.")
        request.state.visitor = Visitor(account, session, language_of(request))

    def session_of(self, request: Request) -> Session | None:
        """The living session that a request brings, signed in or not."""
        return self.sessions.open(request.cookies.get(self.cookie_name, ""))

    def still_signed_in(self, visitor: Visitor) -> bool:
        """Whether a long-running answer to this visitor may go on."""
        return self.sessions.lives(visitor.session) and self.sessions.account(visitor.session) is not None

    def keep(self, response: Response, session: Session) -> None:
        """Put a session's cookie on a response."""
        response.set_cookie(
            self.cookie_name, self.sessions.seal(session), httponly=True, secure=self._secure, samesite="lax", path="/"
        )

    def refresh(self, request: Request, response: Response) -> None:
        """Move the idle limit of the visitor's session, as every page does."""
        visitor: Visitor | None = getattr(request.state, "visitor", None)
        touched = self.sessions.touched(visitor.session) if visitor else None
        if touched is not None:
            self.keep(response, touched)

    async def form(self, request: Request, session: Session | None) -> dict[str, str]:
        """Fields of a form that comes from our own page and this very session.

        Raises:
            FormRefusedError: Another origin, no token, or another session's token.
        """
        origin = request.headers.get("origin") or _origin_of(request.headers.get("referer", ""))
        if origin not in self._origins:
            raise FormRefusedError("The form came from another site. Open the desk at its own address and repeat.")
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
            raise FormRefusedError("The form has another encoding than our pages send.")
        body = (await request.body()).decode("utf-8", "replace")
        try:
            fields = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=50))
        except ValueError as error:
            raise FormRefusedError("The form has more fields than our pages send.") from error
        if session is None or not self.sessions.form_token_fits(session, fields.pop("form_token", "")):
            raise FormRefusedError("This form is too old. Load the page again and repeat.")
        return fields

    async def reviewer_form(self, request: Request) -> dict[str, str]:
        """Fields of a form that only a reviewer may send.

        Raises:
            FormRefusedError: See `form`.
            RoleRefusedError: The account may only look.
        """
        visitor = visitor_of(request)
        fields = await self.form(request, visitor.session)
        if not visitor.may_decide:
            raise RoleRefusedError("This account may look at cases but not decide them.")
        return fields

    async def sign_in(self, name: str, password: str, address: str) -> Session | int:
        """A session for the right password, else the seconds to wait (0 after a wrong password)."""
        now = self._clock.now()
        name = name[:_MAX_NAME]
        wait = max(self._name_failures.wait(name, now), self._address_failures.wait(address, now))
        if wait:
            return wait
        self._name_failures.fail(name, now)
        self._address_failures.fail(address, now)
        account = await run_in_threadpool(self._accounts.check, name, password[:_MAX_PASSWORD])
        if account is None:
            return 0
        self._name_failures.clear(name)
        return self.sessions.begin(account)

    def form_token(self, session: Session) -> str:
        """The token for forms of this session."""
        return self.sessions.form_token(session)


def visitor_of(request: Request) -> Visitor:
    """The visitor that `Auth.signed_in` put on the request."""
    visitor: Visitor = request.state.visitor
    return visitor


def language_of(request: HTTPConnection) -> Language:
    """Language chosen on the page, else the browser's first that we speak, else English."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in tuple(Language):
        return Language(chosen)
    for wish in request.headers.get("accept-language", "").split(","):
        tag = wish.partition(";")[0].strip().lower()[:2]
        if tag in tuple(Language):
            return Language(tag)
    return Language.EN


def local_path(path: str) -> str:
    """The path if it stays on this site, else `/` (no open redirect)."""
    stays = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if stays and path.isascii() and path.isprintable() else "/"


def _origin_of(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
