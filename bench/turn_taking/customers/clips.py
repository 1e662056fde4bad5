"""Clips to order: who says what how, in which room, over which line."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from bench.turn_taking.customers.flite import Manner, Samples
from bench.turn_taking.customers.sounds import (
    SPEECH_LEVEL,
    TELEPHONE_GAIN_DB,
    cough,
    in_room,
    muffled,
    over_telephone,
    softly_begun,
)
from bench.turn_taking.customers.speech import BACKCHANNEL_HUMS, LEVEL, Speech, hum, say, voiced_edges
from bench.turn_taking.stage.script import RATE, Clip, write_wav
from telephony.line.level import active_level

CLIPS = "clips"
"""Folder of a block's clips."""
_CEILING = 31_000.0


class Mouth(StrEnum):
    """Whose sound it is, and which way it goes."""

    CUSTOMER = "customer"
    TURNED_AWAY = "self"
    """The customer speaks to somebody in the room: softer, duller, with more of the room."""
    OTHER = "other"
    """Somebody else in the room, or a loudspeaker: 10 to 16 dB softer, duller still, with much of the room."""


@dataclass(frozen=True, slots=True)
class Order:
    """A clip to be made.

    Attributes:
        name: Its file's name without the ending; unique in its block.
        line: What is said, with the marks of bench.turn_taking.customers.speech; empty for a cough.
        manner: How.
        pauses_s: Lengths of its pauses.
        level_db: Active level relative to SPEECH_LEVEL, before distance; for a cough, of its own active level.
        mouth: Whose sound.
        soft: Whether the voice swells instead of beginning at once.
        tags: What reports split by.
        seed: Draws what flite leaves open, the room and the cough.
    """

    name: str
    line: str
    manner: Manner
    pauses_s: tuple[float, ...] = ()
    level_db: float = 0.0
    mouth: Mouth = Mouth.CUSTOMER
    soft: bool = False
    tags: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0


def make(order: Order, condition: str, folder: Path) -> Clip:
    """Make a clip and write it into its block's folder.

    Begin, end and pauses are those of the voice itself; the room's tail comes behind them.

    Args:
        order: What to make.
        condition: The line, one of bench.turn_taking.customers.sounds.CONDITIONS.
        folder: The block's folder; CLIPS stands in it.

    Raises:
        FliteError: flite is not installed or cannot speak the line.
    """
    random = np.random.default_rng([order.seed, zlib.crc32(order.name.encode())])
    speech = _voice(order, random)
    if order.soft:
        samples = softly_begun(speech.samples, speech.voiced_from_s)
        speech = replace(speech, samples=samples, voiced_from_s=voiced_edges(samples, LEVEL)[0] / RATE)
    gain_db = order.level_db + (TELEPHONE_GAIN_DB if condition == "g711" else 0.0)
    placed = _placed(speech.samples, order.mouth, random)
    heard = placed * np.float32(SPEECH_LEVEL / LEVEL * 10 ** (gain_db / 20))
    peak = float(np.abs(heard).max())
    if peak > _CEILING:
        heard = heard * np.float32(_CEILING / peak)
    if condition == "g711":
        heard = over_telephone(heard)
    file = f"{CLIPS}/{order.name}.wav"
    write_wav(folder / file, np.rint(heard).astype("<i2").tobytes())
    return Clip(file, speech.words, speech.voiced_from_s, speech.voiced_to_s, speech.pauses, order.tags)


def _voice(order: Order, random: np.random.Generator) -> Speech:
    if not order.line:
        samples = cough(random)
        samples = samples * np.float32(LEVEL / active_level(samples * np.float32(LEVEL)) * LEVEL)
        begin, end = voiced_edges(samples, LEVEL)
        return Speech(samples, (), begin / RATE, end / RATE)
    if order.line in BACKCHANNEL_HUMS:
        return hum(order.line, order.manner, random)
    return say(order.line, order.manner, order.pauses_s, random)


def _placed(samples: Samples, mouth: Mouth, random: np.random.Generator) -> Samples:
    """The voice where it stands in the room, at its distance."""
    if mouth is Mouth.CUSTOMER:
        return in_room(samples, random, direct_db=random.uniform(13, 19), decay_s=random.uniform(0.12, 0.22))
    if mouth is Mouth.TURNED_AWAY:
        away = muffled(samples, random.uniform(3_000, 4_500)) * np.float32(10 ** (-random.uniform(4, 8) / 20))
        return in_room(away, random, direct_db=random.uniform(6, 10), decay_s=random.uniform(0.2, 0.3))
    far = muffled(samples, random.uniform(2_200, 3_200)) * np.float32(10 ** (-random.uniform(10, 16) / 20))
    return in_room(far, random, direct_db=random.uniform(1, 5), decay_s=random.uniform(0.3, 0.5))
