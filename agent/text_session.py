"""A conversation in text: the same script, brain, lines and guard, no audio; leaves the same Call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent.conversation import Conversation
from cases.domain.call import Call
from cases.domain.vocabulary import Act
from cases.ports import Clock


@dataclass(frozen=True, slots=True)
class TextMove:
    """What a text customer does after an utterance of the agent.

    Attributes:
        say: Words; empty is silence.
        hang_up: Whether the customer ends the call.
    """

    say: str = ""
    hang_up: bool = False


TextCustomer = Callable[[tuple[Act, ...], str], TextMove]
"""Takes the agent's acts and words, gives the customer's move."""


async def run_text_session(
    *,
    call_id: str,
    conversation: Conversation,
    customer: TextCustomer,
    clock: Clock,
    llm: str = "",
    max_turns: int = 60,
) -> Call:
    """Hold a conversation in text until the script, the customer or the cap on turns ends it.

    Args:
        call_id: `case:attempt`.
        conversation: A fresh conversation.
        customer: Answers.
        clock: Gives start and end; turns carry its offsets in milliseconds.
        llm: `name model` of the brain for the record.
        max_turns: Cap on turns of both sides.
    """
    raise NotImplementedError
