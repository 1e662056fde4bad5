"""Whether the customer's moving picture may be recorded: both consents, a page that said so, a camera that is on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from livekit import rtc

from telephony.leg import PictureChange
from telephony.livekit.names import CUSTOMER, STILLS_TOPIC


class RoomPicture:
    """Watches a room for consent and camera; make it before the room is joined."""

    def __init__(self, room: rtc.Room, *, allowed: bool) -> None:
        """Watch a room.

        Args:
            room: The room.
            allowed: Whether the picture may be recorded at all: the customer consented before the call, and the room
                is not encrypted from end to end, for nobody else could read the recording.
        """
        self._room = room
        self._allowed = allowed
        self._changes: asyncio.Queue[PictureChange | None] = asyncio.Queue()
        self._consents = False
        self._camera = ""
        self._told = ""
        if allowed:
            room.on("track_subscribed", self._subscribed)
            room.on("track_unsubscribed", self._unsubscribed)
            room.on("participant_disconnected", self._gone)
            room.on("data_received", self._data)

    async def changes(self) -> AsyncIterator[PictureChange]:
        """What the customer allows, as it changes; ends with `close`."""
        while (change := await self._changes.get()) is not None:
            yield change

    def close(self) -> None:
        """Watch no more; a second call does nothing."""
        if self._allowed:
            self._allowed = False
            self._room.off("track_subscribed", self._subscribed)
            self._room.off("track_unsubscribed", self._unsubscribed)
            self._room.off("participant_disconnected", self._gone)
            self._room.off("data_received", self._data)
        self._changes.put_nowait(None)

    def _data(self, packet: rtc.DataPacket) -> None:
        if packet.topic != STILLS_TOPIC or packet.participant is None or packet.participant.identity != CUSTOMER:
            return
        try:
            said = json.loads(packet.data)
            consents = said["allowed"] is True and said.get("recorded") is True
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        if self._consents and not consents:
            self._told = ""
            self._changes.put_nowait(PictureChange(""))
        self._consents = consents
        self._tell()

    def _subscribed(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        if participant.identity == CUSTOMER and publication.source == rtc.TrackSource.SOURCE_CAMERA:
            self._camera = publication.sid
            self._tell()

    def _unsubscribed(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        if publication.sid == self._camera:
            self._camera = ""

    def _gone(self, participant: rtc.RemoteParticipant) -> None:
        """A page that is opened again asks again; what was recorded until now stays."""
        if participant.identity == CUSTOMER:
            self._consents, self._camera, self._told = False, "", ""

    def _tell(self) -> None:
        """Tell of a camera that may be recorded, once."""
        if self._consents and self._camera and self._camera != self._told:
            self._told = self._camera
            self._changes.put_nowait(PictureChange(self._camera))
