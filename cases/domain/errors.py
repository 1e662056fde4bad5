"""Errors of the domain: each has a stable code and a message that tells the caller what to do."""

from __future__ import annotations


class DomainError(Exception):
    """Base of what the domain refuses.

    Attributes:
        code: Stable identifier for programs; never changes once released.
    """

    code = "domain"


class InvalidValueError(DomainError, ValueError):
    """A value breaks a rule of the model; the message names the field and what would be right."""

    code = "invalid_value"


class IllegalEventError(DomainError):
    """The state table has no row for this event in this state; nothing changed."""

    code = "illegal_event"


class IllegalInputError(DomainError):
    """The call script has no row for this input in this stage; nothing changed."""

    code = "illegal_input"
