"""Recordings and stills in a folder."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from cases.adapters.blob_keys import check_key, check_range
from cases.domain.call import MediaRef

CHUNK = 65_536
"""How much is read at once, bytes."""


class FileBlobs:
    """A write-once store of files under one folder; a blob is there whole or not at all, also after a crash."""

    def __init__(self, root: Path) -> None:
        """Keep blobs under this folder; it is made where it is missing."""
        self._root = root
        self._root.mkdir(parents=True, exist_ok=True)

    async def put(self, key: str, source: AsyncIterator[bytes], media_type: str) -> MediaRef:
        """Store a stream under a new key.

        Raises:
            FileExistsError: The key is taken.
            InvalidValueError: It is no key.
        """
        target = self._path(key)
        if await asyncio.to_thread(target.exists):
            raise FileExistsError(f"blob {key} is there already; blobs are written once")
        digest = hashlib.sha256()
        handle, temporary = await asyncio.to_thread(_temporary, target.parent)
        try:
            with handle:
                async for chunk in source:
                    digest.update(chunk)
                    await asyncio.to_thread(handle.write, chunk)
                await asyncio.to_thread(_sync, handle)
            await asyncio.to_thread(_publish, temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
        return MediaRef(key, digest.hexdigest(), media_type)

    async def open(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Read a blob, or its bytes from start up to, not including, end.

        Raises:
            FileNotFoundError: No such key.
            InvalidValueError: It is no key or no range.
        """
        check_range(start, end)
        with await asyncio.to_thread(self._path(key).open, "rb") as handle:
            await asyncio.to_thread(handle.seek, start)
            left = None if end is None else end - start
            while left is None or left > 0:
                chunk = await asyncio.to_thread(handle.read, CHUNK if left is None else min(CHUNK, left))
                if not chunk:
                    return
                if left is not None:
                    left -= len(chunk)
                yield chunk

    async def size(self, key: str) -> int:
        """Length in bytes.

        Raises:
            FileNotFoundError: No such key.
            InvalidValueError: It is no key.
        """
        return (await asyncio.to_thread(self._path(key).stat)).st_size

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)


def _temporary(folder: Path) -> tuple[BinaryIO, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    # A leading dot keeps half-written files apart from every key.
    descriptor, name = tempfile.mkstemp(prefix=".part-", dir=folder)
    return os.fdopen(descriptor, "wb"), Path(name)


def _sync(handle: BinaryIO) -> None:
    handle.flush()
    os.fsync(handle.fileno())


def _publish(temporary: Path, target: Path) -> None:
    """Give the finished file its name; a link, unlike a rename, never replaces what is there."""
    os.link(temporary, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
