"""A call to a customer who joins a LiveKit room with a page or an app."""

from __future__ import annotations

from collections.abc import AsyncIterator

from livekit import rtc

from cases.domain.vocabulary import Disposition
from telephony.leg import Band, Invitation, PictureChange, StillFrame
from telephony.livekit.access import LiveKitAccess
from telephony.livekit.call_room import CallRoom
from telephony.livekit.leg import LiveKitLeg
from telephony.livekit.picture import RoomPicture
from telephony.livekit.stills import RoomStills

KIND = "livekit"
"""Name of this kind of leg in events."""


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
        self._encrypted = key is not None
        self._stills: RoomStills | None = None
        self._picture: RoomPicture | None = None

    @property
    def kind(self) -> str:
        """`livekit`."""
        return KIND

    @property
    def band(self) -> Band:
        """Wide: Opus carries it."""
        return Band.WIDE

    async def ring(self, invitation: Invitation) -> Disposition:
        """Join the room and wait for the customer there.

        Raises:
            LegError: LiveKit is not there or refuses.
        """
        if self._stills is None:
            allowed = invitation.stills_allowed
            self._stills = RoomStills(self.call.room, allowed=allowed)
            self._picture = RoomPicture(self.call.room, allowed=allowed and not self._encrypted)
        disposition = await super().ring(invitation)
        if disposition is Disposition.ANSWERED:
            self._stills.answered()
        return disposition

    def stills(self) -> tuple[StillFrame, ...]:
        """Still frames taken with both consents, at most `telephony.stills.MAX_STILLS`."""
        return () if self._stills is None else self._stills.kept

    async def picture(self) -> AsyncIterator[PictureChange]:
        """What the customer lets be recorded of their camera, as it changes; ends when the agent hangs up."""
        if self._picture is not None:
            async for change in self._picture.changes():
                yield change

    async def hang_up(self) -> None:
        """End the call for everybody in the room; a second call does nothing."""
        if self._picture is not None:
            self._picture.close()
        if self._stills is not None:
            await self._stills.aclose()
        await super().hang_up()

    async def _reach(self, invitation: Invitation) -> Disposition:
        """Wait until the customer's microphone is there; the room is open to the customer while it `rings`."""
        self._rings.set()
        return await self._until(self.call.customer_heard.wait(), invitation.ring_seconds)
