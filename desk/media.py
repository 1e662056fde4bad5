"""Recordings of sound and picture, and stills, over HTTP with byte ranges (RFC 9110, section 14)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from cases.domain.call import MediaRef
from cases.ports import Blobs

SAFE_TYPES = frozenset(
    {"audio/ogg", "audio/wav", "audio/x-wav", "audio/webm", "image/jpeg", "image/png", "video/mp4", "video/webm"}
)
"""Media types that a browser may show in place; everything else is offered as a download."""
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """First byte and the one behind the last of a single range, or None where the whole is to be sent.

    A header that is not understood is ignored (RFC 9110, 14.2).

    Raises:
        ValueError: The range begins behind the end.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        length = min(int(last), size)
        if length == 0:
            raise ValueError("an empty range")
        return size - length, size
    start, end = int(first), min(int(last) + 1 if last else size, size)
    if last and int(last) < int(first):
        return None
    if start >= size:
        raise ValueError("a range behind the end")
    return start, end


async def media_response(request: Request, blobs: Blobs, media: MediaRef, filename: str) -> Response:
    """A blob, or the part that the request asks for.

    Raises:
        FileNotFoundError: The blob is gone.
    """
    size = await blobs.size(media.key)
    etag = f'"{media.sha256}"'
    safe = media.media_type in SAFE_TYPES
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'{"inline" if safe else "attachment"}; filename="{filename}"',
    }
    media_type = media.media_type if safe else "application/octet-stream"
    wanted = request.headers.get("range", "") if request.headers.get("if-range", etag) == etag else ""
    try:
        part = byte_range(wanted, size)
    except ValueError:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    start, end = part or (0, size)
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    status = 206 if part else 200
    if request.method == "HEAD" or end == start:
        return Response(status_code=status, headers=headers, media_type=media_type)
    return StreamingResponse(_bytes(blobs, media.key, start, end), status, headers, media_type)


async def _bytes(blobs: Blobs, key: str, start: int, end: int) -> AsyncIterator[bytes]:
    async for chunk in blobs.open(key, start, end):
        yield chunk
