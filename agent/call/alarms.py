"""The timers of a call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from agent.call.happenings import Due, Timer


class Alarms:
    """Tells when a timer is due; setting a timer anew, or stopping it, makes what was set before stale."""

    def __init__(self, post: Callable[[Due], None]) -> None:
        """Tell `post`."""
        self._post = post
        self._marks = dict.fromkeys(Timer, 0)
        self._handles: dict[Timer, asyncio.TimerHandle] = {}

    def set(self, timer: Timer, seconds: float) -> None:
        """Be due in so many seconds."""
        self.stop(timer)
        due = Due(timer, self._marks[timer])
        self._handles[timer] = asyncio.get_running_loop().call_later(seconds, self._post, due)

    def stop(self, timer: Timer) -> None:
        """Be due no more."""
        self._marks[timer] += 1
        if (handle := self._handles.pop(timer, None)) is not None:
            handle.cancel()

    def stop_all(self) -> None:
        """Be due no more at all: a timer left running would hold the call, and what was said in it, until it is due."""
        for timer in Timer:
            self.stop(timer)

    def current(self, due: Due) -> bool:
        """Whether what is due was neither stopped nor set anew."""
        return due.mark == self._marks[due.timer]
