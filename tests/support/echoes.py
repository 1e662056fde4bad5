"""What a microphone brings while the agent speaks: real voices, an echo of the agent, a customer over it."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle

import numpy as np

from agent.call.turns.echo import EchoGuard
from agent.speech.espeak import EspeakSynthesizer
from agent.speech.vad import WINDOW_MS, WINDOW_SAMPLES, SpeechProbe
from cases.domain.vocabulary import Language
from telephony.customer_speech import CustomerVoice
from telephony.leg import MIC_FRAME_BYTES, MIC_RATE, SPEAKER_FRAME_BYTES, SPEAKER_RATE
from telephony.line import Channel, Codec, Echo, Line
from telephony.pcm import resample

Sound = np.ndarray
AGENT_DBFS, CUSTOMER_DBFS = -20.0, -24.0
AGENT = (
    "Hello, this is Northbank. I'm an automated assistant, not a person, and this call is recorded.",
    "If you don't want that, just tell me. I'm calling for a security check. Am I speaking to Alex Morgan?",
    "Thank you. We've stopped a payment of four hundred pounds. Did you make this payment?",
)
CUSTOMER = (
    ("flite:rms", "Can you say that again, please?"),
    ("flite:rms", "Wait, who are you?"),
    ("flite:slt", "No, I didn't make that payment."),
)
"""Lines that personas of the package say: their audio is there without flite."""
CHINESE = (
    "您好，这里是北方银行。我是自动语音助手，不是真人，这通电话会录音。",
    "谢谢您。我们先帮您拦下了一笔付款，请问这笔是您本人操作的吗？",
)


def _levelled(samples: Sound, dbfs: float) -> Sound:
    loud = samples[np.abs(samples) > 200]
    return samples * (32768 * 10 ** (dbfs / 20) / np.sqrt(np.mean(loud * loud)))


@functools.cache
def agent_says(text: str, language: Language = Language.EN) -> bytes:
    """A line of the agent by espeak-ng, 16-bit at SPEAKER_RATE, in whole frames."""

    async def speak() -> bytes:
        mouth = EspeakSynthesizer()
        await mouth.warm()
        try:
            return b"".join([chunk.pcm async for chunk in mouth.synthesize(text, language)])
        finally:
            await mouth.aclose()

    spoken = resample(asyncio.run(speak()), EspeakSynthesizer().sample_rate, SPEAKER_RATE)
    loud = _levelled(np.frombuffer(spoken, np.int16).astype(np.float64), AGENT_DBFS).astype(np.int16).tobytes()
    return loud[: len(loud) // SPEAKER_FRAME_BYTES * SPEAKER_FRAME_BYTES]


@functools.cache
def customer_says(voice: str, text: str, dbfs: float = CUSTOMER_DBFS) -> Sound:
    """A line of the customer at MIC_RATE, without silence around it."""
    samples = np.frombuffer(asyncio.run(CustomerVoice().speak(text, voice)), np.int16).astype(np.float64)
    loud = np.flatnonzero(np.abs(samples) > 160)
    return _levelled(samples[loud[0] : loud[-1]], dbfs)


@dataclass
class Heard:
    """What came of it, window by window.

    Attributes:
        speech: What the probe takes for speech.
        echo: What the guard explains.
        customer: Where the customer really speaks.
        cost_ms: Processor time of the guard per window.
    """

    guard: EchoGuard
    speech: Sound
    echo: Sound
    customer: Sound
    cost_ms: float
    delays: list[float | None] = field(default_factory=list)

    def heard_after_ms(self, at_s: float) -> float:
        """How long after a moment three windows of speech, a tenth of a second, are left."""
        first = int(at_s * 1000 / WINDOW_MS)
        return float(np.searchsorted(np.cumsum(self.over[first:]), 3) * WINDOW_MS)

    @property
    def over(self) -> Sound:
        """Speech that is left to be the customer's."""
        return self.speech & ~self.echo


def listen(
    lines: Sequence[str],
    *,
    echo: Echo | None = None,
    codec: Codec = Codec.PCMU,
    customer: Sequence[tuple[float, Sound]] = (),
    noise: float = 8.0,
    language: Language = Language.EN,
    off_ms: Sequence[float] = (0.0,),
    seed: int = 0,
) -> Heard:
    """Let the agent say lines with a second after each, the customer speak at given seconds, and the guard listen.

    The place of each line is told wrongly by the next of `off_ms`, as where both sides' frames drift apart; `seed`
    draws the room.
    """
    spoken = [agent_says(line, language) + bytes(SPEAKER_FRAME_BYTES * 50) for line in lines]
    agent = b"".join(spoken)
    off = [
        ms for piece, ms in zip(spoken, cycle(off_ms), strict=False) for _ in range(0, len(piece), SPEAKER_FRAME_BYTES)
    ]
    frames = len(agent) // SPEAKER_FRAME_BYTES
    said = np.zeros(frames * MIC_FRAME_BYTES // 2)
    for at_s, samples in customer:
        start = int(at_s * MIC_RATE)
        said[start : start + samples.size] += samples[: said.size - start]
    room = said + np.random.default_rng(1).normal(0, noise, said.size)
    line, guard, probe = Line(Channel(codec, echo=echo), speech_level=1_000.0, seed=seed), EchoGuard(), SpeechProbe()
    came, rows, cost = bytearray(), list[tuple[float, bool, float | None]](), 0.0
    for frame in range(frames):
        sent = agent[frame * SPEAKER_FRAME_BYTES :][:SPEAKER_FRAME_BYTES]
        began = time.process_time()
        if any(sent):
            guard.played(sent, frame * 20.0 + off[frame])
        cost += time.process_time() - began
        line.hear(sent)
        arrived = line.carry(room[frame * 320 : frame * 320 + 320].astype(np.float32))
        came += np.clip(np.rint(arrived), -32768, 32767).astype(np.int16).tobytes()
        while len(came) >= (len(rows) + 1) * WINDOW_SAMPLES * 2:
            window = bytes(came[len(rows) * WINDOW_SAMPLES * 2 :][: WINDOW_SAMPLES * 2])
            (probability,) = probe.push(window)
            began = time.process_time()
            explained = guard.explains(window, len(rows) * WINDOW_MS)
            cost += time.process_time() - began
            rows.append((probability, explained, guard.delay_ms))
    probe.close()
    shift = int(line.delay_ms * MIC_RATE / 1000)
    speaking = np.concatenate((np.zeros(shift), np.abs(said)))[: len(rows) * WINDOW_SAMPLES]
    levels = np.sqrt((speaking**2).reshape(-1, WINDOW_SAMPLES).mean(axis=1))
    return Heard(
        guard,
        np.array([probability >= 0.35 for probability, _, _ in rows]),
        np.array([explained for _, explained, _ in rows]),
        levels > 200,
        cost * 1000 / len(rows),
        [delay for _, _, delay in rows],
    )
