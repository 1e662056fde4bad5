"""Rendering of the desk's pages: templates, words, times, and the headers every page carries."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from cases.domain.vocabulary import Language
from cases.ports import Clock
from desk.auth import Auth, Visitor, language_of
from desk.texts import Texts, load_texts


class Pages:
    """Renders templates of desk/templates in the reader's language."""

    def __init__(self, auth: Auth, clock: Clock) -> None:
        """Render for the sessions of one application, by its clock."""
        self._auth = auth
        self._clock = clock
        self._texts = load_texts()
        self._environment = _environment()

    def texts(self, language: Language) -> Texts:
        """The words of a language."""
        return self._texts[language]

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        """A whole page for whoever asks; a signed-in visitor's idle limit moves."""
        visitor: Visitor | None = getattr(request.state, "visitor", None)
        language = visitor.language if visitor else language_of(request)
        body = self._environment.get_template(template).render(
            t=self._texts[language],
            lang=language.value,
            html_lang="zh-Hans" if language is Language.ZH else "en",
            visitor=visitor,
            form_token=self._auth.form_token(visitor.session) if visitor else "",
            path=request.url.path,
            now=self._clock.now(),
            **values,
        )
        response = HTMLResponse(body, status)
        self._auth.refresh(request, response)
        return response

    def redirect(self, request: Request, path: str) -> Response:
        """Send the browser to one of our own paths with GET."""
        response = RedirectResponse(path, 303)
        self._auth.refresh(request, response)
        return response


@cache
def _environment() -> Environment:
    """The templates, compiled once a process: they are files of the package and do not change."""
    environment = Environment(
        loader=PackageLoader("desk", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(stamp=stamp, clock=clock_time, hours=short_span)
    sprite = (files("desk") / "static" / "desk" / "icons.svg").read_text("utf-8")
    # The file is our own and holds no text of strangers.
    environment.globals["sprite"] = Markup(sprite)
    return environment


def stamp(moment: datetime, style: str = "time") -> Markup:
    """A `time` element that reads in UTC until the page's module puts it into the reader's zone.

    Args:
        moment: When, UTC.
        style: `time` shows day and minute, `clock` adds seconds.
    """
    utc = moment.astimezone(UTC)
    shown = utc.strftime("%Y-%m-%d %H:%M:%S UTC" if style == "clock" else "%Y-%m-%d %H:%M UTC")
    return Markup('<time datetime="{}" data-style="{}">{}</time>').format(
        utc.isoformat(timespec="milliseconds"), style, shown
    )


def clock_time(milliseconds: int) -> str:
    """Milliseconds as `m:ss`."""
    seconds = max(0, milliseconds) // 1000
    return f"{seconds // 60}:{seconds % 60:02d}"


@pass_context
def short_span(context: Context, start: datetime, end: datetime) -> str:
    """The time between two moments, whichever is first, as `3 d 4 h`, `2 h 5 min`, `7 min` or `40 s`."""
    words: Texts = context["t"]
    seconds = abs(int((end - start).total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if minutes == 0:
        return words("span.s", n=seconds)
    if hours == 0:
        return words("span.min", n=minutes)
    if days == 0:
        return f"{words('span.h', n=hours)} {words('span.min', n=minutes % 60)}"
    return f"{words('span.d', n=days)} {words('span.h', n=hours % 24)}"
