"""A call to a customer who joins a LiveKit room with a page or an app."""

from __future__ import annotations

import asyncio

from livekit import rtc

from cases.domain.vocabulary import Disposition
from telephony.leg import Band, Invitation
from telephony.livekit.access import LiveKitAccess
from telephony.livekit.call_room import CallRoom
from telephony.livekit.leg import LiveKitLeg

KIND = "livekit"
"""Name of this kind of leg in events."""
NOBODY_JOINED = "nobody_joined"


class RoomLeg(LiveKitLeg):
    """Waits in a room until the customer joins with a microphone."""

    def __init__(
        self,
        access: LiveKitAccess,
        room: str,
        *,
        key: bytes | None = None,
        joined: rtc.Room | None = None,
    ) -> None:
        """Describe the line; nothing happens until it rings.

        Args:
            access: The server.
            room: Name of the room, such as `room_name` gives.
            key: Key of end-to-end encryption, which the customer's page has too; None for none.
            joined: The room, where it is joined as the agent already.
        """
        super().__init__(CallRoom(access, room, key=key, joined=joined))

    @property
    def kind(self) -> str:
        """`livekit`."""
        return KIND

    @property
    def band(self) -> Band:
        """Wide: Opus carries it."""
        return Band.WIDE

    async def _reach(self, invitation: Invitation) -> Disposition:
        """Wait until the customer's microphone is there; the room is open to the customer while it `rings`."""
        self._rings.set()
        heard = asyncio.create_task(self.call.customer_heard.wait())
        ended = asyncio.create_task(self.call.ended())
        try:
            await asyncio.wait({heard, ended}, timeout=invitation.ring_seconds, return_when=asyncio.FIRST_COMPLETED)
            if heard.done() and not ended.done():
                return Disposition.ANSWERED
            if ended.done():
                return Disposition.NO_ANSWER
            self._detail = NOBODY_JOINED
            return Disposition.NO_ANSWER
        finally:
            heard.cancel()
            ended.cancel()
