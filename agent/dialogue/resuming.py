"""What was left to say when an utterance was cut off, for where the customer's words turn out to change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.dialogue.reply import Reply
from cases.domain.script import ScriptState, Step
from cases.domain.vocabulary import Act

MOST_RESUMED = 2
"""An utterance is gone on with so often in a row; whoever is cut off more often waits for the customer."""
_BETWEEN = frozenset({Act.WAIT, Act.STILL_THERE})
"""What is said while an utterance stays cut."""


@dataclass(frozen=True, slots=True)
class Cut:
    """An utterance that was cut off.

    Attributes:
        acts: Its acts.
        rest: Its sentences from the first that was not heard to its end.
        resumed: How often it was gone on with.
    """

    acts: tuple[Act, ...]
    rest: tuple[str, ...]
    resumed: int = 0

    def continues(self, state: ScriptState, step: Step) -> bool:
        """Whether a step takes up, after a wait or a silence, what this utterance put."""
        return state.paused and step.acts == state.pending_acts and step.acts[-1:] == self.acts[-1:]


def cut_off(before: Cut | None, reply: Reply, heard: str, *, complete: bool) -> Cut | None:
    """What is cut off once a reply was played.

    Args:
        before: What was cut off before it.
        reply: The reply.
        heard: What was heard of it.
        complete: Whether that is all.
    """
    if _BETWEEN.issuperset(reply.acts):
        return before
    rest = () if complete or not reply.whole else _rest(reply.sentences, heard)
    if not rest or reply.ends:
        return None
    goes_on = before is not None and before.rest == reply.sentences
    return Cut(reply.acts, rest, before.resumed + 1 if before is not None and goes_on else 0)


def _rest(said: Sequence[str], heard: str) -> tuple[str, ...]:
    """Sentences from the first that was not heard to its end."""
    letters = _letters(heard)
    for index, sentence in enumerate(said):
        letters -= _letters(sentence)
        if letters < 0:
            return tuple(said[index:])
    return ()


def _letters(text: str) -> int:
    return len("".join(text.split()))
