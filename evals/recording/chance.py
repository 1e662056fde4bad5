"""Draws that depend on a secret key and on what they are for: the same case is always replaced in the same way."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Chance:
    """Draws from a key; who has not got the key cannot tell what was replaced by what."""

    def __init__(self, key: bytes, attempt: int = 0) -> None:
        """Draw from a key; another attempt draws otherwise."""
        self._key = hashlib.blake2b(key + attempt.to_bytes(4, "big"), digest_size=32).digest()

    def number(self, purpose: str, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        drawn = hashlib.blake2b(purpose.encode(), key=self._key, digest_size=16).digest()
        return low + int.from_bytes(drawn, "big") % (high - low + 1)

    def choice(self, purpose: str, items: Sequence[Item]) -> Item:
        """One of some items."""
        return items[self.number(purpose, 0, len(items) - 1)]

    def token(self, purpose: str, size: int) -> bytes:
        """Bytes, at most 32."""
        return hashlib.blake2b(purpose.encode(), key=self._key, digest_size=size).digest()

    def like(self, purpose: str, text: str, *, letters: bool = False) -> str:
        """A text of the same shape: other digits at the same places, and where asked for other letters.

        Each place maps its characters one to one, so that what differed before differs after; a first digit that is no
        zero becomes none.
        """
        return "".join(self._character(f"{purpose}:{place}", one, place, letters) for place, one in enumerate(text))

    def _character(self, purpose: str, character: str, place: int, letters: bool) -> str:
        if character.isascii() and character.isdigit():
            if place == 0 and character != "0":
                return str((int(character) - 1 + self.number(purpose, 1, 8)) % 9 + 1)
            return str((int(character) + self.number(purpose, 1, 9)) % 10)
        if letters and character.isascii() and character.isalpha():
            base = ord("A") if character.isupper() else ord("a")
            return chr(base + (ord(character) - base + self.number(purpose, 1, 25)) % 26)
        return character
