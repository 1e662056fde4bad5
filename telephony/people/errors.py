"""Errors of people in calls; each has a stable code and a message that tells the reviewer what to do."""

from __future__ import annotations


class PeopleError(Exception):
    """Base of what keeps a person out of a call.

    Attributes:
        code: Stable identifier for programs.
    """

    code = "people"


class NoCallError(PeopleError):
    """The case has no running call."""

    code = "no_call"


class NotWaitingError(PeopleError):
    """The customer waits for nobody, or somebody else has taken them."""

    code = "not_waiting"


class LineMissingError(PeopleError):
    """There is no such line to the reviewer: no page that can carry voice, or no telephone number."""

    code = "line_missing"


class ReferRefusedError(PeopleError):
    """The telephone network did not take the call over; the message holds the stable code of why."""

    code = "refer_refused"
