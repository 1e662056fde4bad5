"""A brain that leaves no turn unread: the rules take what a model stalls on, errs in, refuses or garbles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from agent.brains.brain import Brain, BrainError, BrainStalledError, BrainTurn, TurnContext
from agent.brains.rules import RulesTurn
from cases.domain.reading import Reading

HEAD_LIMIT_S = 2.0
"""How long a model has until the head of its Reading, seconds."""


class FallbackTurn:
    """A turn read by a model, or by the rules where it fails."""

    def __init__(self, turn: BrainTurn, context: TurnContext, limit_s: float) -> None:
        """Begin with the model's turn."""
        self._turn: BrainTurn = turn
        self._context = context
        self._limit_s = limit_s

    @property
    def brain(self) -> str:
        """Which brain took the turn, with why where it was the rules."""
        return self._turn.brain

    @property
    def findings(self) -> tuple[str, ...]:
        """What was dropped from the Reading."""
        return self._turn.findings

    async def head(self) -> Reading:
        """The model's Reading, or the rules'."""
        try:
            return await self._timed()
        except BrainError as error:
            failed, self._turn = self._turn, RulesTurn(self._context, error.reason)
            await failed.aclose()
            return await self._turn.head()

    async def _timed(self) -> Reading:
        try:
            async with asyncio.timeout(self._limit_s):
                return await self._turn.head()
        except TimeoutError as error:
            raise BrainStalledError("The model did not answer in time.") from error

    async def reply(self) -> AsyncIterator[str]:
        """The model's free wording; nothing where the rules took the turn.

        Raises:
            BrainError: It broke off; the fixed line says the rest.
        """
        async for piece in self._turn.reply():
            yield piece

    async def aclose(self) -> None:
        """Stop the model."""
        await self._turn.aclose()


class FallbackBrain:
    """A model with the rules behind it."""

    def __init__(self, brain: Brain, *, head_limit_s: float = HEAD_LIMIT_S) -> None:
        """Put the rules behind a brain."""
        self._brain = brain
        self._limit_s = head_limit_s

    @property
    def name(self) -> str:
        """The model brain's name."""
        return self._brain.name

    @property
    def model(self) -> str:
        """The model's name."""
        return self._brain.model

    def read(self, context: TurnContext) -> FallbackTurn:
        """Begin to read a turn."""
        return FallbackTurn(self._brain.read(context), context, self._limit_s)

    async def aclose(self) -> None:
        """Free the model's connections."""
        await self._brain.aclose()
