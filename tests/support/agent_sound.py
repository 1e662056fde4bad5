"""Sound of an agent whose truth is known by construction, for what hears it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.turn_taking.scoring.records import Event
from bench.turn_taking.scoring.scorer import Outcome, score
from bench.turn_taking.scoring.waveform import Samples
from bench.turn_taking.stage.script import RATE, Kind

LEVEL = 0.25


@dataclass(frozen=True)
class Said:
    """A piece of the agent: when, how loud against its normal level, and which pitches follow each other."""

    begin_s: float
    end_s: float
    level_db: float = 0.0
    pitches: tuple[float, ...] = (220.0,)
    noise: bool = False


def ear(said: Sequence[Said], length_s: float, *, shift_s: float = 0.0) -> Samples:
    """What reaches the ear; pieces may follow each other without a gap."""
    samples = np.zeros(round(length_s * RATE))
    for one in said:
        begin, end = round((one.begin_s + shift_s) * RATE), round((one.end_s + shift_s) * RATE)
        sound = noise(end - begin) if one.noise else tones(end - begin, one.pitches)
        samples[begin:end] = sound * LEVEL * 10 ** (one.level_db / 20)
    return samples


def tones(count: int, pitches: Sequence[float]) -> Samples:
    """Tones of 200 ms that follow each other, begun again after the last."""
    at = np.arange(count)
    pitch = np.asarray(pitches)[at // (RATE // 5) % len(pitches)]
    return np.sin(2 * np.pi * np.cumsum(pitch) / RATE)


def noise(count: int) -> Samples:
    """White noise at about the level of a tone."""
    return np.clip(np.random.default_rng(count).normal(0, 0.7, count), -2, 2)


def event(kind: Kind, begin_s: float, end_s: float, *pauses: tuple[float, float], labels: Sequence[str] = ()) -> Event:
    """Something that the customer does."""
    return Event(kind=kind, exchange="x", begin_s=begin_s, end_s=end_s, pauses=pauses, tags={"pauses": list(labels)})


def outcomes(said: Sequence[Said], *events: Event, length_s: float = 20.0, shift_s: float = 0.0) -> tuple[Outcome, ...]:
    """What the scorer says of it."""
    return score(ear(said, length_s, shift_s=shift_s), RATE, events)
