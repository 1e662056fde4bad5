"""One customer's line: what the microphone hears becomes what arrives, frame by frame."""

from __future__ import annotations

import numpy as np

from telephony.leg import FRAME_MS
from telephony.line.channel import Channel
from telephony.line.codecs import FRAME, codec_for
from telephony.line.echo import EchoPath
from telephony.line.filters import Samples
from telephony.line.noise import NoiseSource
from telephony.line.packets import Concealer, Network


class Line:
    """Carries the customer's audio over a channel; the same seed gives the same line."""

    def __init__(self, channel: Channel, *, speech_level: float, seed: int = 0) -> None:
        """Open a line.

        Args:
            channel: What it is like.
            speech_level: Active level of the customer's voice, sample values; noise is measured against it.
            seed: Draws noise, loss, jitter and the room of an echo.
        """
        noise_seed, network_seed, room_seed = np.random.SeedSequence(seed).spawn(3)
        self._codec = codec_for(channel.codec)
        self._network = Network(channel, np.random.default_rng(network_seed))
        self._concealer = Concealer()
        self._echo: EchoPath | None = None
        if channel.echo is not None:
            self._echo = EchoPath(channel.echo, np.random.default_rng(room_seed))
        self._noise: NoiseSource | None = None
        if channel.noise is not None:
            level = speech_level * 10 ** (-channel.noise.snr_db / 20)
            self._noise = NoiseSource(channel.noise.kind, level, np.random.default_rng(noise_seed))

    @property
    def delay_ms(self) -> float:
        """How much later sound arrives than it was made."""
        return self._codec.delay_ms + self._network.depth * FRAME_MS

    def hear(self, frame: bytes) -> None:
        """Take a frame of the agent, of which an echo may come back."""
        if self._echo is not None:
            self._echo.hear(frame)

    def carry(self, samples: Samples) -> Samples:
        """Take a frame of FRAME samples and return the one that arrives now."""
        if self._echo is not None:
            samples = samples + self._echo.take(samples.size)
        if self._noise is not None:
            samples = samples + self._noise.take(samples.size)
        payload = self._network.carry(self._codec.encode(samples))
        if payload is None:
            return self._concealer.gap(FRAME)
        return self._concealer.good(self._codec.decode(payload))
