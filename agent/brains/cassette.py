"""Answers of a language model on a cassette: recorded from the wire, replayed without a network.

A cassette is a JSONL file with a line for each answer: hash of the request, what was asked in short, status, and the
pieces of the answer with the milliseconds after which they came. Headers, and with them the key, are never written.
Text was redacted before it reached a model, so no secrets of customers are on it, but transcripts are: keep it as
carefully as them. A request that was recorded twice is answered as it was last.
"""

from __future__ import annotations

import asyncio
import codecs
import hashlib
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import openai
from pydantic import BaseModel, ConfigDict, ValidationError

_ASKED = 400
"""Longest summary of what was asked, characters."""


class CassetteError(Exception):
    """A cassette cannot be read; the message names file and line.

    Attributes:
        code: Stable identifier for programs.
    """

    code = "cassette"


class UnrecordedError(CassetteError, openai.OpenAIError):
    """A cassette holds no answer to what was asked, which the message names.

    To whoever asks through the client it is one more way in which an endpoint fails.
    """

    code = "unrecorded"


class Entry(BaseModel):
    """A recorded answer.

    Attributes:
        request: SHA-256 of the request's path and body, hex.
        model: Which model was asked.
        asked: The last of what it was told, in short; for people who read the file.
        status: HTTP status.
        media_type: Content type of the answer.
        pieces: Milliseconds since the request was sent, and text, of each piece.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    request: str
    model: str
    asked: str
    status: int
    media_type: str
    pieces: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class _Request:
    key: str
    model: str
    asked: str


def _identified(request: httpx2.Request) -> _Request:
    """What makes a request the same as another: the end of its path and its body, not the server that is asked."""
    body: dict[str, Any] = json.loads(request.content)
    path = "/".join(request.url.path.rsplit("/", 2)[-2:])
    canonical = json.dumps([path, body], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    messages = body.get("messages") or [{}]
    lines = [line for line in str(messages[-1].get("content", "")).splitlines() if line.startswith("{")]
    asked = (lines or [""])[-1][:_ASKED]
    return _Request(hashlib.sha256(canonical.encode()).hexdigest(), str(body.get("model", "")), asked)


def read_cassette(path: Path) -> dict[str, Entry]:
    """The answers on a cassette by the hash of their request.

    Raises:
        CassetteError: There is no such file, or a line of it is no entry.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CassetteError(
            f"{path}: cannot be read ({error.strerror}); record it, or name another cassette"
        ) from error
    entries = {}
    for number, line in enumerate(lines, start=1):
        try:
            entry = Entry.model_validate_json(line)
        except ValidationError as error:
            raise CassetteError(f"{path}:{number}: no entry of a cassette ({error.errors()[0]['msg']})") from error
        entries[entry.request] = entry
    return entries


class ReplayTransport(httpx2.AsyncBaseTransport):
    """Answers from a cassette alone."""

    def __init__(self, path: Path, *, paced: bool = False) -> None:
        """Load a cassette.

        Args:
            path: The file.
            paced: Whether pieces come as slowly as they were recorded, rather than at once.

        Raises:
            CassetteError: It cannot be read.
        """
        self._path = path
        self._paced = paced
        self._entries = read_cassette(path)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The recorded answer.

        Raises:
            UnrecordedError: There is none.
        """
        wanted = _identified(request)
        entry = self._entries.get(wanted.key)
        if entry is None:
            raise UnrecordedError(f"{self._path} holds no answer of {wanted.model!r} to {wanted.asked}; record it anew")
        headers = {"content-type": entry.media_type}
        return httpx2.Response(entry.status, headers=headers, stream=_Replayed(entry, self._paced), request=request)


class _Replayed(httpx2.AsyncByteStream):
    def __init__(self, entry: Entry, paced: bool) -> None:
        self._entry = entry
        self._paced = paced

    async def __aiter__(self) -> AsyncIterator[bytes]:
        before = 0
        for at_ms, text in self._entry.pieces:
            if self._paced:
                await asyncio.sleep((at_ms - before) / 1000)
                before = at_ms
            yield text.encode()


class RecordTransport(httpx2.AsyncBaseTransport):
    """Asks the network and adds every answer to a cassette; several processes may record on one file."""

    def __init__(self, path: Path, network: httpx2.AsyncBaseTransport | None = None) -> None:
        """Record on a file.

        Args:
            path: The file; it is made where it is missing, and added to.
            network: What carries requests; HTTP when None.
        """
        self._path = path
        self._network = network or httpx2.AsyncHTTPTransport()
        path.parent.mkdir(parents=True, exist_ok=True)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The server's answer, which is written down once it has been read or closed."""
        wanted = _identified(request)
        # A cassette is text that people can read, so nothing may come compressed.
        request.headers["accept-encoding"] = "identity"
        began = asyncio.get_running_loop().time()
        response = await self._network.handle_async_request(request)
        media_type = response.headers.get("content-type", "")
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        recorded = _Recorded(response.stream, self, wanted, response.status_code, media_type, began)
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=recorded,
            request=request,
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close the network."""
        await self._network.aclose()

    def write(self, entry: Entry) -> None:
        """Add an entry in one piece, so that several processes may write."""
        line = entry.model_dump_json().encode() + b"\n"
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)


class _Recorded(httpx2.AsyncByteStream):
    """An answer that is written down as it is read."""

    def __init__(
        self,
        stream: httpx2.AsyncByteStream,
        recorder: RecordTransport,
        wanted: _Request,
        status: int,
        media_type: str,
        began: float,
    ) -> None:
        self._stream = stream
        self._recorder: RecordTransport | None = recorder
        self._wanted = wanted
        self._status = status
        self._media_type = media_type
        self._began = began
        self._pieces: list[tuple[int, str]] = []
        # A character may lie across two pieces of a stream.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            text = self._decoder.decode(piece)
            if text:
                at_ms = int((asyncio.get_running_loop().time() - self._began) * 1000)
                self._pieces.append((at_ms, text))
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.write(
                Entry(
                    request=self._wanted.key,
                    model=self._wanted.model,
                    asked=self._wanted.asked,
                    status=self._status,
                    media_type=self._media_type,
                    pieces=self._pieces,
                )
            )
