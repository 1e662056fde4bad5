"""What goes wrong between a worker and the calls API."""

from __future__ import annotations


class CallsApiError(Exception):
    """Base of these errors.

    Attributes:
        code: Stable identifier for programs; that of the server's answer where it gave one.
        retryable: Whether the same request may go through later.
    """

    code = "calls_api"
    retryable = False


class ApiAwayError(CallsApiError):
    """The server did not answer, or cannot take anything now; nothing is lost, the request is sent again."""

    code = "api_away"
    retryable = True


class ApiBusyError(ApiAwayError):
    """The server takes no more of this for a while; the same request may go through later."""

    code = "api_busy"


class ApiKeyRefusedError(CallsApiError):
    """The server does not know this worker's key: set the same RISKCALL_WORKER_KEY on both sides."""

    code = "key_invalid"
    retryable = True


class TokenRefusedError(CallsApiError):
    """The call's token has expired; a new one is asked for."""

    code = "call_token_invalid"
    retryable = True


class ApiRefusedError(CallsApiError):
    """The server as it is does not take this; one of another version may."""

    def __init__(self, code: str, message: str) -> None:
        """Say what the server said."""
        super().__init__(message)
        self.code = code


class ApiConflictError(ApiRefusedError):
    """The server will never take this: another worker has the call, it is over, or it has another result."""
