"""Server-sent events: several sources in one answer that ends with its visitor's session."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping

from starlette.responses import StreamingResponse

HEARTBEAT_SECONDS = 15.0
"""A comment is sent after so much silence, so that proxies keep the connection and dead ones are noticed."""

ServerEvent = tuple[str, Mapping[str, object]]
"""Name and JSON data of one event."""


def event_bytes(name: str, data: Mapping[str, object]) -> bytes:
    """One event on the wire (WHATWG HTML, server-sent events)."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def event_stream(sources: list[AsyncIterator[ServerEvent]], alive: Callable[[], bool]) -> StreamingResponse:
    """Answer with the sources' events as they come.

    Args:
        sources: Where events come from; each waits until its last one was sent.
        alive: Asked before every event; False ends the answer with `session-over`.
    """
    return StreamingResponse(
        stream_bytes(sources, alive),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def stream_bytes(
    sources: list[AsyncIterator[ServerEvent]], alive: Callable[[], bool], heartbeat: float = HEARTBEAT_SECONDS
) -> AsyncIterator[bytes]:
    """The sources' events, with heartbeats between, until the session ends or all sources do."""
    inbox: asyncio.Queue[ServerEvent | None] = asyncio.Queue(1)
    pumps = [asyncio.create_task(_pump(source, inbox)) for source in sources]
    running = len(pumps)
    try:
        yield b"retry: 2000\n\n"
        while running:
            try:
                async with asyncio.timeout(heartbeat):
                    item = await inbox.get()
            except TimeoutError:
                item = ("", {})
            if not alive():
                yield event_bytes("session-over", {})
                return
            if item is None:
                running -= 1
            else:
                yield event_bytes(*item) if item[0] else b": still here\n\n"
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(source: AsyncIterator[ServerEvent], inbox: asyncio.Queue[ServerEvent | None]) -> None:
    async for item in source:
        await inbox.put(item)
    await inbox.put(None)
