"""What goes wrong between a worker that holds a call and the server that the call belongs to."""

from __future__ import annotations


class RemoteCallError(Exception):
    """Base of these errors.

    Attributes:
        code: Stable identifier for programs.
    """

    code = "remote_call"


class CallUnknownError(RemoteCallError):
    """There is no such call."""

    code = "call_unknown"


class CallOverError(RemoteCallError):
    """The call is not under way any more; hang up, and deliver what was said as its result."""

    code = "call_over"


class ClaimRefusedError(RemoteCallError):
    """Another worker has the call; leave it alone."""

    code = "claim_refused"


class CallSupersededError(RemoteCallError):
    """A later claim has the call; what this one has to say of it is not taken."""

    code = "call_superseded"


class CallTokenInvalidError(RemoteCallError):
    """The call token is missing, expired, forged or of another secret; get a new one with the worker key."""

    code = "call_token_invalid"


class CallTokenWrongError(RemoteCallError):
    """The call token is of another call."""

    code = "call_token_wrong"


class EventRefusedError(RemoteCallError):
    """What was told cannot be of this call; the message says what is wrong."""

    code = "event_refused"


class ResultConflictError(RemoteCallError):
    """The call has another result already; it has one only."""

    code = "result_conflict"


class MediaConflictError(RemoteCallError):
    """The call has other media of this name already; media are written once."""

    code = "media_conflict"


class LinkMessageError(RemoteCallError):
    """A message of the link is not of its vocabulary; the two sides are of different versions, or it is damaged."""

    code = "link_message"


class DispatchFailedError(RemoteCallError):
    """LiveKit did not take a dispatch now; it is tried again."""

    code = "dispatch_failed"
