"""A simulated customer on a line: speaks and hears real audio at real-time pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np

from cases.domain.vocabulary import Disposition
from telephony.customer import CustomerMind, LineKind
from telephony.customer_speech import CustomerVoice
from telephony.leg import (
    FRAME_MS,
    MIC_FRAME_BYTES,
    MIC_RATE,
    SPEAKER_FRAME_BYTES,
    Band,
    Caption,
    Control,
    ControlKind,
    Invitation,
    LegLostError,
    StillFrame,
)
from telephony.line import CLEAN, Channel, Line
from telephony.line.level import active_level
from telephony.persona import Persona
from telephony.voicemail import BEFORE_GREETING_MS, LISTENS_MS, with_beep

KIND = "simulated"
"""Name of this kind of leg in events."""
ROOM_NOISE = 8.0
"""Standard deviation of the noise of a quiet room in 16-bit sample values (-72 dBFS)."""
AUDIBLE_RMS = 60.0
"""Root mean square of a frame above which the customer hears the agent."""
PICK_UP_S = 0.4
"""How long a person takes to pick up."""


@dataclass(slots=True)
class SpokenLine:
    """A line as the customer really spoke it: the truth that measurements are held against.

    Attributes:
        text: The words.
        started_ms: First sound, from the answer.
        ended_ms: End of the last sound; -1 while it is being spoken.
        kind: Why it was spoken.
    """

    text: str
    started_ms: int
    ended_ms: int = -1
    kind: LineKind = LineKind.ANSWER


class SimulatedLeg:
    """One line to a simulated customer; satisfies `telephony.leg.Leg`."""

    def __init__(
        self,
        persona: Persona,
        *,
        voice: CustomerVoice | None = None,
        seed: int = 0,
        noise: float = ROOM_NOISE,
        lost_after_ms: int | None = None,
        channel: Channel = CLEAN,
        greeting: str = "",
    ) -> None:
        """Put a customer on the line.

        Args:
            persona: Who answers.
            voice: Speaks the customer's lines; None takes flite or clips.
            seed: Draws noise, loss, jitter, the room of an echo and reaction times.
            noise: Room noise, as ROOM_NOISE; 0 is a dead microphone between words.
            lost_after_ms: When the line breaks, from the answer; None for never.
            channel: What the line does to the customer's audio, and what it brings back of the agent's.
            greeting: What a persona's voicemail says before its beep: its line is then answered like a person's.
                Empty where the line itself tells that a voicemail answered.
        """
        self._persona = persona
        self._voice = voice or CustomerVoice()
        self._mind = CustomerMind(persona, seed)
        self._noise = noise
        self._random = np.random.default_rng(seed)
        self._lost_after_ms = lost_after_ms
        self._channel = channel
        self._seed = seed
        self._greeting = greeting if persona.answered_by is Disposition.VOICEMAIL else ""
        self._line: Line | None = None
        self._audio: dict[str, bytes] = {}
        self._mouth = bytearray()
        self._audible = False
        self._answered = False
        self._ringing = asyncio.Event()
        self._over = asyncio.Event()
        self._controls: asyncio.Queue[Control | None] = asyncio.Queue()
        self.spoken: list[SpokenLine] = []
        self.captions: list[Caption] = []

    @property
    def kind(self) -> str:
        """`simulated`."""
        return KIND

    @property
    def band(self) -> Band:
        """That of its channel."""
        return self._channel.band

    @property
    def detail(self) -> str:
        """Empty: the persona says all."""
        return ""

    @property
    def mind(self) -> CustomerMind:
        """What the customer took notice of, for whoever checks the simulation."""
        return self._mind

    @property
    def delay_ms(self) -> float:
        """How much later the customer's sound arrives than it was made."""
        return self._line.delay_ms if self._line is not None else 0.0

    @property
    def mute_lines(self) -> tuple[str, ...]:
        """Lines of which the voice made no sound; known once it has rung."""
        return tuple(text for text, audio in self._audio.items() if not any(audio))

    async def ring(self, invitation: Invitation) -> Disposition:
        """Ring; the persona decides who, or what, answers.

        Raises:
            CustomerSpeechError: The persona's voice is not on this machine.
        """
        self._ringing.set()
        if self._persona.answered_by is Disposition.NO_ANSWER:
            await self._wait_over(invitation.ring_seconds)
            return Disposition.NO_ANSWER
        answered_by = Disposition.ANSWERED if self._greeting else self._persona.answered_by
        if answered_by is Disposition.ANSWERED:
            for line in (self._greeting,) if self._greeting else self._persona.lines():
                self._audio[line] = _trimmed(await self._voice.speak(line, self._persona.voice))
            self._open_line()
        if await self._wait_over(PICK_UP_S):
            return Disposition.NO_ANSWER
        self._answered = answered_by is Disposition.ANSWERED
        return answered_by

    async def ringing(self) -> None:
        """Return once it rings."""
        await self._ringing.wait()

    async def microphone(self) -> AsyncIterator[bytes]:
        """What the customer's microphone hears, a frame every 20 ms.

        Raises:
            LegLostError: The line broke.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        count = 0
        while self._answered and not self._over.is_set():
            now_ms = count * FRAME_MS
            if self._lost_after_ms is not None and now_ms >= self._lost_after_ms:
                self._end()
                raise LegLostError("The line broke.")
            self._live(now_ms)
            yield self._frame(now_ms)
            count += 1
            if await self._wait_over(began + count * FRAME_MS / 1000 - loop.time()):
                return

    def play(self, frame: bytes) -> None:
        """Let the customer hear one frame of the agent."""
        if len(frame) != SPEAKER_FRAME_BYTES:
            raise ValueError(f"a frame is {SPEAKER_FRAME_BYTES} bytes, not {len(frame)}")
        samples = np.frombuffer(frame, np.int16).astype(np.float32)
        if float(np.sqrt(np.mean(samples * samples))) > AUDIBLE_RMS:
            self._audible = True
        if self._line is not None:
            self._line.hear(frame)

    async def controls(self) -> AsyncIterator[Control]:
        """What the customer presses."""
        while (control := await self._controls.get()) is not None:
            yield control

    def show(self, caption: Caption) -> None:
        """Let the customer see a caption; a simulated one knows from it what was asked."""
        self.captions.append(caption)
        self._mind.see(caption)

    def stills(self) -> tuple[StillFrame, ...]:
        """None: there is no camera."""
        return ()

    async def hang_up(self) -> None:
        """End the line."""
        self._end()

    def _open_line(self) -> None:
        if self._channel == CLEAN:
            return
        spoken = np.frombuffer(b"".join(self._audio.values()), np.int16).astype(np.float32)
        self._line = Line(self._channel, speech_level=active_level(spoken), seed=self._seed)

    def _live(self, now_ms: int) -> None:
        """One frame of the customer's life, or of the voicemail's."""
        if self._greeting:
            self._play_greeting(now_ms)
            return
        audible, self._audible = self._audible, False
        for deed in self._mind.tick(now_ms, agent_audible=audible, speaking=bool(self._mouth)):
            if deed.say:
                begins = now_ms + len(self._mouth) // MIC_FRAME_BYTES * FRAME_MS
                self.spoken.append(SpokenLine(deed.say, begins, kind=deed.kind))
                self._mouth += _whole_frames(self._audio[deed.say])
            if deed.control is not None:
                self._controls.put_nowait(deed.control)
                if deed.control.kind is ControlKind.HANG_UP:
                    self._end()

    def _play_greeting(self, now_ms: int) -> None:
        """Greet and beep, whatever the agent says; hang up once it has listened for long enough."""
        if now_ms == BEFORE_GREETING_MS:
            audio = self._audio[self._greeting]
            self.spoken.append(SpokenLine(self._greeting, now_ms))
            self._mouth += _whole_frames(with_beep(audio))
        if self.spoken and 0 <= self.spoken[0].ended_ms <= now_ms - LISTENS_MS:
            self._end()

    def _frame(self, now_ms: int) -> bytes:
        """The next frame of the customer's mouth with the noise of the room."""
        speech = bytes(self._mouth[:MIC_FRAME_BYTES])
        del self._mouth[:MIC_FRAME_BYTES]
        if speech and not self._mouth:
            for line in self.spoken:
                if line.ended_ms < 0:
                    line.ended_ms = line.started_ms - (-len(self._audio[line.text]) * 1000 // (MIC_RATE * 2))
        samples = np.frombuffer(speech.ljust(MIC_FRAME_BYTES, b"\0"), np.int16).astype(np.float32)
        if self._noise:
            samples = samples + self._random.normal(0.0, self._noise, samples.size).astype(np.float32)
        if self._line is not None:
            samples = self._line.carry(samples)
        return np.clip(np.rint(samples), -32768, 32767).astype(np.int16).tobytes()

    def _end(self) -> None:
        if not self._over.is_set():
            self._over.set()
            self._controls.put_nowait(None)

    async def _wait_over(self, seconds: float) -> bool:
        """Wait, but no longer than the line lasts; whether it is over."""
        if seconds > 0 and not self._over.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await self._over.wait()
            except TimeoutError:
                return self._over.is_set()
        return self._over.is_set()


def _trimmed(pcm: bytes) -> bytes:
    """A line without the silence around it."""
    samples = np.frombuffer(pcm, np.int16)
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > MIC_RATE // 100)
    return samples[loud[0] : loud[-1] + 1].tobytes() if loud.size else b""


def _whole_frames(pcm: bytes) -> bytes:
    """Audio filled up to whole frames."""
    return pcm.ljust(-(-len(pcm) // MIC_FRAME_BYTES) * MIC_FRAME_BYTES, b"\0")
