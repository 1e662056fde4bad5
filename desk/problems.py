"""Refusals as answers: problem details (RFC 9457) for programs, a page for people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from cases.alerts import AlertInvalidError
from cases.domain.errors import IllegalEventError, InvalidValueError
from cases.intake import AlertConflictError, EventConflictError, IntakeClosedError
from cases.store import StoreUnavailableError
from desk.auth import Auth, language_of
from desk.errors import DeskError, RetryLaterError, SignInNeededError
from desk.pages import Pages
from telephony.remote.errors import (
    CallOverError,
    CallSupersededError,
    CallTokenInvalidError,
    CallTokenWrongError,
    CallUnknownError,
    ClaimRefusedError,
    EventRefusedError,
    MediaConflictError,
    RemoteCallError,
    ResultConflictError,
)

PROBLEM = "application/problem+json"
API_PREFIX = "/v1/"
RETRY_SECONDS = 5

_PAGE_MESSAGES = frozenset(
    {"case_unknown", "not_found", "form_refused", "role_refused", "decision_refused", "unavailable"}
)

_REMOTE: dict[type[RemoteCallError], tuple[int, str]] = {
    CallTokenInvalidError: (401, "No valid call token"),
    CallTokenWrongError: (403, "A token of another call"),
    CallUnknownError: (404, "No such call"),
    ClaimRefusedError: (409, "The call has a worker"),
    CallOverError: (409, "The call is not under way"),
    CallSupersededError: (409, "A later claim has the call"),
    ResultConflictError: (409, "The call has another result"),
    MediaConflictError: (409, "The call has other media of this name"),
    EventRefusedError: (422, "No event of this call"),
}


class FieldProblem(BaseModel):
    """One field that is wrong."""

    where: str = Field(description="Dotted path of the field; empty for the whole document.")
    message: str = Field(description="What would be right; never the value that was sent.")


class ProblemDetails(BaseModel):
    """Why a request was refused (RFC 9457); nothing was stored."""

    type: str = Field("about:blank", description="URI of the kind of problem.")
    title: str = Field(description="The kind of problem in a few words.")
    status: int = Field(description="HTTP status.")
    detail: str = Field(description="What to do about it.")
    code: str = Field(description="Stable identifier for programs.")
    errors: list[FieldProblem] = Field(default_factory=list, description="Fields that are wrong, where known.")


def problem(
    status: int, code: str, title: str, detail: str, *, errors: list[dict[str, str]] | None = None, retry: int = 0
) -> Response:
    """A problem document."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code}
    if errors:
        body["errors"] = errors
    headers = {"Retry-After": str(retry)} if retry else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer" if code in ("key_invalid", CallTokenInvalidError.code) else "Webhook"
    return JSONResponse(body, status, headers, media_type=PROBLEM)


def faults(error: ValidationError) -> str:
    """What is wrong with a request, without repeating what it held."""
    found = (f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}" for fault in error.errors())
    return "Mend and send again; nothing was done. " + "; ".join(found)


def install(app: FastAPI, pages: Pages, auth: Auth) -> None:
    """Answer every refusal of the application."""
    refusals = _Refusals(pages, auth)
    handlers: dict[type[Exception], Callable[[Request, Any], Awaitable[Response]]] = {
        DeskError: refusals.desk,
        HTTPException: refusals.http,
        RequestValidationError: refusals.no_such_address,
        AlertInvalidError: refusals.alert_invalid,
        InvalidValueError: refusals.value_invalid,
        AlertConflictError: refusals.conflict,
        EventConflictError: refusals.conflict,
        IllegalEventError: refusals.conflict,
        RemoteCallError: refusals.remote,
        IntakeClosedError: refusals.unavailable,
        StoreUnavailableError: refusals.unavailable,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


class _Refusals:
    def __init__(self, pages: Pages, auth: Auth) -> None:
        self._pages = pages
        self._auth = auth

    def _answer(self, request: Request, status: int, code: str, title: str, detail: str, retry: int = 0) -> Response:
        if request.url.path.startswith(API_PREFIX):
            return problem(status, code, title, detail, retry=retry)
        return self._page(request, status, code, retry)

    def _page(self, request: Request, status: int, code: str, retry: int = 0) -> Response:
        texts = self._pages.texts(language_of(request))
        message = texts(f"error.{code if code in _PAGE_MESSAGES else 'other'}")
        back = request.url.path.rsplit("/", 1)[0] if request.url.path.startswith("/cases/") and status == 409 else ""
        back = "/".join(back.split("/")[:3])
        response = self._pages.page(request, "error.html", status, message=message, code=code, back=back)
        if retry:
            response.headers["Retry-After"] = str(retry)
        return response

    async def desk(self, request: Request, error: DeskError) -> Response:
        """One of our own refusals."""
        if isinstance(error, SignInNeededError) and not request.url.path.startswith(API_PREFIX):
            return self._to_sign_in(request)
        retry = error.retry_after if isinstance(error, RetryLaterError) else 0
        return self._answer(request, error.status, error.code, error.title, str(error), retry)

    def _to_sign_in(self, request: Request) -> Response:
        """Pages lead to the sign-in page and back; what a script or a player fetches is refused."""
        if request.method not in ("GET", "POST") or "text/html" not in request.headers.get("accept", ""):
            return Response(status_code=401)
        back = request.url.path if request.method == "GET" else "/"
        return RedirectResponse(f"/login?next={quote(back)}", 303)

    async def http(self, request: Request, error: HTTPException) -> Response:
        """What the framework refuses: unknown paths, methods, oversized bodies."""
        codes = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
        details = {413: "Send at most 64 KB.", 404: "There is nothing at this address."}
        code = codes.get(error.status_code, "refused")
        detail = details.get(error.status_code, str(error.detail))
        return self._answer(request, error.status_code, code, str(error.detail), detail)

    async def no_such_address(self, request: Request, error: RequestValidationError) -> Response:
        """An address whose parts are not of the right kind, such as a call that is no number."""
        return self._answer(request, 404, "not_found", "Not Found", "There is nothing at this address.")

    async def alert_invalid(self, request: Request, error: AlertInvalidError) -> Response:
        """An alert that breaks its schema, field by field."""
        errors = [{"where": one.where, "message": one.message} for one in error.problems]
        detail = "Mend the fields in `errors` and send the alert again; nothing was stored."
        return problem(422, error.code, "The alert breaks its schema", detail, errors=errors)

    async def value_invalid(self, request: Request, error: InvalidValueError) -> Response:
        """A value that no policy covers."""
        return self._answer(request, 422, error.code, "A value is not covered", str(error))

    async def conflict(self, request: Request, error: Exception) -> Response:
        """What contradicts the record."""
        if isinstance(error, AlertConflictError):
            return problem(409, error.code, "This alert id belongs to another payload", str(error))
        return self._answer(request, 409, "decision_refused", "The case takes no such event now", str(error))

    async def remote(self, request: Request, error: RemoteCallError) -> Response:
        """What is refused of a worker that holds a call."""
        status, title = _REMOTE.get(type(error), (409, "The call takes no such thing now"))
        return self._answer(request, status, error.code, title, str(error))

    async def unavailable(self, request: Request, error: Exception) -> Response:
        """The store does not take or give anything now."""
        detail = "Nothing was stored; send it again."
        return self._answer(request, 503, "unavailable", "Temporarily unavailable", detail, RETRY_SECONDS)
