"""Render the babble behind noisy lines: `python -m telephony.line.render_babble`; needs flite."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from telephony.customer_speech import encode_clip
from telephony.leg import MIC_RATE
from telephony.line.filters import Samples
from telephony.line.level import active_level
from telephony.line.noise import BABBLE
from telephony.pcm import from_wav, resample

TALK = Path(__file__).parent / "babble.txt"
"""What is talked about, a sentence a line."""
TALKERS = (
    ("slt", 1.0, 180), ("rms", 1.0, 95), ("awb", 1.05, 125), ("kal16", 1.0, 105),
    ("slt", 1.15, 215), ("rms", 0.9, 120), ("awb", 0.92, 150), ("slt", 0.95, 160),
)  # fmt: skip
"""Voice, stretch of its durations and mean pitch in Hz of each talker."""
SECONDS = 30
_LEVEL = 1_500.0


def talk(voice: str, stretch: float, pitch: int, sentences: list[str]) -> Samples:
    """One talker's sentences in a row, at one level."""
    text = " ".join(sentences)
    command = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch}"]
    command += ["--setf", f"int_f0_target_mean={pitch}", "-t", text, "-o", "/dev/stdout"]
    wav = subprocess.run(command, capture_output=True, check=True).stdout
    samples, rate = from_wav(wav)
    spoken = np.frombuffer(resample(samples, rate, MIC_RATE), np.int16).astype(np.float32)
    return np.asarray(spoken / active_level(spoken), np.float32)


def babble() -> Samples:
    """All talkers at once, each beginning at another sentence."""
    sentences = TALK.read_text(encoding="utf-8").split("\n")
    sentences = [sentence for sentence in sentences if sentence]
    mixed = np.zeros(SECONDS * MIC_RATE, np.float32)
    for number, (voice, stretch, pitch) in enumerate(TALKERS):
        first = number * len(sentences) // len(TALKERS)
        spoken = talk(voice, stretch, pitch, sentences[first:] + sentences[:first])
        mixed += np.resize(spoken, mixed.size)
    return np.asarray(mixed * (_LEVEL / np.sqrt(np.mean(mixed * mixed))), np.float32)


def main() -> int:
    """Render it."""
    BABBLE.write_bytes(encode_clip(np.clip(babble(), -32768, 32767).astype(np.int16).tobytes()))
    print(f"{BABBLE.name}: {BABBLE.stat().st_size / 1000:.0f} kB", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
