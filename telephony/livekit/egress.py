"""Recording the customer's camera by LiveKit's egress: one track, one file, no sound."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import TypeVar

import aiohttp
from livekit import api

from cases.domain.call import MediaRef
from cases.domain.picture import PictureFailure, PictureFile
from cases.ports import Blobs, PictureRefusedError, PictureUnavailableError
from telephony.livekit.access import LiveKitAccess

BEGIN_SECONDS = 45.0
"""How long LiveKit may take to begin; one whose egress is away says so after some 23 s."""
ASK_SECONDS = 10.0
"""How long any other answer may take."""
MEDIA_TYPES = {".webm": "video/webm", ".mp4": "video/mp4"}
"""What egress writes of one camera, by suffix: VP8 and VP9 as WebM, H.264 as MP4."""
_CHUNK = 1 << 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_NOT_CONNECTED = "egress not connected"
_DONE = frozenset({api.EgressStatus.EGRESS_COMPLETE, api.EgressStatus.EGRESS_LIMIT_REACHED})
_LOST = frozenset({api.EgressStatus.EGRESS_FAILED, api.EgressStatus.EGRESS_ABORTED})
_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EgressFolder:
    """A folder that egress writes to and this process reads, at the same path in both."""

    path: Path


@dataclass(frozen=True, slots=True)
class EgressBucket:
    """A bucket of the bank's that egress uploads to (S3 or compatible); this process does not read it.

    Attributes:
        bucket: Its name.
        region: Its region, or empty.
        endpoint: Address of a store that is not Amazon's, or empty; buckets are parts of the path then.
        access_key: Key that may write, or empty where egress has its own.
        secret: Secret of that key.
    """

    bucket: str
    region: str = ""
    endpoint: str = ""
    access_key: str = ""
    secret: str = field(default="", repr=False)


class EgressRecorder:
    """Asks a LiveKit server's egress; satisfies cases.ports.PictureRecorder."""

    def __init__(
        self,
        access: LiveKitAccess,
        target: EgressFolder | EgressBucket,
        blobs: Blobs,
        *,
        begin_seconds: float = BEGIN_SECONDS,
    ) -> None:
        """Record to a place.

        Args:
            access: The server; requests carry a grant to record rooms, which no participant's token has.
            target: Where egress writes.
            blobs: Keeps copies of files that can be read here.
            begin_seconds: How long LiveKit may take to begin.
        """
        self._access = access
        self._target = target
        self._blobs = blobs
        self._begin_seconds = begin_seconds

    async def begin(self, room: str, track: str, name: str) -> str:
        """Begin to record a camera track of a room and return the recording's id; one that runs already is returned.

        Raises:
            PictureRefusedError: There is no egress, no such room, or LiveKit refuses.
            PictureUnavailableError: The server does not answer.
        """
        asked = api.ListEgressRequest(room_name=room, active=True)
        running = await self._ask(lambda client: client.egress.list_egress(asked))
        for one in running.items:
            if one.track.track_id == track:
                return one.egress_id
        request = api.TrackEgressRequest(room_name=room, track_id=track, file=self._output(name))
        started = await self._ask(
            lambda client: client.egress.start_track_egress(request), self._begin_seconds, final=True
        )
        return started.egress_id

    async def end(self, recording: str) -> None:
        """Have a recording end; one that has ended, or is unknown, is left alone.

        Raises:
            PictureUnavailableError: The server does not answer.
        """
        request = api.StopEgressRequest(egress_id=recording)
        try:
            await self._ask(lambda client: client.egress.stop_egress(request))
        except PictureRefusedError:
            # Whoever looks whether it is finished learns what became of it.
            return

    async def finished(self, recording: str) -> PictureFile | None:
        """What was recorded, or None while the file is not finished.

        Raises:
            PictureRefusedError: The recording came to nothing, or nobody knows of it.
            PictureUnavailableError: The server does not answer.
        """
        request = api.ListEgressRequest(egress_id=recording)
        try:
            found = await self._ask(lambda client: client.egress.list_egress(request))
        except PictureRefusedError as error:
            raise PictureRefusedError(PictureFailure.BROKEN, error.detail) from error
        info = found.items[0]
        if info.status in _LOST:
            raise PictureRefusedError(PictureFailure.BROKEN, api.EgressStatus.Name(info.status).lower())
        if info.status not in _DONE:
            return None
        written = info.file_results[0] if info.file_results else info.file
        name = PurePosixPath(written.filename).name
        if not _NAME.fullmatch(name):
            raise PictureRefusedError(PictureFailure.BROKEN, "no_file")
        # A camera that goes off ends the file without a time of its own; the recording's is a moment later.
        started_at, ended_at = _moment(written.started_at), _moment(written.ended_at or info.ended_at)
        return PictureFile(name, written.location, started_at, max(started_at, ended_at), written.size)

    async def keep(self, file: PictureFile, key: str) -> MediaRef | None:
        """Copy a file into the store of recordings under a key; the same again is fine. None where it is out of reach.

        Raises:
            PictureRefusedError: What lies there is not the file that egress told of.
        """
        path = self._path(file)
        media_type = MEDIA_TYPES.get(PurePosixPath(file.name).suffix, "application/octet-stream")
        if path is None or not await asyncio.to_thread(path.is_file):
            return None
        if (await asyncio.to_thread(path.stat)).st_size != file.size:
            raise PictureRefusedError(PictureFailure.BROKEN, "size")
        try:
            media = await self._blobs.put(key, _blocks(path), media_type)
        except FileExistsError:
            # Copied before a crash that came before this was recorded.
            digest = hashlib.sha256()
            async for block in self._blobs.open(key):
                digest.update(block)
            media = MediaRef(key, digest.hexdigest(), media_type)
        return replace(media, duration_ms=file.duration_ms)

    async def discard(self, file: PictureFile) -> bool:
        """Delete a file in the folder; whether none lies there any more. Nothing is deleted in a bucket."""
        path = self._path(file)
        if path is None:
            return False
        # A folder that is not there is not the one that egress writes to.
        if not await asyncio.to_thread(path.parent.is_dir):
            return False
        try:
            await asyncio.to_thread(path.unlink, True)
        except OSError as error:
            _log.warning("the recording %s cannot be deleted: %s", file.name, type(error).__name__)
            return False
        return True

    def _path(self, file: PictureFile) -> Path | None:
        return self._target.path / file.name if isinstance(self._target, EgressFolder) else None

    def _output(self, name: str) -> api.DirectFileOutput:
        """What egress is asked to write: the file alone, without the list of its details that it adds else."""
        if isinstance(self._target, EgressFolder):
            return api.DirectFileOutput(filepath=str(self._target.path / name), disable_manifest=True)
        to = self._target
        upload = api.S3Upload(
            access_key=to.access_key,
            secret=to.secret,
            region=to.region,
            endpoint=to.endpoint,
            bucket=to.bucket,
            force_path_style=bool(to.endpoint),
        )
        return api.DirectFileOutput(filepath=name, disable_manifest=True, s3=upload)

    async def _ask(
        self, work: Callable[[api.LiveKitAPI], Awaitable[T]], within: float = ASK_SECONDS, *, final: bool = False
    ) -> T:
        """Ask the server.

        Args:
            work: What to ask.
            within: How long it may take, seconds.
            final: Whether what it cannot do now is a refusal: egress that cannot start a recording says so that way.

        Raises:
            PictureRefusedError: It refuses, or has no egress.
            PictureUnavailableError: It does not answer.
        """
        try:
            async with asyncio.timeout(within), self._access.client() as client:
                return await work(client)
        except api.ServerError as error:
            raise _refusal(error, final) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise PictureUnavailableError(f"LiveKit did not answer: {type(error).__name__}") from error


def _refusal(error: api.ServerError, final: bool) -> Exception:
    """What a refusal means; a server without Redis has no egress, one whose egress is away finds nobody who answers."""
    if error.code == api.ServerErrorCode.UNAVAILABLE or _NOT_CONNECTED in error.message:
        return PictureRefusedError(PictureFailure.NO_EGRESS, error.code)
    if error.code == api.ServerErrorCode.NOT_FOUND:
        return PictureRefusedError(PictureFailure.GONE, error.code)
    if error.status >= 500 and not final:
        return PictureUnavailableError(f"LiveKit answered {error.code}")
    return PictureRefusedError(PictureFailure.REFUSED, error.code)


def _moment(nanoseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while block := await asyncio.to_thread(file.read, _CHUNK):
            yield block
