"""The rooms of calls that workers hold: a worker is summoned into one, and it is closed when a call is lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from telephony.remote.dispatch import Dispatch
from telephony.remote.errors import DispatchFailedError

CLOSE_WAIT_S = 1.0
"""Wait before the second try, seconds; it doubles from try to try."""
LONGEST_WAIT_S = 15.0
"""Longest wait between two tries, seconds."""
CLOSE_FOR_S = 600.0
"""How long a room is tried to close, seconds: far longer than LiveKit SIP waits for a server that is away."""
WATCHED_S = 30.0
"""How long a room stays watched that was not closed at once: LiveKit SIP comes back into it with the telephone."""
_log = logging.getLogger(__name__)


class Rooms:
    """Opens and closes the rooms of calls."""

    def __init__(self, dispatch: Dispatch) -> None:
        """Open and close rooms through LiveKit."""
        self._dispatch = dispatch
        self._closing: set[asyncio.Task[None]] = set()

    async def summon(self, room: str, call_id: str) -> None:
        """Have a worker hold a call; where LiveKit does not take it, the lease runs out and it is tried again."""
        try:
            await self._dispatch.summon(room, call_id)
        except DispatchFailedError as error:
            _log.error("call %s could not be dispatched: %s", call_id, error)

    async def close(self, room: str, call_id: str) -> bool:
        """Close a call's room; whether it is closed."""
        try:
            await self._dispatch.close(room)
        except DispatchFailedError as error:
            _log.warning("the room of call %s could not be closed: %s", call_id, error)
            return False
        return True

    def close_for_good(self, room: str, call_id: str, wanted: Callable[[], bool]) -> None:
        """Close a room in the background, also one that a line opens again at the last moment.

        Args:
            room: Name of the room.
            call_id: The call.
            wanted: Whether the room is in use again, so that it is left alone.
        """
        task = asyncio.create_task(self._close_for_good(room, call_id, wanted))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        """Give up on rooms that are not closed yet and let connections go."""
        for task in self._closing:
            task.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)
        await self._dispatch.aclose()

    async def _close_for_good(self, room: str, call_id: str, wanted: Callable[[], bool]) -> None:
        """Close a room until it stays closed.

        At least twice, for a line that was being dialled when it was closed first opens it again; and where LiveKit was
        away, until those who were in it have had the time to come back and are sent out.
        """
        loop = asyncio.get_running_loop()
        began, closed_at = loop.time(), None
        wait, watched = CLOSE_WAIT_S, CLOSE_WAIT_S
        while not wanted() and loop.time() - began < CLOSE_FOR_S:
            if not await self.close(room, call_id):
                closed_at, watched = None, WATCHED_S
            elif closed_at is None:
                closed_at, wait = loop.time(), CLOSE_WAIT_S
            elif loop.time() - closed_at >= watched:
                return
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT_S)
        if closed_at is None and not wanted():
            _log.error("the room of call %s may still be open", call_id)
