"""Whether LiveKit SIP still carries a telephone, which the server says only 20 s after it does not.

A telephone that is muted, or sends nothing in a silence, sounds as a line that is dead. So where nothing at all is
heard, LiveKit SIP is asked: whoever holds a place in a room answers a remote call, though only that there is no such
method.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from livekit import rtc

SILENT_SECONDS = 0.6
"""After so long without the least sound LiveKit SIP is asked: a line that is up has noise, mostly."""
ANSWER_SECONDS = 3.0
"""A LiveKit SIP that has not answered after so long, while nothing was heard, has gone: twice what a network loses."""
AGAIN_SECONDS = 1.0
"""It is asked again so long after it has answered."""
_LOOK_SECONDS = 0.1
_METHOD = "riskcall.there"


class LineWatch:
    """Watches one line until it is lost."""

    def __init__(
        self, *, sounded_at: Callable[[], float], ask: Callable[[], Awaitable[bool]], lost: Callable[[], None]
    ) -> None:
        """Watch a line; `run` does it.

        Args:
            sounded_at: The event loop's time at which the customer was last heard, however faint.
            ask: Asks for an answer; False where none came within ANSWER_SECONDS.
            lost: Called once, where the line is lost.
        """
        self._sounded_at = sounded_at
        self._ask = ask
        self._lost = lost

    async def run(self) -> None:
        """Watch until the line is lost."""
        loop = asyncio.get_running_loop()
        while True:
            if loop.time() - self._sounded_at() < SILENT_SECONDS:
                await asyncio.sleep(_LOOK_SECONDS)
                continue
            asked_at = loop.time()
            if await self._ask():
                await asyncio.sleep(AGAIN_SECONDS)
            elif self._sounded_at() <= asked_at:
                self._lost()
                return


async def answers(room: rtc.Room, identity: str) -> bool:
    """Whether somebody in a room answers; True also where that cannot be told.

    Args:
        room: The room.
        identity: Who is asked.
    """
    try:
        await room.local_participant.perform_rpc(
            destination_identity=identity,
            method=_METHOD,
            payload="",
            max_round_trip_latency=ANSWER_SECONDS,
            response_timeout=ANSWER_SECONDS + AGAIN_SECONDS,
        )
    except rtc.RpcError as error:
        # All else is an answer, or of the agent's own connection, or of a customer who left: told otherwise.
        return error.code != rtc.RpcError.ErrorCode.CONNECTION_TIMEOUT
    return True
