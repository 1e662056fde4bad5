"""What calls left and the server has not acknowledged yet, on this worker's disk.

One folder a claim. The process that holds the call has it locked as long as it lives, so that no other delivers it at
the same time; what a dead one left is delivered by the worker's main process. Files appear whole or not at all.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ABOUT = "call.json"
_LOCK = "lock"
_EVENTS = "events"
_MEDIA = "media"
_DONE = "complete"
_GONE = ".gone-"


@dataclass(frozen=True, slots=True)
class SpooledMedia:
    """A recording or a still.

    Attributes:
        path: The file.
        name: Its name at the server.
        sha256: Hexadecimal digest.
    """

    path: Path
    name: str
    sha256: str


class SpoolEntry:
    """What one claim of one call left; locked by this process."""

    def __init__(self, folder: Path, call_id: str, claim: int, lock: int) -> None:
        """Use a folder whose lock this process holds."""
        self.folder = folder
        self.call_id = call_id
        self.claim = claim
        self._lock: int | None = lock

    @property
    def complete(self) -> bool:
        """Whether the call's result is in it."""
        return (self.folder / _DONE).exists()

    def media_path(self, name: str) -> Path:
        """Where a file of this name grows; `keep` makes it part of the entry."""
        return self.folder / _MEDIA / name

    def keep(self, name: str, sha256: str) -> None:
        """A file is whole."""
        _write(self.folder / _MEDIA / f"{name}.json", {"sha256": sha256})

    def finish(self, documents: list[dict[str, Any]]) -> None:
        """The call is over: keep what the server was not told yet, the result last."""
        for number, document in enumerate(documents):
            _write(self.folder / _EVENTS / f"{number:03}.json", document)
        _write(self.folder / _DONE, {})

    def events(self) -> list[tuple[Path, dict[str, Any]]]:
        """What is to be told, in order."""
        return [(one, json.loads(one.read_bytes())) for one in sorted((self.folder / _EVENTS).glob("*.json"))]

    def media(self) -> list[SpooledMedia]:
        """Files that are whole."""
        found = []
        for about in sorted((self.folder / _MEDIA).glob("*.json")):
            path = about.with_suffix("")
            if path.exists():
                found.append(SpooledMedia(path, path.name, json.loads(about.read_bytes())["sha256"]))
        return found

    def drop_media(self, media: SpooledMedia) -> None:
        """The server has a file, or will never take it."""
        media.path.unlink(missing_ok=True)
        media.path.with_name(f"{media.name}.json").unlink(missing_ok=True)

    def remove(self) -> None:
        """Nothing is left to deliver."""
        _discard(self.folder)
        self.release()

    def release(self) -> None:
        """Let another process deliver it; a second call does nothing."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


class Spool:
    """All entries of a worker."""

    def __init__(self, root: Path) -> None:
        """Use a folder that only this user may open."""
        self._root = root
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        root.chmod(0o700)

    def create(self, call_id: str, claim: int) -> SpoolEntry:
        """A new entry, held by this process."""
        folder = self._root / hashlib.sha256(f"{call_id} {claim}".encode()).hexdigest()[:32]
        for part in (folder, folder / _EVENTS, folder / _MEDIA):
            part.mkdir(exist_ok=True, mode=0o700)
        (folder / _LOCK).touch(mode=0o600)
        lock = _locked(folder)
        assert lock is not None, "a claim is one process's"
        _write(folder / _ABOUT, {"call_id": call_id, "claim": claim})
        return SpoolEntry(folder, call_id, claim, lock)

    def abandoned(self) -> Iterator[SpoolEntry]:
        """Entries that no process holds; each is held by this one then."""
        for folder in self._folders():
            lock = _locked(folder)
            if lock is None:
                continue
            try:
                about = json.loads((folder / _ABOUT).read_bytes())
                yield SpoolEntry(folder, str(about["call_id"]), int(about["claim"]), lock)
            except FileNotFoundError:
                # Its process ended before it had begun.
                _discard(folder)
                os.close(lock)

    def __len__(self) -> int:
        """How many entries there are."""
        return len(self._folders())

    def _folders(self) -> list[Path]:
        return sorted(one for one in self._root.iterdir() if not one.name.startswith(_GONE))


def _locked(folder: Path) -> int | None:
    """Lock an entry; None where another process holds it, or it is gone."""
    try:
        handle = os.open(folder / _LOCK, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _discard(folder: Path) -> None:
    """Take an entry away at once for all processes, then its files."""
    gone = folder.with_name(f"{_GONE}{folder.name}")
    with suppress(FileNotFoundError):
        folder.rename(gone)
        shutil.rmtree(gone)


def _write(path: Path, document: dict[str, Any]) -> None:
    """Write a file whole and durably."""
    part = path.with_name(f".{path.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(document, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
