"""What the workflows of recorded pictures do: begin a recording, and keep it once its call is over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Protocol, TypeVar

from cases.domain.case import Case
from cases.domain.events import Event, PictureBegun, PictureFailed, PictureKept
from cases.domain.fold import find_attempt
from cases.domain.fold_picture import find_picture
from cases.domain.picture import Picture, PictureFailure, PictureFile
from cases.ports import PictureRecorder, PictureRefusedError, PictureUnavailableError

T = TypeVar("T")
_log = logging.getLogger(__name__)


class OnAppLoop(Protocol):
    """Runs an adapter on the event loop it belongs to."""

    async def __call__(self, work: Coroutine[Any, Any, T]) -> T:
        """Its result."""
        ...


@dataclass(frozen=True, slots=True)
class PictureTimes:
    """How long pictures are waited for.

    Attributes:
        tries: How often whoever does not answer is asked to begin.
        wait_s: Wait before the next try, and between looks at a file that is not finished, seconds.
        finish_s: How long a file may take to be finished once its recording was ended, seconds.
    """

    tries: int = 3
    wait_s: float = 1.0
    finish_s: float = 600.0


class PictureEffects:
    """The two workflows; each may run again after a crash at any point."""

    def __init__(
        self,
        recorder: PictureRecorder | None,
        *,
        find: Callable[[str], Awaitable[Case | None]],
        record: Callable[[str, Event, str], Awaitable[object]],
        on_app_loop: OnAppLoop,
        times: PictureTimes,
    ) -> None:
        """Record through a recorder.

        Args:
            recorder: Records cameras; None where nobody does.
            find: Reads a case, until the record answers.
            record: Records an event under a key, until the record answers.
            on_app_loop: Runs the recorder where it belongs.
            times: How long to wait.
        """
        self._recorder = recorder
        self._find = find
        self._record = record
        self._on_app_loop = on_app_loop
        self._times = times

    async def begin(self, case_id: str, attempt: int, number: int) -> None:
        """Begin a recording that the customer allowed; a call or a consent that has ended meanwhile begins none."""
        case = await self._find(case_id)
        picture = None if case is None else find_picture(case, attempt, number)
        if case is None or picture is None or picture.settled or picture.egress:
            return
        met = find_attempt(case, attempt)
        try:
            if met is None or met.ended_at is not None or picture.withdrawn:
                raise PictureRefusedError(PictureFailure.GONE)
            recording = await self._begun(met.room, picture)
        except PictureRefusedError as error:
            await self._failed(case_id, picture, error.reason, error.detail)
            return
        event = PictureBegun(attempt, number, recording)
        await self._record(case_id, event, f"{case_id}:{attempt}:picture-begun:{number}")

    async def keep(self, case_id: str, attempt: int, number: int) -> None:
        """End a recording, wait for its file and keep it, or delete it where the consent was taken back."""
        case = await self._find(case_id)
        picture = None if case is None else find_picture(case, attempt, number)
        if self._recorder is None or picture is None:
            return
        if picture.settled:
            # Kept before a crash that came before its file was deleted where it was recorded.
            await self._discard_copied(picture.file)
            return
        try:
            file = await self._finished(picture.egress)
            case = await self._find(case_id)
            if case is not None and (now := find_picture(case, attempt, number)) is not None and now.withdrawn:
                deleted = await self._patiently(lambda: self._run(lambda on: on.discard(file)))
                raise PictureRefusedError(PictureFailure.WITHDRAWN, "" if deleted else file.location)
            key = f"{case_id}/{attempt}-picture-{number}{PurePosixPath(file.name).suffix}"
            media = await self._patiently(lambda: self._run(lambda on: on.keep(file, key)))
        except PictureRefusedError as error:
            await self._failed(case_id, picture, error.reason, error.detail)
            return
        kept = replace(file, media=media)
        event = PictureKept(attempt, number, kept)
        await self._record(case_id, event, f"{case_id}:{attempt}:picture-kept:{number}")
        await self._discard_copied(kept)

    async def _begun(self, room: str, picture: Picture) -> str:
        """The recording's id."""
        if self._recorder is None:
            raise PictureRefusedError(PictureFailure.OFF)
        name = f"{room}-{picture.number}"
        tries = 1
        while True:
            try:
                return await self._run(lambda on: on.begin(room, picture.track, name))
            except PictureUnavailableError as error:
                if tries >= self._times.tries:
                    raise PictureRefusedError(PictureFailure.UNREACHABLE) from error
            tries += 1
            await asyncio.sleep(self._times.wait_s)

    async def _finished(self, recording: str) -> PictureFile:
        """The file of a recording; one that still runs is ended first. One that ended with its room needs no asking."""
        waited = 0.0
        ended = False
        while waited <= self._times.finish_s:
            try:
                file = await self._run(lambda on: on.finished(recording))
                if file is not None:
                    return file
                if not ended:
                    await self._run(lambda on: on.end(recording))
                    ended = True
            except PictureUnavailableError:
                _log.warning("effects: recording %s waits: LiveKit does not answer", recording)
            await asyncio.sleep(self._times.wait_s)
            waited += self._times.wait_s
        raise PictureRefusedError(PictureFailure.UNFINISHED)

    async def _discard_copied(self, file: PictureFile | None) -> None:
        """Delete a file where it was recorded once the case keeps a copy."""
        if file is None or file.media is None:
            return
        if not await self._patiently(lambda: self._run(lambda on: on.discard(file))):
            _log.warning("effects: %s was copied and could not be deleted where it was recorded", file.name)

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        waited = 0.0
        while True:
            try:
                return await work()
            except PictureUnavailableError as error:
                if waited > self._times.finish_s:
                    raise PictureRefusedError(PictureFailure.UNREACHABLE) from error
            await asyncio.sleep(self._times.wait_s)
            waited += self._times.wait_s

    async def _run(self, ask: Callable[[PictureRecorder], Coroutine[Any, Any, T]]) -> T:
        assert self._recorder is not None, "whoever asks has seen to that"
        return await self._on_app_loop(ask(self._recorder))

    async def _failed(self, case_id: str, picture: Picture, reason: PictureFailure, detail: str) -> None:
        _log.warning(
            "effects: no picture of %s:%d, recording %d: %s", case_id, picture.attempt, picture.number, reason.value
        )
        event = PictureFailed(picture.attempt, picture.number, reason, detail)
        await self._record(case_id, event, f"{case_id}:{picture.attempt}:picture-failed:{picture.number}")
