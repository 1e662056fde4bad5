"""One utterance of the customer on its way through a recognizer, which may be slow without holding anything up."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from agent.speech.engine import HEARING_RATE, Transcript, Utterance
from agent.speech.errors import EngineFailedError

FINISH_S = 6.0
"""A recognizer that gives no transcript for so long has failed."""


class Listening:
    """Feeds an utterance in a task of its own; the words so far can be asked for at any time."""

    def __init__(self, utterance: Utterance, engine: str) -> None:
        """Begin.

        Args:
            utterance: Fresh from the recognizer.
            engine: The recognizer's name, for errors.
        """
        self._utterance = utterance
        self._engine = engine
        self._audio: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._text = ""
        self._given = 0
        self._fed = 0
        self._covered_ms = 0.0
        self._task = asyncio.create_task(self._feed(), name="riskcall.listening")

    @property
    def text(self) -> str:
        """The words recognised so far.

        Raises:
            EngineFailedError: The recognizer broke.
        """
        if self._task.done() and not self._task.cancelled() and (error := self._task.exception()) is not None:
            raise error
        return self._text

    @property
    def covered_ms(self) -> float:
        """How much of the utterance's audio `text` is taken from."""
        return self._covered_ms

    @property
    def given_ms(self) -> float:
        """How much of the utterance's audio has been taken."""
        return self._given * 1000 / (2 * HEARING_RATE)

    def hear(self, pcm: bytes) -> None:
        """Take more audio."""
        self._given += len(pcm)
        self._audio.put_nowait(pcm)

    async def finish(self) -> Transcript:
        """What was said, once all audio has been recognised.

        Raises:
            EngineFailedError: The recognizer broke, or gave no transcript for FINISH_S.
        """
        self._audio.put_nowait(None)
        try:
            async with asyncio.timeout(FINISH_S):
                await self._task
                return await self._utterance.finish()
        except TimeoutError as error:
            raise EngineFailedError(f"{self._engine} gave no transcript for {FINISH_S} seconds.") from error

    async def discard(self) -> None:
        """End without a result."""
        self._task.cancel()
        await asyncio.wait({self._task})
        with suppress(EngineFailedError):
            await self._utterance.discard()

    async def _feed(self) -> None:
        ended = False
        while not ended:
            waiting = [await self._audio.get()]
            while not self._audio.empty():
                waiting.append(self._audio.get_nowait())
            ended = None in waiting
            pcm = b"".join(piece for piece in waiting if piece is not None)
            self._fed += len(pcm)
            if pcm and (partial := await self._utterance.feed(pcm)) is not None:
                self._text = partial.text
                fed_ms = self._fed * 1000 / (2 * HEARING_RATE)
                self._covered_ms = fed_ms if partial.covered_ms is None else float(partial.covered_ms)
