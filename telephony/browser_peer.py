"""One WebRTC connection to a page: answers the page's offer, carries voice both ways and a picture from the page."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import av
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from telephony.browser_audio import Microphone, PromptBuffer, SpeakerTrack
from telephony.leg import LegError, StillFrame
from telephony.stills import Stills

_log = logging.getLogger(__name__)

MAX_SDP_BYTES = 20_000
"""Longest session description that is read; a page's own has about 7,000 bytes with video."""
MAX_CANDIDATES = 40
"""Most ICE candidates in an offer."""
SILENT_SECONDS = 10.0
"""A connection without one audio packet for so long is lost."""

_NEGOTIATION_SECONDS = 10.0
_JITTER_BUFFER = "_RTCRtpReceiver__jitter_buffer"
_EACH_SECTION = re.compile(r"a=(mid|ice-ufrag|ice-pwd|setup):\S+|a=(rtcp-mux)")
# What aiortc raises on descriptions that no browser writes; it documents none of it.
_UNUSABLE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    InternalError,
    InvalidAccessError,
    InvalidStateError,
    OperationError,
    TimeoutError,
)


class BadOfferError(LegError):
    """The page's session description cannot be used; load the page again in a current browser."""

    code = "bad_offer"


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server for pages behind a NAT.

    Attributes:
        url: Such as `turns:turn.bank.example:5349`.
        username: For TURN.
        credential: For TURN; sent to the page, so give short-lived ones.
    """

    url: str
    username: str | None = None
    credential: str | None = field(default=None, repr=False)

    def for_page(self) -> Mapping[str, str]:
        """The entry of `RTCConfiguration.iceServers` in the page."""
        parts = {"urls": self.url, "username": self.username, "credential": self.credential}
        return {key: value for key, value in parts.items() if value is not None}


class Peer:
    """One connection; `on_audio` is called at the first audio, `on_lost` once if the connection breaks."""

    def __init__(
        self,
        ice_servers: Sequence[IceServer],
        microphone: Microphone,
        on_audio: Callable[[], None],
        on_lost: Callable[[], None],
    ) -> None:
        """Prepare a connection that sends silence and listens into the microphone."""
        servers = [RTCIceServer(server.url, server.username, server.credential) for server in ice_servers]
        self._connection = RTCPeerConnection(RTCConfiguration(servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._microphone = microphone
        self._on_audio = on_audio
        self._on_lost = on_lost
        self._tasks: set[asyncio.Task[None]] = set()
        self._stills = Stills()
        self._answered_at = 0.0
        self._heard_at = 0.0
        self._silence: asyncio.TimerHandle | None = None
        self.speaker = SpeakerTrack()
        self._connection.on("track", self._take)
        self._connection.on("connectionstatechange", self._note_state)

    async def accept(self, offer: str) -> str:
        """Answer an offer with every candidate in it; media flows soon after.

        Raises:
            BadOfferError: The offer cannot be used.
        """
        _check(offer)
        try:
            async with asyncio.timeout(_NEGOTIATION_SECONDS):
                self._connection.addTrack(self.speaker)
                await self._connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
                for receiver in self._connection.getReceivers():
                    if receiver.track is not None and receiver.track.kind == "audio":
                        setattr(receiver, _JITTER_BUFFER, PromptBuffer())
                await self._connection.setLocalDescription(await self._connection.createAnswer())
        except _UNUSABLE as error:
            raise BadOfferError(f"the page's offer cannot be used: {type(error).__name__}") from error
        return self._connection.localDescription.sdp

    def want_stills(self, wanted: bool) -> None:
        """Begin or stop keeping still frames; stopping throws away those kept."""
        self._stills.want(wanted)

    @property
    def stills(self) -> tuple[StillFrame, ...]:
        """Still frames kept so far."""
        return self._stills.kept

    async def close(self) -> None:
        """Close the connection; nothing more is called back."""
        self._connection.remove_all_listeners()
        if self._silence is not None:
            self._silence.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self._connection.close()
        except _UNUSABLE as error:
            # A connection that an unusable offer left half built has nothing open that could leak.
            _log.info("connection did not close in order: %s", type(error).__name__)
        self.speaker.stop()

    def _take(self, track: MediaStreamTrack) -> None:
        self._start(self._listen(track) if track.kind == "audio" else self._look(track))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("media of a page failed", exc_info=error)
            self._on_lost()

    def _note_state(self) -> None:
        if self._connection.connectionState in ("failed", "closed"):
            self._on_lost()

    async def _listen(self, track: MediaStreamTrack) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                frame = await track.recv()
                if not isinstance(frame, av.AudioFrame):
                    continue
                self._heard_at = loop.time()
                self._microphone.hear(frame)
                if not self._answered_at:
                    self._answered_at = self._heard_at
                    self._stills.answered()
                    self._watch()
                    self._on_audio()
        except MediaStreamError:
            self._on_lost()

    def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        silent_at = self._heard_at + SILENT_SECONDS
        if loop.time() >= silent_at:
            self._on_lost()
        else:
            self._silence = loop.call_at(silent_at, self._watch)

    async def _look(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                if isinstance(frame, av.VideoFrame):
                    await self._stills.offer(frame)
        except MediaStreamError:
            return


def _check(offer: str) -> None:
    """Refuse what no page of ours writes before a parser of every SDP dialect sees it (RFC 8829)."""
    if len(offer) > MAX_SDP_BYTES or not offer.isascii():
        raise BadOfferError(f"the page's offer is not ASCII of at most {MAX_SDP_BYTES} bytes")
    session, *sections = offer.replace("\r\n", "\n").split("\nm=")
    if [section.split(" ", 1)[0] for section in sections] not in (["audio"], ["audio", "video"]):
        raise BadOfferError("the page's offer needs one audio section and at most one video section after it")
    if offer.count("a=candidate:") > MAX_CANDIDATES:
        raise BadOfferError(f"the page's offer has more than {MAX_CANDIDATES} candidates")
    mids = []
    for section in sections:
        lines = section.split("\n")
        found = sorted(match[1] or match[2] for line in lines if (match := _EACH_SECTION.fullmatch(line)))
        if found != ["ice-pwd", "ice-ufrag", "mid", "rtcp-mux", "setup"]:
            raise BadOfferError("a section of the page's offer needs mid, setup, rtcp-mux and ICE credentials once")
        if "\na=fingerprint:" not in session + section:
            raise BadOfferError("the page's offer needs the fingerprint of its certificate")
        mids.append(next(line[6:] for line in lines if line.startswith("a=mid:")))
    if f"a=group:BUNDLE {' '.join(mids)}" not in session.split("\n") or len(set(mids)) != len(mids):
        raise BadOfferError("the page's offer needs its sections in one bundle")
