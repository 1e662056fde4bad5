"""Hold music: a short tune of our own, made by code when it is first needed, so that nobody's rights are in it.

Eight bars of four chords, plucked softly, with a low voice under them; 60 beats a minute. It is kept below 3.4 kHz and
at an even level, so that it sounds the same over a telephone, and far softer than speech, so that whoever speaks over
it is heard.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from telephony.leg import FRAME_MS, SPEAKER_FRAME_BYTES, SPEAKER_RATE

LEVEL_DB = -30.0
"""Root mean square of the tune, decibels under full scale."""
BEAT_S = 1.0
FADE_S = 0.25
"""Length of the fade in where the music begins."""
_CHORDS = ((48, 64, 67, 72, 76), (45, 60, 64, 69, 72), (41, 60, 65, 69, 72), (43, 59, 62, 67, 71))
"""Bass and four notes of each chord, as MIDI note numbers: C, A minor, F, G."""
_FIGURES = ((1, 2, 3, 4, 3, 2, 3, 2), (1, 3, 2, 4, 2, 3, 4, 3))
"""Which notes are plucked in the eight half beats of a bar; the second time round the other way."""
_PARTIALS = ((1.0, 1.0), (2.0, 0.35), (3.0, 0.12))
"""Overtones of a plucked string: multiple of the note's frequency, share of its loudness."""


@cache
def tune() -> bytes:
    """The tune, 16-bit mono at SPEAKER_RATE, a whole number of frames; its end leads into its beginning."""
    bar = int(4 * BEAT_S * SPEAKER_RATE)
    total = bar * len(_CHORDS) * len(_FIGURES)
    mixed = np.zeros(total, np.float64)
    plucked = cache(_plucked)
    for place, (figure, chord) in enumerate((figure, chord) for figure in _FIGURES for chord in _CHORDS):
        _add(mixed, place * bar, plucked(chord[0], 4 * BEAT_S, 1.6))
        for half, note in enumerate(figure):
            _add(mixed, place * bar + half * bar // 8, plucked(chord[note], 1.5 * BEAT_S, 0.5))
    mixed *= 32767 * 10 ** (LEVEL_DB / 20) / np.sqrt(np.mean(mixed * mixed))
    return np.clip(np.rint(mixed), -32768, 32767).astype(np.int16).tobytes()


def _plucked(note: int, seconds: float, decay_s: float) -> NDArray[np.float64]:
    """One note: a soft beginning, then it dies away."""
    at = np.arange(int(seconds * SPEAKER_RATE)) / SPEAKER_RATE
    hertz = 440.0 * 2 ** ((note - 69) / 12)
    wave = sum((share * np.sin(2 * np.pi * multiple * hertz * at) for multiple, share in _PARTIALS), np.zeros(at.size))
    shape = np.exp(-at / decay_s) * np.minimum(1.0, at / 0.012)
    return np.asarray(wave * shape * np.minimum(1.0, (seconds - at) / 0.05))


def _add(into: NDArray[np.float64], start: int, note: NDArray[np.float64]) -> None:
    """Add a note; what rings on beyond the end rings into the beginning."""
    inside = min(note.size, into.size - start)
    into[start : start + inside] += note[:inside]
    into[: note.size - inside] += note[inside:]


class HoldMusic:
    """The tune from its beginning, over and over, frame by frame."""

    def __init__(self) -> None:
        """Begin at the beginning, softly."""
        self._tune = tune()
        self._at = 0
        self._frames = 0

    def next_frame(self) -> bytes:
        """The next frame of SPEAKER_FRAME_BYTES."""
        frame = self._tune[self._at : self._at + SPEAKER_FRAME_BYTES]
        self._at = (self._at + SPEAKER_FRAME_BYTES) % len(self._tune)
        self._frames += 1
        faded_ms = self._frames * FRAME_MS
        if faded_ms >= FADE_S * 1000:
            return frame
        gain = np.linspace((faded_ms - FRAME_MS) / 1000 / FADE_S, faded_ms / 1000 / FADE_S, len(frame) // 2)
        return (np.frombuffer(frame, np.int16) * gain).astype(np.int16).tobytes()
