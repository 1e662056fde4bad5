"""How many wrong callback codes are let through: by caller, and over all callers, so that guessing is hopeless.

A try counts as wrong before it is looked at and is taken back where it was right, so that many at once get no further
than one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from desk.throttle import FailureWindow, TokenBucket

WINDOW_S = 600
"""For how long a wrong code counts against its caller, seconds."""
_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class CodeLimits:
    """How many wrong codes are let through.

    Attributes:
        per_caller: By one caller within ten minutes; callers who withhold their numbers are one.
        per_hour: By all callers within an hour, after as many at once.
    """

    per_caller: int = 5
    per_hour: int = 20


class CodeThrottle:
    """Counts tries; in memory, so that a restart of the process begins anew."""

    def __init__(self, limits: CodeLimits | None = None) -> None:
        """Nobody has tried yet."""
        limits = limits or CodeLimits()
        self._callers = FailureWindow(limits.per_caller, WINDOW_S)
        self._all = TokenBucket(limits.per_hour, limits.per_hour / _HOUR_S)

    def begin(self, caller: str, now: datetime) -> int:
        """A caller says a code: 0 where it may be looked up, else whole seconds until it may.

        Args:
            caller: What the caller is told from others by; never a number.
            now: Current time, UTC.
        """
        wait = self._callers.wait(caller, now)
        if not wait:
            self._callers.fail(caller, now)
        return wait

    def answer(self, now: datetime) -> int:
        """Whether a code was right may be answered: 0, else whole seconds until it may.

        Not asked where the code was right and came from a number of that case's customer: strangers' guesses keep no
        customer out who rings from their own telephone.
        """
        return self._all.take(now)

    def take_back(self, caller: str, *, answered: bool) -> None:
        """The code was right, or could not be looked up: the try counts no more.

        Args:
            caller: As for `begin`.
            answered: Whether `answer` let it through.
        """
        self._callers.forgive(caller)
        if answered:
            self._all.give_back()
