"""The alert commands: list the examples, sign one and send it."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import httpx2
import typer
import yaml
from standardwebhooks.webhooks import Webhook

from cases.adapters.clock import SystemClock
from cases.domain.money import Money
from cases.domain.vocabulary import Language
from cases.ports import Clock
from evals.alerts import load, names
from evals.errors import SuiteError
from riskcall.errors import SettingsInvalidError
from riskcall.settings import Settings

EXAMPLE_OF = {Language.EN: "new-payee-transfer", Language.ZH: "zh-new-payee"}
"""The example alert of a language where none was named."""


def show_examples() -> None:
    """Print name, customer, amount and payee of each example."""
    now = SystemClock().now()
    for name in names():
        document = load(name, now=now)
        payment, customer = document["transaction"], document["customer"]
        amount = Money(payment["amount"]["minor"], payment["amount"]["currency"])
        typer.echo(f"{name:25} {amount!s:>14}  {customer['name']} to {payment['creditor']['name']}")


def new_alert_id(example: str) -> str:
    """A fresh alert id that says which example it came from."""
    return f"{example}-{secrets.token_hex(4)}"


def signed(document: dict[str, Any], secret: str, clock: Clock) -> tuple[str, dict[str, str]]:
    """Body and headers of a Standard Webhooks request that carries an alert."""
    body = json.dumps(document, ensure_ascii=False)
    now = clock.now()
    headers = {
        "content-type": "application/json",
        "webhook-id": str(document["id"]),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(str(document["id"]), now, body),
    }
    return body, headers


def send(settings: Settings, *, example: str, file: Path | None, url: str, alert_id: str) -> int:
    """Sign and send an alert, print the answer; 0 where it was accepted, 1 where it was refused.

    Raises:
        SettingsInvalidError: No secret to sign with, no such example or file, or nothing listens there.
    """
    if not settings.webhook_secrets:
        raise SettingsInvalidError('set RISKCALL_WEBHOOK_SECRETS, for instance to ["whsec_…"], as the server has it')
    document = _document(example, file, alert_id)
    body, headers = signed(document, settings.webhook_secrets[0].get_secret_value(), SystemClock())
    target = (url or f"http://{settings.host}:{settings.port}").rstrip("/") + "/v1/alerts"
    try:
        answer = httpx2.post(target, content=body.encode(), headers=headers, timeout=10.0)
    except httpx2.HTTPError as error:
        raise SettingsInvalidError(
            f"{target} does not answer ({error}); start `riskcall serve` or give --url"
        ) from error
    typer.echo(f"{answer.status_code} {answer.text}")
    return 0 if answer.is_success else 1


def _document(example: str, file: Path | None, alert_id: str) -> dict[str, Any]:
    if file is None:
        try:
            return load(example, now=SystemClock().now(), alert_id=alert_id or new_alert_id(example))
        except SuiteError as error:
            raise SettingsInvalidError(str(error)) from error
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise SettingsInvalidError(f"{file} cannot be read as JSON or YAML: {error}") from error
    if not isinstance(document, dict):
        raise SettingsInvalidError(f"{file} holds no alert document; see `riskcall alert list` for examples")
    if alert_id:
        document["id"] = alert_id
    return document
