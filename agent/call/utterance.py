"""What the agent is about to say or says, with what made it say it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent.call.speaking import Speaking
from agent.dialogue.conversation import Reply
from agent.record.turn_log import CustomerSpan


@dataclass(slots=True)
class Utterance:
    """One utterance of the agent.

    Attributes:
        speaking: Its words on their way to the line.
        span: Where the customer's words lie that it answers, or None.
        renew: Makes it anew where the customer goes on before any of it was played, or None.
        silence: Whether it answers silence.
        committed: Whether its first frame went out.
        cut: Cuts it short.
    """

    speaking: Speaking
    span: CustomerSpan | None = None
    renew: Callable[[], Reply] | None = None
    silence: bool = False
    committed: bool = False
    cut: Callable[[], None] = lambda: None
