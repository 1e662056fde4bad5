"""The seam of understanding: a customer turn goes in, a Reading comes out; the script decides what follows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from cases.domain.alert import Alert
from cases.domain.reading import Reading
from cases.domain.vocabulary import Act, Language, Question, Speaker


class BrainError(Exception):
    """Base of what keeps a brain from reading a turn.

    Attributes:
        code: Stable identifier for programs.
        reason: Words for the turn's record, as in `rules: model stalled`.
    """

    code = "brain"
    reason = "model failed"


class BrainStalledError(BrainError):
    """The model did not answer in time."""

    code = "brain_stalled"
    reason = "model stalled"


class BrainUnavailableError(BrainError):
    """The endpoint cannot be reached or answered with an error; check its address, key and model name."""

    code = "brain_unavailable"
    reason = "model erred"


class BrainUnrecordedError(BrainUnavailableError):
    """The cassette in place of the endpoint holds no answer to this request; record it, or use an endpoint."""

    code = "brain_unrecorded"
    reason = "not on the cassette"


class BrainRefusedError(BrainError):
    """The model declined to answer."""

    code = "brain_refused"
    reason = "model refused"


class BrainSchemaError(BrainError):
    """What the model sent is not a Reading."""

    code = "brain_schema"
    reason = "model broke the schema"


HEAD_LIMIT_S = 2.0
"""How long a model has until the head of its Reading, seconds."""


@dataclass(frozen=True, slots=True)
class TurnContext:
    """Everything a brain may know about one customer turn.

    Attributes:
        alert: The alert; a brain passes its transaction on only where `disclosed` is true.
        language: Language of the script.
        act: The agent's last act: the greeting, or the act that put the question.
        question: The question that is open, or None.
        text: What the customer said, redacted.
        alternatives: Other hearings of the same words, best first, redacted.
        history: What was said before, oldest first, as it was heard.
        disclosed: Whether the right person is known to be on the line, so that facts may be used.
        free_reply: Whether free wording for `answer_question` is wanted.
        risky: Answers that can only speak against a release: question and value.
    """

    alert: Alert
    language: Language
    act: Act
    question: Question | None
    text: str
    alternatives: tuple[str, ...] = ()
    history: tuple[tuple[Speaker, str], ...] = ()
    disclosed: bool = False
    free_reply: bool = False
    risky: frozenset[tuple[Question, str]] = frozenset()


class BrainTurn(Protocol):
    """One turn being read; the head comes first, the reply streams after it."""

    @property
    def brain(self) -> str:
        """Which brain took the turn, with the reason where another one should have; known after `head`."""
        ...

    @property
    def findings(self) -> tuple[str, ...]:
        """What was dropped from the Reading, and why; known after `head`."""
        ...

    @property
    def tokens(self) -> int:
        """Tokens that it cost so far, request and reply; 0 where no model was asked."""
        ...

    async def head(self) -> Reading:
        """Everything but the reply (`reply` is None); a second call gives the same Reading.

        Raises:
            BrainError: Nothing could be read; wrap the brain in FallbackBrain to have the rules take over.
        """
        ...

    def reply(self) -> AsyncIterator[str]:
        """Free wording as it is generated, in pieces of any length; may be empty. Call after `head`, once."""
        ...

    async def aclose(self) -> None:
        """Stop generating; a thrown-away turn must be closed."""
        ...


class Brain(Protocol):
    """Reads customer turns.

    Intents: at `greet` and for the questions `made` and `proceed` a yes or no is `confirm` or `deny`. In
    reply to every other question it is `answer` with the value `yes`, `no` or `unsure`, so that a "no" to a
    probe is never taken for a denial of the payment; words that do deny the payment are `deny` wherever
    they are said, with an answer to `made`.
    """

    @property
    def name(self) -> str:
        """`rules` or `llm`."""
        ...

    @property
    def model(self) -> str:
        """What it runs on: the model's name, or the version of the lexicon."""
        ...

    def read(self, context: TurnContext) -> BrainTurn:
        """Begin to read a turn."""
        ...

    async def aclose(self) -> None:
        """Free connections."""
        ...
