"""A participant of a LiveKit room that dials, plays, listens and notes: the agent's side without an agent."""

from __future__ import annotations

import asyncio

import numpy as np
from livekit import api, rtc

from telephony.leg import MIC_RATE
from tests.support.phone_network import PhoneNetwork

CUSTOMER = "customer"
FRAME_MS = 20


class RoomAgent:
    """Joins a room of the network and calls a phone into it.

    Attributes:
        answered: Set once the customer's call is up.
        gone: Set once the customer has left.
        keys: What the customer pressed.
    """

    def __init__(self, network: PhoneNetwork, room: str) -> None:
        """Prepare; `join` connects."""
        self._network = network
        self._name = room
        self._room = rtc.Room()
        self._heard = bytearray()
        self._tasks: set[asyncio.Task[None]] = set()
        url = network.url.replace("ws://", "http://")
        self._api = api.LiveKitAPI(url, network.api_key, network.api_secret)
        self.answered = asyncio.Event()
        self.gone = asyncio.Event()
        self.keys = ""

    async def join(self) -> None:
        """Connect to the room."""
        token = api.AccessToken(self._network.api_key, self._network.api_secret).with_identity("agent")
        token = token.with_grants(api.VideoGrants(room_join=True, room=self._name))
        self._room.on("track_subscribed", self._subscribed)
        self._room.on("participant_attributes_changed", self._changed)
        self._room.on("participant_disconnected", lambda _: self.gone.set())
        self._room.on("sip_dtmf_received", self._pressed)
        await self._room.connect(self._network.url, token.to_jwt())

    async def leave(self) -> None:
        """Close the room for everybody."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._room.disconnect()
        await self._api.room.delete_room(api.DeleteRoomRequest(room=self._name))
        await self._api.aclose()

    async def dial(self, address: str, number: str, caller: str, *, wait: bool = False) -> None:
        """Call a phone into the room.

        Args:
            address: Where it takes calls, `host:port`.
            number: Who is called.
            caller: The number shown.
            wait: Whether to return once it is answered, or fail.
        """
        request = api.CreateSIPParticipantRequest(
            trunk=api.SIPOutboundConfig(hostname=address, transport=api.SIPTransport.SIP_TRANSPORT_UDP),
            sip_call_to=number,
            sip_number=caller,
            room_name=self._name,
            participant_identity=CUSTOMER,
            wait_until_answered=wait,
        )
        await self._api.sip.create_sip_participant(request)

    def play(self, pcm: bytes, rate: int) -> None:
        """Play a piece of audio in a loop, 16-bit mono."""
        self._begin(self._play(pcm, rate))

    async def press(self, keys: str) -> None:
        """Press keys for the customer to hear."""
        for key in keys:
            await self._room.local_participant.publish_dtmf(code=int(key), digit=key)

    async def hang_up(self) -> None:
        """End the customer's call."""
        await self._api.room.remove_participant(api.RoomParticipantIdentity(room=self._name, identity=CUSTOMER))

    def heard(self) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        """What the customer said, at MIC_RATE, full scale 1."""
        return np.frombuffer(bytes(self._heard), np.int16).astype(np.float32) / 32768

    async def _play(self, pcm: bytes, rate: int) -> None:
        source = rtc.AudioSource(rate, 1)
        track = rtc.LocalAudioTrack.create_audio_track("agent", source)
        await self._room.local_participant.publish_track(track)
        size = rate * FRAME_MS // 1000 * 2
        while True:
            for at in range(0, len(pcm) - size + 1, size):
                await source.capture_frame(rtc.AudioFrame(pcm[at : at + size], rate, 1, size // 2))

    async def _listen(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(track, sample_rate=MIC_RATE, num_channels=1)
        try:
            async for event in stream:
                self._heard += bytes(event.frame.data)
        finally:
            await stream.aclose()

    def _subscribed(self, track: rtc.Track, _: rtc.RemoteTrackPublication, who: rtc.RemoteParticipant) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            self._begin(self._listen(track))

    def _changed(self, changed: dict[str, str], who: rtc.Participant) -> None:
        if changed.get("sip.callStatus") == "active":
            self.answered.set()

    def _pressed(self, event: rtc.SipDTMF) -> None:
        self.keys += event.digit

    def _begin(self, deed: object) -> None:
        task = asyncio.create_task(deed)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
