"""A small bank for the demo: takes signed instructions over HTTP, does each key once, and keeps what it was told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

MAX_BODY_BYTES = 64 * 1024


@dataclass(slots=True)
class DemoBank:
    """What the demo's bank was told, in order, each idempotency key once.

    Attributes:
        secret: Standard Webhooks secret of the instructions.
        on_message: Called with each new instruction.
        messages: Instructions as received, with `reference` and how often the key came (`deliveries`).
    """

    secret: str
    on_message: Callable[[dict[str, Any]], None]
    messages: list[dict[str, Any]] = field(default_factory=list)

    def app(self) -> FastAPI:
        """The bank's web application: `POST /instructions`."""
        app = FastAPI(title="demo bank", docs_url=None, redoc_url=None, openapi_url=None)

        @app.post("/instructions")
        async def instructions(request: Request) -> JSONResponse:
            body = await request.body()
            if len(body) > MAX_BODY_BYTES:
                return JSONResponse({"error": "too large"}, status_code=413)
            try:
                payload = Webhook(self.secret).verify(body, dict(request.headers))
            except WebhookVerificationError:
                return JSONResponse({"error": "the signature is wrong"}, status_code=401)
            return JSONResponse({"reference": self._take(request.headers["webhook-id"], payload)})

        return app

    def _take(self, key: str, payload: dict[str, Any]) -> str:
        for message in self.messages:
            if message["key"] == key:
                message["deliveries"] += 1
                return str(message["reference"])
        message = {"key": key, **payload, "reference": f"BANK-{len(self.messages) + 1:04d}", "deliveries": 1}
        self.messages.append(message)
        self.on_message(message)
        return str(message["reference"])
