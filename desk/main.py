"""The web application: alert API, desk, live view and whatever routers the composition adds."""

from __future__ import annotations

from fastapi import FastAPI

from desk.deps import DeskDeps

MAX_BODY_BYTES = 64 * 1024
"""Longest request body that is read; Standard Webhooks advises payloads under 20 KB."""


def create_app(deps: DeskDeps) -> FastAPI:
    """Build the application; it holds no global state and reads no settings."""
    app = FastAPI(
        title="riskcall",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        max_body_size=MAX_BODY_BYTES,
    )
    for router in deps.routers:
        app.include_router(router)
    return app
