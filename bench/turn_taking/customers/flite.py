"""Debian's flite as a customer's voice: a sentence's audio with the time of every word, as flite itself made them.

flite prints where each phone of its utterance ends (`-psdur`), and lays out the audio by these very durations. Which
phones belong to which word is found by asking for each word's phones alone (`-ps`) and aligning the two lists: they
differ by little more than reduced vowels.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from telephony.leg import MIC_RATE
from telephony.pcm import from_wav

Samples = NDArray[np.float32]
"""Audio at MIC_RATE, 16-bit sample values as floats."""
PITCH_HZ = {"slt": 172, "rms": 100, "awb": 130, "kal16": 105}
"""Voices at MIC_RATE, with the pitch each was built on; rms keeps its own whatever it is asked for."""
_PAUSE = "pau"


class FliteError(Exception):
    """flite is not installed, or did not do what it was asked."""

    code = "flite"


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody speaks.

    Attributes:
        voice: A key of PITCH_HZ.
        stretch: Durations over the voice's own.
        pitch_hz: Mean pitch.
        liveliness_hz: Spread of the pitch around its mean; flite's voices were built with 10 to 25.
        size: Formants and pitch are divided by this, as by a longer throat; 1 for the voice as it is.
    """

    voice: str
    stretch: float = 1.0
    pitch_hz: float = 120.0
    liveliness_hz: float = 20.0
    size: float = 1.0


@dataclass(frozen=True, slots=True)
class Utterance:
    """A sentence's audio.

    Attributes:
        samples: The audio with flite's silence before and behind it.
        words: Begin and end of each word, seconds.
    """

    samples: Samples
    words: tuple[tuple[float, float], ...]


def speak(words: Sequence[str], manner: Manner, lengthened: frozenset[int] = frozenset()) -> Utterance:
    """Speak one sentence.

    Args:
        words: Its words with their punctuation; a mark that ends a sentence stands at the last one alone.
        manner: How.
        lengthened: Places of words that are drawn out to some 1.7 times their length.

    Raises:
        FliteError: flite is not installed, failed, or a word has no phones.
    """
    marked = [
        f'<prosody rate="0.6">{escape(word)}</prosody>' if place in lengthened else escape(word)
        for place, word in enumerate(words)
    ]
    samples, phones = _run(("-ssml", "-t", " ".join(marked)), manner)
    spans = [(begin, end) for name, begin, end in phones if name != _PAUSE]
    owners = _owners([name for name, _, _ in phones if name != _PAUSE], [_phones_of(word) for word in words])
    times = []
    for place, word in enumerate(words):
        own = [span for span, owner in zip(spans, owners, strict=True) if owner == place]
        if not own:
            raise FliteError(f"flite leaves {word!r} unspoken in {' '.join(words)!r}; write the word otherwise.")
        times.append((own[0][0], own[-1][1]))
    return _sized(samples, times, manner.size)


def utter(phones: str, manner: Manner) -> Utterance:
    """Speak phones, as one word.

    Args:
        phones: Names of phones of US English, with a space between.
        manner: How.

    Raises:
        FliteError: flite is not installed or failed.
    """
    samples, made = _run(("-p", f"{_PAUSE} {phones} {_PAUSE}"), manner)
    spans = [(begin, end) for name, begin, end in made if name != _PAUSE]
    return _sized(samples, [(spans[0][0], spans[-1][1])], manner.size)


def _run(
    what: tuple[str, str] | tuple[str, str, str], manner: Manner
) -> tuple[Samples, list[tuple[str, float, float]]]:
    """Audio and phones (name, begin, end in seconds) of a text or of phones."""
    program = shutil.which("flite")
    if program is None:
        raise FliteError("flite is not installed; get it with `apt-get install flite`.")
    features = {
        "duration_stretch": manner.stretch,
        "int_f0_target_mean": manner.pitch_hz,
        "int_f0_target_stddev": manner.liveliness_hz,
    }
    settings = [part for name, value in features.items() for part in ("--setf", f"{name}={value:g}")]
    with TemporaryDirectory() as folder:
        target = Path(folder) / "spoken.wav"
        command = [program, "-voice", manner.voice, *settings, "-psdur", *what, "-o", str(target)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not target.is_file():
            raise FliteError(f"flite could not speak {what[-1]!r}: {done.stderr.strip() or 'no output'}.")
        pcm, rate = from_wav(target.read_bytes())
    if rate != MIC_RATE:
        raise FliteError(f"flite's voice {manner.voice} speaks at {rate} Hz; choose one of {', '.join(PITCH_HZ)}.")
    phones, begin = [], 0.0
    for part in done.stdout.split():
        name, _, end = part.partition(":")
        phones.append((name, begin, float(end)))
        begin = float(end)
    return np.frombuffer(pcm, np.int16).astype(np.float32), phones


@functools.cache
def _phones_of(word: str) -> tuple[str, ...]:
    """The phones of a word that stands alone; they hardly differ between voices, of which kal16 is the quickest."""
    program = shutil.which("flite")
    if program is None:
        raise FliteError("flite is not installed; get it with `apt-get install flite`.")
    command = [program, "-voice", "kal16", "-ps", "-t", f"{word} ", "-o", "none"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return tuple(phone for phone in done.stdout.split() if phone != _PAUSE)


def _owners(phones: Sequence[str], words: Sequence[tuple[str, ...]]) -> list[int]:
    """Which word each phone of a sentence belongs to: the alignment with the fewest changes (Levenshtein, 1966).

    A phone that no word alone has goes to the word before it.
    """
    alone = [(phone, place) for place, word in enumerate(words) for phone in word]
    cost = np.zeros((len(phones) + 1, len(alone) + 1))
    cost[:, 0], cost[0, :] = np.arange(len(phones) + 1), np.arange(len(alone) + 1)
    for row, phone in enumerate(phones, 1):
        for column, (other, _) in enumerate(alone, 1):
            change = cost[row - 1, column - 1] + _difference(phone, other)
            cost[row, column] = min(change, cost[row - 1, column] + 1, cost[row, column - 1] + 1)
    owners: list[int] = []
    row, column = len(phones), len(alone)
    while row:
        phone = phones[row - 1]
        if column and cost[row, column] == cost[row - 1, column - 1] + _difference(phone, alone[column - 1][0]):
            row, column = row - 1, column - 1
            owners.append(alone[column][1])
        elif cost[row, column] == cost[row - 1, column] + 1:
            row -= 1
            owners.append(alone[max(0, column - 1)][1])
        else:
            column -= 1
    return owners[::-1]


def _difference(phone: str, other: str) -> float:
    """0 for the same phone, less for two vowels or two consonants than for one of each."""
    if phone == other:
        return 0.0
    return 0.6 if (phone[0] in "aeiou") == (other[0] in "aeiou") else 1.4


def _sized(samples: Samples, words: Sequence[tuple[float, float]], size: float) -> Utterance:
    """Stretch an utterance in time, and with it its formants and pitch downwards."""
    count = round(samples.size * size)
    places = np.arange(count) / size
    stretched = np.interp(places, np.arange(samples.size), samples).astype(np.float32)
    return Utterance(stretched, tuple((begin * size, end * size) for begin, end in words))
