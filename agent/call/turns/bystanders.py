"""Whether what was said was said to the agent: talk in the room is neither answered nor taken for anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agent.brains.completeness import Completeness

_ANSWERS = frozenset({Completeness.COMPLETE, Completeness.SHORT, Completeness.WAIT})


@dataclass(frozen=True, slots=True)
class Talk:
    """What somebody said.

    Attributes:
        completeness: What its words are worth.
        far: Whether the voice is somebody else's, across the room.
        matters: Whether it denies, requests or gives a risk away, which is never passed over.
        again: Whether other talk was passed over since the agent spoke last.
        away: Whether the voice may be past the telephone.
        turned: Whether it is, whatever is said.
    """

    completeness: Completeness
    far: bool
    matters: bool
    again: bool = False
    away: bool = False
    turned: bool = False


class Bystanders(Protocol):
    """Decides whom the agent answers."""

    def for_agent(self, talk: Talk) -> bool:
        """Whether something that was said is the agent's business."""
        ...

    def doubtful(self, talk: Talk) -> bool:
        """Whether something that is the agent's business may be somebody else's all the same.

        It does not take the floor, and is answered only where nothing follows it.
        """
        ...


@dataclass(frozen=True, slots=True)
class IgnoreBystanders:
    """Passes over a voice across the room, and words to somebody else; satisfies `Bystanders`.

    A voice across the room that answers is heard the second time: the customer may have moved away from the telephone.
    What is said past the telephone is doubted: whatever it is where the voice leaves no doubt of that, and else words
    that answer nothing.
    """

    def for_agent(self, talk: Talk) -> bool:
        """Whether something that was said is the agent's business."""
        if talk.matters:
            return True
        if talk.completeness is Completeness.ELSEWHERE:
            return False
        answers = talk.completeness in (Completeness.COMPLETE, Completeness.SHORT)
        return not talk.far or (talk.again and answers)

    def doubtful(self, talk: Talk) -> bool:
        """Whether something that is the agent's business may be somebody else's all the same."""
        past = talk.turned or (talk.away and talk.completeness not in _ANSWERS)
        return past and not talk.matters


@dataclass(frozen=True, slots=True)
class AnswerEverybody:
    """Takes everything for the customer's words to the agent; satisfies `Bystanders`."""

    def for_agent(self, talk: Talk) -> bool:
        """Whether something that was said is the agent's business."""
        return True

    def doubtful(self, talk: Talk) -> bool:
        """Whether something that is the agent's business may be somebody else's all the same."""
        return False
