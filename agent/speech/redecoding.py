"""An utterance for engines that transcribe whole audio: it is transcribed anew while it grows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np

from agent.speech.agreement import LocalAgreement
from agent.speech.engine import HEARING_RATE, NOTHING_HEARD, Partial, Transcript

Transcribe = Callable[[bytes, bool], Awaitable[Transcript]]
"""Transcribes audio at HEARING_RATE; the flag says that it is the whole utterance."""
_ACCEPTED = 0.5
_SILENT_SHARE = 0.05
"""Audio under this share of the loudest part is silence."""
_PIECE = HEARING_RATE // 50


class RedecodingUtterance:
    """Collects audio, transcribes it at intervals in the background and once more at the end.

    The last transcription is not repeated at the end where only silence came after the audio that it covers.
    """

    def __init__(self, transcribe: Transcribe, every_s: float) -> None:
        """Transcribe with a function.

        Args:
            transcribe: The engine.
            every_s: New audio before the next interim transcription, seconds; 0 for no interim transcriptions.
        """
        self._transcribe = transcribe
        self._every = int(every_s * HEARING_RATE) * 2
        self._audio = bytearray()
        self._covered = 0
        self._running: asyncio.Task[Transcript] | None = None
        self._latest: Transcript | None = None
        self._agreement = LocalAgreement()
        self._said = ("", "")
        self._heard: Transcript | None = None

    async def feed(self, pcm: bytes) -> Partial | None:
        """Take audio; a new interim hypothesis where a transcription has just come back.

        Raises:
            SpeechError: The engine broke; the utterance is over.
        """
        if self._heard is not None:
            return None
        self._audio += pcm
        partial = None
        if self._running is not None and self._running.done():
            partial = self._partial(await self._collect())
        if self._running is None and self._every and len(self._audio) - self._covered >= self._every:
            self._covered = len(self._audio)
            self._running = asyncio.create_task(self._run(bytes(self._audio)))
        return partial

    async def finish(self) -> Transcript:
        """End the utterance.

        Raises:
            SpeechError: The engine broke; the utterance is over.
        """
        if self._heard is None:
            if self._running is not None and self._silent_since():
                await self._collect()
            self._drop()
            latest, self._heard = self._latest, NOTHING_HEARD
            if latest is None or not self._silent_since():
                latest = await self._transcribe(bytes(self._audio), True) if self._audio else NOTHING_HEARD
            self._heard = latest
        return self._heard

    async def discard(self) -> None:
        """End the utterance without a result."""
        if self._heard is None:
            self._heard = NOTHING_HEARD
            self._drop()

    async def _run(self, audio: bytes) -> Transcript:
        return await self._transcribe(audio, False)

    async def _collect(self) -> Transcript:
        """The transcription in the background, once it is there."""
        assert self._running is not None
        running, self._running = self._running, None
        done = False
        try:
            self._latest = await running
            done = True
        finally:
            if not done:
                self._heard = NOTHING_HEARD
                running.cancel()
        return self._latest

    def _drop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            self._running = None

    def _partial(self, heard: Transcript) -> Partial | None:
        said = (heard.text, self._agreement.push(heard.text))
        if not heard.text or heard.confidence < _ACCEPTED or said == self._said:
            return None
        self._said = said
        return Partial(*said, heard.confidence, self._covered * 1000 // (2 * HEARING_RATE))

    def _silent_since(self) -> bool:
        """Whether nothing was said after the audio that the newest transcription covers."""
        samples = np.frombuffer(bytes(self._audio), np.int16).astype(np.float32)
        rest = samples[self._covered // 2 :]
        if not self._covered or rest.size == 0:
            return bool(self._covered)
        return _loudest(rest) < _SILENT_SHARE * _loudest(samples[: self._covered // 2])


def _loudest(samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> float:
    """Root mean square of the loudest 20 ms."""
    pieces = samples[: samples.size // _PIECE * _PIECE].reshape(-1, _PIECE) if samples.size >= _PIECE else samples[None]
    return float(np.sqrt((pieces * pieces).mean(axis=1).max()))
