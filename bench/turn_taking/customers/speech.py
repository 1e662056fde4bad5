"""A customer's turn as sound whose truth is known by construction: words, hesitations, pauses of exact length, hums.

A line is written as it is said. `{uh}`, `{um}`, `{er}` and `{mm}` are drawn-out fillers. `|` is a pause before which
the turn is open: the sentence is rendered whole and cut at that word, so its pitch does not fall as at an end, and the
word before the pause is drawn out, unless it is a filler. `||` is a pause before which the words could be a whole
answer.

The words that a recogniser is given bear no punctuation: a full stop would tell it what only the end of the turn tells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bench.turn_taking.customers.flite import Manner, Samples, speak, utter
from bench.turn_taking.stage.script import Word
from telephony.customer_speech import HUMS
from telephony.leg import MIC_RATE
from telephony.line.level import active_level

LEVEL = 1_000.0
"""Active level (ITU-T P.56) of a Speech, sample values."""
VOICED_DB = -30.0
"""Sound is voiced where its level over VOICED_S reaches this, relative to the line's active level (ITU-T P.56)."""
VOICED_S = 0.005
"""How finely the edges of sound are known."""
FILLERS = {"uh": "ah ah", "um": "ah ah m", "er": "er er", "mm": "m m m"}
"""Phones of fillers."""
BACKCHANNEL_HUMS = {**HUMS, "uh-huh": "pau ah hh ah pau"}
"""Phones of hums."""
FILLER_S = (0.28, 0.5)
"""How long fillers are."""
HUM_S = (0.25, 0.4)
"""How long a hum of one sound is; one of two is half as long again."""
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")
_MARKS = ".,;:?!"
_BLOCK = int(VOICED_S * MIC_RATE)
_FADE = int(0.004 * MIC_RATE)
_TAIL_S = 0.06
_RISE = 1.15


@dataclass(frozen=True, slots=True)
class Speech:
    """A turn before it reaches a room or a line.

    Attributes:
        samples: The audio at LEVEL.
        words: What is said when.
        voiced_from_s: First voiced sample, to VOICED_S.
        voiced_to_s: Last voiced sample, to VOICED_S.
        pauses: From the last voiced sample before to the first after each marked pause, seconds.
    """

    samples: Samples
    words: tuple[Word, ...]
    voiced_from_s: float
    voiced_to_s: float
    pauses: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a line; what follows it after a gap, or after a pause of that length."""

    samples: Samples
    words: tuple[Word, ...]
    gap_s: float = 0.0
    paused: bool = False


@dataclass(slots=True)
class _Run:
    """Words of one sentence that are said without a break, and what comes behind them."""

    words: list[str] = field(default_factory=list)
    fillers: list[str] = field(default_factory=list)
    pause: str = ""


def pause_marks(line: str) -> tuple[str, ...]:
    """Kinds of a line's pauses, `open` or `could_end`, in order."""
    return tuple("could_end" if mark == "||" else "open" for mark in re.findall(r"\|+", line))


def say(line: str, manner: Manner, pauses_s: Sequence[float], random: np.random.Generator) -> Speech:
    """Speak a line.

    Args:
        line: The words and marks.
        manner: How.
        pauses_s: Lengths of its pauses.
        random: Draws lengths of fillers and of gaps between sentences.

    Raises:
        FliteError: flite is not installed or cannot speak it.
        ValueError: There are more or fewer lengths than pauses.
    """
    if len(pauses_s) != len(pause_marks(line)):
        raise ValueError(f"{line!r} has {len(pause_marks(line))} pauses and was given {len(pauses_s)} lengths.")
    left = list(pauses_s)
    pieces: list[_Piece] = []
    for sentence in _SENTENCE_END.split(line.strip()):
        if sentence.startswith("|") and pieces:
            mark, _, sentence = sentence.partition(" ")
            pieces[-1] = replace(pieces[-1], gap_s=left.pop(0), paused=True)
        pieces += _sentence(sentence, manner, left, random)
    return _joined(pieces)


def hum(name: str, manner: Manner, random: np.random.Generator) -> Speech:
    """Speak one of BACKCHANNEL_HUMS, with the rise of a listener's hum; HUM_S long, by how many sounds it has."""
    phones = BACKCHANNEL_HUMS[name].removeprefix("pau ").removesuffix(" pau")
    core, _ = _lasting(phones, manner, random.uniform(*HUM_S) * (1.5 if "-" in name else 1.0))
    pace = np.linspace(1.0, _RISE, core.size)
    places = np.cumsum(pace) - pace[0]
    risen = np.interp(places[places < core.size], np.arange(core.size), core).astype(np.float32)
    return _joined([_Piece(_faded(risen), (Word(name.capitalize(), 0.0, risen.size / MIC_RATE),))])


def voiced_edges(samples: Samples, level: float) -> tuple[int, int]:
    """First voiced sample and the one after the last, to VOICED_S; all of it where nothing is voiced.

    Args:
        samples: Audio.
        level: Active level that VOICED_DB is relative to, sample values.
    """
    voiced = np.flatnonzero(_voiced(samples, level))
    if not voiced.size:
        return 0, samples.size
    return int(voiced[0]) * _BLOCK, (int(voiced[-1]) + 1) * _BLOCK


def _sentence(sentence: str, manner: Manner, pauses_s: list[float], random: np.random.Generator) -> list[_Piece]:
    """Pieces of one sentence; takes the lengths of its pauses from the front of the list."""
    runs = _runs(sentence)
    words = [word for run in runs for word in run.words]
    ends = np.cumsum([len(run.words) for run in runs])
    lengthened = frozenset(
        int(end) - 1 for run, end in zip(runs, ends, strict=True) if run.pause == "|" and not run.fillers and run.words
    )
    spoken = speak(words, manner, lengthened) if words else None
    pieces: list[_Piece] = []
    for run, end in zip(runs, ends, strict=True):
        if run.words and spoken is not None:
            first, last = int(end) - len(run.words), int(end) - 1
            pieces.append(_cut(spoken.samples, words, spoken.words, first, last))
        for name in run.fillers:
            if pieces:
                pieces[-1] = replace(pieces[-1], gap_s=random.uniform(0.03, 0.09))
            pieces.append(_filler(name, manner, random))
        pieces[-1] = replace(
            pieces[-1],
            gap_s=pauses_s.pop(0) if run.pause else random.uniform(0.03, 0.09),
            paused=bool(run.pause),
        )
    if not pieces[-1].paused:
        pieces[-1] = replace(pieces[-1], gap_s=random.uniform(0.15, 0.3))
    return pieces


def _runs(sentence: str) -> list[_Run]:
    runs = [_Run()]
    for token in sentence.split():
        if set(token) == {"|"}:
            runs[-1].pause = token
            runs.append(_Run())
        elif filler := re.fullmatch(r"\{(\w+)\}[,.]?", token):
            if runs[-1].pause:
                runs.append(_Run())
            runs[-1].fillers.append(filler[1])
        else:
            if runs[-1].fillers:
                runs.append(_Run())
            runs[-1].words.append(token)
    return [run for run in runs if run.words or run.fillers]


def _cut(samples: Samples, words: Sequence[str], spans: Sequence[tuple[float, float]], first: int, last: int) -> _Piece:
    """The audio of some words of a sentence: up to the next word, or to the dying away of the last."""
    begin = spans[first][0]
    follows = spans[last + 1][0] if last + 1 < len(spans) else samples.size / MIC_RATE
    end = min(follows, spans[last][1] + _TAIL_S)
    cut = samples[round(begin * MIC_RATE) : round(end * MIC_RATE)]
    said = tuple(
        Word(words[place].rstrip(_MARKS), spans[place][0] - begin, spans[place][1] - begin)
        for place in range(first, last + 1)
    )
    return _Piece(_faded(cut), said)


def _filler(name: str, manner: Manner, random: np.random.Generator) -> _Piece:
    """A filler: long, level and a little low."""
    level = replace(manner, pitch_hz=manner.pitch_hz * 0.93, liveliness_hz=3.0)
    cut, length_s = _lasting(FILLERS[name], level, random.uniform(*FILLER_S))
    return _Piece(_faded(cut), (Word(name, 0.0, length_s),))


def _lasting(phones: str, manner: Manner, seconds: float) -> tuple[Samples, float]:
    """Phones that last about so long, and how long they do without their dying away."""
    begin, end = utter(phones, manner).words[0]
    uttered = utter(phones, replace(manner, stretch=manner.stretch * seconds / (end - begin)))
    begin, end = uttered.words[0]
    return uttered.samples[round(begin * MIC_RATE) : round((end + _TAIL_S) * MIC_RATE)], end - begin


def _faded(samples: Samples) -> Samples:
    """The same with edges that do not click, cut to whole VOICED_S."""
    samples = samples[: samples.size // _BLOCK * _BLOCK]
    edges = np.ones(samples.size, np.float32)
    fade = min(_FADE, samples.size // 2)
    edges[:fade] = np.linspace(0, 1, fade)
    edges[samples.size - fade :] = np.linspace(1, 0, fade)
    return samples * edges


def _joined(pieces: Sequence[_Piece]) -> Speech:
    """Pieces in a row; the silence of a pause makes up its length with what is unvoiced around it."""
    level = active_level(np.concatenate([piece.samples for piece in pieces]))
    parts: list[Samples] = []
    words: list[Word] = []
    pauses: list[tuple[float, float]] = []
    at = 0
    for place, piece in enumerate(pieces):
        words += [
            replace(one, begin_s=one.begin_s + at / MIC_RATE, end_s=one.end_s + at / MIC_RATE) for one in piece.words
        ]
        parts.append(piece.samples)
        begin, at = at, at + piece.samples.size
        if place + 1 == len(pieces):
            break
        gap = round(piece.gap_s / VOICED_S) * _BLOCK
        if piece.paused:
            silent_from = begin + voiced_edges(piece.samples, level)[1]
            silent_to = silent_from + gap
            pauses.append((silent_from / MIC_RATE, silent_to / MIC_RATE))
            gap = max(0, silent_to - at - voiced_edges(pieces[place + 1].samples, level)[0])
        parts.append(np.zeros(gap, np.float32))
        at += gap
    samples = np.concatenate(parts) * np.float32(LEVEL / level)
    voiced_from, voiced_to = voiced_edges(samples, LEVEL)
    return Speech(samples, _held(words, voiced_to), voiced_from / MIC_RATE, voiced_to / MIC_RATE, tuple(pauses))


def _held(words: Sequence[Word], voiced_to: int) -> tuple[Word, ...]:
    """Words that end no later than the sound."""
    return tuple(Word(one.text, round(one.begin_s, 4), round(min(one.end_s, voiced_to / MIC_RATE), 4)) for one in words)


def _voiced(samples: Samples, level: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For each whole VOICED_S whether it is voiced."""
    whole = samples[: samples.size // _BLOCK * _BLOCK].reshape(-1, _BLOCK).astype(np.float64)
    return np.asarray(np.sqrt((whole * whole).mean(axis=1)) >= level * 10 ** (VOICED_DB / 20))
