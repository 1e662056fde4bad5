"""What every blob store does."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.adapters import FileBlobs, MemoryBlobs
from cases.domain.errors import InvalidValueError
from cases.ports import Blobs

CONTENT = bytes(range(256)) * 700


@pytest.fixture(params=["file", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return FileBlobs(tmp_path / "blobs") if request.param == "file" else MemoryBlobs()


async def stream(content: bytes, size: int = 10_000) -> AsyncIterator[bytes]:
    for place in range(0, len(content), size):
        yield content[place : place + size]


async def read(blobs: Blobs, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in blobs.open(key, start, end)])


def files(folder: Path) -> list[Path]:
    return [one for one in folder.rglob("*") if one.is_file()]


async def test_what_is_put_is_read_back(blobs: Blobs) -> None:
    ref = await blobs.put("a-1/1.ogg", stream(CONTENT), "audio/ogg")
    assert (ref.key, ref.media_type) == ("a-1/1.ogg", "audio/ogg")
    assert ref.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert await read(blobs, "a-1/1.ogg") == CONTENT
    assert await blobs.size("a-1/1.ogg") == len(CONTENT)


async def test_an_empty_blob_is_one(blobs: Blobs) -> None:
    await blobs.put("empty", stream(b""), "audio/ogg")
    assert await blobs.size("empty") == 0
    assert await read(blobs, "empty") == b""


async def test_a_key_is_written_once(blobs: Blobs) -> None:
    await blobs.put("a-1/1.ogg", stream(b"first"), "audio/ogg")
    with pytest.raises(FileExistsError):
        await blobs.put("a-1/1.ogg", stream(b"second"), "audio/ogg")
    assert await read(blobs, "a-1/1.ogg") == b"first"


async def test_of_two_writers_one_wins(blobs: Blobs) -> None:
    results = await asyncio.gather(
        *(blobs.put("k", stream(bytes([n]) * 50_000, 1_000), "x/y") for n in range(4)), return_exceptions=True
    )
    assert sum(isinstance(one, FileExistsError) for one in results) == 3
    content = await read(blobs, "k")
    assert len(content) == 50_000
    assert len(set(content)) == 1


async def test_a_broken_stream_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await blobs.put("a-1/1.ogg", broken(), "audio/ogg")
    with pytest.raises(FileNotFoundError):
        await blobs.size("a-1/1.ogg")
    assert files(tmp_path) == []
    await blobs.put("a-1/1.ogg", stream(b"whole"), "audio/ogg")


async def test_a_missing_blob_is_an_error(blobs: Blobs) -> None:
    with pytest.raises(FileNotFoundError):
        await read(blobs, "nothing")
    with pytest.raises(FileNotFoundError):
        await blobs.size("nothing")


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/.b", "a/", "a\\b", "a\0b", "ä", "x" * 201]
)
async def test_no_key_leaves_its_root(blobs: Blobs, key: str) -> None:
    with pytest.raises(InvalidValueError):
        await blobs.put(key, stream(b"x"), "x/y")
    with pytest.raises(InvalidValueError):
        await read(blobs, key)
    with pytest.raises(InvalidValueError):
        await blobs.size(key)


@pytest.mark.parametrize(("start", "end"), [(-1, None), (5, 4)])
async def test_what_is_no_range_is_refused(blobs: Blobs, start: int, end: int | None) -> None:
    await blobs.put("k", stream(b"0123456789"), "x/y")
    with pytest.raises(InvalidValueError):
        await read(blobs, "k", start, end)


@given(start=st.integers(0, 200_000), length=st.none() | st.integers(0, 200_000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
async def test_a_range_is_a_slice(blobs: Blobs, start: int, length: int | None) -> None:
    try:
        await blobs.put("k", stream(CONTENT), "x/y")
    except FileExistsError:
        pass
    end = None if length is None else start + length
    assert await read(blobs, "k", start, end) == CONTENT[start:end]
