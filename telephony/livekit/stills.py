"""Still frames of the customer's camera in a room, with the customer's consent on record and on the page."""

from __future__ import annotations

import asyncio
import json

import av
import numpy as np
from livekit import rtc

from telephony.leg import StillFrame
from telephony.livekit.names import CUSTOMER, STILLS_TOPIC
from telephony.stills import Stills


class RoomStills:
    """Watches a room for the customer's camera; make it before the room is joined."""

    def __init__(self, room: rtc.Room, *, allowed: bool) -> None:
        """Watch a room.

        Args:
            room: The room.
            allowed: Whether the customer consented before the call; without that nothing is kept, whatever the page
                says.
        """
        self._room = room
        self._allowed = allowed
        self._stills = Stills()
        self._looking: asyncio.Task[None] | None = None
        if allowed:
            room.on("track_subscribed", self._subscribed)
            room.on("data_received", self._told)

    @property
    def kept(self) -> tuple[StillFrame, ...]:
        """Those kept so far."""
        return self._stills.kept

    def answered(self) -> None:
        """The call is answered: times count from now."""
        self._stills.answered()

    async def aclose(self) -> None:
        """Look no more; what was kept stays."""
        if self._allowed:
            self._room.off("track_subscribed", self._subscribed)
            self._room.off("data_received", self._told)
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking})

    def _told(self, packet: rtc.DataPacket) -> None:
        if packet.topic != STILLS_TOPIC or packet.participant is None or packet.participant.identity != CUSTOMER:
            return
        try:
            allowed = json.loads(packet.data)["allowed"]
        except (ValueError, KeyError, TypeError):
            return
        self._stills.want(allowed is True)

    def _subscribed(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        if participant.identity != CUSTOMER or publication.source != rtc.TrackSource.SOURCE_CAMERA:
            return
        if self._looking is not None:
            self._looking.cancel()
        self._looking = asyncio.create_task(self._look(track), name="riskcall.room.stills")

    async def _look(self, track: rtc.Track) -> None:
        stream = rtc.VideoStream(track, format=rtc.VideoBufferType.RGB24, capacity=1)
        try:
            async for event in stream:
                if self._stills.due:
                    await self._stills.offer(_picture(event.frame))
        finally:
            await stream.aclose()


def _picture(frame: rtc.VideoFrame) -> av.VideoFrame:
    pixels = np.frombuffer(frame.data, np.uint8).reshape(frame.height, frame.width, 3)
    return av.VideoFrame.from_ndarray(pixels, format="rgb24")
