"""A block: what one customer says in one call, and what the agent is given to say; read from a folder, written to one.

All times of a clip count from its first sample, in seconds.
"""

from __future__ import annotations

import json
import wave
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

RATE = 16_000
"""Sample rate of everything on the stage, Hz; 16-bit mono."""
FRAME_S = 0.02
"""Length of a frame, seconds."""
FRAME_BYTES = RATE // 50 * 2
PLAN = "plan.json"
"""File name of a block's plan."""


class Kind(StrEnum):
    """What a stretch of the customer's audio is."""

    ANSWER = "answer"
    """The customer's turn after the agent's."""
    BARGE_IN = "barge_in"
    """A turn that begins while the agent speaks."""
    BACKCHANNEL = "backchannel"
    """ "Mm-hm", "right": the customer listens and does not want the floor."""
    COUGH = "cough"
    """A noise of the customer."""
    ASIDE = "aside"
    """Talk not meant for the agent while the agent is silent."""
    BYSTANDER = "bystander"
    """Talk not meant for the agent while the agent speaks."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a clip.

    Attributes:
        text: The word as it is written, with its punctuation.
        begin_s: Where it begins.
        end_s: Where it ends.
    """

    text: str
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of the customer's audio whose truth is known by construction.

    Attributes:
        file: Its WAV file in the block's folder.
        words: What is said in it; empty for a noise.
        voiced_from_s: First voiced sample.
        voiced_to_s: Last voiced sample.
        pauses: Pauses within the turn, each from the last voiced sample before it to the first after it.
        tags: What reports split by: `voice`, `kind`, for pauses `pauses` (a list of `open` or `could_end`), ….
    """

    file: str
    words: tuple[Word, ...]
    voiced_from_s: float
    voiced_to_s: float
    pauses: tuple[tuple[float, float], ...] = ()
    tags: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Overlay:
    """What the customer does while the agent speaks its reply.

    Attributes:
        kind: BARGE_IN, BACKCHANNEL, COUGH or BYSTANDER.
        clip: The audio.
        after_s: How long after the reply's first sound it begins.
        reply: What the agent says to a BARGE_IN; empty for the others.
    """

    kind: Kind
    clip: Clip
    after_s: float
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn of the customer and what the agent says to it.

    Attributes:
        id: Unique within the plan.
        question: What the agent has asked before, as riskcall names its questions; empty for none.
        answer: The customer's turn.
        react_s: Silence of the agent after which the customer begins.
        reply: What the agent says to it; ends in the next exchange's question.
        aside: What is said before the answer and not meant for the agent.
        overlay: What the customer does during the reply.
    """

    id: str
    question: str
    answer: Clip
    react_s: float
    reply: str
    aside: Clip | None = None
    overlay: Overlay | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """One call on one line.

    Attributes:
        name: Its folder's name.
        condition: `clean`, `babble` or `g711`.
        opening: What the agent says first; ends in the first exchange's question.
        exchanges: What follows.
        bed: WAV file of what is always heard on the line, looped; empty for silence.
    """

    name: str
    condition: str
    opening: str
    exchanges: tuple[Exchange, ...]
    bed: str = ""


def write_block(block: Block, folder: Path) -> None:
    """Write a block's plan into its folder, beside its clips."""
    text = json.dumps(asdict(block), ensure_ascii=False, indent=1)
    (folder / PLAN).write_text(text + "\n", encoding="utf-8")


def read_block(folder: Path) -> Block:
    """Read a block's plan.

    Raises:
        OSError: The folder holds none.
        ValueError: It is not JSON, or not a plan.
    """
    raw = json.loads((folder / PLAN).read_text(encoding="utf-8"))
    try:
        exchanges = tuple(_exchange(one) for one in raw.pop("exchanges"))
        return Block(exchanges=exchanges, **raw)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{folder / PLAN} is not a plan of a block: {error}.") from error


def _exchange(raw: dict[str, Any]) -> Exchange:
    overlay, aside = raw.pop("overlay"), raw.pop("aside")
    return Exchange(
        answer=_clip(raw.pop("answer")),
        aside=None if aside is None else _clip(aside),
        overlay=None if overlay is None else _overlay(overlay),
        **raw,
    )


def _overlay(raw: dict[str, Any]) -> Overlay:
    return Overlay(kind=Kind(raw.pop("kind")), clip=_clip(raw.pop("clip")), **raw)


def _clip(raw: dict[str, Any]) -> Clip:
    words = tuple(Word(**word) for word in raw.pop("words"))
    pauses = tuple((float(from_s), float(to_s)) for from_s, to_s in raw.pop("pauses"))
    return Clip(words=words, pauses=pauses, **raw)


def read_wav(path: Path) -> bytes:
    """Samples of a WAV file on the stage's terms.

    Raises:
        ValueError: It is not 16-bit mono at RATE.
    """
    with wave.open(str(path)) as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, 2):
            raise ValueError(f"{path} is not 16-bit mono at {RATE} Hz.")
        return bytes(file.readframes(file.getnframes()))


def write_wav(path: Path, pcm: bytes, channels: int = 1) -> None:
    """Write 16-bit samples at RATE."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm)
