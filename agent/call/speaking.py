"""One reply on its way to the customer's ear: its audio is made ahead, its words are known, what was heard is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
from livekit import rtc

from agent.call.mouth import Mouth
from agent.dialogue.conversation import Reply
from agent.record.playback import Playback, heard_text
from agent.speech.engine import SpeechChunk, WordMark
from agent.speech.errors import EngineFailedError, SpeechError
from agent.speech.sentences import estimate_marks
from telephony.leg import SPEAKER_RATE

_PER_MS = SPEAKER_RATE // 1000
SENTENCE_PAUSE_MS = 200
"""Silence between two sentences, which come without any from the voice."""
QUIET_PEAK = 60
"""Sample value below which the start of an utterance is silence that need not be played."""


class Speaking:
    """A reply being spoken, or prepared to be; begins to synthesise at once."""

    def __init__(self, reply: Reply, mouth: Mouth) -> None:
        """Begin to make the audio of a reply."""
        self.reply = reply
        self.playback = Playback(interruptible=reply.interruptible)
        self._marks = self.playback.marks
        self.error: SpeechError | None = None
        self._mouth = mouth
        self._pieces: list[bytes] = []
        self._samples = 0
        self._lead_ms = 0.0
        self._shown = 0
        self._more = asyncio.Event()
        self._task = asyncio.create_task(self._make(), name="riskcall.speaking")

    @property
    def left_ms(self) -> float:
        """Audio that did not go out, ms; without end while it is still being made."""
        if not self._task.done():
            return float("inf")
        return self._samples / _PER_MS - self.playback.played_ms

    @property
    def heard(self) -> str:
        """The words that were played."""
        if self.playback.complete and self.error is None:
            return self.reply.text
        return heard_text(self.reply.text, self._marks, self.playback.played_ms, self._samples / _PER_MS)

    def newly_begun(self) -> str | None:
        """The words begun so far, where another one has begun since the last call."""
        begun = self._shown
        while begun < len(self._marks) and self._marks[begun].start_ms <= self.playback.played_ms:
            begun += 1
        if begun == self._shown:
            return None
        self._shown = begun
        last = self._marks[begun - 1].start_ms + 1
        return heard_text(self.reply.text, self._marks[:begun], last, last)

    async def frames(self) -> AsyncIterator[rtc.AudioFrame]:
        """The audio as it is made; ends early where synthesis failed, which `error` then tells."""
        given = 0
        while True:
            while given < len(self._pieces):
                piece = self._pieces[given]
                given += 1
                yield rtc.AudioFrame(piece, SPEAKER_RATE, 1, len(piece) // 2)
            if self._task.done():
                await self._task
                return
            self._more.clear()
            await self._more.wait()

    async def aclose(self) -> None:
        """Stop making audio and stop the model behind the reply."""
        self._task.cancel()
        await asyncio.wait({self._task})
        # What still refers to this utterance has no more use for its audio, which is most of what a call holds.
        self._pieces.clear()
        await self.reply.aclose()

    async def _make(self) -> None:
        try:
            async for sentence in self.reply.chunks():
                if self._samples:
                    self._add(bytes(SENTENCE_PAUSE_MS * _PER_MS * 2))
                await self._say(sentence)
            if not self._samples:
                self.error = EngineFailedError("The synthesizer gave no audio.")
        except SpeechError as error:
            self.error = error
        finally:
            self._more.set()

    async def _say(self, sentence: str) -> None:
        start_ms = self._samples / _PER_MS
        marked = len(self._marks)
        async for chunk in self._mouth.speak(sentence):
            self._take(chunk, start_ms)
        if len(self._marks) == marked:
            self._marks += estimate_marks(sentence, start_ms, self._samples / _PER_MS)

    def _take(self, chunk: SpeechChunk, start_ms: float) -> None:
        pcm = chunk.pcm
        if not self._samples:
            pcm = _without_lead(pcm)
            self._lead_ms += (len(chunk.pcm) - len(pcm)) / 2 / _PER_MS
        lead_ms = 0.0 if start_ms else self._lead_ms
        self._marks += [WordMark(mark.text, max(0, int(start_ms + mark.start_ms - lead_ms))) for mark in chunk.marks]
        if pcm:
            self._add(pcm)

    def _add(self, pcm: bytes) -> None:
        self._pieces.append(pcm)
        self._samples += len(pcm) // 2
        self._more.set()


def _without_lead(pcm: bytes) -> bytes:
    """Audio without the silence before its first sound."""
    loud = np.flatnonzero(np.abs(np.frombuffer(pcm, np.int16).astype(np.int32)) > QUIET_PEAK)
    return pcm[int(loud[0]) * 2 :] if loud.size else b""
