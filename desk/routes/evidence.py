"""Evidence of a case: recordings, stills and pictures, and what changes while one looks."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import asdict

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from cases.domain.call import Call, MediaRef
from cases.domain.fold_picture import find_picture
from cases.store import Subscription
from desk.auth import Auth, visitor_of
from desk.deps import DeskDeps
from desk.errors import CaseUnknownError
from desk.evidence import Evidence
from desk.live import LiveState
from desk.media import media_response
from desk.stream import ServerEvent, event_stream

_EXTENSIONS = {
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "audio/webm": "webm",
    "image/jpeg": "jpg",
    "image/png": "png",
    "video/mp4": "mp4",
    "video/webm": "webm",
}


class EvidenceRoutes:
    """Handlers of recordings, stills and live updates; the router lets only signed-in visitors through."""

    def __init__(self, deps: DeskDeps, auth: Auth, evidence: Evidence) -> None:
        """Use the application's store, blobs, hub and sessions."""
        self._deps = deps
        self._auth = auth
        self._evidence = evidence

    async def recording(self, request: Request, case_id: str, attempt: int) -> Response:
        """A call's recording, whole or in part."""
        call = await self._call(case_id, attempt)
        return await self._media(request, case_id, attempt, call.recording, "recording")

    async def still(self, request: Request, case_id: str, attempt: int, number: int) -> Response:
        """One still frame of a call."""
        call = await self._call(case_id, attempt)
        still = call.stills[number] if 0 <= number < len(call.stills) else None
        return await self._media(request, case_id, attempt, still, "still")

    async def picture(self, request: Request, case_id: str, attempt: int, number: int) -> Response:
        """A recording of the customer's picture, whole or in part."""
        case = await self._deps.store.case(case_id)
        found = find_picture(case, attempt, number) if case else None
        media = found.file.media if found and found.file else None
        return await self._media(request, case_id, attempt, media, "picture")

    async def changes(self, request: Request) -> Response:
        """Changes of any case and of running calls, as server-sent events."""
        visitor = visitor_of(request)
        sources = [self._changes(""), self._phases()]
        return event_stream(sources, lambda: self._auth.still_signed_in(visitor))

    async def case_changes(self, request: Request, case_id: str) -> Response:
        """Changes of one case and what is said in its running call, as server-sent events."""
        visitor = visitor_of(request)
        if await self._deps.store.case(case_id) is None:
            raise CaseUnknownError("There is no such case.")
        await self._evidence.viewed(request, case_id, "case")
        sources = [self._changes(case_id), self._talk(case_id)]
        return event_stream(sources, lambda: self._auth.still_signed_in(visitor))

    async def _call(self, case_id: str, attempt: int) -> Call:
        case = await self._deps.store.case(case_id)
        found = next((one.call for one in case.calls if one.attempt == attempt), None) if case else None
        if found is None:
            raise CaseUnknownError("There is no such call.")
        return found

    async def _media(self, request: Request, case_id: str, attempt: int, media: MediaRef | None, what: str) -> Response:
        if media is None:
            raise CaseUnknownError("There is no such evidence.")
        await self._evidence.viewed(request, case_id, what)
        name = re.sub(r"[^A-Za-z0-9._-]", "_", f"{case_id}-{attempt}.{_EXTENSIONS.get(media.media_type, 'bin')}")
        try:
            response = await media_response(request, self._deps.blobs, media, name)
        except FileNotFoundError as error:
            raise CaseUnknownError("The file of this evidence is gone.") from error
        self._auth.refresh(request, response)
        return response

    async def _changes(self, case_id: str) -> AsyncIterator[ServerEvent]:
        """Changes of one case, or of all for an empty id.

        The first event says where things stand once the subscription holds, for a page that was made before it.
        """
        subscription: Subscription = self._deps.store.subscribe()
        with subscription as changes:
            case = await self._deps.store.case(case_id) if case_id else None
            yield "case", {"case": case_id, "seq": case.seq if case else 0}
            async for change in changes:
                if case_id in ("", change.case_id):
                    yield "case", {"case": change.case_id, "seq": change.seq}

    async def _phases(self) -> AsyncIterator[ServerEvent]:
        async for phases in self._deps.live.phases():
            yield "calls", dict(phases)

    async def _talk(self, case_id: str) -> AsyncIterator[ServerEvent]:
        async for update in self._deps.live.follow(case_id):
            yield ("phase" if isinstance(update, LiveState) else "line"), asdict(update)


def router(deps: DeskDeps, auth: Auth, evidence: Evidence) -> APIRouter:
    """Routes of the evidence, for signed-in visitors only."""
    handlers = EvidenceRoutes(deps, auth, evidence)
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(auth.signed_in)])
    media = "/cases/{case_id}/calls/{attempt}"
    routes.add_api_route(f"{media}/recording", handlers.recording, methods=["GET", "HEAD"], response_model=None)
    routes.add_api_route(f"{media}/stills/{{number}}", handlers.still, methods=["GET", "HEAD"], response_model=None)
    routes.add_api_route(f"{media}/pictures/{{number}}", handlers.picture, methods=["GET", "HEAD"], response_model=None)
    routes.add_api_route("/events", handlers.changes, methods=["GET"], response_model=None)
    routes.add_api_route("/cases/{case_id}/events", handlers.case_changes, methods=["GET"], response_model=None)
    return routes
