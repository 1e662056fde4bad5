"""The arrivals API: the worker that takes a customer's call tells which code they said and in which room they wait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse, Response

from cases.domain.arrivals import Meeting
from cases.domain.vocabulary import Language
from desk.api_keys import ApiKeys
from desk.callback_codes import CallbackCodes
from desk.errors import ArrivalInvalidError
from desk.problems import PROBLEM, ProblemDetails, faults

PATH = "/v1/arrivals"


class ArrivalTold(BaseModel):
    """Somebody rang the bank and said a code."""

    model_config = ConfigDict(extra="forbid", strict=True)

    code: str = Field(
        min_length=1, max_length=40, description="Digits that the caller said or keyed in; spaces do not count."
    )
    room: str = Field(
        pattern=r"^inbound(-_\+[0-9]{3,15}_)?[A-Za-z0-9_-]{1,120}$",
        description="LiveKit room in which they wait; no number but the one that is called has a place in its name "
        "(`dispatch_rule_callee`).",
    )
    caller: str = Field(
        "",
        max_length=64,
        description="Their number, the identity that LiveKit SIP makes of it where it is hidden, or empty where it is "
        "withheld; it is not kept.",
    )


class ArrivalAnswered(BaseModel):
    """Who meets the caller."""

    meets: Meeting = Field(
        description="`agent`: the agent comes into the room, within 90 s. `person`: a person gets in touch. `nobody`: "
        "nothing is left to be asked."
    )
    language: Language = Field(description="The customer's language.")


class ArrivalsApi:
    """Handlers of the API."""

    def __init__(self, codes: CallbackCodes, keys: Sequence[str]) -> None:
        """Let callers in for whoever holds one of the keys."""
        self._codes = codes
        self._keys = ApiKeys(keys)

    async def arrive(self, request: Request) -> Response:
        """Let a caller in."""
        self._keys.check(request)
        try:
            told = ArrivalTold.model_validate_json(await request.body())
        except ValidationError as error:
            raise ArrivalInvalidError(faults(error)) from error
        welcome = await self._codes.arrive(told.code, told.room, told.caller)
        answer = ArrivalAnswered(meets=welcome.meets, language=welcome.language)
        return JSONResponse(answer.model_dump(mode="json"), 201, {"Cache-Control": "no-store"})


_REFUSED = {
    401: "No or an unknown key.",
    404: "No case has this code, or its time is over.",
    409: "Somebody in another room came by this code, and their call has not ended.",
    422: "A field is wrong.",
    429: "Too many wrong codes were said; whether this one is right is not told.",
}


def router(codes: CallbackCodes, *, keys: Sequence[str]) -> APIRouter:
    """Routes of the API.

    Args:
        codes: Lets callers in.
        keys: Keys of workers; with none of them nobody is let in.
    """
    api = ArrivalsApi(codes, keys)
    problem: dict[str, Any] = {"model": ProblemDetails, "content": {PROBLEM: {}}}
    schema = ArrivalTold.model_json_schema()
    routes = APIRouter()
    routes.add_api_route(
        PATH,
        api.arrive,
        methods=["POST"],
        status_code=201,
        response_model=ArrivalAnswered,
        summary="Tell of a customer who rang back",
        description="The same code again from the same room is answered again and changes nothing.",
        responses={status: {"description": text, **problem} for status, text in _REFUSED.items()},
        openapi_extra={
            "security": [{"ApiKey": []}],
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        },
        tags=["worker calls"],
    )
    return routes
