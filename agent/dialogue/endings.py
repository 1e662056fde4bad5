"""How a conversation that came to its own end is said to have ended."""

from __future__ import annotations

from agent.dialogue.conversation import Conversation
from cases.domain.call import CallEnding, CustomerRequest

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
