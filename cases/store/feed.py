"""Changes as they are committed, for live views in the same process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import TracebackType


@dataclass(frozen=True, slots=True)
class Change:
    """A case has new events.

    Attributes:
        case_id: The case.
        seq: Number of its latest event.
    """

    case_id: str
    seq: int


class Subscription:
    """Changes for one reader; a slow reader gets the latest change of each case, never an endless backlog.

    Use it as a context manager, so that it ends with its reader:

        with store.subscribe() as changes:
            async for change in changes:
                ...
    """

    def __init__(self, feed: ChangeFeed) -> None:
        """Listen from now on, in the running event loop."""
        self._feed = feed
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._pending: dict[str, int] = {}
        self._closed = False

    def __enter__(self) -> Subscription:
        """Begin to listen."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self.close()

    def close(self) -> None:
        """Stop listening; the iteration ends."""
        self._feed._leave(self)
        self._closed = True
        self._wake.set()

    def _offer(self, changes: tuple[Change, ...]) -> None:
        for change in changes:
            self._pending[change.case_id] = change.seq
        self._wake.set()

    async def __aiter__(self) -> AsyncIterator[Change]:
        """Every change from the subscription on, until close."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._closed:
                return
            pending, self._pending = self._pending, {}
            for case_id, seq in pending.items():
                yield Change(case_id, seq)


class ChangeFeed:
    """Hands committed changes to every subscription; safe to publish to from any thread."""

    def __init__(self) -> None:
        """Begin without subscriptions."""
        self._lock = threading.Lock()
        self._subscriptions: set[Subscription] = set()

    def subscribe(self) -> Subscription:
        """A new subscription in the running event loop."""
        subscription = Subscription(self)
        with self._lock:
            self._subscriptions.add(subscription)
        return subscription

    def publish(self, changes: tuple[Change, ...]) -> None:
        """Tell every subscription; one whose event loop is gone is dropped."""
        with self._lock:
            subscriptions = tuple(self._subscriptions)
        for one in subscriptions:
            try:
                one._loop.call_soon_threadsafe(one._offer, changes)
            except RuntimeError:
                self._leave(one)

    def _leave(self, subscription: Subscription) -> None:
        with self._lock:
            self._subscriptions.discard(subscription)
