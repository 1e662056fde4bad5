"""Reviewers in running calls: what they want of a call, and the line of their page."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Depends, Request, WebSocket
from starlette.responses import JSONResponse, Response

from desk.accounts import Role
from desk.auth import Auth, language_of, visitor_of
from desk.deps import CallPeople, DeskDeps
from desk.errors import CaseUnknownError, FormRefusedError
from desk.page_socket import REFUSED, attend
from desk.pages import Pages
from telephony.browser import TooManyPagesError
from telephony.people.errors import LineMissingError, PeopleError
from telephony.people.handover import LineKind, Order, OrderKind, reference_of

_LASTS = timedelta(hours=8)
_NEEDS_LINE = frozenset({OrderKind.ACCEPT, OrderKind.LISTEN, OrderKind.TAKE_OVER})


class PeopleRoutes:
    """Handlers; orders come from signed-in reviewers only."""

    def __init__(self, deps: DeskDeps, people: CallPeople, auth: Auth, pages: Pages) -> None:
        """Use the application's calls, sessions and words."""
        self._deps = deps
        self._people = people
        self._auth = auth
        self._pages = pages

    async def order(self, request: Request, case_id: str) -> Response:
        """Hand what a reviewer wants to the running call; what becomes of it is an event of the case."""
        fields = await self._auth.reviewer_form(request)
        account = visitor_of(request).account
        try:
            kind, line = OrderKind(fields.get("order", "")), LineKind(fields.get("line", LineKind.PAGE.value))
        except ValueError as error:
            raise FormRefusedError("This form is too old. Load the page again and repeat.") from error
        try:
            if kind in _NEEDS_LINE and line is LineKind.PHONE and not (self._people.phones and account.phone):
                raise LineMissingError("The account has no telephone, or nobody can be called from here.")
            self._people.calls.order(case_id, Order(kind, account.name, line))
        except PeopleError as error:
            texts = self._pages.texts(visitor_of(request).language)
            return JSONResponse({"message": texts(f"people.error.{error.code}")}, 409)
        return JSONResponse({}, 202)

    async def present(self, request: Request) -> Response:
        """A reviewer's page is open, seen or not: says how many customers are on hold."""
        visitor = visitor_of(request)
        if visitor.may_decide:
            self._people.calls.seen(visitor.account.name)
        return JSONResponse({"on_hold": self._people.calls.on_hold})

    async def room(self, request: Request, case_id: str) -> Response:
        """The way into the LiveKit room of a reviewer's line, for a call that another process holds: it may listen."""
        visitor = visitor_of(request)
        case = await self._deps.store.case(case_id)
        calls, rooms = self._people.calls, self._people.rooms
        if not visitor.may_decide or case is None or not case.attempts or rooms is None or not calls.in_room(case_id):
            raise CaseUnknownError("There is no such line.")
        let_in = rooms(case.attempts[-1].id, visitor.account.name)
        told = {"url": let_in.url, "token": let_in.token, "key": let_in.key}
        return JSONResponse(told, headers={"Cache-Control": "no-store"})

    async def line(self, websocket: WebSocket, case_id: str) -> None:
        """The line of a reviewer's page into the running call of a case."""
        session = self._auth.sessions.open(websocket.cookies.get(self._auth.cookie_name, ""))
        account = self._auth.sessions.account(session) if session else None
        if websocket.headers.get("origin") not in self._deps.origins or account is None:
            await websocket.close()
            return
        case = await self._deps.store.case(case_id)
        if case is None or not case.attempts or account.role is not Role.REVIEWER:
            await websocket.close()
            return
        await websocket.accept()
        board = self._people.pages
        reference = reference_of(account.name, case.attempts[-1].id)
        issued = board.sessions.find(board.sessions.issue(reference, language_of(websocket), _LASTS))
        assert issued is not None  # it was issued just now
        try:
            page = board.join(issued)
        except TooManyPagesError as error:
            await websocket.send_json({"type": "refused", "reason": error.code})
            await websocket.close(REFUSED)
            return
        await attend(websocket, board, page, self._deps.clock)


def router(deps: DeskDeps, people: CallPeople, auth: Auth, pages: Pages) -> APIRouter:
    """Routes `/cases/{case_id}/people` and `/cases/{case_id}/line`."""
    handlers = PeopleRoutes(deps, people, auth, pages)
    routes = APIRouter(include_in_schema=False)
    routes.add_api_route(
        "/cases/{case_id}/people",
        handlers.order,
        methods=["POST"],
        response_model=None,
        dependencies=[Depends(auth.signed_in)],
    )
    routes.add_api_route(
        "/cases/{case_id}/line/room",
        handlers.room,
        methods=["GET"],
        response_model=None,
        dependencies=[Depends(auth.signed_in)],
    )
    routes.add_api_route(
        "/present", handlers.present, methods=["GET"], response_model=None, dependencies=[Depends(auth.signed_in)]
    )
    routes.add_api_websocket_route("/cases/{case_id}/line", handlers.line)
    return routes
