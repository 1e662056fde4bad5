"""The web application: alert API, desk, live view and whatever routers the composition adds."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.staticfiles import StaticFiles

from desk import problems
from desk.auth import Auth
from desk.body_limit import BodyLimit
from desk.deps import DeskDeps
from desk.evidence import Evidence
from desk.headers import SecurityHeaders
from desk.pages import Pages
from desk.routes import account, alerts, cases, evidence, links, people

MAX_BODY_BYTES = 64 * 1024
"""Longest request body that is read; Standard Webhooks advises payloads under 20 KB."""

LONGER_BODIES = {"/v1/calls/": 256 * 1024 * 1024}
"""Longest bodies of paths that begin so: workers deliver recordings."""


def create_app(deps: DeskDeps) -> FastAPI:
    """Build the application; it holds no global state and reads no settings.

    Raises:
        ValueError: The session secret is too short, no origin was given, or more than two webhook secrets.
    """
    if not deps.origins:
        raise ValueError("name the origins that browsers use for the desk, such as http://127.0.0.1:8700")
    if len(deps.webhook_secrets) > 2:
        raise ValueError("at most two webhook secrets are active at once: the new one and the one being retired")
    app = FastAPI(
        title="riskcall",
        version="1",
        summary="Confirms suspicious payments with a bank's customers by voice.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    secure = deps.origins[0].startswith("https://")
    auth = Auth(deps)
    pages = Pages(auth, deps.clock)
    seen = Evidence(deps)
    problems.install(app, pages, auth)
    app.include_router(alerts.router(deps))
    app.include_router(account.router(auth, pages, secure))
    app.include_router(cases.router(deps, auth, pages, seen))
    app.include_router(evidence.router(deps, auth, seen))
    if deps.people is not None:
        app.include_router(people.router(deps, deps.people, auth, pages))
    if deps.links is not None:
        app.include_router(links.router(deps.links, auth, pages))
    for router in deps.routers:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=str(files("desk") / "static")), name="static")
    app.add_middleware(BodyLimit, limit=MAX_BODY_BYTES, longer=LONGER_BODIES)
    app.add_middleware(SecurityHeaders, secure=secure)
    _describe(app, deps)
    return app


def _describe(app: FastAPI, deps: DeskDeps) -> None:
    """Put the alert's schema, example alerts and the API key into the description of the API."""

    def description() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title, version=app.version, summary=app.summary, routes=app.routes, tags=app.openapi_tags
            )
            components = document.setdefault("components", {})
            components.setdefault("schemas", {}).update(alerts.alert_schemas())
            alerts.show_examples(document, deps.alert_examples())
            components["securitySchemes"] = {"ApiKey": {"type": "http", "scheme": "bearer"}}
            app.openapi_schema = document
        return app.openapi_schema

    # FastAPI documents replacing this method as the way to extend the description.
    app.openapi = description  # type: ignore[method-assign]
