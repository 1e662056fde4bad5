"""A small OpenAI-compatible server that answers as it is told: token by token, stalling, erring, refusing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

STALL = "\0stall"
"""A piece at which the server stops sending and keeps the line open."""
DROP = "\0drop"
"""A piece at which the server drops the line."""


@dataclass(frozen=True, slots=True)
class FakeAnswer:
    """What the server does with one request.

    Attributes:
        pieces: Text to stream, one chunk a piece; STALL and DROP act as they say.
        status: HTTP status.
        message: Words of an error.
        headers: Further headers of the answer.
        refusal: Words of a refusal, or empty.
        finish_reason: Reason of the last chunk.
        total_tokens: Tokens that the server says it counted, or None where it does not count.
    """

    pieces: tuple[str, ...] = ()
    status: int = 200
    message: str = "the fake was told to err"
    headers: tuple[tuple[str, str], ...] = ()
    refusal: str = ""
    finish_reason: str = "stop"
    total_tokens: int | None = None


def tokens(text: str, size: int = 4) -> tuple[str, ...]:
    """Text cut into pieces of a few characters."""
    return tuple(text[start : start + size] for start in range(0, len(text), size))


def reading_json(
    intent: str,
    *,
    answers: Sequence[dict[str, str]] = (),
    signals: Sequence[dict[str, str]] = (),
    language: str = "en",
    complete: bool = True,
    reply: str = "",
) -> str:
    """A Reading as a well-behaved model writes it."""
    document = {
        "intent": intent,
        "answers": list(answers),
        "signals": list(signals),
        "language": language,
        "complete": complete,
        "reply": reply,
    }
    return json.dumps(document, ensure_ascii=False)


class FakeLlmServer:
    """Serves `POST /v1/chat/completions` on a port of its own; use as an async context manager."""

    def __init__(self, answers: Sequence[FakeAnswer] | Callable[[dict[str, Any]], FakeAnswer]) -> None:
        """Give answers in this order, the last one repeating; or whatever a function makes of each request."""
        self.requests: list[dict[str, Any]] = []
        self._answers = answers
        self._closing = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def base_url(self) -> str:
        """Address to give an OpenAI client."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def __aenter__(self) -> FakeLlmServer:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, also in the middle of a stall."""
        self._closing.set()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            # The client hung up, as it may.
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        header = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line.split(":")[1]) for line in header.split("\r\n") if line.lower().startswith("content-length:")
        )
        self.requests.append(json.loads(await reader.readexactly(length)))
        answer = self._chosen()
        kind = "text/event-stream" if answer.status == 200 else "application/json"
        lines = [f"HTTP/1.1 {answer.status} X", f"Content-Type: {kind}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        writer.write("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
        if answer.status != 200:
            writer.write(json.dumps({"error": {"message": answer.message, "type": "fake"}}).encode())
            await writer.drain()
            return
        await self._stream(answer, writer)

    def _chosen(self) -> FakeAnswer:
        if callable(self._answers):
            return self._answers(self.requests[-1])
        return self._answers[min(len(self.requests), len(self._answers)) - 1]

    async def _stream(self, answer: FakeAnswer, writer: asyncio.StreamWriter) -> None:
        if answer.refusal:
            await _send(writer, {"refusal": answer.refusal}, None)
        for piece in answer.pieces:
            if piece == STALL:
                await self._closing.wait()
                return
            if piece == DROP:
                writer.transport.abort()
                return
            await _send(writer, {"content": piece}, None)
        await _send(writer, {}, answer.finish_reason, answer.total_tokens)
        writer.write(b"data: [DONE]\n\n")
        await writer.drain()


async def _send(
    writer: asyncio.StreamWriter, delta: dict[str, str], finish_reason: str | None, total_tokens: int | None = None
) -> None:
    chunk: dict[str, Any] = {
        "id": "fake",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "fake",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    }
    if total_tokens is not None:
        chunk["usage"] = {"prompt_tokens": total_tokens, "completion_tokens": 0, "total_tokens": total_tokens}
    writer.write(f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode())
    await writer.drain()
