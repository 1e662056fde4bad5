"""What all events have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events.

    Attributes:
        version: Version of the class's fields.
    """

    version: ClassVar[int] = 1
