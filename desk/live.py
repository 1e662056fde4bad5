"""Running calls as they happen: whoever runs a call publishes here, the desk's live pages watch.

Nothing here is evidence; the CallEnded event is. What a watcher has not fetched yet is conflated per turn, so
a slow page costs no memory and never holds up a call.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum

from cases.domain.reading import Reading
from cases.domain.vocabulary import Act, Speaker


class LivePhase(StrEnum):
    """How far a running attempt is."""

    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class LiveLine:
    """One utterance so far; publishing the same turn again replaces it.

    Attributes:
        turn: Place in the call, from 0.
        speaker: Who speaks.
        text: The words so far: played (agent) or heard (customer).
        final: Whether it will change no more.
        acts: The agent's acts, in speaking order.
        interrupted: Whether the customer cut the agent off here.
        reading: What was understood of a customer turn, else None.
        brain: Which brain took the customer turn, else None.
        response_ms: Customer's last to the agent's first voiced sample, milliseconds, or None.
    """

    turn: int
    speaker: Speaker
    text: str
    final: bool = False
    acts: tuple[Act, ...] = ()
    interrupted: bool = False
    reading: Reading | None = None
    brain: str | None = None
    response_ms: int | None = None


@dataclass(frozen=True, slots=True)
class LiveState:
    """Where a running attempt stands.

    Attributes:
        attempt: Number of the contact attempt.
        phase: How far it is.
        ending: How it ended (a CallEnding or Disposition), or empty.
    """

    attempt: int
    phase: LivePhase
    ending: str = ""


LiveUpdate = LiveLine | LiveState
"""What a watcher sees."""


@dataclass(slots=True)
class _Running:
    """One case's running attempt: latest state and line of each turn, each with the number of its last change."""

    state: LiveState
    state_change: int
    lines: dict[int, tuple[int, LiveLine]] = field(default_factory=dict)


class LiveCalls:
    """Hub of running calls in this process; every method runs on the event loop's thread."""

    def __init__(self) -> None:
        """Start with no running call."""
        self._running: dict[str, _Running] = {}
        self._change = 0
        self._wake = asyncio.Event()

    def ringing(self, case_id: str, attempt: int) -> None:
        """An attempt rings at the customer's; lines of an earlier attempt are dropped."""
        self._change += 1
        self._running[case_id] = _Running(LiveState(attempt, LivePhase.RINGING), self._change)
        self._awaken()

    def answered(self, case_id: str, attempt: int) -> None:
        """Somebody answered and the conversation begins."""
        self._state(case_id, LiveState(attempt, LivePhase.TALKING))

    def line(self, case_id: str, line: LiveLine) -> None:
        """An utterance grew, was understood or is complete; ignored where no attempt runs."""
        running = self._running.get(case_id)
        if running is None:
            return
        self._change += 1
        running.lines[line.turn] = (self._change, line)
        self._awaken()

    def ended(self, case_id: str, attempt: int, ending: str) -> None:
        """The attempt ended; its watchers see that last, then the hub forgets it."""
        self._state(case_id, LiveState(attempt, LivePhase.ENDED, ending))
        self._running.pop(case_id, None)

    def running(self) -> tuple[str, ...]:
        """Cases with a running attempt, longest running first."""
        return tuple(self._running)

    def phase(self, case_id: str) -> LivePhase | None:
        """How far the case's running attempt is, or None where none runs."""
        running = self._running.get(case_id)
        return running.state.phase if running else None

    async def watch(self, case_id: str) -> AsyncIterator[LiveUpdate]:
        """Everything of the running attempt so far, then each change; ends after its end, at once where none runs."""
        running = self._running.get(case_id)
        seen = 0
        while running is not None:
            wake = self._wake
            changes: list[tuple[int, LiveUpdate]] = [c for c in running.lines.values() if c[0] > seen]
            if running.state_change > seen:
                changes.append((running.state_change, running.state))
            for number, update in sorted(changes, key=lambda change: change[0]):
                seen = number
                yield update
            if running.state.phase is LivePhase.ENDED or self._running.get(case_id) is not running:
                return
            if not changes:
                await wake.wait()

    def _state(self, case_id: str, state: LiveState) -> None:
        self._change += 1
        running = self._running.get(case_id)
        if running is None:
            running = self._running[case_id] = _Running(state, self._change)
        running.state, running.state_change = state, self._change
        self._awaken()

    def _awaken(self) -> None:
        self._wake.set()
        self._wake = asyncio.Event()
