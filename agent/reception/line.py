"""The line to a caller, as the reception needs it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from cases.domain.vocabulary import Disposition
from telephony.leg import Control, Invitation


class CallerLine(Protocol):
    """One caller's line; satisfied by `telephony.livekit.ReceptionLeg`."""

    async def ring(self, invitation: Invitation) -> Disposition:
        """Answer the caller; `answered` once audio flows.

        Raises:
            LegError: There is no line.
        """
        ...

    def microphone(self) -> AsyncIterator[bytes]:
        """Frames of the caller's voice; ends when the caller leaves.

        Raises:
            LegLostError: From the iterator, when the line broke.
        """
        ...

    def play(self, frame: bytes) -> None:
        """Send one frame."""
        ...

    def controls(self) -> AsyncIterator[Control]:
        """What the caller presses; ends with the line."""
        ...

    async def agent_there(self) -> None:
        """Return once the agent's voice is on the line."""
        ...

    async def refer(self, to: str) -> None:
        """Have the telephone network connect the caller with somebody else.

        Raises:
            ReferRefusedError: It does not.
        """
        ...

    async def leave(self) -> None:
        """Leave the caller with the agent."""
        ...

    async def hang_up(self) -> None:
        """End the line; a second call does nothing."""
        ...
