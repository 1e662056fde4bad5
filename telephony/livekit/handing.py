"""Giving somebody in a room a track that they have not asked for."""

from __future__ import annotations

import logging

import aiohttp
from livekit import api

from telephony.livekit.access import LiveKitAccess

_log = logging.getLogger(__name__)


async def hand_track(access: LiveKitAccess, room: str, identity: str, track_sid: str) -> None:
    """Have the server give somebody a track; where it does not, they get it once they ask for it.

    Args:
        access: The server.
        room: Name of the room.
        identity: Who gets it.
        track_sid: LiveKit's id of the track.
    """
    request = api.UpdateSubscriptionsRequest(room=room, identity=identity, track_sids=[track_sid], subscribe=True)
    try:
        async with access.client() as client:
            await client.room.update_subscriptions(request)
    except (api.ServerError, aiohttp.ClientError, TimeoutError) as error:
        _log.info("a track waits in room %s until it is asked for: %s", room, type(error).__name__)
