"""A customer's page without a browser: joins a switchboard in this process and talks WebRTC with it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from fractions import Fraction
from typing import Any

import av
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, MediaStreamTrack, VideoStreamTrack

from cases.domain.vocabulary import Language
from telephony.browser import BrowserSwitchboard, Notice, Page, PageEvent, PageEventKind

PATIENCE_SECONDS = 30.0
"""How long a page waits for a notice on a loaded machine."""


class ScriptedPage:
    """One page that a test plays."""

    def __init__(self, board: BrowserSwitchboard, customer: str) -> None:
        token = board.sessions.issue(customer, Language.EN, timedelta(hours=1))
        session = board.sessions.bind(token, "browser")
        assert session is not None
        self.board = board
        self.page: Page = board.join(session)
        self.seen: list[Notice] = []
        self.call = ""
        self.heard: list[bytes] = []
        self._peer: RTCPeerConnection | None = None
        self._ears: asyncio.Task[None] | None = None

    async def expect(self, kind: str) -> Notice:
        """The next notice of a kind; those before it are kept in `seen`."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (notice := await self.page.next_notice()) is not None:
                self.seen.append(notice)
                if notice["type"] == kind:
                    self.call = str(notice.get("call", self.call))
                    return notice
        raise AssertionError(f"the page was closed before {kind}")

    def types(self) -> list[str]:
        """Kinds of every notice so far, those not yet read included."""
        while not self.page._waiting.empty():
            notice = self.page._waiting.get_nowait()
            if notice is not None:
                self.seen.append(notice)
        return [str(notice["type"]) for notice in self.seen]

    def say(self, kind: PageEventKind, value: str = "") -> None:
        self.board.handle(self.page, PageEvent(kind, self.call, value))

    async def answer(self, *, video: bool = False, track: MediaStreamTrack | None = None) -> None:
        """Take the ringing call and connect."""
        self.say(PageEventKind.TAKE)
        peer = self._peer = RTCPeerConnection(RTCConfiguration([]))
        peer.on("track", self._hear)
        peer.addTrack(track or ToneTrack(500.0))
        if video:
            peer.addTransceiver(VideoStreamTrack(), direction="sendonly")
        else:
            peer.addTransceiver("video", direction="sendonly")
        await peer.setLocalDescription(await peer.createOffer())
        self.say(PageEventKind.OFFER, peer.localDescription.sdp)
        reply = await self.expect("answer")
        await peer.setRemoteDescription(RTCSessionDescription(str(reply["sdp"]), "answer"))

    async def close(self) -> None:
        """Close the page, as a tab that is closed: its line first, then its media."""
        self.board.leave(self.page)
        if self._ears is not None:
            self._ears.cancel()
            await asyncio.gather(self._ears, return_exceptions=True)
        if self._peer is not None:
            await self._peer.close()

    def _hear(self, track: MediaStreamTrack) -> None:
        self._ears = asyncio.get_running_loop().create_task(self._listen(track))

    async def _listen(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                assert isinstance(frame, av.AudioFrame)
                self.heard.append(frame.to_ndarray().reshape(-1, 2)[:, 0].astype(np.int16).tobytes())
        except MediaStreamError:
            return


class ToneTrack(AudioStreamTrack):
    """A steady tone at real-time pace, 48 kHz mono."""

    def __init__(self, hertz: float) -> None:
        super().__init__()
        self._hertz = hertz
        self._sample = 0

    async def recv(self) -> Any:
        paced = await super().recv()
        places = self._sample + np.arange(960)
        wave = (8000 * np.sin(2 * np.pi * self._hertz * places / 48_000)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.time_base, frame.pts = 48_000, Fraction(1, 48_000), paced.pts * 6
        self._sample += 960
        return frame


def loudest_hertz(pcm: bytes, rate: int) -> float:
    """Frequency with most energy in 16-bit mono audio."""
    samples = np.frombuffer(pcm, np.int16).astype(float)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


def tone_frames(hertz: float, frames: int, rate: int = 24_000) -> list[bytes]:
    """Frames of 20 ms with a steady tone."""
    size = rate // 50
    places = np.arange(size * frames)
    wave = (8000 * np.sin(2 * np.pi * hertz * places / rate)).astype(np.int16)
    return [wave[start : start + size].tobytes() for start in range(0, len(wave), size)]
