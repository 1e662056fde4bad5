"""The bank's API: alerts in, the state of a case out, and whether the service is up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from cases.alerts import AlertDocument, parse_alert
from cases.domain.case import Case, CaseState
from cases.domain.vocabulary import BankAction, Outcome
from desk.api_keys import ApiKeys
from desk.deps import DeskDeps
from desk.errors import CaseUnknownError, NotJsonError, TooManyAlertsError
from desk.problems import PROBLEM, RETRY_SECONDS, ProblemDetails, problem
from desk.signature import SignatureVerifier
from desk.throttle import TokenBucket


class CaseLinks(BaseModel):
    """Where to go from here."""

    self: str = Field(description="This case over the API.")
    desk: str = Field(description="This case at the reviewers' desk.")


class CaseStatus(BaseModel):
    """Where a case stands; no personal data."""

    case_id: str = Field(description="Key of the case: the alert's id.")
    state: CaseState
    outcome: Outcome | None = Field(description="What the verification concluded, or null.")
    score: int | None = Field(description="Risk points of the verification, or null.")
    payment: BankAction | None = Field(description="What the bank last confirmed it did, or null.")
    decision: BankAction | None = Field(description="The ruling, or null.")
    needs_person: bool = Field(description="Whether a reviewer must decide.")
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    links: CaseLinks


class Health(BaseModel):
    """Whether the process is up."""

    status: Literal["ok"]


def _problems(*statuses: tuple[int, str]) -> dict[int | str, dict[str, Any]]:
    return {
        status: {"description": text, "model": ProblemDetails, "content": {PROBLEM: {}}} for status, text in statuses
    }


_ALERT_REFUSALS = _problems(
    (400, "The body is not a JSON object."),
    (401, "Unsigned, wrongly signed or stale; `code` says which."),
    (409, "The id belongs to another payload."),
    (413, "The body is longer than 64 KB."),
    (422, "The alert breaks its schema; `errors` lists the fields."),
    (429, "Too many alerts; see Retry-After."),
    (503, "The store does not take anything now; see Retry-After. The alert was not acknowledged."),
)
_WEBHOOK_HEADERS = [
    {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": text}
    for name, text in (
        ("webhook-id", "Unique id of the message (Standard Webhooks)."),
        ("webhook-timestamp", "Seconds since 1970; at most five minutes off."),
        ("webhook-signature", "`v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`; several apart by a space."),
    )
]


class AlertApi:
    """Handlers of the API."""

    def __init__(self, deps: DeskDeps) -> None:
        """Use the deps' intake, store, secrets and limits."""
        self._deps = deps
        self._verifier = SignatureVerifier(deps.webhook_secrets)
        self._bucket = TokenBucket(deps.limits.alert_burst, deps.limits.alerts_per_second)
        self._keys = ApiKeys(deps.api_keys)

    async def take(self, request: Request) -> Response:
        """Take an alert: check the signature, then the schema, then store it; only what is stored is acknowledged."""
        body = await request.body()
        now = self._deps.clock.now()
        self._verifier.verify(request.headers, body, now)
        wait = self._bucket.take(now)
        if wait:
            raise TooManyAlertsError(wait)
        _check_json(body)
        recorded = await self._deps.intake.receive(parse_alert(body), at=now)
        status = case_status(recorded.case, self._deps.origins[0])
        return JSONResponse(
            status.model_dump(mode="json"),
            200 if recorded.duplicate else 202,
            {"Location": f"/v1/cases/{recorded.case.id}"},
        )

    async def case(self, request: Request, case_id: str) -> CaseStatus:
        """Tell where a case stands."""
        self._keys.check(request)
        case = await self._deps.store.case(case_id)
        if case is None:
            raise CaseUnknownError("There is no case with this id.")
        return case_status(case, self._deps.origins[0])

    async def health(self) -> Health:
        """The process answers."""
        return Health(status="ok")

    async def ready(self) -> Response:
        """An alert that came now would be taken and its call placed."""
        if reason := self._deps.unready():
            return problem(503, "not_ready", "Calls cannot be placed", reason, retry=RETRY_SECONDS)
        await self._deps.store.counts()
        return JSONResponse({"status": "ok"})


_ALERT_BODY = {
    "parameters": _WEBHOOK_HEADERS,
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/AlertDocument"}}},
    },
}


def router(deps: DeskDeps) -> APIRouter:
    """Routes of the API and of the probes."""
    api = AlertApi(deps)
    routes = APIRouter()
    routes.add_api_route(
        "/v1/alerts",
        api.take,
        methods=["POST"],
        status_code=202,
        response_model=CaseStatus,
        summary="Send an alert",
        description="Signed as Standard Webhooks 1.0 describes. The same id and payload again: 200 and the same case.",
        responses={
            200: {"description": "This alert is a case already.", "model": CaseStatus},
            202: {"description": "Stored; the payment is being held."},
            **_ALERT_REFUSALS,
        },
        openapi_extra=_ALERT_BODY,
        tags=["alerts"],
    )
    routes.add_api_route(
        "/v1/cases/{case_id}",
        api.case,
        methods=["GET"],
        response_model=CaseStatus,
        summary="Where a case stands",
        responses=_problems((401, "No or an unknown bearer key."), (404, "No such case."), (503, "Try again.")),
        openapi_extra={"security": [{"ApiKey": []}]},
        tags=["cases"],
    )
    routes.add_api_route("/healthz", api.health, methods=["GET"], summary="The process is up", tags=["probes"])
    routes.add_api_route(
        "/readyz",
        api.ready,
        methods=["GET"],
        response_model=Health,
        summary="Alerts are taken and calls placed",
        responses=_problems((503, "The store does not answer, or calls cannot be placed; `detail` says why.")),
        tags=["probes"],
    )
    return routes


def case_status(case: Case, origin: str) -> CaseStatus:
    """What the bank is told about a case."""
    return CaseStatus(
        case_id=case.id,
        state=case.state,
        outcome=case.assessment.outcome if case.assessment else None,
        score=case.assessment.score if case.assessment else None,
        payment=case.payment,
        decision=case.decision.action if case.decision else None,
        needs_person=case.state is CaseState.REVIEW,
        opened_at=case.opened_at,
        updated_at=case.updated_at,
        closed_at=case.closed_at,
        links=CaseLinks(self=f"{origin}/v1/cases/{case.id}", desk=f"{origin}/cases/{case.id}"),
    )


def _check_json(body: bytes) -> None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotJsonError("Send the alert as a JSON object in UTF-8; nothing was stored.") from error
    if not isinstance(document, dict):
        raise NotJsonError("The body must be a JSON object; nothing was stored.")


def show_examples(description: dict[str, Any], examples: Mapping[str, Mapping[str, Any]]) -> None:
    """Put example alerts into the description of the API.

    Args:
        description: The description, which is changed.
        examples: Alert documents by name.
    """
    body = description["paths"]["/v1/alerts"]["post"]["requestBody"]["content"]["application/json"]
    body["examples"] = {name: {"summary": name, "value": document} for name, document in examples.items()}


def alert_schemas() -> dict[str, Any]:
    """Schemas that the alert's body refers to, for the components of the API description."""
    schema = AlertDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    parts: dict[str, Any] = schema.pop("$defs", {})
    return {**parts, "AlertDocument": schema}
