"""What a caller hears of the reception: words, and soft music where nothing is said for long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agent.call.mouth import Mouth
from agent.call.people.music import HoldMusic
from cases.domain.vocabulary import Language
from telephony.leg import FRAME_MS, SPEAKER_FRAME_BYTES

MUSIC_AFTER_S = 1.5
"""Silence after which music begins, so that the line is known to be alive."""
_FRAME_S = FRAME_MS / 1000
_LATE_S = 0.06
_SILENCE = bytes(SPEAKER_FRAME_BYTES)


@dataclass(frozen=True, slots=True)
class Words:
    """One line.

    Attributes:
        text: What is said.
        language: In which language.
    """

    text: str
    language: Language


class Speaker:
    """The reception's side of one line: a frame every 20 ms while `run` runs."""

    def __init__(
        self, play: Callable[[bytes], None], mouths: Mapping[Language, Mouth], on_played: Callable[[bytes], None]
    ) -> None:
        """Take the line.

        Args:
            play: Sends a frame.
            mouths: Speak each language.
            on_played: Is given every frame that is no silence.
        """
        self._play = play
        self._mouths = mouths
        self._on_played = on_played
        self._waiting = bytearray()
        self._whole = True
        self._said = asyncio.Event()
        self._music: HoldMusic | None = None
        self._music_after_s = MUSIC_AFTER_S
        self._quiet_since = 0.0
        self._turn = 0

    @property
    def speaking(self) -> bool:
        """Whether words are on their way."""
        return bool(self._waiting) or not self._whole

    async def run(self) -> None:
        """Send frames until cancelled."""
        loop = asyncio.get_running_loop()
        due = self._quiet_since = loop.time()
        while True:
            frame = self._next(loop.time())
            self._play(frame)
            if frame is not _SILENCE:
                self._on_played(frame)
            due = max(due + _FRAME_S, loop.time() - _LATE_S)
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def say(self, lines: Sequence[Words]) -> bool:
        """Say lines one after the other; whether they were heard to their end.

        Raises:
            SpeechError: No engine is left that could speak.
        """
        self.hush()
        turn = self._turn
        self._whole = False
        self._said.clear()
        try:
            for line in lines:
                async for chunk in self._mouths[line.language].speak(line.text):
                    if turn != self._turn:
                        return False
                    self._waiting += chunk.pcm
        finally:
            if turn == self._turn:
                self._whole = True
        if self._waiting:
            await self._said.wait()
        return turn == self._turn

    def hush(self) -> None:
        """Say nothing more of what is being said, and stop the music."""
        self._turn += 1
        self._waiting.clear()
        self._whole = True
        self._said.set()
        self.stir()

    def stir(self) -> None:
        """The caller does something: music keeps silent for a while."""
        self._music = None
        self._quiet_since = asyncio.get_running_loop().time()

    def wait_with_music(self, *, waits: bool = True) -> None:
        """Play music whenever nothing is said, at once; or no more than else."""
        self._music_after_s = 0.0 if waits else MUSIC_AFTER_S

    def _next(self, now: float) -> bytes:
        if len(self._waiting) >= SPEAKER_FRAME_BYTES or (self._waiting and self._whole):
            frame = bytes(self._waiting[:SPEAKER_FRAME_BYTES]).ljust(SPEAKER_FRAME_BYTES, b"\0")
            del self._waiting[:SPEAKER_FRAME_BYTES]
            self._music, self._quiet_since = None, now
            if not self._waiting and self._whole:
                self._said.set()
            return frame
        if not self._whole or now - self._quiet_since < self._music_after_s:
            return _SILENCE
        if self._music is None:
            self._music = HoldMusic()
        return self._music.next_frame()
