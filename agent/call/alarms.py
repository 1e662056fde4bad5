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

    def set(self, timer: Timer, seconds: float) -> None:
        """Be due in so many seconds."""
        self._marks[timer] += 1
        asyncio.get_running_loop().call_later(seconds, self._post, Due(timer, self._marks[timer]))

    def stop(self, timer: Timer) -> None:
        """Be due no more."""
        self._marks[timer] += 1

    def current(self, due: Due) -> bool:
        """Whether what is due was neither stopped nor set anew."""
        return due.mark == self._marks[due.timer]
