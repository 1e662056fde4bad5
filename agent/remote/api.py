"""The calls API as a worker uses it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
from pydantic import ValidationError

from agent.remote.arrivals import ARRIVED, Arrived
from agent.remote.errors import (
    ApiAwayError,
    ApiBusyError,
    ApiConflictError,
    ApiKeyRefusedError,
    ApiRefusedError,
    CallsApiError,
    TokenRefusedError,
)
from telephony.remote.documents import CLAIMED_CALL, ClaimedCall

TIMEOUT_S = 10.0
_CHUNK = 1 << 16
_CALLS, _ARRIVALS = "calls", "arrivals"
_CONFLICT = 409
_TOO_MANY = 429
_REFUSED = frozenset({400, 403, 404, 405, 413, 422})


class CallsApi:
    """A client; every method raises a CallsApiError that says whether the same may go through later."""

    def __init__(self, url: str, key: str, client: httpx2.AsyncClient | None = None) -> None:
        """Speak to the server at a URL with the key of workers; proxies of the environment are not used."""
        self.url = url.rstrip("/")
        self._key = key
        self._client = client or httpx2.AsyncClient(timeout=TIMEOUT_S, trust_env=False)

    async def claim(self, call_id: str) -> ClaimedCall:
        """Claim a call.

        Raises:
            ApiRefusedError: Another worker has it, or it is not under way.
            ApiAwayError: Try again.
        """
        answer = await self._send("POST", f"{call_id}/claim", self._key)
        try:
            return CLAIMED_CALL.validate_json(answer.content)
        except ValidationError as error:
            fields = ", ".join(".".join(map(str, one["loc"])) for one in error.errors(include_input=False))
            raise ApiRefusedError("claim_unreadable", f"server and worker differ in version: {fields}") from None

    async def renew(self, call_id: str, claim: int) -> str:
        """A new token of a claim.

        Raises:
            ApiRefusedError: It is not the latest claim.
            ApiAwayError: Try again.
        """
        answer = await self._send("POST", f"{call_id}/token", self._key, json={"claim": claim})
        return str(answer.json()["token"])

    async def tell(self, call_id: str, token: str, document: dict[str, Any]) -> None:
        """Tell an event; the same again is fine.

        Raises:
            ApiRefusedError: It will never be taken.
            TokenRefusedError: Renew the token.
            ApiAwayError: Try again.
        """
        await self._send("POST", f"{call_id}/events", token, json=document)

    async def keep(self, call_id: str, token: str, path: Path, name: str, sha256: str) -> None:
        """Deliver a file; the same again is fine.

        Raises:
            ApiRefusedError: It will never be taken.
            TokenRefusedError: Renew the token.
            ApiAwayError: Try again.
        """
        digest = base64.b64encode(bytes.fromhex(sha256)).decode()
        headers = {"content-digest": f"sha-256=:{digest}:"}
        await self._send("PUT", f"{call_id}/media/{name}", token, content=_blocks(path), headers=headers)

    async def arrive(self, code: str, room: str, caller: str = "") -> Arrived:
        """Bring a customer who rang in to the case whose code they gave; the same again is fine.

        Args:
            code: What they gave.
            room: The room in which they are.
            caller: What tells them from other callers, or empty.

        Raises:
            ApiRefusedError: No case has this code, or it was used in another room.
            ApiBusyError: Too many wrong codes were given; none is taken now.
            ApiAwayError: Try again.
        """
        body = {"code": code, "room": room, "caller": caller}
        answer = await self._send("POST", "", self._key, under=_ARRIVALS, json=body)
        try:
            return ARRIVED.validate_json(answer.content)
        except ValidationError:
            raise ApiRefusedError("arrival_unreadable", "server and worker differ in version") from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _send(self, method: str, path: str, bearer: str, *, under: str = _CALLS, **parts: Any) -> httpx2.Response:
        url = f"{self.url}/v1/{under}/{path}".rstrip("/")
        headers = {"authorization": f"Bearer {bearer}", **parts.pop("headers", {})}
        try:
            answer = await self._client.request(method, url, headers=headers, **parts)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ApiAwayError(f"the server was not reached: {type(error).__name__}") from error
        if not answer.is_success:
            raise _refusal(answer)
        return answer


def _refusal(answer: httpx2.Response) -> CallsApiError:
    code = "refused"
    try:
        code = str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        code = f"http_{answer.status_code}"
    if answer.status_code == 401:
        return TokenRefusedError("renew the token") if code == TokenRefusedError.code else ApiKeyRefusedError(code)
    if answer.status_code == _CONFLICT:
        return ApiConflictError(code, f"the server refused: {code}")
    if answer.status_code in _REFUSED:
        return ApiRefusedError(code, f"the server refused: {code}")
    if answer.status_code == _TOO_MANY:
        return ApiBusyError(f"the server takes no more of this now: {code}")
    return ApiAwayError(f"the server cannot take it now: {code}")


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while block := await asyncio.to_thread(file.read, _CHUNK):
            yield block
