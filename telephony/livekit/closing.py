"""Ending a call for everybody in its room, also where the server has forgotten the room."""

from __future__ import annotations

import asyncio
import logging
from enum import Enum, auto

import aiohttp
from livekit import api, rtc

from telephony.livekit.access import LiveKitAccess

CLOSE_SECONDS = 5.0
"""How long a server that does not answer is asked to close a room."""
_PUT_OUT_SECONDS = 8.0
_PAUSE_SECONDS = 0.5
_FIRST_PAUSE_SECONDS = 0.2
_NO_SUCH_ROOM = frozenset({api.ServerErrorCode.NOT_FOUND, api.ServerErrorCode.UNKNOWN})
"""What a server says of a room that is gone, and of one whose entry in Redis is."""
_log = logging.getLogger(__name__)


class Closing(Enum):
    """What came of closing a room."""

    CLOSED = auto()
    UNKNOWN = auto()
    """The server knows no such room: nobody is in it, or the server forgot it."""
    UNREACHABLE = auto()


async def close_room(access: LiveKitAccess, name: str, *, within: float | None = None) -> Closing:
    """Delete a room: everybody leaves it, telephones are hung up.

    Args:
        access: The server.
        name: Name of the room.
        within: How long to try where the server does not answer; None for CLOSE_SECONDS.
    """
    pause, reason = _FIRST_PAUSE_SECONDS, "timeout"
    try:
        async with asyncio.timeout(CLOSE_SECONDS if within is None else within):
            while True:
                try:
                    async with access.client() as client:
                        await client.room.delete_room(api.DeleteRoomRequest(room=name))
                    return Closing.CLOSED
                except api.ServerError as error:
                    if error.code in _NO_SUCH_ROOM:
                        return Closing.UNKNOWN
                    reason = error.code
                    if error.status < 500:
                        break
                except aiohttp.ClientError as error:
                    reason = type(error).__name__
                await asyncio.sleep(pause)
                pause *= 2
    except TimeoutError:
        pass
    _log.warning("room %s could not be closed: %s", name, reason)
    return Closing.UNREACHABLE


async def put_out(access: LiveKitAccess, name: str, identity: str) -> None:
    """Send somebody out of a room that the server's API does not know any more, as after a Redis that lost its data.

    The server lets nobody be in a room twice: who joins as somebody sends that somebody out.

    Args:
        access: The server.
        name: Name of the room.
        identity: Who is sent out.
    """
    reason = "timeout"
    try:
        async with asyncio.timeout(_PUT_OUT_SECONDS):
            while True:
                room = rtc.Room()
                try:
                    await room.connect(access.socket_url, access.token(name, identity, publishes=()))
                    await room.disconnect()
                    break
                except rtc.ConnectError as error:
                    reason = type(error).__name__
                await asyncio.sleep(_PAUSE_SECONDS)
    except TimeoutError:
        _log.warning("%s may still be in room %s: %s", identity, name, reason)
    else:
        await close_room(access, name)
