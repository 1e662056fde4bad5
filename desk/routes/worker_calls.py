"""The calls API: workers claim calls, tell what happens in them, and deliver recordings.

A claim is made with the key that workers and server share; everything after it carries the token of that one call.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from cases.ports import Blobs
from desk.api_keys import ApiKeys
from desk.errors import NotJsonError
from desk.live import LiveCalls
from desk.problems import PROBLEM, ProblemDetails
from desk.routes.worker_link import WorkerLinks
from telephony.people.desk import CallDesk
from telephony.remote.calls import RemoteCalls
from telephony.remote.documents import CLAIMED_CALL, event_of, key_of, media_keys
from telephony.remote.errors import EventRefusedError, MediaConflictError
from telephony.remote.tokens import CallGrant, CallTokens, bearer

PATH = "/v1/calls"
_CALL = f"{PATH}/{{call_id}}"
MAX_EVENT_BYTES = 4 * 1024 * 1024
"""Longest event: a long conversation with all its turns."""
MEDIA_TYPES = {"ogg": "audio/ogg", "jpg": "image/jpeg"}
"""What a call leaves, by suffix."""
_NAME = re.compile(r"[0-9]+(?:-[0-9]+)?\.([a-z0-9]{1,8})")
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")


class Renewal(BaseModel):
    """Which claim wants a token."""

    claim: int = Field(ge=1, description="Number of the claim, as its answer said.")


class TokenIssued(BaseModel):
    """A token of one call, good for minutes."""

    token: str


class EventTold(BaseModel):
    """What became of an event."""

    duplicate: bool = Field(description="Whether it had been told before; then nothing changed.")
    current: bool = Field(description="Whether the attempt was under way; what comes later can only tighten a result.")


class MediaKept(BaseModel):
    """What was kept."""

    sha256: str = Field(description="SHA-256 of the content, hexadecimal.")
    duplicate: bool = Field(description="Whether the same content was there before.")


@dataclass(frozen=True, slots=True)
class WorkerCallsApi:
    """Handlers of the API.

    Attributes:
        calls: Calls that workers hold.
        tokens: Reads call tokens.
        keys: The key of workers.
        blobs: Recordings and stills.
    """

    calls: RemoteCalls
    tokens: CallTokens
    keys: ApiKeys
    blobs: Blobs

    async def claim(self, request: Request, call_id: str) -> Response:
        """Take a call upon oneself."""
        self.keys.check(request)
        claimed = await self.calls.claim(call_id)
        return Response(
            CLAIMED_CALL.dump_json(claimed), 201, {"Cache-Control": "no-store"}, media_type="application/json"
        )

    async def renew(self, request: Request, call_id: str) -> Response:
        """Get a token for a claim that was made before."""
        self.keys.check(request)
        document = await _json(request)
        claim = document.get("claim") if isinstance(document, dict) else None
        if not isinstance(claim, int):
            raise EventRefusedError("send an object with the number of the claim")
        token = await self.calls.renew(call_id, claim)
        return JSONResponse(TokenIssued(token=token).model_dump(), headers={"Cache-Control": "no-store"})

    async def tell(self, request: Request, call_id: str) -> Response:
        """Tell what happened in the call."""
        grant = self._grant(request, call_id)
        document = await _json(request)
        event = event_of(document, _attempt(call_id))
        told = await self.calls.tell_event(grant, event, key_of(document, event))
        body = EventTold(duplicate=told.duplicate, current=told.current)
        return JSONResponse(body.model_dump(), 200 if told.duplicate else 201)

    async def keep(self, request: Request, call_id: str, name: str) -> Response:
        """Deliver a recording or a still."""
        grant = self._grant(request, call_id)
        attempt = await self.calls.check_media(grant)
        case_id = call_id.rpartition(":")[0]
        found = _NAME.fullmatch(name)
        key = f"{case_id}/{name}"
        if found is None or found[1] not in MEDIA_TYPES or not key.startswith(media_keys(case_id, attempt.number)):
            raise EventRefusedError("this name is none of the call's media")
        digest = _digest(request)
        if (known := await self._known(key)) is None:
            try:
                await self.blobs.put(key, _checked(request, digest), MEDIA_TYPES[found[1]])
            except FileExistsError:
                known = await self._known(key)
        if known is not None and known != digest:
            raise MediaConflictError("the call has other media of this name; media are written once")
        body = MediaKept(sha256=digest, duplicate=known is not None)
        return JSONResponse(body.model_dump(), 201 if known is None else 200)

    async def _known(self, key: str) -> str | None:
        """SHA-256 of what is kept under a key, or None."""
        digest = hashlib.sha256()
        try:
            async for chunk in self.blobs.open(key):
                digest.update(chunk)
        except FileNotFoundError:
            return None
        return digest.hexdigest()

    def _grant(self, request: Request, call_id: str) -> CallGrant:
        return bearer(request.headers.get("authorization", ""), call_id, self.tokens)


def router(
    calls: RemoteCalls,
    *,
    tokens: CallTokens,
    keys: Sequence[str],
    blobs: Blobs,
    live: LiveCalls,
    people: CallDesk,
    phone_of: Callable[[str], str] = lambda by: "",
) -> APIRouter:
    """Routes of the API.

    Args:
        calls: Calls that workers hold.
        tokens: Reads call tokens.
        keys: Keys of workers; with none of them nobody is let in.
        blobs: Recordings and stills.
        live: Shows running calls.
        people: Where reviewers' orders come from.
        phone_of: A reviewer's telephone number, or empty.
    """
    api = WorkerCallsApi(calls, tokens, ApiKeys(keys), blobs)
    links = WorkerLinks(calls, tokens, live, people, phone_of)
    routes = APIRouter()
    _add(routes, api)
    routes.add_api_websocket_route(f"{_CALL}/link", links.serve)
    return routes


def _add(routes: APIRouter, api: WorkerCallsApi) -> None:
    shared: dict[str, Any] = {"tags": ["worker calls"], "openapi_extra": {"security": [{"ApiKey": []}]}}
    routes.add_api_route(
        f"{_CALL}/claim",
        api.claim,
        methods=["POST"],
        status_code=201,
        response_model=dict[str, Any],
        summary="Claim a call",
        description="A worker takes a call upon itself and is told all it needs. A call has one worker at a time.",
        responses=_refusals(401, 404, 409),
        **shared,
    )
    routes.add_api_route(
        f"{_CALL}/token",
        api.renew,
        methods=["POST"],
        response_model=TokenIssued,
        summary="Renew a call's token",
        responses=_refusals(401, 404, 409, 422),
        **_with_body(shared, Renewal.model_json_schema()),
    )
    routes.add_api_route(
        f"{_CALL}/events",
        api.tell,
        methods=["POST"],
        status_code=201,
        response_model=EventTold,
        summary="Tell what happened in a call",
        description="The same again is answered 200 and changes nothing; another result of the call is refused.",
        responses=_refusals(401, 403, 404, 409, 422),
        **_with_body(shared, {"type": "object", "required": ["type", "version", "body"]}),
    )
    routes.add_api_route(
        f"{_CALL}/media/{{name}}",
        api.keep,
        methods=["PUT"],
        status_code=201,
        response_model=MediaKept,
        summary="Deliver a recording or a still",
        description="With `Content-Digest: sha-256=:…:` (RFC 9530). The same content again is fine.",
        responses=_refusals(401, 403, 404, 409, 422),
        **shared,
    )


_REFUSED = {
    401: "No or an unknown key, or a token that is expired or forged.",
    403: "A token of another call.",
    404: "There is no such call.",
    409: "Another worker has the call, it is over, or it has another result.",
    422: "What was sent is not of this call.",
}


def _refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {one: {"description": _REFUSED[one], "model": ProblemDetails, "content": {PROBLEM: {}}} for one in statuses}


def _with_body(shared: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    return {**shared, "openapi_extra": {**shared["openapi_extra"], **body}}


def _attempt(call_id: str) -> int:
    number = call_id.rpartition(":")[2]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0


async def _json(request: Request) -> object:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_EVENT_BYTES:
            raise EventRefusedError(f"send at most {MAX_EVENT_BYTES >> 20} MB")
    try:
        return json.loads(bytes(body))
    except ValueError as error:
        raise NotJsonError("Send a JSON object.") from error


def _digest(request: Request) -> str:
    """The SHA-256 that the sender says the content has, hexadecimal."""
    found = _DIGEST.search(request.headers.get("content-digest", ""))
    try:
        return base64.b64decode(found[1], validate=True).hex() if found else _no_digest()
    except binascii.Error:
        return _no_digest()


def _no_digest() -> str:
    raise EventRefusedError("send the content's `Content-Digest: sha-256=:…:` (RFC 9530)")


async def _checked(request: Request, digest: str) -> AsyncIterator[bytes]:
    """The content; where it is not what was announced nothing is kept of it."""
    seen = hashlib.sha256()
    async for chunk in request.stream():
        seen.update(chunk)
        yield chunk
    if seen.hexdigest() != digest:
        raise EventRefusedError("the content is not what its digest says; send it again")
