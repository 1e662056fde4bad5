"""The bank's API that opens a customer's page: the bank's app asks for a link when its customer has signed in there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse, Response

from cases.domain.vocabulary import Language
from cases.ports import Clock
from desk.api_keys import ApiKeys
from desk.errors import AppSessionInvalidError
from desk.problems import PROBLEM, ProblemDetails, faults
from telephony.browser import BrowserSwitchboard

PATH = "/v1/app-sessions"
LONGEST_S = 24 * 3600
"""Longest life of a link, seconds."""
USUAL_S = 15 * 60
"""Life of a link that asks for none: as long as a session of a bank's app without a touch."""


class AppSessionRequest(BaseModel):
    """Who has signed in to the bank's app."""

    model_config = ConfigDict(extra="forbid", strict=True)

    customer_reference: str = Field(
        min_length=1, max_length=128, description="The bank's reference of the customer, as alerts carry it."
    )
    language: Language = Field(Language.EN, strict=False, description="Language the page starts in.")
    lasts_seconds: int = Field(USUAL_S, ge=60, le=LONGEST_S, description="How long the link opens the page.")


class AppSessionOpened(BaseModel):
    """A link that rings when this customer is called."""

    session_id: str = Field(description="Names the session without opening it; ends it with DELETE.")
    url: str = Field(description="Address of the customer's page; whoever opens it first keeps it. Treat as a secret.")
    expires_at: datetime


class AppSessionsApi:
    """Handlers of the API."""

    def __init__(self, switchboard: BrowserSwitchboard, clock: Clock, keys: Sequence[str], origin: str) -> None:
        """Open pages at an origin, for whoever holds one of the keys."""
        self._switchboard = switchboard
        self._clock = clock
        self._keys = ApiKeys(keys)
        self._origin = origin

    async def open(self, request: Request) -> Response:
        """Open a session and answer with its link."""
        self._keys.check(request)
        try:
            wanted = AppSessionRequest.model_validate_json(await request.body())
        except ValidationError as error:
            raise AppSessionInvalidError(faults(error)) from error
        lasts = timedelta(seconds=wanted.lasts_seconds)
        expires_at = self._clock.now() + lasts
        sessions = self._switchboard.sessions
        token = sessions.issue(wanted.customer_reference, wanted.language, lasts)
        session = sessions.find(token)
        assert session is not None, "a session that was just issued lives"
        opened = AppSessionOpened(session_id=session.id, url=f"{self._origin}/app/{token}", expires_at=expires_at)
        return JSONResponse(opened.model_dump(mode="json"), 201, {"Cache-Control": "no-store"})

    async def end(self, request: Request, session_id: str) -> Response:
        """End a session and close its pages, but for one on which a call runs; an unknown session is ended already."""
        self._keys.check(request)
        session = self._switchboard.sessions.named(session_id)
        if session is not None:
            self._switchboard.sessions.revoke(session_id)
            self._switchboard.close_expired(session.customer_reference)
        return Response(status_code=204)


def router(switchboard: BrowserSwitchboard, *, clock: Clock, keys: Sequence[str], origin: str) -> APIRouter:
    """Routes of the API.

    Args:
        switchboard: Where pages and calls meet.
        clock: Where time comes from.
        keys: Bearer keys of the bank.
        origin: Origin of the customer's page.
    """
    api = AppSessionsApi(switchboard, clock, keys, origin)
    secured: dict[str, Any] = {"security": [{"ApiKey": []}]}
    unauthorised = {"description": "No or an unknown bearer key.", "model": ProblemDetails, "content": {PROBLEM: {}}}
    invalid = {"description": "A field is wrong.", "model": ProblemDetails, "content": {PROBLEM: {}}}
    schema = AppSessionRequest.model_json_schema()
    routes = APIRouter()
    routes.add_api_route(
        PATH,
        api.open,
        methods=["POST"],
        status_code=201,
        response_model=AppSessionOpened,
        summary="Open a customer's page",
        description="Call it when a customer has signed in to the bank's app; the page rings when riskcall calls.",
        responses={401: unauthorised, 422: invalid},
        openapi_extra={
            **secured,
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        },
        tags=["app sessions"],
    )
    routes.add_api_route(
        f"{PATH}/{{session_id}}",
        api.end,
        methods=["DELETE"],
        status_code=204,
        response_class=Response,
        summary="End a customer's page",
        responses={401: unauthorised},
        openapi_extra=secured,
        tags=["app sessions"],
    )
    return routes
