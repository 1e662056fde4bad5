"""What is around a customer's voice: a cough, the room, the line, and what is always heard on it."""

from __future__ import annotations

import numpy as np

from bench.turn_taking.customers.flite import Samples
from telephony.leg import MIC_RATE
from telephony.line.channel import NoiseKind
from telephony.line.codecs import FRAME, Pcmu
from telephony.line.filters import low_pass
from telephony.line.noise import NoiseSource

CONDITIONS = ("clean", "babble", "g711")
"""Lines: a quiet room; babble behind the customer; a telephone's band and codec (ITU-T G.711, µ-law)."""
SPEECH_LEVEL = 1_640.0
"""Active level (ITU-T P.56) of a customer who speaks neither softly nor loudly: -26 dB of 16 bits, as P.56 asks."""
BABBLE_SNR_DB = 15.0
"""SPEECH_LEVEL over the root mean square of the babble, both over 0 to 8 kHz; clips come softer and louder than it."""
ROOM_NOISE_DB = -45.0
"""Root mean square of a quiet room's pink noise, relative to SPEECH_LEVEL."""
LINE_NOISE_DB = -50.0
"""Root mean square of the white noise of a telephone line before its codec, relative to SPEECH_LEVEL."""
TELEPHONE_GAIN_DB = 5.0
"""What a telephone adds to a voice, so that its band keeps about the level that the voice had."""
BED_S = 30.0
_TAPS = 129
_RAMP_S = 0.5


def cough(random: np.random.Generator) -> Samples:
    """One to three coughs: each a burst, a rush of air, and now and then a voiced end (after Korpas and others, 1996).

    Returns:
        The audio, with a peak of 1.
    """
    bursts: list[Samples] = []
    for place in range(int(random.integers(1, 4))):
        if place:
            bursts.append(np.zeros(int(random.uniform(0.06, 0.16) * MIC_RATE), np.float32))
        bursts.append(_one_cough(random) * np.float32(0.8**place))
    samples = np.concatenate(bursts)
    return np.asarray(samples / np.abs(samples).max(), np.float32)


def _one_cough(random: np.random.Generator) -> Samples:
    count = int(random.uniform(0.22, 0.38) * MIC_RATE)
    at = np.arange(count) / MIC_RATE
    attack = 1 - np.exp(-at / random.uniform(0.002, 0.006))
    burst = attack * np.exp(-at / random.uniform(0.025, 0.045))
    rush = random.uniform(0.15, 0.35) * attack * np.exp(-at / random.uniform(0.08, 0.14))
    air = _shaped(count, random.uniform(600, 1_400), random) * (burst + rush)
    if random.random() < 0.6:
        pitch = random.uniform(130, 280) * np.linspace(1.1, 0.8, count)
        buzz = np.sign(np.sin(2 * np.pi * np.cumsum(pitch) / MIC_RATE)) * 0.3
        voiced = buzz * np.exp(-(((at - at[-1] * 0.65) / 0.05) ** 2))
        air += np.convolve(voiced, low_pass(1_500, MIC_RATE, _TAPS), "same")
    fade = min(count, int(0.02 * MIC_RATE))
    air[count - fade :] *= np.linspace(1, 0, fade)
    return air.astype(np.float32)


def _shaped(count: int, centre_hz: float, random: np.random.Generator) -> Samples:
    """Noise with a broad peak, falling by 6 dB an octave above it; root mean square 1."""
    spectrum = np.fft.rfft(random.normal(size=count))
    hertz = np.maximum(np.fft.rfftfreq(count, 1 / MIC_RATE), 1.0)
    noise = np.fft.irfft(spectrum / (centre_hz / hertz + hertz / centre_hz), count)
    return np.asarray(noise / np.sqrt(np.mean(noise * noise)), np.float32)


def in_room(samples: Samples, random: np.random.Generator, *, direct_db: float = 15.0, decay_s: float = 0.2) -> Samples:
    """The same with the reverberation of a room behind it: noise that decays exponentially (Polack, 1988).

    Args:
        samples: The dry sound.
        random: Draws the room.
        direct_db: Energy of the direct sound over that of the reverberation.
        decay_s: Time in which reverberation falls by 60 dB.
    """
    count = int(decay_s * MIC_RATE)
    at = np.arange(count) / MIC_RATE
    response = random.normal(size=count) * 10 ** (-3 * at / decay_s)
    response[: int(0.003 * MIC_RATE)] = 0
    response *= 10 ** (-direct_db / 20) / np.sqrt((response * response).sum())
    response[0] = 1.0
    length = samples.size + count
    size = 1 << (length - 1).bit_length()
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    return wet[:length].astype(np.float32)


def muffled(samples: Samples, cutoff_hz: float) -> Samples:
    """The same without what lies above a frequency, as from behind a head or a door."""
    taps = low_pass(cutoff_hz, MIC_RATE, _TAPS)
    return np.convolve(samples, taps, "same").astype(np.float32)


def softly_begun(samples: Samples, from_s: float) -> Samples:
    """The same with a voice that swells from -20 dB over 0.15 s after a time."""
    gain = np.ones(samples.size, np.float32)
    first, count = int(from_s * MIC_RATE), int(0.15 * MIC_RATE)
    ramp = 10 ** (np.linspace(-20, 0, count) / 20)[: max(0, samples.size - first)]
    gain[first : first + ramp.size] = ramp
    gain[:first] = 0.1
    return samples * gain


def over_telephone(samples: Samples) -> Samples:
    """The same over a telephone's band and codec, at its place in time."""
    codec = Pcmu()
    delay = round(codec.delay_ms * MIC_RATE / 1000)
    padded = np.concatenate((samples, np.zeros(delay + FRAME - (samples.size + delay) % FRAME, np.float32)))
    carried = [codec.decode(codec.encode(padded[at : at + FRAME])) for at in range(0, padded.size, FRAME)]
    return np.asarray(np.concatenate(carried)[delay : delay + samples.size], np.float32)


def bed(condition: str, random: np.random.Generator) -> Samples:
    """What is always heard on a line, BED_S long; its end meets its beginning.

    Args:
        condition: One of CONDITIONS.
        random: Draws where the noise begins.
    """
    kind, level_db = {
        "clean": (NoiseKind.PINK, ROOM_NOISE_DB),
        "babble": (NoiseKind.BABBLE, -BABBLE_SNR_DB),
        "g711": (NoiseKind.WHITE, LINE_NOISE_DB),
    }[condition]
    count, ramp = int(BED_S * MIC_RATE), int(_RAMP_S * MIC_RATE)
    noise = NoiseSource(kind, SPEECH_LEVEL * 10 ** (level_db / 20), random).take(count + ramp)
    if condition == "g711":
        noise = over_telephone(noise)
    share = np.linspace(0, 1, ramp)
    looped = noise[:count].copy()
    looped[:ramp] = np.sqrt(share) * looped[:ramp] + np.sqrt(1 - share) * noise[count:]
    return np.asarray(looped, np.float32)
