"""Make the mapping of telephone lines: `python -m agent.speech.telephone_band.learning`; needs flite and espeak-ng.

Sentences of common words are spoken by synthetic voices whose pitch, speed and length of the vocal tract vary, and are
sent over a simulated line: another handset's colour, another level, other people or noise behind. Of each frame the
network learns to give, from what arrives, the cepstra of what was said, all of the band and without the noise. The
voices of flite that are named here and those of espeak-ng are all that it hears: no human voice, and none of HELD_OUT,
by which it is judged. The words come from `phrases/common_en.txt` in any order, so no customer's line is learned.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.speech.sphinx_vocabulary import PHRASES
from agent.speech.telephone_band.mapping import AFTER, BEFORE, PRESENT, WEIGHTS, Network, padded, windows, without_level
from agent.speech.telephone_band.spectrum import COSINES, Frames, Spectrum
from telephony.leg import MIC_RATE
from telephony.line.codecs import Pcmu
from telephony.line.level import active_level
from telephony.pcm import from_wav, resample

HELD_OUT = ("flite:slt", "flite:awb")
"""Voices that the network never hears."""
_FLITE = (("rms", 95), ("kal16", 105))
_ESPEAK = [f"{way}+{voice}" for way in ("en-us", "en-gb", "en-gb-scotland") for voice in ("m1", "m3", "m7", "f1", "f2")]
_SENTENCES, _WORDS = 700, (4, 9)
_TRACTS = (0.85, 1.3)
_ROOM = 8.0
_LEVELS_DB, _SNRS_DB, _NOISY, _COLOURED = (-14.0, 6.0), (5.0, 30.0), 0.5, 0.6
_HIDDEN, _PASSES, _BATCH, _RATE = (128, 128), 6, 2_048, 2e-3
_Audio = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """What the network sees and what it shall give, row by row."""

    seen: NDArray[np.float32]
    meant: NDArray[np.float32]


def speech(random: np.random.Generator) -> list[_Audio]:
    """Every sentence by a voice of flite and by one of espeak-ng, 16-bit values at MIC_RATE."""
    common = [word for word in (PHRASES / "common_en.txt").read_text().splitlines() if word[:1] != "#"]
    spoken = []
    for number in range(_SENTENCES):
        sentence = " ".join(random.choice(common, random.integers(*_WORDS)))
        name, pitch = _FLITE[number % len(_FLITE)]
        tract = random.uniform(*_TRACTS)
        slower, higher = tract * random.uniform(0.9, 1.2), random.uniform(0.85, 1.5) / tract
        flite = ["flite", "-voice", name, "--setf", f"duration_stretch={slower:.3f}"]
        flite += ["--setf", f"int_f0_target_mean={pitch * higher:.1f}", "-t", sentence, "-o", "/dev/stdout"]
        spoken.append(_spoken(flite, tract))
        speed = str(int(random.uniform(130, 210)))
        espeak = ["espeak-ng", "-v", str(random.choice(_ESPEAK)), "-s", speed, "--stdout", sentence]
        spoken.append(_spoken(espeak, random.uniform(0.95, 1.05)))
    return spoken


def _spoken(command: list[str], tract: float) -> _Audio:
    """What a program speaks, by a vocal tract that is shorter by a factor."""
    pcm, rate = from_wav(subprocess.run(command, capture_output=True, check=True).stdout)
    return np.frombuffer(resample(pcm, int(rate * tract), MIC_RATE), np.int16).astype(np.float64)


def pairs(spoken: list[_Audio], random: np.random.Generator) -> Pairs:
    """Send every sentence over a line of its own."""
    babbles = [_babble(spoken, random) for _ in range(6)]
    seen, meant = [], []
    for one in spoken:
        said, arrived = _sent(one, babbles, random)
        inputs, level = windows(padded(arrived))
        seen.append(inputs)
        meant.append(without_level(said @ COSINES.T, level).astype(np.float32))
    return Pairs(np.concatenate(seen), np.concatenate(meant))


def _sent(one: _Audio, babbles: list[_Audio], random: np.random.Generator) -> tuple[Frames, Frames]:
    """Log mel spectra of a sentence in a quiet room, and of the same where it arrives."""
    before, behind = (np.zeros(int(random.uniform(0.1, 0.6) * MIC_RATE)) for _ in range(2))
    gain = 10 ** (random.uniform(*_LEVELS_DB) / 20)
    clean = np.concatenate((before, one * gain, behind))
    clean = clean[: clean.size // 2 * 2] + random.normal(0, _ROOM, clean.size // 2 * 2)
    sent = _coloured(clean, random) if random.random() < _COLOURED else clean
    if random.random() < _NOISY:
        level = active_level((one * gain).astype(np.float32)) * 10 ** (-random.uniform(*_SNRS_DB) / 20)
        sent = sent + _noise(clean.size, babbles, random) * level
    codec = Pcmu()
    late = int(codec.delay_ms * MIC_RATE / 1000)
    arrived = codec.decode(codec.encode(np.concatenate((_whole(sent), np.zeros(late))).astype(np.float32)))[late:]
    said, heard = Spectrum().push(_whole(clean)), Spectrum().push(_whole(arrived.astype(np.float64)))
    return said[: len(heard)], heard[: len(said)]


def _whole(samples: _Audio) -> _Audio:
    return np.clip(np.rint(samples), -32768, 32767)


def _coloured(samples: _Audio, random: np.random.Generator) -> _Audio:
    """Through a handset that makes some frequencies louder than others, by up to 8 dB."""
    decibels = np.cumsum(random.normal(0, 1.2, 17))
    decibels = np.clip(decibels - decibels[3:8].mean(), -8, 8)
    taps = np.roll(np.fft.irfft(10 ** (decibels / 20), 32), 16) * np.hanning(33)[:32]
    return np.asarray(np.convolve(samples, taps, "same"))


def _babble(spoken: list[_Audio], random: np.random.Generator) -> _Audio:
    """A minute of several people at once, root mean square 1."""
    mixed = np.zeros(60 * MIC_RATE)
    for _ in range(random.integers(4, 10)):
        talk = np.concatenate([spoken[n] for n in random.integers(0, len(spoken), 40)])
        mixed += np.resize(talk / np.sqrt((talk * talk).mean()), mixed.size)
    return np.asarray(mixed / np.sqrt((mixed * mixed).mean()))


def _noise(size: int, babbles: list[_Audio], random: np.random.Generator) -> _Audio:
    """People, or noise whose spectrum falls with 0, 3 or 6 dB an octave; root mean square 1."""
    if random.random() < 0.55:
        babble = babbles[random.integers(len(babbles))]
        return np.roll(babble, -int(random.integers(babble.size)))[:size]
    spectrum = np.fft.rfft(random.normal(size=size))
    noise = np.fft.irfft(spectrum / np.arange(1, spectrum.size + 1) ** random.choice((0.0, 0.5, 1.0)), size)
    return np.asarray(noise / np.sqrt((noise * noise).mean()))


def learned(data: Pairs, random: np.random.Generator) -> Network:
    """A network for the pairs, by Adam on the squared error of each cepstrum over its spread."""
    centre, spread = data.seen.mean(axis=0), data.seen.std(axis=0) + 1e-3
    middle, scale = data.meant.mean(axis=0), data.meant.std(axis=0)
    sizes = [PRESENT.size * (BEFORE + 1 + AFTER), *_HIDDEN, middle.size]
    values = [random.normal(0, np.sqrt(2 / a), (a, b)).astype(np.float32) for a, b in pairwise(sizes)]
    values += [np.zeros(size, np.float32) for size in sizes[1:]]
    layers = len(sizes) - 1
    first, second = [np.zeros_like(v) for v in values], [np.zeros_like(v) for v in values]
    batches = [batch for _ in range(_PASSES) for batch in _batches(len(data.seen), random)]
    for step, batch in enumerate(batches, 1):
        inputs, meant = (data.seen[batch] - centre) / spread, (data.meant[batch] - middle) / scale
        slopes = _slopes(values[:layers], values[layers:], inputs, meant)
        rate = _RATE * 0.5 * (1 + np.cos(np.pi * step / len(batches)))
        for value, slope, mean, square in zip(values, slopes, first, second, strict=True):
            mean += 0.1 * (slope - mean)
            square += 0.001 * (slope * slope - square)
            value -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    weights, biases = values[:layers], values[layers:]
    weights[0] = weights[0] / spread[:, None]
    biases[0] = biases[0] - centre @ weights[0]
    weights[-1], biases[-1] = weights[-1] * scale, biases[-1] * scale + middle
    return Network(tuple(weights), tuple(biases))


def _batches(size: int, random: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    order = random.permutation(size)
    for start in range(0, size - _BATCH + 1, _BATCH):
        yield order[start : start + _BATCH]


def _slopes(
    weights: list[NDArray[np.float32]],
    biases: list[NDArray[np.float32]],
    inputs: NDArray[np.float32],
    meant: NDArray[np.float32],
) -> list[NDArray[np.float32]]:
    """How the squared error grows with each weight, then with each bias."""
    shown = [inputs]
    for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        value = shown[-1] @ weight + bias
        shown.append(np.maximum(value, 0) if layer < len(weights) - 1 else value)
    error = (shown[-1] - meant) * np.float32(2 / len(meant))
    by_weight, by_bias = [], []
    for layer in reversed(range(len(weights))):
        by_weight.append(shown[layer].T @ error)
        by_bias.append(error.sum(axis=0))
        error = (error @ weights[layer].T) * (shown[layer] > 0)
    return [*reversed(by_weight), *reversed(by_bias)]


def main() -> int:
    """Make it, and say how far it is from the truth on sentences that it did not learn."""
    random = np.random.default_rng(20)
    spoken = speech(random)
    seconds = sum(one.size for one in spoken) / MIC_RATE
    print(f"{len(spoken)} sentences, {seconds / 60:.0f} minutes", file=sys.stderr, flush=True)
    data = pairs(spoken, random)
    print(f"{len(data.seen)} frames", file=sys.stderr, flush=True)
    rest = len(data.seen) * 49 // 50
    network = learned(Pairs(data.seen[:rest], data.meant[:rest]), random)
    missed = network(data.seen[rest:]) - data.meant[rest:]
    share = (missed.var(axis=0) / data.meant[rest:].var(axis=0)).mean()
    layers: dict[str, Any] = {f"weight{n}": w.astype(np.float16) for n, w in enumerate(network.weights)}
    np.savez_compressed(WEIGHTS, **layers | {f"bias{n}": b for n, b in enumerate(network.biases)})
    print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1000:.0f} kB; unexplained {share:.2f}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
