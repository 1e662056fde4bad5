"""Who, or what, answered a call, told by the words: a person, a mailbox, a call screener, a network; pure.

The patterns are data. A person taken for a machine is the costly mistake, so whatever asks or offers something of the
caller, as only somebody who is there does, is a person.
"""

from agent.dialogue.answering.answerer import (
    ANSWERED,
    MESSAGE_TAKERS,
    SILENT,
    Answered,
    Answerer,
    answered_as,
    speaks_on,
    who_answers,
)

__all__ = [
    "ANSWERED",
    "MESSAGE_TAKERS",
    "SILENT",
    "Answered",
    "Answerer",
    "answered_as",
    "speaks_on",
    "who_answers",
]
