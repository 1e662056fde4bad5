"""How often something may happen: a token bucket for alerts, a window of failures for sign-ins."""

from __future__ import annotations

import math
from collections import deque
from datetime import datetime, timedelta


class TokenBucket:
    """Takes a burst at once and a steady rate after it."""

    def __init__(self, burst: int, per_second: float) -> None:
        """Start full."""
        self._burst = float(burst)
        self._rate = per_second
        self._tokens = float(burst)
        self._at: datetime | None = None

    def take(self, now: datetime) -> int:
        """Take one token and return 0, or return the whole seconds until there is one."""
        if self._at is not None:
            passed = max(0.0, (now - self._at).total_seconds())
            self._tokens = min(self._burst, self._tokens + passed * self._rate)
        self._at = now
        if self._tokens >= 1.0:
            self._tokens -= 1.0
            return 0
        return max(1, math.ceil((1.0 - self._tokens) / self._rate))

    def give_back(self) -> None:
        """Put a token back that was taken for nothing."""
        self._tokens = min(self._burst, self._tokens + 1.0)


class FailureWindow:
    """Counts failures by key within a window; bounded in memory."""

    def __init__(self, allowed: int, window_seconds: int, keys: int = 10_000) -> None:
        """Allow so many failures a key within the window; beyond `keys` keys the oldest are forgotten."""
        self._allowed = allowed
        self._window = timedelta(seconds=window_seconds)
        self._keys = keys
        self._failures: dict[str, deque[datetime]] = {}

    def wait(self, key: str, now: datetime) -> int:
        """Seconds until the key may try again; 0 when it may now."""
        failures = self._failures.get(key)
        if failures is None:
            return 0
        while failures and now - failures[0] >= self._window:
            failures.popleft()
        if not failures:
            del self._failures[key]
            return 0
        if len(failures) < self._allowed:
            return 0
        return max(1, math.ceil((failures[0] + self._window - now).total_seconds()))

    def fail(self, key: str, now: datetime) -> None:
        """Count a failure."""
        failures = self._failures.pop(key, None) or deque(maxlen=self._allowed)
        failures.append(now)
        self._failures[key] = failures
        while len(self._failures) > self._keys:
            self._failures.pop(next(iter(self._failures)))

    def forgive(self, key: str) -> None:
        """Take back the latest failure, which was none."""
        failures = self._failures.get(key)
        if failures:
            failures.pop()
            if not failures:
                del self._failures[key]

    def clear(self, key: str) -> None:
        """Forget a key's failures after a success."""
        self._failures.pop(key, None)
