"""Errors of the desk: each has a stable code, an HTTP status and a message that tells the reader what to do."""

from __future__ import annotations


class DeskError(Exception):
    """Base of what the desk refuses.

    Attributes:
        code: Stable identifier for programs.
        status: HTTP status of the answer.
        title: The kind of problem in a few words (RFC 9457 `title`).
    """

    code = "desk"
    status = 400
    title = "Refused"


class AccountsInvalidError(DeskError):
    """The file of accounts cannot be read or a new account breaks a rule; the message says which."""

    code = "accounts_invalid"
    status = 500
    title = "The accounts cannot be read"


class SignatureError(DeskError):
    """A webhook is not signed as it should be; the message says which header to mend."""

    code = "signature_invalid"
    status = 401
    title = "Not signed by an active secret"


class SignatureMissingError(SignatureError):
    """A webhook header is missing."""

    code = "signature_missing"


class SignatureStaleError(SignatureError):
    """The webhook's timestamp is more than five minutes off; sign again with the current time."""

    code = "signature_stale"


class KeyInvalidError(DeskError):
    """No or an unknown bearer key."""

    code = "key_invalid"
    status = 401
    title = "No valid API key"


class AppSessionInvalidError(DeskError):
    """What should open a customer's page breaks its schema; the message says where."""

    code = "app_session_invalid"
    status = 422
    title = "The app session breaks its schema"


class SummonsInvalidError(DeskError):
    """The request for a link to a video session breaks its schema."""

    code = "summons_invalid"
    status = 422
    title = "The request breaks its schema"


class SummonsUnknownError(DeskError):
    """There is no such link or case, or the link has ended."""

    code = "summons_unknown"
    status = 404
    title = "No such link"


class SummonsClosedError(DeskError):
    """The case waits for no customer: a person has it, or it is decided."""

    code = "summons_closed"
    status = 409
    title = "The case takes no video session now"


class SummonsOpenedElsewhereError(DeskError):
    """A link belongs to the browser that opened it first."""

    code = "summons_opened_elsewhere"
    status = 403
    title = "The link was opened elsewhere"


class VideoMissingError(DeskError):
    """There is no LiveKit server, or the page's client library was not built."""

    code = "video_missing"
    status = 503
    title = "Video sessions are not set up"


class NotJsonError(DeskError):
    """The body is no JSON object."""

    code = "not_json"
    title = "The body is not JSON"


class CallbackCodeInvalidError(DeskError):
    """The request for a callback code breaks its schema."""

    code = "callback_code_invalid"
    status = 422
    title = "The request breaks its schema"


class CallbackCodesClosedError(DeskError):
    """The case waits for no customer: a person has it, it is decided, or its hold has ended."""

    code = "callback_codes_closed"
    status = 409
    title = "The case takes no callback now"


class CallbackCodeTakenError(DeskError):
    """Another case has this code now; take another one, or let one be drawn."""

    code = "callback_code_taken"
    status = 409
    title = "Another case has this code"


class CallbackCodesTooManyError(DeskError):
    """The case has as many live codes as it may have; use one of them."""

    code = "callback_codes_too_many"
    status = 409
    title = "The case has enough codes"


class InboundMissingError(DeskError):
    """There is no LiveKit server that could take a customer's call."""

    code = "inbound_missing"
    status = 503
    title = "Customers cannot ring back here"


class ArrivalInvalidError(DeskError):
    """News of a caller break their schema; the message says where."""

    code = "arrival_invalid"
    status = 422
    title = "The arrival breaks its schema"


class CallbackCodeUnknownError(DeskError):
    """No case has this code, or its time is over."""

    code = "callback_code_unknown"
    status = 404
    title = "No such code"


class CallbackCodeUsedError(DeskError):
    """Somebody in another room came by this code, and their call has not ended."""

    code = "callback_code_used"
    status = 409
    title = "The code is in use"


class RetryLaterError(DeskError):
    """More of something than is let through.

    Attributes:
        retry_after: Seconds until the next is taken.
    """

    status = 429

    def __init__(self, message: str, retry_after: int) -> None:
        """Say when to come back."""
        super().__init__(message)
        self.retry_after = retry_after


class CallbackCodesThrottledError(RetryLaterError):
    """Too many wrong codes were said; whether this one is right is not told."""

    code = "callback_codes_throttled"
    title = "Too many wrong codes"

    def __init__(self, retry_after: int) -> None:
        """Say when to come back."""
        super().__init__(f"Too many wrong codes; the next is answered in {retry_after} s.", retry_after)


class TooManyAlertsError(RetryLaterError):
    """More alerts than the agreed rate."""

    code = "too_many_alerts"
    title = "Too many alerts"

    def __init__(self, retry_after: int) -> None:
        """Say when to come back."""
        super().__init__(f"Send this alert again in {retry_after} s; nothing was stored.", retry_after)


class CaseUnknownError(DeskError):
    """There is no such case, or it is not for this reader."""

    code = "case_unknown"
    status = 404
    title = "No such case"


class SignInNeededError(DeskError):
    """No session, or it ended."""

    code = "sign_in_needed"
    status = 401
    title = "Sign in first"


class FormRefusedError(DeskError):
    """A form came without its token or from another site; load the page again and repeat."""

    code = "form_refused"
    status = 403
    title = "The form was not accepted"


class RoleRefusedError(DeskError):
    """The account's role does not allow this."""

    code = "role_refused"
    status = 403
    title = "Not allowed for this account"


class DecisionRefusedError(DeskError):
    """The case takes no decision now: it is decided, closed or claimed by somebody else."""

    code = "decision_refused"
    status = 409
    title = "This case takes no decision now"
