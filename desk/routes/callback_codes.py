"""The bank's API that makes a code for ringing back, for the bank to show in its app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse, Response

from desk.api_keys import ApiKeys
from desk.callback_codes import CallbackCodes
from desk.errors import CallbackCodeInvalidError, InboundMissingError
from desk.problems import PROBLEM, ProblemDetails, faults

PATH = "/v1/cases/{case_id}/callback-codes"
BANK = "bank"
"""Who asked for a code that the bank's API made."""
LONGEST_S = 7 * 24 * 3600
"""Longest life of a code, seconds; the hold ends long before."""


class CallbackCodeRequest(BaseModel):
    """Which code, and how long it is to last; both may be left out."""

    model_config = ConfigDict(extra="forbid", strict=True)

    lasts_seconds: int | None = Field(
        None, ge=60, le=LONGEST_S, description="How long it can be said; at most, and without it, to the hold's end."
    )
    code: str | None = Field(
        None,
        pattern=r"^[0-9]{6,10}$",
        description="The bank's own code, 6 to 10 digits, such as one on a card; without it six digits are drawn.",
    )


class CallbackCodeMade(BaseModel):
    """A code by which the customer reaches this case when they ring the bank."""

    code: str = Field(description="What the customer says or keys in. Treat as a secret; it is not kept in the clear.")
    expires_at: datetime


class CallbackCodesApi:
    """Handlers of the API."""

    def __init__(self, codes: CallbackCodes, keys: Sequence[str], missing: Callable[[], str]) -> None:
        """Make codes for whoever holds one of the keys."""
        self._codes = codes
        self._keys = ApiKeys(keys)
        self._missing = missing

    async def make(self, request: Request, case_id: str) -> Response:
        """Make a code."""
        self._keys.check(request)
        try:
            wanted = CallbackCodeRequest.model_validate_json(await request.body() or b"{}")
        except ValidationError as error:
            raise CallbackCodeInvalidError(faults(error)) from error
        if missing := self._missing():
            raise InboundMissingError(missing)
        lasts = None if wanted.lasts_seconds is None else timedelta(seconds=wanted.lasts_seconds)
        code, expires_at = await self._codes.issue(case_id, lasts, code=wanted.code or "", by=BANK)
        made = CallbackCodeMade(code=code, expires_at=expires_at)
        return JSONResponse(made.model_dump(mode="json"), 201, {"Cache-Control": "no-store"})


def router(codes: CallbackCodes, *, keys: Sequence[str], missing: Callable[[], str]) -> APIRouter:
    """Routes of the API.

    Args:
        codes: Makes the codes.
        keys: Bearer keys of the bank.
        missing: Says what calls from customers lack here, or nothing.
    """
    api = CallbackCodesApi(codes, keys, missing)
    problem: dict[str, Any] = {"model": ProblemDetails, "content": {PROBLEM: {}}}
    schema = CallbackCodeRequest.model_json_schema()
    routes = APIRouter()
    routes.add_api_route(
        PATH,
        api.make,
        methods=["POST"],
        status_code=201,
        response_model=CallbackCodeMade,
        summary="Make a code for ringing back",
        description=(
            "Makes a code for the bank to show to its customer, who rings the bank's number, says it, and talks to "
            "the agent about this case after identity. A case has five live codes at most. The bank's own code sent "
            "again is the same code."
        ),
        responses={
            401: {"description": "No or an unknown bearer key.", **problem},
            404: {"description": "There is no such case.", **problem},
            409: {"description": "A person has the case, it is decided, or the code is another case's.", **problem},
            422: {"description": "A field is wrong.", **problem},
            503: {"description": "Customers cannot ring back here.", **problem},
        },
        openapi_extra={
            "security": [{"ApiKey": []}],
            "requestBody": {"required": False, "content": {"application/json": {"schema": schema}}},
        },
        tags=["callback codes"],
    )
    return routes
