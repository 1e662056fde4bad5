"""A recorded block as a system's process left it: what the customer did when, and what reached the ear."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bench.turn_taking.errors import RecordError
from bench.turn_taking.scoring.waveform import Samples
from bench.turn_taking.stage.line import RECORD, TRUTH
from bench.turn_taking.stage.script import Kind

Seconds = Annotated[float, Field(ge=0)]


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Event(_Read):
    """Something that the customer did; times count from the first sample of the recording, seconds.

    Attributes:
        kind: What.
        exchange: Of which exchange of the plan.
        begin_s: First voiced sample, by construction.
        end_s: Last voiced sample.
        pauses: Pauses within the turn, each from the last voiced sample before it to the first after it.
        tags: What the plan says of it; `pauses` labels the pauses one by one.
    """

    kind: Kind
    exchange: str
    begin_s: Seconds
    end_s: Seconds
    pauses: tuple[tuple[Seconds, Seconds], ...] = ()
    tags: dict[str, Any] = {}

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [self.begin_s, *(at for pause in self.pauses for at in pause), self.end_s]
        if times != sorted(times):
            raise ValueError("an event's begin, pauses and end must follow each other")
        return self


class Record(_Read):
    """What stands beside a recording.

    Attributes:
        system: `riskcall`, `livekit`, `pipecat`.
        variant: Its settings, `default` or another.
        versions: Versions of what was measured.
        block: Name of the plan's block.
        condition: `clean`, `babble` or `g711`.
        cpu_s: Processor time that the process took while the line was open, seconds.
        wall_s: How long the line was open, seconds.
        rss_mb: Memory that the process held at the end, MB.
        events: What the customer did, in order.
    """

    system: str
    variant: str
    versions: dict[str, str]
    block: str
    condition: str
    cpu_s: Seconds
    wall_s: Annotated[float, Field(gt=0)]
    rss_mb: Seconds
    events: tuple[Event, ...]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        begins = [event.begin_s for event in self.events]
        if begins != sorted(begins):
            raise ValueError("events must stand in the order in which they began")
        return self


def read_record(folder: Path) -> Record:
    """What stands beside a block's recording.

    Raises:
        RecordError: It is missing, or not what a record must be.
    """
    path = folder / TRUTH
    try:
        return Record.model_validate_json(path.read_bytes())
    except OSError as error:
        raise RecordError(f"{path} cannot be read ({error.strerror}); the block was not played to its end.") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:3])
        raise RecordError(f"{path} is not a record of a block: {wrong}.") from error


def read_ear(folder: Path) -> tuple[Samples, int]:
    """What reached the ear, full scale 1, and its sample rate.

    Raises:
        RecordError: The recording is missing, or not 16-bit stereo.
    """
    path = folder / RECORD
    try:
        with wave.open(str(path)) as file:
            if (file.getnchannels(), file.getsampwidth()) != (2, 2):
                raise RecordError(f"{path} must be 16-bit stereo: microphone left, ear right.")
            both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
            return both[:, 1].astype(np.float64) / 32_768, file.getframerate()
    except (OSError, EOFError, wave.Error) as error:
        raise RecordError(f"{path} cannot be read ({error}); the block was not played to its end.") from error
