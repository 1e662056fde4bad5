"""A brain that leaves no turn unread: the rules take what a model stalls on, errs in, refuses or may not cost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from agent.brains.brain import HEAD_LIMIT_S, Brain, BrainError, BrainStalledError, BrainTurn, TurnContext
from agent.brains.rules import RulesTurn
from cases.domain.limits import ModelBudget
from cases.domain.reading import Reading

SPENT = "model budget spent"
"""Why the rules read the rest of a call that has cost as much as it may."""


class FallbackTurn:
    """A turn read by a model, or by the rules where it fails."""

    def __init__(self, turn: BrainTurn, context: TurnContext, limit_s: float) -> None:
        """Begin with the model's turn."""
        self._asked = turn
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

    @property
    def tokens(self) -> int:
        """What the model cost, also where the rules took the turn in the end."""
        return self._asked.tokens

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
    """A model with the rules behind it, for one call."""

    def __init__(self, brain: Brain, budget: ModelBudget, *, head_limit_s: float = HEAD_LIMIT_S) -> None:
        """Put the rules behind a brain.

        Args:
            brain: The model.
            budget: What it may cost the call. A turn that is considered anew, because the customer went on speaking,
                counts again.
            head_limit_s: How long it has until the head of its Reading, seconds.
        """
        self._brain = brain
        self._budget = budget
        self._limit_s = head_limit_s
        self._asked: list[FallbackTurn] = []
        self._since: float | None = None

    @property
    def name(self) -> str:
        """The model brain's name."""
        return self._brain.name

    @property
    def model(self) -> str:
        """The model's name."""
        return self._brain.model

    def read(self, context: TurnContext) -> FallbackTurn | RulesTurn:
        """Begin to read a turn; the rules read it once the call's budget is spent."""
        now = asyncio.get_running_loop().time()
        self._since = now if self._since is None else self._since
        if self._spent(now - self._since):
            return RulesTurn(context, SPENT)
        turn = FallbackTurn(self._brain.read(context), context, self._limit_s)
        self._asked.append(turn)
        return turn

    def _spent(self, seconds: float) -> bool:
        budget = self._budget
        tokens = sum(turn.tokens for turn in self._asked)
        return len(self._asked) >= budget.turns or tokens >= budget.tokens or seconds >= budget.seconds

    async def aclose(self) -> None:
        """Free the model's connections."""
        await self._brain.aclose()
