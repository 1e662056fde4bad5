"""Clocks: the machine's, and one that only moves when told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Current time, UTC and aware."""
        return datetime.now(UTC)  # noqa: TID251 - the one place where time comes in


class SimulatedClock:
    """A clock for simulated time; it never goes back."""

    def __init__(self, start: datetime) -> None:
        """Stand at an aware time."""
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Current simulated time, UTC and aware."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move on and return the new time.

        Raises:
            ValueError: The step is negative.
        """
        if by < timedelta(0):
            raise ValueError("simulated time does not go back")
        self._now += by
        return self._now

    def advance_to(self, moment: datetime) -> datetime:
        """Move on to a later time and return it; an earlier one changes nothing."""
        self._now = max(self._now, moment.astimezone(UTC))
        return self._now
