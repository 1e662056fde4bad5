"""Bringing to the server what a call left, exactly once whoever does it: everything sent twice is taken once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from agent.remote.api import CallsApi
from agent.remote.errors import ApiConflictError, ApiRefusedError, CallsApiError, TokenRefusedError
from agent.remote.spool import Spool, SpoolEntry

FIRST_WAIT_S = 0.2
"""Wait before the second try, seconds; it doubles from try to try."""
LONGEST_WAIT_S = 5.0
ROUND_S = 1.0
"""How often the main process looks for what dead processes left, seconds."""
_log = logging.getLogger(__name__)


class Pass:
    """The token of one claim, renewed when the server does not take it any more."""

    def __init__(self, api: CallsApi, call_id: str, claim: int, token: str = "") -> None:
        """Begin with a token, or with none."""
        self._api = api
        self._call_id = call_id
        self._claim = claim
        self.token = token

    async def use(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Send something with the token; once more with a new one where it has expired.

        Raises:
            CallsApiError: It was not taken.
        """
        if not self.token:
            await self.renew()
        try:
            await send(self.token)
        except TokenRefusedError:
            await self.renew()
            await send(self.token)

    async def renew(self) -> None:
        """Get a new token.

        Raises:
            CallsApiError: There is none.
        """
        self.token = await self._api.renew(self._call_id, self._claim)


async def deliver(entry: SpoolEntry, api: CallsApi, permit: Pass) -> None:
    """Deliver an entry and remove it: what was told before the result, then media, then the result.

    What the server will never take is dropped; it has said why, and the log names it.

    Raises:
        CallsApiError: The server is away, or is of a version that does not take it; what is left stays.
    """
    call_id = entry.call_id
    events = await asyncio.to_thread(entry.events)
    for path, document in events[:-1]:
        await _tell(permit, api, call_id, document)
        await asyncio.to_thread(path.unlink)
    for media in await asyncio.to_thread(entry.media):

        async def send(token: str, media: Any = media) -> None:
            await api.keep(call_id, token, media.path, media.name, media.sha256)

        await _or_drop(permit.use(send), call_id, media.name)
        await asyncio.to_thread(entry.drop_media, media)
    for _, document in events[-1:]:
        await _tell(permit, api, call_id, document)
    await asyncio.to_thread(entry.remove)


async def _tell(permit: Pass, api: CallsApi, call_id: str, document: dict[str, Any]) -> None:
    async def send(token: str) -> None:
        await api.tell(call_id, token, document)

    await _or_drop(permit.use(send), call_id, str(document.get("type")))


async def _or_drop(sending: Awaitable[None], call_id: str, what: str) -> None:
    try:
        await sending
    except ApiConflictError as error:
        _log.error("call %s: the server takes no %s: %s", call_id, what, error.code)


async def deliver_patiently(entry: SpoolEntry, api: CallsApi, permit: Pass, seconds: float) -> bool:
    """Deliver an entry, trying for so long; whether it was delivered."""
    wait = FIRST_WAIT_S
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    await deliver(entry, api, permit)
                    return True
                except CallsApiError as error:
                    _log.warning("call %s waits to be delivered: %s", entry.call_id, error.code)
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT_S)
    except TimeoutError:
        return False


async def deliver_abandoned(spool: Spool, api: CallsApi) -> int:
    """Deliver what dead processes left; returns how many entries were finished with.

    Raises:
        CallsApiError: The server is away, or did not take one of them; what is left stays.
    """
    done, kept = 0, None
    entries = await asyncio.to_thread(lambda: list(spool.abandoned()))
    try:
        for entry in entries:
            try:
                await _finish(entry, api)
                done += 1
            except ApiRefusedError as error:
                # The others are not to wait for this one.
                _log.error("call %s stays in the spool: %s", entry.call_id, error.code)
                kept = error
    finally:
        for entry in entries:
            entry.release()
    if kept is not None:
        raise kept
    return done


async def _finish(entry: SpoolEntry, api: CallsApi) -> None:
    """Deliver an entry that a dead process left, or let it go.

    Raises:
        CallsApiError: It stays.
    """
    if not entry.complete:
        # Its process died before the call had a result: the server has given the call up.
        await asyncio.to_thread(entry.remove)
        return
    try:
        await deliver(entry, api, Pass(api, entry.call_id, entry.claim))
    except ApiConflictError as error:
        _log.error("call %s is not delivered: %s", entry.call_id, error.code)
        await asyncio.to_thread(entry.remove)


async def redeliver(spool: Spool, api: CallsApi) -> None:
    """Deliver what dead processes left, again and again until cancelled."""
    wait = ROUND_S
    while True:
        try:
            await deliver_abandoned(spool, api)
            wait = ROUND_S
        except (CallsApiError, OSError, ValueError) as error:
            _log.warning("results wait to be delivered: %s", getattr(error, "code", type(error).__name__))
            wait = min(wait * 2, 30.0)
        await asyncio.sleep(wait)
