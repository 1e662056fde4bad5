"""pocketsphinx: English from the wheel alone, with a language model that follows the script's questions."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import Any

from agent.speech.engine import NOTHING_HEARD, Hints, Partial, Transcript
from agent.speech.errors import LanguageUnsupportedError
from agent.speech.sphinx_pool import Decoder, DecoderPool
from agent.speech.sphinx_worker import Request
from cases.domain.vocabulary import Language
from telephony.leg import Band

MOST_DECODERS = 8
"""Decoders at once where nothing else is said."""


class SphinxRecognizer:
    """Hears English with pocketsphinx; satisfies agent.speech.engine.Recognizer.

    Each utterance has a decoder, a process, for itself while it lasts; decoders are kept for the next one.
    """

    name = "pocketsphinx"

    def __init__(self, *, most: int = MOST_DECODERS, band: Band = Band.WIDE) -> None:
        """Start nothing before `warm` or the first utterance.

        Args:
            most: Decoders at once; an utterance has one while the customer speaks.
            band: What the lines carry on which it hears.
        """
        self.band = band
        self.decoders = DecoderPool(most, band)

    @property
    def model(self) -> str:
        """The acoustic model, and what is done for a telephone line."""
        return "en-us with script phrases" + (", telephone band filled in" if self.band is Band.NARROW else "")

    @staticmethod
    def available() -> bool:
        """Whether the package is installed."""
        return find_spec("pocketsphinx") is not None

    def hears(self, language: Language) -> bool:
        """Whether this is English."""
        return language is Language.EN

    async def warm(self) -> None:
        """Start one decoder, about half a second.

        Raises:
            EngineMissingError: The package is not installed.
            EngineFailedError: The decoder does not start.
        """
        await self.decoders.warm()

    def begin(self, hints: Hints) -> SphinxUtterance:
        """Open an utterance; a decoder is taken at its first audio.

        Raises:
            LanguageUnsupportedError: The language is not English.
        """
        if not self.hears(hints.language):
            raise LanguageUnsupportedError("pocketsphinx hears English only; choose another engine for the call.")
        return SphinxUtterance(self, hints)

    async def aclose(self) -> None:
        """End all decoders."""
        await self.decoders.aclose()


class SphinxUtterance:
    """One utterance on a decoder."""

    def __init__(self, recognizer: SphinxRecognizer, hints: Hints) -> None:
        """Expect phrases."""
        self._recognizer = recognizer
        self._hints = hints
        self._decoder: Decoder | None = None
        self._heard: Transcript | None = None

    async def feed(self, pcm: bytes) -> Partial | None:
        """Decode more audio; None where nothing new was heard.

        Raises:
            EngineMissingError: The package is not installed.
            EngineBusyError: All decoders are at work.
            EngineFailedError: The decoder broke; the utterance is over.
        """
        if self._heard is not None or not pcm:
            return None
        if self._decoder is None:
            self._decoder = await self._recognizer.decoders.take()
            expected = {"phrases": self._hints.phrases, "closed": self._hints.closed}
            self._decoder.send(Request.BEGIN, json.dumps(expected).encode())
        answer = await self._ask(Request.AUDIO, pcm)
        return Partial(*answer) if answer else None

    async def finish(self) -> Transcript:
        """End the utterance and return what was heard.

        Raises:
            EngineFailedError: The decoder broke; the utterance is over.
        """
        if self._heard is None:
            self._heard = NOTHING_HEARD
            if self._decoder is not None:
                text, confidence, alternatives = await self._ask(Request.FINISH)
                self._heard = Transcript(text, confidence, tuple(alternatives))
                self._release()
        return self._heard

    async def discard(self) -> None:
        """End the utterance without a result."""
        self._give_up()

    async def _ask(self, kind: Request, payload: bytes = b"") -> Any:
        """Ask the decoder; where it breaks or the caller gives up waiting, the utterance is over."""
        assert self._decoder is not None
        answered = False
        try:
            answer = await self._decoder.ask(kind, payload)
            answered = True
            return answer
        finally:
            if not answered:
                self._give_up()

    def _give_up(self) -> None:
        if self._heard is None:
            self._heard = NOTHING_HEARD
        if self._decoder is not None:
            if self._decoder.sound:
                self._decoder.send(Request.DISCARD)
            self._release()

    def _release(self) -> None:
        decoder, self._decoder = self._decoder, None
        if decoder is not None:
            self._recognizer.decoders.give(decoder)
