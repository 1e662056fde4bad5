"""Asking LiveKit for a worker: the seam, and a fake for tests and rehearsals."""

from __future__ import annotations

from typing import Protocol

from telephony.remote.errors import DispatchFailedError


class Dispatch(Protocol):
    """Brings workers to rooms."""

    async def summon(self, room: str, call_id: str) -> None:
        """Have a worker hold a call in a room; it is told nothing but the call's id.

        Raises:
            DispatchFailedError: Nobody was asked; try again.
        """
        ...

    async def close(self, room: str) -> None:
        """Close a room, which ends every line in it; one that is not there is closed already.

        Raises:
            DispatchFailedError: It may still be there; try again.
        """
        ...

    async def holds_telephone(self, room: str) -> bool:
        """Whether a telephone is in a room; none is in one that is not there.

        Raises:
            DispatchFailedError: Nobody said; try again.
        """
        ...

    async def aclose(self) -> None:
        """Let connections go."""
        ...


class RecordedDispatch:
    """Summons nobody and notes what it was asked.

    Attributes:
        summoned: Rooms and calls, in order.
        closed: Rooms, in order.
        left: Rooms that no telephone is in any more; in every other there is one.
        down: Whether everything fails now.
    """

    def __init__(self) -> None:
        """Begin."""
        self.summoned: list[tuple[str, str]] = []
        self.closed: list[str] = []
        self.left: set[str] = set()
        self.down = False

    async def summon(self, room: str, call_id: str) -> None:
        """Note it."""
        self._fail()
        self.summoned.append((room, call_id))

    async def close(self, room: str) -> None:
        """Note it."""
        self._fail()
        self.closed.append(room)

    async def holds_telephone(self, room: str) -> bool:
        """Whether one is there, as the test says."""
        self._fail()
        return room not in self.left

    async def aclose(self) -> None:
        """Nothing is open."""

    def _fail(self) -> None:
        if self.down:
            raise DispatchFailedError("LiveKit is down")
