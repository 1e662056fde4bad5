"""Settings of `riskcall agent`; a part of riskcall.settings."""

from __future__ import annotations

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from cases.domain.vocabulary import Language


class WorkerSettings(BaseSettings):
    """How many calls a worker holds and how it comes and goes."""

    worker_idle: int = Field(2, ge=0, le=64, description="Processes of `riskcall agent` kept warm for the next calls")
    worker_load: float = Field(
        0.75, gt=0, description="Load of the machine, 0 to 1, at which `riskcall agent` takes no more calls"
    )
    worker_drain_seconds: int = Field(
        900, ge=1, description="How long `riskcall agent` lets running calls finish when it is told to stop"
    )
    reception_languages: tuple[Language, ...] = Field(
        (),
        description="Languages in which `riskcall agent` answers customers who ring the bank, as a JSON list, the "
        "first one first; empty: calls that come in are hung up",
    )
    worker_grace_seconds: float = Field(
        5.0, gt=0, description="How long a call outlives the connection of the worker that holds it"
    )
    worker_port: int = Field(
        8081, ge=0, le=65535, description="Port on which `riskcall agent` answers health checks; 0 takes a free one"
    )

    @field_validator("reception_languages")
    @classmethod
    def _each_once(cls, value: tuple[Language, ...]) -> tuple[Language, ...]:
        return tuple(dict.fromkeys(value))
