"""A customer who joins a LiveKit room with a page, as the page's own script does: a microphone, buttons, captions."""

from __future__ import annotations

import asyncio
import contextlib
import json

import numpy as np
from livekit import rtc

from telephony.livekit import CAPTIONS_TOPIC, CONTROLS_TOPIC, CUSTOMER, LiveKitAccess
from telephony.livekit.names import STILLS_TOPIC

RATE = 48_000
_FRAME = RATE // 50


class RoomCustomer:
    """One customer; speaks a tone once joined.

    Attributes:
        room_name: The room to join.
        captions: What was shown.
        caption: Set at each of them.
        heard: What came from the agent, 16-bit mono at RATE.
    """

    def __init__(self, access: LiveKitAccess, room_name: str, *, hertz: float = 440.0) -> None:
        self.room_name = room_name
        self.captions: list[dict[str, object]] = []
        self.caption = asyncio.Event()
        self.heard = bytearray()
        self._access = access
        self._hertz = hertz
        self._room = rtc.Room()
        self._tasks: list[asyncio.Task[None]] = []
        self._source: rtc.AudioSource | None = None

    async def join(self, key: bytes | None = None) -> None:
        """Join and begin to speak."""
        self._room.on("data_received", self._data)
        self._room.on("track_subscribed", self._subscribed)
        encryption = None
        if key is not None:
            encryption = rtc.E2EEOptions(key_provider_options=rtc.KeyProviderOptions(shared_key=key))
        token = self._access.token(self.room_name, CUSTOMER, publishes=("microphone", "camera"))
        await self._room.connect(self._access.socket_url, token, rtc.RoomOptions(encryption=encryption))
        self._source = rtc.AudioSource(RATE, 1, queue_size_ms=100)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self._room.local_participant.publish_track(track, options)
        self._tasks.append(asyncio.create_task(self._speak(self._source)))

    async def show_camera(self) -> str:
        """Turn the camera on; gives the id of its track."""
        track = rtc.LocalVideoTrack.create_video_track("camera", rtc.VideoSource(64, 64))
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA)
        return (await self._room.local_participant.publish_track(track, options)).sid

    async def hide_camera(self, track: str) -> None:
        """Turn the camera off."""
        await self._room.local_participant.unpublish_track(track)

    async def allow_pictures(self, said: object) -> None:
        """Send something on the topic of pictures, such as `{"allowed": true, "recorded": true}`."""
        await self._room.local_participant.publish_data(json.dumps(said), topic=STILLS_TOPIC)

    async def ask_human(self) -> None:
        """Press the button that asks for a person."""
        await self.press({"kind": "ask_human"})

    async def press(self, said: object) -> None:
        """Send something on the topic of controls."""
        await self._room.local_participant.publish_data(json.dumps(said), topic=CONTROLS_TOPIC)

    async def leave(self) -> None:
        """Leave, as closing the page does."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self._room.disconnect()
        if self._source is not None:
            await self._source.aclose()

    def _data(self, packet: rtc.DataPacket) -> None:
        if packet.topic == CAPTIONS_TOPIC:
            self.captions.append(json.loads(packet.data))
            self.caption.set()

    def _subscribed(self, track: rtc.Track) -> None:
        self._tasks.append(asyncio.create_task(self._listen(track)))

    async def _listen(self, track: rtc.Track) -> None:
        async with contextlib.aclosing(rtc.AudioStream(track, sample_rate=RATE, num_channels=1)) as stream:
            async for event in stream:
                self.heard += bytes(event.frame.data)

    async def _speak(self, source: rtc.AudioSource) -> None:
        at = 0
        while True:
            wave = 8000 * np.sin(2 * np.pi * self._hertz * np.arange(at, at + _FRAME) / RATE)
            at += _FRAME
            await source.capture_frame(rtc.AudioFrame(wave.astype(np.int16).tobytes(), RATE, 1, _FRAME))
