"""Several watchers of one call as one."""

from __future__ import annotations

from agent.observer import CallObserver
from cases.domain.call import Call, Turn
from cases.domain.vocabulary import Act, Language


class Observers:
    """Tells every watcher, in order; satisfies agent.observer.CallObserver."""

    def __init__(self, *watchers: CallObserver) -> None:
        """Tell these."""
        self._watchers = watchers

    def started(self, call_id: str, language: Language) -> None:
        """Audio flows."""
        for watcher in self._watchers:
            watcher.started(call_id, language)

    def agent_speaking(self, text: str, acts: tuple[Act, ...]) -> None:
        """The agent speaks."""
        for watcher in self._watchers:
            watcher.agent_speaking(text, acts)

    def agent_spoke(self, turn: Turn) -> None:
        """An utterance of the agent ended."""
        for watcher in self._watchers:
            watcher.agent_spoke(turn)

    def customer_speaking(self, text: str) -> None:
        """The customer speaks."""
        for watcher in self._watchers:
            watcher.customer_speaking(text)

    def customer_spoke(self, turn: Turn) -> None:
        """A turn of the customer was understood."""
        for watcher in self._watchers:
            watcher.customer_spoke(turn)

    def barged_in(self, at_ms: int) -> None:
        """The customer talks over the agent."""
        for watcher in self._watchers:
            watcher.barged_in(at_ms)

    def went_on(self, at_ms: int) -> None:
        """It was no barge-in."""
        for watcher in self._watchers:
            watcher.went_on(at_ms)

    def prepared_in_vain(self) -> None:
        """A reply that was prepared ahead is thrown away."""
        for watcher in self._watchers:
            watcher.prepared_in_vain()

    def ended(self, call: Call) -> None:
        """The call is over."""
        for watcher in self._watchers:
            watcher.ended(call)
