"""`riskcall serve` as a process of its own: a bank opens its customer's page and sends an alert."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.desk_harness import SECRETS

KEY = "bank-key"


def _environment(data: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("RISKCALL_")}
    return ours | {
        "RISKCALL_DATA_DIR": str(data),
        "RISKCALL_PORT": "0",
        "RISKCALL_WEBHOOK_SECRETS": f'["{SECRETS[0]}"]',
        "RISKCALL_API_KEYS": f'["{KEY}"]',
        "RISKCALL_BANK_URL": "http://127.0.0.1:9/instructions",
        "RISKCALL_BANK_SECRET": SECRETS[1],
        "RISKCALL_SESSION_SECRET": "s" * 48,
    }


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """Origin of a running `riskcall serve`; stopped as an operator stops it, which must end with status 0."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from riskcall.cli import main; main()", "serve"],
        env=_environment(tmp_path / "data"),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert "riskcall serves http://" in line
        yield line.split()[2]
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        process.stdout.close()


def test_a_server_that_says_it_serves_is_ready(served: str) -> None:
    with httpx.Client(base_url=served, trust_env=False) as client:
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_bank_opens_its_customers_page(served: str) -> None:
    with httpx.Client(base_url=served, trust_env=False) as client:
        keyed = {"authorization": f"Bearer {KEY}"}
        opened = client.post("/v1/app-sessions", json={"customer_reference": "c-1"}, headers=keyed).json()
        page = client.get(opened["url"])
        assert page.status_code == 200 and 'src="/static/call.js"' in page.text
        assert client.delete(f"/v1/app-sessions/{opened['session_id']}", headers=keyed).status_code == 204
        assert client.get(opened["url"]).status_code == 404
