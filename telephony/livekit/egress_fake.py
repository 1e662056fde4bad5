"""A LiveKit server's Egress API with an egress behind it that writes what it is told: Twirp over HTTP, protobuf.

It answers as livekit-server 1.11 with egress 1.9.1 does; what it leaves out is the picture.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import jwt
from aiohttp import web
from google.protobuf.message import Message
from livekit import api

from telephony.livekit.access import LiveKitAccess

HOST = "127.0.0.1"
SUFFIX = ".webm"
NANOSECONDS = 1_000_000_000
_STATUS = {"unauthenticated": 401, "not_found": 404, "failed_precondition": 412, "internal": 500, "unavailable": 503}
_ACTIVE = frozenset({api.EgressStatus.EGRESS_STARTING, api.EgressStatus.EGRESS_ACTIVE, api.EgressStatus.EGRESS_ENDING})
M = TypeVar("M", bound=Message)


@dataclass
class FakeEgress:
    """What the server knows, and how it behaves.

    Attributes:
        access: How it is reached; made when it is served.
        rooms: Camera tracks by the room that they are in.
        picture: What is written in place of a picture.
        egress: Whether an egress is there.
        redis: Whether the server has the Redis that egress needs.
        recordings: What was begun, in order.
        now: Time of what happens next, seconds since the epoch.
    """

    access: LiveKitAccess
    rooms: dict[str, set[str]] = field(default_factory=dict)
    picture: bytes = b"a picture"
    egress: bool = True
    redis: bool = True
    recordings: list[api.EgressInfo] = field(default_factory=list)
    now: int = 1_800_000_000

    def close_room(self, room: str) -> None:
        """Everybody leaves a room: what is recorded in it ends by itself."""
        self.rooms.pop(room, None)
        for one in self.recordings:
            if one.room_name == room and one.status == api.EgressStatus.EGRESS_ACTIVE:
                self._finish(one, "Source closed")

    def app(self) -> web.Application:
        """The API."""
        app = web.Application()
        for method, handler in (
            ("StartTrackEgress", self._handler(api.TrackEgressRequest, self._start)),
            ("StopEgress", self._handler(api.StopEgressRequest, self._stop)),
            ("ListEgress", self._handler(api.ListEgressRequest, self._list)),
        ):
            app.router.add_post(f"/twirp/livekit.Egress/{method}", handler)
        return app

    def _handler(
        self, kind: type[M], answer: Callable[[M], Message]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            asked = kind()
            asked.ParseFromString(await request.read())
            try:
                self._check(request.headers.get("authorization", ""))
                done = await asyncio.to_thread(answer, asked)
            except api.ServerError as error:
                return web.json_response({"code": error.code, "msg": error.message}, status=error.status)
            return web.Response(body=done.SerializeToString(), content_type="application/protobuf")

        return handle

    def _check(self, authorization: str) -> None:
        """Refuse whoever may not record rooms."""
        verifier = api.TokenVerifier(self.access.api_key, self.access.api_secret)
        try:
            claims = verifier.verify(authorization.removeprefix("Bearer "), verify_signature=True)
        except jwt.InvalidTokenError as error:
            raise _refused("unauthenticated", "invalid token") from error
        if claims.video is None or not claims.video.room_record:
            raise _refused("unauthenticated", "permissions denied")

    def _start(self, request: api.TrackEgressRequest) -> api.EgressInfo:
        if request.room_name not in self.rooms:
            raise _refused("not_found", "twirp error unknown: requested room does not exist")
        if not (self.egress and self.redis):
            raise _refused("unavailable", "twirp error unknown: no response from servers")
        info = api.EgressInfo(
            egress_id=f"EG_{len(self.recordings) + 1:012d}",
            room_name=request.room_name,
            status=api.EgressStatus.EGRESS_ACTIVE,
            track=request,
            started_at=self.now * NANOSECONDS,
        )
        if request.track_id not in self.rooms[request.room_name]:
            info.status = api.EgressStatus.EGRESS_FAILED
            info.error = f"track {request.track_id} not found"
        self.recordings.append(info)
        return info

    def _stop(self, request: api.StopEgressRequest) -> api.EgressInfo:
        self._needs_redis()
        for one in self.recordings:
            if one.egress_id == request.egress_id:
                if one.status not in _ACTIVE:
                    name = api.EgressStatus.Name(one.status)
                    raise _refused("failed_precondition", f"egress with status {name} cannot be stopped")
                self._finish(one, "StopEgress API")
                return one
        raise _refused("not_found", "twirp error unknown: egress does not exist")

    def _list(self, request: api.ListEgressRequest) -> api.ListEgressResponse:
        self._needs_redis()
        found = [
            one
            for one in self.recordings
            if request.room_name in ("", one.room_name)
            and request.egress_id in ("", one.egress_id)
            and (not request.active or one.status in _ACTIVE)
        ]
        if request.egress_id and not found:
            raise _refused("not_found", "twirp error unknown: egress does not exist")
        return api.ListEgressResponse(items=found)

    def _needs_redis(self) -> None:
        if not self.redis:
            raise _refused("internal", "twirp error unknown: egress not connected (redis required)")

    def _finish(self, info: api.EgressInfo, reason: str) -> None:
        """Write the file; one whose camera went off has no end of its own."""
        output = info.track.file
        path = Path(f"{output.filepath}{SUFFIX}")
        location = str(path)
        if output.HasField("s3"):
            location = f"https://{output.s3.bucket}.s3.amazonaws.com/{path}"
        else:
            path.write_bytes(self.picture)
        self.now += 10
        ended_at = self.now * NANOSECONDS
        written = api.FileInfo(
            filename=str(path),
            location=location,
            size=len(self.picture),
            started_at=info.started_at,
            ended_at=ended_at if reason == "StopEgress API" else 0,
        )
        info.file.CopyFrom(written)
        info.file_results.append(written)
        info.ended_at = ended_at
        info.status = api.EgressStatus.EGRESS_COMPLETE
        info.details = f"End reason: {reason}"


@asynccontextmanager
async def serving_egress(rooms: Mapping[str, set[str]] | None = None) -> AsyncIterator[FakeEgress]:
    """The API on a free port.

    Args:
        rooms: Camera tracks by the room that they are in.
    """
    secret = "fake-secret-" + "s" * 32
    fake = FakeEgress(LiveKitAccess("", "fake-key", secret), dict(rooms or {}))
    runner = web.AppRunner(fake.app())
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        port = runner.addresses[0][1]
        fake.access = LiveKitAccess(f"ws://{HOST}:{port}", "fake-key", secret)
        yield fake
    finally:
        await runner.cleanup()


def _refused(code: str, message: str) -> api.ServerError:
    return api.ServerError(code, message, status=_STATUS[code])
