"""Errors of the desk: each has a stable code, an HTTP status and a message that tells the reader what to do."""

from __future__ import annotations


class DeskError(Exception):
    """Base of what the desk refuses.

    Attributes:
        code: Stable identifier for programs.
        status: HTTP status of the answer.
    """

    code = "desk"
    status = 400


class AccountsInvalidError(DeskError):
    """The file of accounts cannot be read; the message names the file and what is wrong."""

    code = "accounts_invalid"
    status = 500
