"""Workers brought by a LiveKit server: explicit dispatch of one agent into one room."""

from __future__ import annotations

import json

import aiohttp
from livekit import api
from livekit.protocol.agent_dispatch import JobRestartPolicy

from telephony.livekit.access import LiveKitAccess
from telephony.remote.errors import DispatchFailedError

AGENT_NAME = "riskcall"
"""Name under which workers register."""
EMPTY_TIMEOUT_S = 60
"""A room that nobody enters is closed after so long."""
DEPARTURE_TIMEOUT_S = 10
"""A room that everybody has left is closed after so long."""
CALL_KEY = "call"
"""Field of a dispatch's metadata that names the call."""


class LiveKitDispatch:
    """A client of the server's API; satisfies telephony.remote.dispatch.Dispatch."""

    def __init__(self, access: LiveKitAccess) -> None:
        """Speak to a server."""
        self._access = access

    async def summon(self, room: str, call_id: str) -> None:
        """Open the room and have a worker called into it.

        Raises:
            DispatchFailedError: The server did not take it.
        """
        metadata = json.dumps({CALL_KEY: call_id})
        request = api.CreateAgentDispatchRequest(
            agent_name=AGENT_NAME,
            room=room,
            metadata=metadata,
            # A call whose worker is lost is the server's to judge, not LiveKit's.
            restart_policy=JobRestartPolicy.JRP_NEVER,
        )
        opened = api.CreateRoomRequest(name=room, empty_timeout=EMPTY_TIMEOUT_S, departure_timeout=DEPARTURE_TIMEOUT_S)
        try:
            async with self._access.client() as client:
                await client.room.create_room(opened)
                await client.agent_dispatch.create_dispatch(request)
        except (api.ServerError, aiohttp.ClientError, TimeoutError) as error:
            raise DispatchFailedError(f"LiveKit took no dispatch: {_cause(error)}") from error

    async def close(self, room: str) -> None:
        """Delete the room.

        Raises:
            DispatchFailedError: The server did not say that it is gone.
        """
        try:
            async with self._access.client() as client:
                await client.room.delete_room(api.DeleteRoomRequest(room=room))
        except api.ServerError as error:
            if error.code != api.ServerErrorCode.NOT_FOUND:
                raise DispatchFailedError(f"LiveKit closed no room: {_cause(error)}") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise DispatchFailedError(f"LiveKit closed no room: {_cause(error)}") from error

    async def holds_telephone(self, room: str) -> bool:
        """Whether somebody is in the room by LiveKit SIP.

        Raises:
            DispatchFailedError: The server did not say.
        """
        try:
            async with self._access.client() as client:
                inside = await client.room.list_participants(api.ListParticipantsRequest(room=room))
        except api.ServerError as error:
            if error.code == api.ServerErrorCode.NOT_FOUND:
                return False
            raise DispatchFailedError(f"LiveKit did not say who is in a room: {_cause(error)}") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise DispatchFailedError(f"LiveKit did not say who is in a room: {_cause(error)}") from error
        return any(one.kind == api.ParticipantInfo.Kind.SIP for one in inside.participants)

    async def aclose(self) -> None:
        """Nothing stays open between requests."""


def _cause(error: Exception) -> str:
    return error.code if isinstance(error, api.ServerError) else type(error).__name__
