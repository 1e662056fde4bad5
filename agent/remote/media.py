"""A call's recordings and stills on their way to the server: first into the spool."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator

from agent.remote.spool import SpoolEntry
from cases.domain.call import MediaRef


class SpooledBlobs:
    """Takes the media of one call; satisfies cases.ports.Blobs as far as a call needs it: nothing reads them here."""

    def __init__(self, entry: SpoolEntry) -> None:
        """Put them into an entry of the spool."""
        self._entry = entry

    async def put(self, key: str, source: AsyncIterator[bytes], media_type: str) -> MediaRef:
        """Spool a stream; the server keeps it under the same key.

        Raises:
            FileExistsError: The key is taken.
        """
        name = key.rpartition("/")[2]
        path = self._entry.media_path(name)
        digest = hashlib.sha256()
        handle = await asyncio.to_thread(os.open, path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            async for chunk in source:
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
        await asyncio.to_thread(self._entry.keep, name, digest.hexdigest())
        return MediaRef(key, digest.hexdigest(), media_type)

    async def open(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Read what is still here.

        Raises:
            FileNotFoundError: No such key.
        """
        content = await asyncio.to_thread(self._entry.media_path(key.rpartition("/")[2]).read_bytes)
        yield content[start:end]

    async def size(self, key: str) -> int:
        """Length in bytes of what is still here.

        Raises:
            FileNotFoundError: No such key.
        """
        return (await asyncio.to_thread(self._entry.media_path(key.rpartition("/")[2]).stat)).st_size
