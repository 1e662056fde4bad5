"""What the agent would say next, as a value: fixed wording checked by the guard, free wording as it streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass

from agent.brains.brain import BrainError, BrainTurn
from agent.dialogue.guard import Guard, sentences
from agent.dialogue.lines import Lines
from cases.domain.reading import Reading
from cases.domain.script import ScriptState, Step
from cases.domain.vocabulary import Act, Language, Question, SignalCode, Typology

MAX_FREE_SENTENCES = 3
"""Most sentences of free wording in one reply."""


@dataclass(frozen=True, slots=True)
class Considered:
    """What a reply was made from.

    Attributes:
        base: The script's state that it was considered in.
        step: The script's step.
        turn: Index of the customer's turn, or None where the customer said nothing.
        customer_text: The customer's words, redacted, or None.
        reading: What was understood of them, or None.
        brain: Which brain read them, or None.
        findings: What was dropped from the reading.
        doubted: The question whose confirmation was not taken because it was heard in doubt, or None.
        again: Makes the step anew from another state, for a turn with that index, or None where it is not to be.
    """

    base: ScriptState
    step: Step
    turn: int | None = None
    customer_text: str | None = None
    reading: Reading | None = None
    brain: str | None = None
    findings: tuple[str, ...] = ()
    doubted: Question | None = None
    again: Callable[[ScriptState, int], Step | None] | None = None


class Wording:
    """Words of one call: lines, checked by the guard; a refused sentence is replaced and noted."""

    def __init__(self, lines: Lines, guard: Guard, language: Language) -> None:
        """Bind lines and guard of a call."""
        self._lines = lines
        self._guard = guard
        self._language = language

    def join(self, parts: list[str]) -> str:
        """Sentences as one text."""
        return ("" if self._language is Language.ZH else " ").join(part.strip() for part in parts)

    def fixed(
        self,
        act: Act,
        *,
        times: int,
        verified: bool,
        typology: Typology | None,
        signals: Collection[SignalCode] = (),
    ) -> tuple[list[str], tuple[str, ...]]:
        """Sentences of an act in the first wording that passes, and what the guard refused on the way."""
        findings: list[str] = []
        for attempt in range(3):
            text = self._lines.say(act, times=times + attempt, verified=verified, typology=typology, signals=signals)
            refused = [
                verdict.finding
                for sentence in sentences(text)
                if not (verdict := self._guard.check(sentence, verified=verified, fixed=True)).allowed
            ]
            if not refused:
                return [sentence.strip() for sentence in sentences(text)], tuple(findings)
            findings += [f"{act.value}: {finding}" for finding in refused]
        return [], tuple(dict.fromkeys(findings))

    def free(self, sentence: str) -> str:
        """Why a sentence of free wording is refused, or empty; free wording is for verified customers only."""
        return self._guard.check(sentence, verified=True).finding


class Reply:
    """What the agent would say next: a value, which changes nothing until it is committed.

    Attributes:
        acts: The agent's acts in speaking order; all are spoken as one utterance.
        ends: Whether the call ends after it.
        question: The question it leaves open, or None.
        customer_text: The customer's words it replies to, redacted, or None (opening, silence, button).
        reading: What was understood of them, or None.
        brain: Which brain read them (`rules: model stalled` where it fell back), or None.
        interruptible: Whether a barge-in may cut it off.
        patience: Factor on how long to wait for the customer afterwards; 1.0 is normal, more after "hold on".
        considered: What it was made from.
    """

    def __init__(
        self,
        considered: Considered,
        wording: Wording,
        *,
        before: list[str],
        free_from: BrainTurn | None,
        instead: list[str],
        after: list[str],
        findings: tuple[str, ...],
        interruptible: bool,
        patience: float,
        lengths: tuple[int, ...] = (),
    ) -> None:
        """Assemble a reply.

        Args:
            considered: What it is made from.
            wording: Checks free wording.
            before: Sentences before the free wording, or all of them where there is none.
            free_from: The model's turn whose reply is the free wording, or None.
            instead: Sentences for where the free wording is empty or refused.
            after: Sentences after it.
            findings: What the guard refused so far.
            interruptible: Whether a barge-in may cut it off.
            patience: Factor on how long to wait afterwards.
            lengths: How many sentences each act has, in speaking order, where all of them are fixed.
        """
        self.considered = considered
        self.acts: tuple[Act, ...] = considered.step.acts
        self.ends: bool = considered.step.ends
        self.question: Question | None = considered.step.question
        self.customer_text = considered.customer_text
        self.reading = considered.reading
        self.brain = considered.brain
        self.interruptible = interruptible
        self.patience = patience
        self._lengths = lengths
        self._wording = wording
        self._findings = [*considered.findings, *findings]
        self._said = list(before)
        self._turn = free_from
        self._instead = instead
        self._after = after
        self._rest: AsyncIterator[str] | None = self._freely(free_from) if free_from is not None else None
        self._lock = asyncio.Lock()

    @property
    def text(self) -> str:
        """Full wording, guarded; with free wording, what is known of it so far (all of it after `chunks`)."""
        return self._wording.join(self._said)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The wording sentence by sentence, as far as it is known."""
        return tuple(self._said)

    def acts_in(self, heard: str) -> tuple[Act, ...]:
        """The acts whose words lie whole in what was heard, which is how the wording begins."""
        found: list[Act] = []
        said = 0
        for act, length in zip(self.acts, self._lengths, strict=False):
            said += length
            if len(self._wording.join(self._said[:said])) > len(heard):
                break
            found.append(act)
        return tuple(found)

    @property
    def whole(self) -> bool:
        """Whether all of the wording is known."""
        return self._rest is None

    @property
    def findings(self) -> tuple[str, ...]:
        """What the guard refused, what was dropped from the reading; grows while free wording streams."""
        return tuple(self._findings)

    async def chunks(self) -> AsyncIterator[str]:
        """The wording sentence by sentence, each checked by the guard; may be read again, yields the same."""
        given = 0
        while True:
            while given < len(self._said):
                yield self._said[given]
                given += 1
            async with self._lock:
                if given == len(self._said) and not await self._more():
                    return

    async def aclose(self) -> None:
        """Stop the model where it still generates; call for replies that are thrown away."""
        if self._turn is not None:
            await self._turn.aclose()

    async def _more(self) -> bool:
        """Get one more sentence; false at the end."""
        if self._rest is None:
            return False
        try:
            self._said.append(await anext(self._rest))
        except StopAsyncIteration:
            self._rest = None
            return False
        return True

    async def _freely(self, turn: BrainTurn) -> AsyncIterator[str]:
        """Free wording that passes the guard, or the fixed line in its place; then the rest."""
        given, refused = 0, False
        try:
            async for sentence in _in_sentences(turn.reply()):
                finding = self._wording.free(sentence)
                if finding:
                    self._findings.append(f"free wording: {finding}")
                    refused = True
                    break
                given += 1
                yield sentence
                if given == MAX_FREE_SENTENCES:
                    break
        except BrainError as error:
            self._findings.append(f"free wording: {error.code}")
        if refused or not given:
            for sentence in self._instead:
                yield sentence
        for sentence in self._after:
            yield sentence


async def _in_sentences(pieces: AsyncIterator[str]) -> AsyncIterator[str]:
    """Whole sentences out of pieces of any length; a sentence is whole once something follows its mark."""
    pending = ""
    async for piece in pieces:
        pending += piece
        *whole, pending = [*sentences(pending)] or [pending]
        for sentence in whole:
            yield sentence.strip()
    if pending.strip():
        yield pending.strip()
