"""A line to a reviewer's page in a LiveKit room of its own: it hears, and may send a voice only while it is let."""

from __future__ import annotations

import asyncio

import aiohttp
from livekit import api, rtc

from cases.domain.vocabulary import Disposition
from telephony.leg import Band, Invitation
from telephony.livekit.access import LiveKitAccess
from telephony.livekit.call_room import CallRoom
from telephony.livekit.errors import LiveKitRefusedError, LiveKitUnreachableError
from telephony.livekit.leg import LiveKitLeg
from telephony.livekit.names import CUSTOMER

KIND = "livekit"


def listener_token(access: LiveKitAccess, room: str) -> str:
    """A token for a reviewer's page: it hears in this room, and sends neither sound, picture nor data."""
    return access.token(room, CUSTOMER, publishes=())


class ReviewerLeg(LiveKitLeg):
    """Waits in a room until the reviewer's page is there, with or without a voice."""

    def __init__(self, access: LiveKitAccess, room: str, *, key: bytes | None = None) -> None:
        """Describe the line; nothing happens until it rings.

        Args:
            access: The server.
            room: Name of the room.
            key: Key of end-to-end encryption, which the page has too; None for none.
        """
        super().__init__(CallRoom(access, room, key=key))
        self._access = access

    @property
    def kind(self) -> str:
        """`livekit`."""
        return KIND

    @property
    def band(self) -> Band:
        """Wide: Opus carries it."""
        return Band.WIDE

    async def let_speak(self, yes: bool) -> None:
        """Let the page send a microphone, or take that back: the server then takes none of its sound any more.

        Raises:
            LegError: LiveKit is not there or refuses; the page may send what it could before.
        """
        sources = [api.TrackSource.MICROPHONE] if yes else []
        permission = api.ParticipantPermission(can_subscribe=True, can_publish=yes, can_publish_sources=sources)
        request = api.UpdateParticipantRequest(room=self.call.name, identity=CUSTOMER, permission=permission)
        try:
            async with self._access.client() as client:
                await client.room.update_participant(request)
        except api.ServerError as error:
            raise LiveKitRefusedError(f"a reviewer's microphone was not let in or out: {error.code}") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise LiveKitUnreachableError("the LiveKit server at RISKCALL_LIVEKIT_URL does not answer") from error

    async def _reach(self, invitation: Invitation) -> Disposition:
        self._rings.set()
        here, room = asyncio.Event(), self.call.room

        def came(participant: rtc.RemoteParticipant) -> None:
            if participant.identity == CUSTOMER:
                here.set()

        room.on("participant_connected", came)
        if self.call.customer is not None:
            here.set()
        try:
            return await self._until(here.wait(), invitation.ring_seconds)
        finally:
            room.off("participant_connected", came)
