"""Whether words heard so far answer what was asked: the text half of deciding that a turn has ended."""

from __future__ import annotations

from enum import StrEnum

from cases.domain.vocabulary import Language, Question


class Completeness(StrEnum):
    """What a partial transcript is worth as a turn."""

    COMPLETE = "complete"
    """Answers what was asked, or makes a whole request: the turn may end at once."""
    SHORT = "short"
    """A word or two that may go on ("no", "yes I"): a little patience."""
    OPEN = "open"
    """Unfinished ("the payment was for"): patience."""
    BACKCHANNEL = "backchannel"
    """"Mm-hm", "嗯": no turn, and no reason to stop talking."""
    WAIT = "wait"
    """"Hold on", "等一下": the customer needs a moment."""
    NOTHING = "nothing"
    """No words."""


def judge(text: str, question: Question | None, language: Language) -> Completeness:
    """Judge a partial transcript against the open question; takes well under 1 ms.

    Args:
        text: Words so far.
        question: The open question, or None (the greeting asks whether the customer speaks).
        language: Language of the script.
    """
    raise NotImplementedError
