"""What a customer who rang in meets, as the server tells a worker."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from cases.domain.arrivals import Meeting
from cases.domain.vocabulary import Language


@dataclass(frozen=True, slots=True)
class Arrived:
    """Where a code leads.

    Attributes:
        meets: Who meets the customer.
        language: The customer's language.
    """

    meets: Meeting
    language: Language


ARRIVED: TypeAdapter[Arrived] = TypeAdapter(Arrived)
"""Reads the server's answer."""
