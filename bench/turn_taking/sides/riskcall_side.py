"""riskcall on the stage: `python -m bench.turn_taking.sides.riskcall_side [--variant default]`.

The call itself is the product's: session, hearing, floor, director, preparation, recorder. The stubs stand where
engines do; the conversation's words are the block's.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from importlib.metadata import version
from pathlib import Path

import numpy as np

from agent.call.session import Recording, VoiceSession
from agent.speech.engine import NOTHING_HEARD, Hints, Partial, SpeechChunk, Transcript
from agent.speech.sentences import estimate_marks
from agent.speech.vad import VAD_NAME, warm_vad
from bench.turn_taking.sides.riskcall_conversation import ScriptedConversation
from bench.turn_taking.stage.ear import Ear
from bench.turn_taking.stage.line import Line
from bench.turn_taking.stage.script import RATE, Block
from bench.turn_taking.stage.stubs import FINAL_S, SPEECH_S, spoken
from bench.turn_taking.stage.worker import SystemFailedError, serve
from cases.adapters import MemoryBlobs, SystemClock
from cases.domain.call import CallEnding, CallVersions, Engines
from cases.domain.vocabulary import Disposition, Language
from telephony.leg import SPEAKER_RATE, Band, Caption, Control, Invitation, StillFrame

STUB = "stub"
_BYTES_A_SECOND = 2 * RATE


class StubRecognizer:
    """Hears what the stage's ear hears; satisfies agent.speech.engine.Recognizer."""

    name = STUB
    model = STUB

    def __init__(self, line: Line) -> None:
        """Hear a line."""
        self._line = line
        self._ear = Ear(line.customer)

    def hears(self, language: Language) -> bool:
        """Any language."""
        return True

    async def warm(self) -> None:
        """Nothing is loaded."""

    def begin(self, hints: Hints) -> StubUtterance:
        """Open an utterance."""
        return StubUtterance(self._line, self._ear)

    async def aclose(self) -> None:
        """Nothing is held."""


class StubUtterance:
    """One stretch of audio; words that began before its first sample are not heard in it."""

    def __init__(self, line: Line, ear: Ear) -> None:
        """Begin with no audio."""
        self._customer = line.customer
        self._ear = ear
        self._since_s: float | None = None
        self._over = False

    async def feed(self, pcm: bytes) -> Partial | None:
        """The words so far."""
        if self._over:
            return None
        if self._since_s is None:
            self._since_s = self._customer.now_s - len(pcm) / _BYTES_A_SECOND
        text = self._ear.interim(self._since_s)
        covered_ms = max(0.0, self._ear.covered_s() - self._since_s) * 1000
        return Partial(text, text, 1.0, int(covered_ms))

    async def finish(self) -> Transcript:
        """All words up to now."""
        if self._over or self._since_s is None:
            return NOTHING_HEARD
        self._over = True
        asked_s = self._customer.now_s
        await asyncio.sleep(FINAL_S)
        text = self._ear.final(asked_s, self._since_s)
        return Transcript(text, 1.0) if text else NOTHING_HEARD

    async def discard(self) -> None:
        """Give no words."""
        self._over = True


class StubSynthesizer:
    """Speaks with the stage's voice; satisfies agent.speech.engine.Synthesizer."""

    name = STUB
    model = STUB
    sample_rate = RATE

    def speaks(self, language: Language) -> bool:
        """Any language."""
        return True

    async def warm(self) -> None:
        """Nothing is loaded."""

    async def synthesize(self, text: str, language: Language) -> AsyncGenerator[SpeechChunk, None]:
        """A text's tone."""
        await asyncio.sleep(SPEECH_S)
        pcm = spoken(text)
        yield SpeechChunk(pcm, estimate_marks(text, 0.0, len(pcm) / _BYTES_A_SECOND * 1000))

    async def aclose(self) -> None:
        """Nothing is held."""


class StageLeg:
    """The stage's line as a leg; satisfies telephony.leg.Leg."""

    kind = "stage"
    band = Band.WIDE
    detail = ""

    def __init__(self, line: Line) -> None:
        """Use a line."""
        self._line = line
        self._over = asyncio.Event()

    async def ring(self, invitation: Invitation) -> Disposition:
        """Somebody has answered."""
        return Disposition.ANSWERED

    async def ringing(self) -> None:
        """It has rung."""

    async def microphone(self) -> AsyncIterator[bytes]:
        """The customer's frames."""
        async for frame in self._line.microphone():
            yield frame

    def play(self, frame: bytes) -> None:
        """Have the customer hear a frame."""
        samples = np.frombuffer(frame, "<i2").astype(np.float64)
        places = np.arange(samples.size * RATE // SPEAKER_RATE) * (SPEAKER_RATE / RATE)
        self._line.play(np.interp(places, np.arange(samples.size), samples).astype("<i2").tobytes())

    async def controls(self) -> AsyncIterator[Control]:
        """The customer presses nothing."""
        await self._over.wait()
        return
        yield

    def show(self, caption: Caption) -> None:
        """There is no screen."""

    def stills(self) -> tuple[StillFrame, ...]:
        """There is no camera."""
        return ()

    async def hang_up(self) -> None:
        """The call is over."""
        self._over.set()


async def play(block: Block, line: Line) -> None:
    """Hold one block's call.

    Raises:
        SystemFailedError: The call ended before the line did.
    """
    conversation = ScriptedConversation(line.customer, block.opening)
    names = Engines(asr=STUB, tts=STUB, llm=STUB, vad=VAD_NAME)
    with tempfile.TemporaryDirectory() as folder:
        session = VoiceSession(
            call_id=f"{block.name}:1",
            conversation=conversation,
            recognizer=StubRecognizer(line),
            synthesizer=StubSynthesizer(),
            leg=StageLeg(line),
            clock=SystemClock(),
            versions=CallVersions(conversation.prompts_version, conversation.policy_version, names),
            recording=Recording(MemoryBlobs(), block.name, Path(folder)),
        )
        call = await session.run()
    if call.ending is not CallEnding.CUSTOMER_HUNG_UP:
        raise SystemFailedError(f"The call ended as {call.ending.value}.")


def main() -> None:
    """Serve blocks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", choices=["default"], default="default")
    variant = parser.parse_args().variant
    warm_vad()
    versions = {"riskcall": version("riskcall"), "python": platform.python_version()}
    serve(play, {"system": "riskcall", "variant": variant, "versions": versions})


if __name__ == "__main__":
    main()
