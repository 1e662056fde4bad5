"""What customers and the agent say on the stage: two files to develop with, one that reports are made from."""

from __future__ import annotations

import functools
from enum import StrEnum
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cases.domain.vocabulary import Question

MATERIALS = ("dev", "drills", "heldout")
"""Names that `load_material` knows."""
_REST = {"drills": "dev"}
"""Where a material takes from what it does not say itself."""
_FOLDER = Path(__file__).parent


class MaterialError(Exception):
    """A file of material cannot be used."""

    code = "material"


class AnswerKind(StrEnum):
    """What sort of answer a line is; reports split by it."""

    SHORT = "short"
    """A yes, a no, or a few words to that effect."""
    CONFIRM = "confirm"
    DENIAL = "denial"
    DATE = "date"
    POSTCODE = "postcode"
    OPEN = "open"
    """Anything in the customer's own words."""
    QUESTION = "question"
    """A question back."""
    REQUEST = "request"
    """The customer wants something first: a repeat, a person, time."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Topic(_Strict):
    """A question with the answers that people give to it.

    Attributes:
        question: As riskcall names it.
        asks: The agent's wordings of it.
        answers: Lines by kind, with the marks of bench.turn_taking.customers.speech.
    """

    question: Question
    asks: tuple[str, ...] = Field(min_length=1)
    answers: dict[AnswerKind, tuple[str, ...]] = Field(min_length=1)


class BargeIns(_Strict):
    """Things said into the agent's line that get the same answer.

    Attributes:
        reply: What the agent says to them before it asks again.
        says: What customers say.
    """

    reply: str
    says: tuple[str, ...] = Field(min_length=1)


class Asides(_Strict):
    """Talk not meant for the agent.

    Attributes:
        self: The customer, to somebody in the room.
        other: Other people in the room, or a loudspeaker.
    """

    self: tuple[str, ...] = Field(min_length=1)
    other: tuple[str, ...] = Field(min_length=1)


class Material(_Strict):
    """Everything that is said in one set.

    Attributes:
        openings: What the agent says first, before the first question.
        acknowledgements: What the agent says before the next question.
        closings: What the agent says to the last answer.
        topics: Questions with answers.
        barge_ins: What is said into the agent's line.
        backchannels: What a listener says; hums are keys of BACKCHANNEL_HUMS.
        asides: Talk not meant for the agent.
    """

    openings: tuple[str, ...] = Field(min_length=1)
    acknowledgements: tuple[str, ...] = Field(min_length=1)
    closings: tuple[str, ...] = Field(min_length=1)
    topics: tuple[Topic, ...] = Field(min_length=1)
    barge_ins: tuple[BargeIns, ...] = Field(min_length=1)
    backchannels: tuple[str, ...] = Field(min_length=1)
    asides: Asides

    def customer_lines(self) -> tuple[str, ...]:
        """Every line of a customer, backchannels left out: there are only so many of them."""
        answers = [line for topic in self.topics for lines in topic.answers.values() for line in lines]
        barge_ins = [line for group in self.barge_ins for line in group.says]
        return (*answers, *barge_ins, *self.asides.self, *self.asides.other)


@functools.cache
def load_material(name: str) -> Material:
    """Read one of MATERIALS.

    Raises:
        MaterialError: There is none of this name, or it breaks the form of a Material.
    """
    path = _FOLDER / f"{name}.yaml"
    if name not in MATERIALS or not path.is_file():
        raise MaterialError(f"There is no material {name!r}; take one of {', '.join(MATERIALS)}.")
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        rest = load_material(_REST[name]).model_dump() if name in _REST else {}
        return Material.model_validate({**rest, **said})
    except (yaml.YAMLError, ValidationError, TypeError) as error:
        raise MaterialError(f"{path.name} is not well-formed: {error}") from error
