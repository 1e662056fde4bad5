"""What a customer who rang in meets, as the server tells a worker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pydantic import TypeAdapter

from cases.domain.vocabulary import Language


class Meets(StrEnum):
    """Who deals with the customer's case."""

    AGENT = "agent"
    """The agent, who comes into the customer's room."""
    PERSON = "person"
    """A person, who will get in touch."""
    NOBODY = "nobody"
    """Nobody any more: it is decided."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Where a code leads.

    Attributes:
        meets: Who deals with the case.
        language: The customer's language.
    """

    meets: Meets
    language: Language


ARRIVED: TypeAdapter[Arrived] = TypeAdapter(Arrived)
"""Reads the server's answer."""
