"""Keys of blobs, and ranges within them."""

from __future__ import annotations

import re

from cases.domain.errors import InvalidValueError

MAX_KEY = 200
"""Longest key, characters."""
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*")


def check_key(key: str) -> str:
    """Return the key if it is one: parts of letters, digits, `.`, `_` and `-`, joined by slashes.

    Raises:
        InvalidValueError: It is not; a part may not begin with a dot, so no key leaves its root.
    """
    if len(key) > MAX_KEY or not _KEY.fullmatch(key):
        raise InvalidValueError("a blob's key is made of letters, digits, dots, dashes and slashes, at most 200")
    return key


def check_range(start: int, end: int | None) -> None:
    """Refuse a range that is none.

    Raises:
        InvalidValueError: It begins before the start or ends before it begins.
    """
    if start < 0 or (end is not None and end < start):
        raise InvalidValueError("a range begins at 0 or later and ends where it begins or later")
