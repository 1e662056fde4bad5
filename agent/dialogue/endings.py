"""How a conversation that came to its own end is said to have ended, and who turned out to have answered."""

from __future__ import annotations

from agent.dialogue.conversation import Conversation
from cases.domain.call import Call, CallEnding, CustomerRequest
from cases.domain.vocabulary import Act, Disposition

_BY_REQUEST: dict[CustomerRequest, CallEnding] = {
    CustomerRequest.WRONG_PERSON: CallEnding.WRONG_PARTY,
    CustomerRequest.THIRD_PARTY: CallEnding.WRONG_PARTY,
}


def ending_of(conversation: Conversation, *, silent: bool) -> CallEnding:
    """The ending of a conversation whose last words were played.

    Args:
        conversation: The conversation.
        silent: Whether those words answered silence.
    """
    if silent:
        return CallEnding.SILENCE
    request = conversation.verification.request
    return _BY_REQUEST.get(request, CallEnding.COMPLETED) if request is not None else CallEnding.COMPLETED


def answered_by(call: Call) -> Disposition:
    """Who answered a call whose line was answered: a machine where the agent left a message, else a person."""
    left = any(Act.LEAVE_VOICEMAIL in turn.acts for turn in call.turns)
    return Disposition.VOICEMAIL if left else Disposition.ANSWERED
