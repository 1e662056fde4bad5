"""The timers of a call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from agent.call.happenings import Due, Timer

AFTERTHOUGHT_S = 1.5
"""How long a customer who cut the agent's last words off may still say something."""
CONFIRM_S = 3.0
"""A turn that the session has not confirmed after so long shows that the session has failed."""
PLAY_S = 8.0
"""An utterance that has not begun so long after it was to, while the customer is silent, shows the same."""
GRACE_S = 8.0
"""How long the agent may finish what it says once the call has reached its cap."""
BEEP_S = 6.0
"""How long after a machine's last words its beep is waited for."""
DOUBT_S = 2.5
"""How long somebody who may have spoken past the telephone may take to turn back to it."""
HANG_UP_S = 1.5
"""How long after the last words of what takes no message somebody may still speak."""
WORDS_S = 3.0
"""How long after a beep the words before it may take to be understood."""


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
