"""Running calls as they happen: whoever runs a call publishes here, the desk's live pages watch.

Nothing here is evidence; the CallEnded event is. What a watcher has not fetched yet is conflated per turn, so
a slow page costs no memory and never holds up a call.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum

from cases.domain.call import Call, Turn
from cases.domain.reading import Reading
from cases.domain.vocabulary import Act, Language, Speaker


class LivePhase(StrEnum):
    """How far a running attempt is."""

    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class LiveLine:
    """One utterance; what is still being spoken has no turn yet, and each speaker has at most one such line.

    Attributes:
        turn: Place in the call, from 0, or None while it is being spoken.
        speaker: Who speaks.
        text: The words so far: played (agent) or heard (customer).
        acts: The agent's acts, in speaking order.
        interrupted: Whether the customer cut the agent off here.
        reading: What was understood of a customer turn, else None.
        brain: Which brain took the customer turn, else None.
        response_ms: Customer's last to the agent's first voiced sample, milliseconds, or None.
    """

    turn: int | None
    speaker: Speaker
    text: str
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
    """One case's running attempt: its state and lines, each with the number of its last change."""

    state: LiveState
    state_change: int
    lines: dict[int | Speaker, tuple[int, LiveLine]] = field(default_factory=dict)


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
        """An utterance grew, or became a turn, which ends the speaker's growing line; ignored where no attempt runs."""
        running = self._running.get(case_id)
        if running is None:
            return
        self._change += 1
        if line.turn is not None:
            running.lines.pop(line.speaker, None)
        running.lines[line.speaker if line.turn is None else line.turn] = (self._change, line)
        self._awaken()

    def ended(self, case_id: str, attempt: int, ending: str) -> None:
        """The attempt ended; its watchers see that last, then the hub forgets it. Ignored where another one runs."""
        running = self._running.get(case_id)
        if running is not None and running.state.attempt != attempt:
            return
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
            # As of now: what changes while the lines below are fetched is for the next round.
            over = running.state.phase is LivePhase.ENDED or self._running.get(case_id) is not running
            for number, update in sorted(changes, key=lambda change: change[0]):
                seen = number
                yield update
            if over:
                return
            if not changes:
                await wake.wait()

    async def follow(self, case_id: str) -> AsyncIterator[LiveUpdate]:
        """The case's running attempt and every one after it; never ends by itself."""
        while True:
            wake = self._wake
            if case_id in self._running:
                async for update in self.watch(case_id):
                    yield update
            else:
                await wake.wait()

    async def phases(self) -> AsyncIterator[dict[str, str]]:
        """Case id to phase of every running attempt, now and after each change of a phase; never ends by itself."""
        shown: dict[str, str] | None = None
        while True:
            wake = self._wake
            phases = {case_id: running.state.phase.value for case_id, running in self._running.items()}
            if phases != shown:
                shown = phases
                yield phases
            else:
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


class LiveObserver:
    """Shows one call on the hub; has the methods of an observer of calls."""

    def __init__(self, hub: LiveCalls, case_id: str, attempt: int) -> None:
        """Publish one attempt of one case."""
        self._hub = hub
        self._case_id = case_id
        self._attempt = attempt

    def started(self, call_id: str, language: Language) -> None:
        """Audio flows."""
        self._hub.answered(self._case_id, self._attempt)

    def agent_speaking(self, text: str, acts: tuple[Act, ...]) -> None:
        """The agent's words so far in this utterance."""
        self._hub.line(self._case_id, LiveLine(None, Speaker.AGENT, text, acts))

    def agent_spoke(self, turn: Turn) -> None:
        """An utterance of the agent ended, to its end or cut."""
        self._hub.line(self._case_id, _line(turn))

    def customer_speaking(self, text: str) -> None:
        """The customer's words so far."""
        self._hub.line(self._case_id, LiveLine(None, Speaker.CUSTOMER, text))

    def customer_spoke(self, turn: Turn) -> None:
        """A turn of the customer was understood."""
        self._hub.line(self._case_id, _line(turn))

    def barged_in(self, at_ms: int) -> None:
        """Nothing to show yet: the cut turn follows."""

    def went_on(self, at_ms: int) -> None:
        """Nothing to show: the agent's words go on growing."""

    def prepared_in_vain(self) -> None:
        """Nothing to show: the reply that is spoken follows."""

    def ended(self, call: Call) -> None:
        """The call is over."""
        self._hub.ended(self._case_id, self._attempt, call.ending.value)


def _line(turn: Turn) -> LiveLine:
    return LiveLine(
        turn=turn.index,
        speaker=turn.speaker,
        text=turn.heard_text,
        acts=turn.acts,
        interrupted=turn.interrupted,
        reading=turn.reading,
        brain=turn.brain,
        response_ms=turn.response_ms,
    )
