"""The stub stages that every system gets: how slow a model and a voice are, and what the voice sounds like."""

from __future__ import annotations

from zlib import crc32

import numpy as np

from bench.turn_taking.stage.script import RATE

INTERIM_LAG_S = 0.15
"""How far interim words lag behind speech."""
FINAL_S = 0.05
"""How long a final transcript takes once it is asked for."""
MODEL_S = 0.1
"""How long the model takes to its first token; the others come at once."""
SPEECH_S = 0.08
"""How long the voice takes to its first audio; the rest comes at once."""
CHARACTER_S = 0.06
"""How long the voice takes to say a character."""
LEVEL = 8_000
"""Amplitude of the voice, of 32,767."""
TONES_HZ = (180.0, 380.0)
"""The voice is a tone without a break, so that where it is heard is seen to the sample; each word has its own pitch
between these, so that a line that begins again is told from one that goes on."""


def spoken(text: str) -> bytes:
    """The voice's audio of a text: 16-bit mono at RATE."""
    samples = int(len(text) * CHARACTER_S * RATE)
    pitches = np.array([pitch for word in text.split(" ") for pitch in [_pitch(word)] * (len(word) + 1)])
    character = np.minimum((np.arange(samples) / (CHARACTER_S * RATE)).astype(int), len(text))
    wave = LEVEL * np.sin(2 * np.pi * np.cumsum(pitches[character]) / RATE)
    return wave.astype("<i2").tobytes()


def _pitch(word: str) -> float:
    """A word's pitch, Hz; the same wherever it stands."""
    low, high = TONES_HZ
    return low + crc32(word.strip(".,;:?!").lower().encode()) % int(high - low)


def tokens(text: str) -> list[str]:
    """A text as a model streams it: joined, they are the text."""
    words = text.split(" ")
    return [word + " " for word in words[:-1]] + words[-1:]
