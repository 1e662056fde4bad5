"""The bank's API that makes a link to a video session, for the bank to send by its own channels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse, Response

from desk.api_keys import ApiKeys
from desk.errors import SummonsInvalidError
from desk.problems import PROBLEM, ProblemDetails, faults
from desk.summons import LONGEST, USUAL, SummonsLinks

PATH = "/v1/cases/{case_id}/summons"
BANK = "bank"
"""Who asked for a link that the bank's API made."""


class SummonsRequest(BaseModel):
    """How long the link is to last."""

    model_config = ConfigDict(extra="forbid", strict=True)

    lasts_seconds: int = Field(
        round(USUAL.total_seconds()),
        ge=60,
        le=round(LONGEST.total_seconds()),
        description="How long it can be opened; the end of the hold comes first.",
    )


class SummonsMade(BaseModel):
    """A link to a video session about this case."""

    url: str = Field(description="Address of the session; it opens once, in one browser. Treat as a secret.")
    expires_at: datetime


class SummonsApi:
    """Handlers of the API."""

    def __init__(self, links: SummonsLinks, keys: Sequence[str]) -> None:
        """Make links for whoever holds one of the keys."""
        self._links = links
        self._keys = ApiKeys(keys)

    async def make(self, request: Request, case_id: str) -> Response:
        """Make a link."""
        self._keys.check(request)
        try:
            wanted = SummonsRequest.model_validate_json(await request.body() or b"{}")
        except ValidationError as error:
            raise SummonsInvalidError(faults(error)) from error
        link = await self._links.make(case_id, timedelta(seconds=wanted.lasts_seconds), by=BANK)
        made = SummonsMade(url=link.url, expires_at=link.expires_at)
        return JSONResponse(made.model_dump(mode="json"), 201, {"Cache-Control": "no-store"})


def router(links: SummonsLinks, *, keys: Sequence[str]) -> APIRouter:
    """Routes of the API.

    Args:
        links: Makes the links.
        keys: Bearer keys of the bank.
    """
    api = SummonsApi(links, keys)
    problem: dict[str, Any] = {"model": ProblemDetails, "content": {PROBLEM: {}}}
    schema = SummonsRequest.model_json_schema()
    routes = APIRouter()
    routes.add_api_route(
        PATH,
        api.make,
        methods=["POST"],
        status_code=201,
        response_model=SummonsMade,
        summary="Summon the customer to a video session",
        description="Makes a link for the bank to send to its customer; who opens it talks to the agent at once.",
        responses={
            401: {"description": "No or an unknown bearer key.", **problem},
            404: {"description": "There is no such case.", **problem},
            409: {"description": "A person has the case, or it is decided.", **problem},
            422: {"description": "A field is wrong.", **problem},
            503: {"description": "Video sessions are not set up here.", **problem},
        },
        openapi_extra={
            "security": [{"ApiKey": []}],
            "requestBody": {"required": False, "content": {"application/json": {"schema": schema}}},
        },
        tags=["video sessions"],
    )
    return routes
