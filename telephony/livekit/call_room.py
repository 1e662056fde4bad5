"""One call's room as the agent is in it: joined, its voice published, the customer watched, and left behind clean."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from livekit import rtc

from telephony.leg import SPEAKER_RATE, Caption, Control, ControlKind
from telephony.livekit.access import LiveKitAccess
from telephony.livekit.closing import Closing, close_room, put_out
from telephony.livekit.controls import RoomControls
from telephony.livekit.ends import LOST, RoomEnd, end_by_closing, end_by_leaving
from telephony.livekit.errors import LiveKitRefusedError, LiveKitUnreachableError
from telephony.livekit.handing import hand_track
from telephony.livekit.line_watch import LineWatch, answers
from telephony.livekit.microphone import RoomMicrophone
from telephony.livekit.names import AGENT, CAPTIONS_TOPIC, CONTROLS_TOPIC, CUSTOMER
from telephony.pacing import PacedFrames

JOIN_SECONDS = 10.0
"""How long joining may take."""
RECONNECT_SECONDS = 8.0
"""How long a broken connection may take to come back before the call is given up."""
_RETURN_SECONDS = 3.0
"""How long a customer may take to come back after a connection that everybody lost."""
_HEARD_SECONDS = 1.0
_DRAIN_SECONDS = 0.1
_ON_THE_WAY_SECONDS = 0.25
"""How long the agent's last word is on its way to a telephone: buffers of WebRTC, LiveKit SIP's mixer."""
_LEAVE_SECONDS = 3.0
_PIECE_SAMPLES = SPEAKER_RATE // 100
_PIECE_BYTES = _PIECE_SAMPLES * 2
"""WebRTC takes sound in 10 ms."""
_REST_AFTER_FRAMES = 10
_REST_FRAMES = 6
"""LiveKit SIP's mixer keeps what came in a burst, up to 100 ms of it, and says everything that follows so much later;
nothing sent for 120 ms, in a silence, empties it. The telephone hears silence all the same."""
_CAPTIONS_WAITING = 32
_log = logging.getLogger(__name__)


class CallRoom:
    """The room of one call, used once: `join`, then `leave`.

    Attributes:
        name: Name of the room.
        microphone: The customer's voice.
        room: The room as LiveKit's client sees it, for whoever brings others in.
        customer_heard: Set while the customer's audio track is there.
        agent_heard: Set once somebody in the room takes the agent's voice: what was said before is lost.
    """

    def __init__(
        self,
        access: LiveKitAccess,
        name: str,
        *,
        key: bytes | None = None,
        joined: rtc.Room | None = None,
        identity: str = AGENT,
        rang_in: bool = False,
    ) -> None:
        """Describe a room.

        Args:
            access: The server.
            name: Name of the room.
            key: Key with which everybody in the room encrypts end to end; None for encryption to the server only.
            joined: The room, where somebody has joined it already as the agent.
            identity: Who joins; all but the agent hear the customer alone.
            rang_in: Whether the customer is whoever is there by telephone: who rings in has an identity of LiveKit's.
        """
        self.name = name
        self.microphone = RoomMicrophone()
        self.room = joined or rtc.Room()
        self.customer_heard = asyncio.Event()
        self.agent_heard = asyncio.Event()
        self._access = access
        self._identity = identity
        self._rang_in = rang_in
        self._key = key
        self._joined = joined is not None
        self._speaker = PacedFrames()
        self._source: rtc.AudioSource | None = None
        self._controls = RoomControls(lambda: self._finish(RoomEnd.CUSTOMER_HUNG_UP))
        self._captions: asyncio.Queue[Caption] = asyncio.Queue(_CAPTIONS_WAITING)
        self._voice_sid = self._former_sid = ""
        self._handed = False
        self._watched = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._handlers: list[tuple[Any, Callable[..., None]]] = []
        self._reconnecting: asyncio.TimerHandle | None = None
        self._over: asyncio.Future[RoomEnd] = asyncio.get_running_loop().create_future()
        self._is_up = False
        self._left = False
        self._played_at = 0.0

    @property
    def end(self) -> RoomEnd | None:
        """Why the call ended, or None while it has not."""
        return self._over.result() if self._over.done() else None

    async def ended(self) -> RoomEnd:
        """Return once the call has ended."""
        return await asyncio.shield(self._over)

    @property
    def customer(self) -> rtc.RemoteParticipant | None:
        """The customer, while in the room."""
        return next(filter(self._is_customer, self.room.remote_participants.values()), None)

    async def join(self) -> None:
        """Join, and publish the agent's voice: silence until something is played.

        Raises:
            LiveKitUnreachableError: The server does not answer.
            LiveKitRefusedError: It does not take the key.
        """
        self._watch()
        if not self._joined:
            await self._connect()
            self._joined = True
        source = rtc.AudioSource(SPEAKER_RATE, 1, queue_size_ms=0)
        self._source = source
        await self._publish(source)
        self._run(self._speak(source), "riskcall.room.voice")
        self._run(self._caption(), "riskcall.room.captions")
        for participant in self.room.remote_participants.values():
            self._connected(participant)

    async def _publish(self, source: rtc.AudioSource) -> None:
        track = rtc.LocalAudioTrack.create_audio_track("agent", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False, red=True)
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                publication = await self.room.local_participant.publish_track(track, options)
        except (TimeoutError, rtc.participant.PublishTrackError) as error:
            raise LiveKitUnreachableError("the LiveKit server does not take the agent's voice") from error
        self._voice_sid = publication.sid

    async def renew_voice(self) -> None:
        """Publish the agent's voice anew for the next line: of each track LiveKit says once only that it is taken.

        Raises:
            LiveKitUnreachableError: The server does not take it.
        """
        if self._handed and self._source is not None:
            self._former_sid, self._handed = self._voice_sid, False
            self.agent_heard.clear()
            await self._publish(self._source)
            await self.room.local_participant.unpublish_track(self._former_sid)

    async def up(self) -> None:
        """The customer took the call: the customer's leaving ends it now; return once the agent's voice is heard."""
        self._is_up = True
        self.microphone.open()
        try:
            async with asyncio.timeout(_HEARD_SECONDS):
                await self.agent_heard.wait()
        except TimeoutError:
            _log.warning("nobody in room %s took the agent's voice within %s s", self.name, _HEARD_SECONDS)
        if self.customer is None:
            self._finish(RoomEnd.CUSTOMER_HUNG_UP)

    def hand_voice(self) -> None:
        """Have the server give the customer the agent's voice while it rings, so that it is there at the answer.

        LiveKit SIP asks for it only after the answer, and lets nothing of it out before.
        """
        self._handed = True
        self._run(hand_track(self._access, self.name, CUSTOMER, self._voice_sid), "riskcall.room.hand_voice")

    def play(self, frame: bytes) -> None:
        """Send one frame of the agent's voice."""
        self._speaker.play(frame)
        self._played_at = asyncio.get_running_loop().time()

    def show(self, caption: Caption) -> None:
        """Send a caption to those in the room who have a screen; the oldest that waits gives way."""
        if self._captions.full():
            self._captions.get_nowait()
        self._captions.put_nowait(caption)

    async def pressed(self) -> Control | None:
        """The next control of the customer; None once the call has ended."""
        return await self._controls.next()

    async def leave(self, *, delete: bool = True) -> None:
        """End the call for the agent: let the last frames out, leave, release everything. A second call does nothing.

        Args:
            delete: Whether to end the call for everybody: telephones in the room are hung up.
        """
        if self._left:
            return
        self._left = True
        if self.end is None and self._is_up:
            await self._last_word()
        self._finish(RoomEnd.AGENT_HUNG_UP)
        for event, handler in self._handlers:
            self.room.off(event, handler)
        if self._reconnecting is not None:
            self._reconnecting.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.microphone.aclose(lost=self.end in LOST)
        customer = self.customer
        await self._disconnect()
        if delete and self._joined and await close_room(self._access, self.name) is Closing.UNKNOWN and customer:
            await put_out(self._access, self.name, customer.identity)
        if self._source is not None:
            await self._source.aclose()

    async def _last_word(self) -> None:
        """Let what was played reach the customer, unless the call ends before."""
        await self._speaker.drained(_DRAIN_SECONDS)
        left = self._played_at + _ON_THE_WAY_SECONDS - asyncio.get_running_loop().time()
        if left > 0:
            await asyncio.wait({self._over}, timeout=left)

    async def _connect(self) -> None:
        token = self._access.token(self.name, self._identity, agent=True)
        encryption = None
        if self._key is not None:
            encryption = rtc.E2EEOptions(key_provider_options=rtc.KeyProviderOptions(shared_key=self._key))
        options = rtc.RoomOptions(auto_subscribe=self._identity == AGENT, encryption=encryption)
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                await self.room.connect(self._access.socket_url, token, options)
        except (TimeoutError, rtc.ConnectError) as error:
            if "401" in str(getattr(error, "message", "")):
                raise LiveKitRefusedError("the LiveKit server does not take RISKCALL_LIVEKIT_API_KEY") from error
            raise LiveKitUnreachableError("the LiveKit server at RISKCALL_LIVEKIT_URL does not answer") from error

    def _watch(self) -> None:
        for event, handler in (
            ("participant_connected", self._connected),
            ("participant_disconnected", self._disconnected),
            ("track_published", self._published),
            ("track_subscribed", self._subscribed),
            ("track_unsubscribed", self._unsubscribed),
            ("local_track_subscribed", self._taken),
            ("sip_dtmf_received", self._digit),
            ("data_received", self._data),
            ("disconnected", self._closed),
            ("reconnecting", self._broke),
            ("reconnected", self._came_back),
        ):
            self.room.on(event, handler)  # type: ignore[arg-type]
            self._handlers.append((event, handler))

    def _is_customer(self, participant: rtc.Participant) -> bool:
        return participant.identity == CUSTOMER or (self._rang_in and _is_telephone(participant))

    def _connected(self, participant: rtc.RemoteParticipant) -> None:
        if self._is_customer(participant) and _is_telephone(participant) and not self._watched:
            self._watched = True
            self._run(self._line_watch().run(), "riskcall.room.line_watch")
        for publication in participant.track_publications.values():
            self._published(publication, participant)
            if publication.track is not None:
                self._subscribed(publication.track, publication, participant)

    def _line_watch(self) -> LineWatch:
        return LineWatch(
            sounded_at=lambda: self.microphone.sounded_at,
            ask=self._customer_answers,
            lost=lambda: self._finish(RoomEnd.CUSTOMER_LOST),
        )

    async def _customer_answers(self) -> bool:
        """Whether whoever carries the customer's line is there; nothing is known while the room is not connected."""
        customer = self.customer
        if customer is None or self._reconnecting is not None:
            return True
        return await answers(self.room, customer.identity) or self._reconnecting is not None

    def _disconnected(self, participant: rtc.RemoteParticipant) -> None:
        if not self._is_customer(participant):
            return
        self.customer_heard.clear()
        if self._is_up and self._reconnecting is None:
            self._finish(end_by_leaving(participant.disconnect_reason))

    def _published(self, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant) -> None:
        if self._identity != AGENT and self._is_customer(participant):
            publication.set_subscribed(True)

    def _subscribed(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        if self._is_customer(participant) and track.kind == rtc.TrackKind.KIND_AUDIO:
            if self._key is not None and publication.encryption_type == rtc.EncryptionType.NONE:
                _log.warning("a voice without encryption is not heard in room %s, which is encrypted", self.name)
                return
            self.microphone.attach(track)
            self.customer_heard.set()

    def _unsubscribed(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        if self._is_customer(participant) and track.kind == rtc.TrackKind.KIND_AUDIO:
            self.microphone.detach()
            self.customer_heard.clear()

    def _taken(self, track: rtc.LocalTrack) -> None:
        if track.sid != self._former_sid:
            self.agent_heard.set()

    def _digit(self, dtmf: rtc.SipDTMF) -> None:
        if dtmf.participant is not None and self._is_customer(dtmf.participant):
            self._controls.digit(dtmf.digit)

    def _data(self, packet: rtc.DataPacket) -> None:
        if packet.topic == CONTROLS_TOPIC and packet.participant is not None and self._is_customer(packet.participant):
            self._controls.packet(packet.data)

    def _closed(self, reason: rtc.DisconnectReason.ValueType) -> None:
        self._finish(end_by_closing(reason))

    def _broke(self) -> None:
        """The agent's connection broke: until it is back, or given up, nothing is known of the customer."""
        self._wait(RECONNECT_SECONDS, self._finish, RoomEnd.ROOM_LOST)

    def _came_back(self) -> None:
        self._wait(_RETURN_SECONDS, self._look_again)

    def _look_again(self) -> None:
        self._reconnecting = None
        if self._is_up and self.customer is None:
            self._finish(RoomEnd.CUSTOMER_LOST)

    def _wait(self, seconds: float, then: Callable[..., None], *args: RoomEnd) -> None:
        if self._reconnecting is not None:
            self._reconnecting.cancel()
        self._reconnecting = asyncio.get_running_loop().call_later(seconds, then, *args)

    def _finish(self, end: RoomEnd) -> None:
        if self._over.done():
            return
        self._over.set_result(end)
        if end is RoomEnd.CUSTOMER_HUNG_UP:
            self._controls.put(Control(ControlKind.HANG_UP))
        self._controls.put(None)
        self._run(self.microphone.aclose(lost=end in LOST), "riskcall.room.silence")

    def _run(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _speak(self, source: rtc.AudioSource) -> None:
        silent = 0
        while True:
            frame = await self._speaker.next_frame()
            silent = 0 if self._speaker.speaking else silent + 1
            if 0 <= silent - _REST_AFTER_FRAMES < _REST_FRAMES and self._telephones():
                continue
            for at in range(0, len(frame), _PIECE_BYTES):
                piece = frame[at : at + _PIECE_BYTES]
                await source.capture_frame(rtc.AudioFrame(piece, SPEAKER_RATE, 1, _PIECE_SAMPLES))

    def _telephones(self) -> bool:
        """Whether the customer is on a telephone."""
        return self.customer is not None and _is_telephone(self.customer)

    async def _caption(self) -> None:
        while True:
            caption = await self._captions.get()
            if all(_is_telephone(participant) for participant in self.room.remote_participants.values()):
                continue
            said = {"speaker": caption.speaker.value, "text": caption.text, "final": caption.final}
            try:
                await self.room.local_participant.publish_data(json.dumps(said), topic=CAPTIONS_TOPIC)
            except rtc.participant.PublishDataError:
                _log.info("a caption of %s did not go out", self.name)

    async def _disconnect(self) -> None:
        try:
            async with asyncio.timeout(_LEAVE_SECONDS):
                await self.room.disconnect()
        except TimeoutError:
            _log.warning("room %s could not be left in time", self.name)


def _is_telephone(participant: rtc.Participant) -> bool:
    return participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_SIP
