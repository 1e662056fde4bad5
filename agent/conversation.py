"""A conversation without audio: script, brain, lines and guard behind one door, for voice and text alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from cases.domain.policy import Policy

from agent.brains.brain import Brain
from cases.domain.alert import Alert
from cases.domain.call import CallEnding, CustomerRequest, Verification
from cases.domain.reading import Reading
from cases.domain.vocabulary import Act, Language, Question


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
    """

    acts: tuple[Act, ...]
    ends: bool
    question: Question | None
    customer_text: str | None
    reading: Reading | None
    brain: str | None
    interruptible: bool
    patience: float

    @property
    def text(self) -> str:
        """Full wording, guarded; with free wording, what is known of it so far (all of it after `chunks`)."""
        raise NotImplementedError

    @property
    def findings(self) -> tuple[str, ...]:
        """What the guard refused, what was dropped from the reading; grows while free wording streams."""
        raise NotImplementedError

    def chunks(self) -> AsyncIterator[str]:
        """The wording sentence by sentence, each checked by the guard; may be read again, yields the same."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Stop the model where it still generates; call for replies that are thrown away."""


class Conversation:
    """One verification conversation: what was recorded so far and what to say next.

    `open`, `consider`, `consider_silence`, `consider_request` and `consider_secret` return values and change
    nothing; `commit` makes one of them what happens; `played` tells what the customer really heard of it.
    Turns are numbered from 0 in the order of `commit` (customer turns) and `played` (agent turns).
    """

    def __init__(self, *, alert: Alert, policy: Policy, brain: Brain, match_code: str) -> None:
        """Begin a conversation about one alert.

        Args:
            alert: What to verify.
            policy: What policy asks for.
            brain: Reads customer turns.
            match_code: The digits that the bank's app shows; the agent may read them out.
        """
        raise NotImplementedError

    @property
    def language(self) -> Language:
        """The script's language."""
        raise NotImplementedError

    @property
    def act(self) -> Act:
        """The agent's last asking (or other) act."""
        raise NotImplementedError

    @property
    def question(self) -> Question | None:
        """The question that is open, or None."""
        raise NotImplementedError

    @property
    def ended(self) -> bool:
        """Whether the committed reply ends the call once it is played."""
        raise NotImplementedError

    @property
    def next_turn(self) -> int:
        """Index that the next turn of either side gets."""
        raise NotImplementedError

    @property
    def verification(self) -> Verification:
        """What the script recorded so far."""
        raise NotImplementedError

    @property
    def prompts_version(self) -> str:
        """Content hash of all wording."""
        raise NotImplementedError

    @property
    def policy_version(self) -> str:
        """Content hash of the policy."""
        raise NotImplementedError

    def open(self) -> Reply:
        """The greeting."""
        raise NotImplementedError

    async def consider(self, text: str, *, alternatives: Sequence[str] = ()) -> Reply:
        """The reply to words of the customer; returns once they are understood, free wording still streams."""
        raise NotImplementedError

    def consider_silence(self) -> Reply:
        """The reply to silence after our question."""
        raise NotImplementedError

    def consider_request(self, request: CustomerRequest) -> Reply:
        """The reply to a button (a person, a call back, no recording)."""
        raise NotImplementedError

    def consider_secret(self, text: str) -> Reply:
        """Refuse a secret that the customer begins to read out; `agent.redact.hears_secret` tells when."""
        raise NotImplementedError

    def commit(self, reply: Reply) -> None:
        """Make a reply what happens: the script moves on and the customer's turn is noted."""
        raise NotImplementedError

    def note(self, text: str) -> int:
        """Note a customer turn that changes nothing ("mm-hm") and return its index."""
        raise NotImplementedError

    def played(self, reply: Reply, heard_text: str, *, complete: bool) -> int:
        """Tell what was played of a committed reply and return the index of the agent's turn.

        Args:
            reply: The committed reply.
            heard_text: What the customer really heard; where it is empty no turn is noted.
            complete: Whether it was played to its end.
        """
        raise NotImplementedError

    def close(self, ending: CallEnding) -> Verification:
        """End the conversation and return what was recorded."""
        raise NotImplementedError
