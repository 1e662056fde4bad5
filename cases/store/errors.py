"""What goes wrong with the record."""

from __future__ import annotations


class StoreError(Exception):
    """Base of failures of the record.

    Attributes:
        code: Stable identifier for programs.
        retryable: Whether the same call may go through later.
    """

    code = "store"
    retryable = False


class StoreUnavailableError(StoreError):
    """The database is locked, full or gone; nothing was stored, try again."""

    code = "store_unavailable"
    retryable = True


class EventFormatError(StoreError):
    """A stored event cannot be read: its type or version is unknown here, or its body is damaged."""

    code = "event_format"
