"""Recordings and stills in memory, for tests."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

from cases.adapters.blob_keys import check_key, check_range
from cases.domain.call import MediaRef


class MemoryBlobs:
    """A write-once store that is gone with its process."""

    def __init__(self) -> None:
        """Begin empty."""
        self._blobs: dict[str, bytes] = {}

    async def put(self, key: str, source: AsyncIterator[bytes], media_type: str) -> MediaRef:
        """Store a stream under a new key.

        Raises:
            FileExistsError: The key is taken.
            InvalidValueError: It is no key.
        """
        check_key(key)
        content = b"".join([chunk async for chunk in source])
        if key in self._blobs:
            raise FileExistsError(f"blob {key} is there already; blobs are written once")
        self._blobs[key] = content
        return MediaRef(key, hashlib.sha256(content).hexdigest(), media_type)

    async def open(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Read a blob, or its bytes from start up to, not including, end.

        Raises:
            FileNotFoundError: No such key.
            InvalidValueError: It is no key or no range.
        """
        check_range(start, end)
        content = self._content(key)[start:end]
        if content:
            yield content

    async def size(self, key: str) -> int:
        """Length in bytes.

        Raises:
            FileNotFoundError: No such key.
            InvalidValueError: It is no key.
        """
        return len(self._content(key))

    def _content(self, key: str) -> bytes:
        if check_key(key) not in self._blobs:
            raise FileNotFoundError(f"there is no blob {key}")
        return self._blobs[key]
