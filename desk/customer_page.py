"""What the pages that a customer talks on have in common: their HTML, their words, their headers, their cookie."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, Response

from cases.domain.vocabulary import Language
from cases.ports import Clock
from desk.throttle import TokenBucket

STATIC = "/static"
"""Where the files of desk/static are mounted."""

_OPEN_BURST, _OPENS_PER_SECOND = 12, 0.5
_KEYS = 10_000
_HTML_LANGUAGE = {Language.EN: "en", Language.ZH: "zh-Hans"}


class CustomerPage:
    """One kind of page; every page of it is the same but for its language."""

    def __init__(
        self,
        *,
        folder: str,
        screen: str,
        bank_name: str,
        origins: Sequence[str],
        cookie: str,
        connects: Sequence[str] = (),
    ) -> None:
        """Describe a kind of page.

        Args:
            folder: Its script `FOLDER.js` and its words `FOLDER/strings.LANGUAGE.json` in desk/static; words that it
                does not have are those of `call`.
            screen: The screen that it opens with.
            bank_name: Whose page it is.
            origins: Origins that browsers use, such as `https://calls.bank.example`.
            cookie: Name of the cookie that tells browsers apart; with https it carries the `__Host-` prefix.
            connects: Further addresses that its script talks to.

        Raises:
            ValueError: No origin was given.
        """
        if not origins:
            raise ValueError("name the origins that browsers use for the customer's page")
        self.origins = frozenset(origins)
        self._secure = all(origin.startswith("https://") for origin in origins)
        self._cookie = f"__Host-{cookie}" if self._secure else cookie
        self._folder = folder
        self._screen = screen
        self._bank_name = bank_name
        self._headers = _headers(origins, connects)
        self._words = {language: {**_words("call", language), **_words(folder, language)} for language in Language}
        self._template = Environment(
            loader=PackageLoader("desk", "templates"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
        ).get_template("call.html")

    def render(self, language: Language, *, refused: str = "", status: int = 200) -> HTMLResponse:
        """The page, or one that says why there is none.

        Args:
            language: Language it starts in.
            refused: Why there is none, as the words name it, or empty.
            status: HTTP status.
        """
        body = self._template.render(
            t=self._words[language],
            language=language.value,
            html_lang=_HTML_LANGUAGE[language],
            bank_name=self._bank_name,
            static=STATIC,
            folder=self._folder,
            screen=self._screen,
            refused=refused,
        )
        return HTMLResponse(body, status, headers=dict(self._headers))

    def mark(self, connection: HTTPConnection, response: Response) -> None:
        """Give a browser that has none the secret that tells it from others."""
        if not self.browser(connection):
            response.set_cookie(
                self._cookie,
                secrets.token_urlsafe(32),
                secure=self._secure,
                httponly=True,
                samesite="lax",
                path="/",
            )

    def browser(self, connection: HTTPConnection) -> str:
        """The secret of a browser, or empty."""
        return connection.cookies.get(self._cookie, "")

    def own(self, connection: HTTPConnection) -> bool:
        """Whether a script of our own origin asks."""
        return connection.headers.get("origin") in self.origins


class Opens:
    """How often one link may be opened."""

    def __init__(self, clock: Clock) -> None:
        """Count by a clock."""
        self._clock = clock
        self._buckets: dict[str, TokenBucket] = {}

    def allow(self, key: str) -> bool:
        """Count one opening; whether it is not one too many."""
        bucket = self._buckets.pop(key, None) or TokenBucket(_OPEN_BURST, _OPENS_PER_SECOND)
        self._buckets[key] = bucket
        while len(self._buckets) > _KEYS:
            self._buckets.pop(next(iter(self._buckets)))
        return bucket.take(self._clock.now()) == 0


def preferred(connection: HTTPConnection) -> Language:
    """The language that a browser asks for, where nothing better is known."""
    return Language.ZH if connection.headers.get("accept-language", "").lower().startswith("zh") else Language.EN


def _words(folder: str, language: Language) -> Mapping[str, str]:
    source = files("desk") / "static" / folder / f"strings.{language.value}.json"
    words: dict[str, str] = json.loads(source.read_text("utf-8"))
    return words


def _headers(origins: Sequence[str], connects: Sequence[str]) -> Mapping[str, str]:
    sockets = " ".join("ws" + origin.removeprefix("http") for origin in origins)
    reach = " ".join((sockets, *connects))
    policy = (
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' {reach}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Permissions-Policy": "microphone=(self), camera=(self), geolocation=(), display-capture=(), payment=()",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
