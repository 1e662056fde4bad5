"""The page of a video session: a link that opens once lets the customer into the room where the agent meets them.

Loading the page uses nothing up, because scanners of mail and chat load links too; the press of its button does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from cases.domain.case import CaseState
from cases.ports import Clock
from desk.customer_page import CustomerPage, Opens, preferred
from desk.deps import Admission
from desk.errors import SummonsOpenedElsewhereError, SummonsUnknownError
from desk.summons import Summons, Summonses

_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,128}")
_PERSON = frozenset({CaseState.REVIEW, CaseState.SETTLING})
_COOKIE = "riskcall-video"


Admit = Callable[[str], Admission]
"""Lets the customer into the room of this name."""


class SessionState(StrEnum):
    """How far a video session is, as the page is told."""

    WAITS = "waits"
    """Nobody meets the customer yet; their telephone may still be ringing."""
    MEETS = "meets"
    """The agent meets them."""
    OVER = "over"
    """The session came to its end."""
    PERSON = "person"
    """A person has the case: nobody meets them here."""
    CLOSED = "closed"
    """The case is closed."""


def state_of(summons: Summons) -> SessionState:
    """How far the session of an opened summons is."""
    attempt = summons.attempt
    if attempt is not None:
        return SessionState.OVER if attempt.ended_at is not None else SessionState.MEETS
    if summons.case.state is CaseState.CLOSED:
        return SessionState.CLOSED
    if summons.case.state in _PERSON:
        return SessionState.PERSON
    return SessionState.WAITS if summons.waits else SessionState.OVER


class _Door:
    def __init__(self, summonses: Summonses, admit: Admit, page: CustomerPage, clock: Clock) -> None:
        self._summonses = summonses
        self._admit = admit
        self._page = page
        self._opens = Opens(clock)
        self._clock = clock

    async def page(self, request: Request, token: str) -> Response:
        """The page of a link, or one that says why there is none."""
        try:
            summons = await self._find(token)
        except SummonsUnknownError:
            return self._page.render(preferred(request), refused="expired", status=404)
        language = summons.case.alert.language
        if not self._opens.allow(summons.id):
            return self._page.render(language, refused="too_often", status=429)
        response = self._page.render(language)
        self._page.mark(request, response)
        return response

    async def enter(self, request: Request, token: str) -> Response:
        """Use the link: the customer arrives, and may join the room."""
        if not self._page.own(request):
            raise SummonsOpenedElsewhereError("Only the page of this link may use it.")
        if not _TOKEN.fullmatch(token):
            raise SummonsUnknownError("This link is unknown.")
        summons = await self._summonses.open(token, self._page.browser(request))
        state = state_of(summons)
        told = {
            "state": state.value,
            "code": _code(summons),
            "bank": summons.case.alert.bank_name,
            "language": summons.case.alert.language.value,
            "stills": summons.case.alert.customer.consent.video_stills,
        }
        if state in (SessionState.WAITS, SessionState.MEETS):
            admission = self._admit(summons.room)
            told |= {"url": admission.url, "token": admission.token, "key": admission.key}
            told["records"] = admission.records and told["stills"]
        return JSONResponse(told, headers={"Cache-Control": "no-store"})

    async def state(self, request: Request, token: str) -> Response:
        """How far the session is, for the browser that opened it."""
        if not _TOKEN.fullmatch(token):
            raise SummonsUnknownError("This link is unknown.")
        summons = await self._summonses.revisit(token, self._page.browser(request))
        told = {"state": state_of(summons).value, "code": _code(summons)}
        return JSONResponse(told, headers={"Cache-Control": "no-store"})

    async def _find(self, token: str) -> Summons:
        if not _TOKEN.fullmatch(token):
            raise SummonsUnknownError("This link is unknown.")
        summons = await self._summonses.find(token)
        if self._clock.now() >= summons.expires_at and not _opened(summons):
            raise SummonsUnknownError("This link has ended.")
        return summons


def _opened(summons: Summons) -> bool:
    return summons.waits or summons.attempt is not None


def _code(summons: Summons) -> str:
    """The number that the agent can read out, once it is drawn."""
    return "" if summons.attempt is None else summons.attempt.match_code


def router(
    summonses: Summonses, *, admit: Admit, clock: Clock, bank_name: str, origins: Sequence[str], livekit_url: str
) -> APIRouter:
    """Routes of the page.

    Args:
        summonses: Opens the links.
        admit: Lets a customer into a room.
        clock: Where time comes from.
        bank_name: The bank's name on the page.
        origins: Origins that browsers use; a request to enter from any other is refused.
        livekit_url: Address of the LiveKit server as browsers reach it.

    Raises:
        ValueError: No origin was given.
    """
    host = urlsplit(livekit_url).netloc
    connects = [f"{scheme}://{host}" for scheme in ("ws", "wss", "http", "https")]
    page = CustomerPage(
        folder="video", screen="ringing", bank_name=bank_name, origins=origins, cookie=_COOKIE, connects=connects
    )
    door = _Door(summonses, admit, page, clock)
    routes = APIRouter(include_in_schema=False)
    routes.add_api_route("/video/{token}", door.page, methods=["GET"], response_model=None)
    routes.add_api_route("/video/{token}/enter", door.enter, methods=["POST"], response_model=None)
    routes.add_api_route("/video/{token}/state", door.state, methods=["GET"], response_model=None)
    return routes
