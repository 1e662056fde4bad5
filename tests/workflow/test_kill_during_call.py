"""The process dies in the middle of a call: the payment stays held, the case goes on, nothing is sent twice."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from cases.adapters.clock import SystemClock
from cases.domain.case import Case, CaseState
from cases.domain.vocabulary import BankAction, Disposition
from cases.store import Database, Store
from evals.alerts import load
from riskcall.alerts import signed
from riskcall.demo.bank import DemoBank
from riskcall.servers import listen, origin_of, serving

WAIT_S = 90.0
POLL_S = 0.05


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


@asynccontextmanager
async def _process(environment: dict[str, str]) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.call_process", "genuine", "0",
        env={**os.environ, **environment}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), WAIT_S)
        assert line.startswith(b"ready "), line
        yield process, line.decode().split()[1]
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _until(store: Store, case_id: str, holds: Callable[[Case], object]) -> Case:
    """Read the case until a condition holds; the record is written by another process, so it is polled."""
    async with asyncio.timeout(WAIT_S):
        while True:
            case = await store.case(case_id)
            if case is not None and holds(case):
                return case
            await asyncio.sleep(POLL_S)


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("**/*") if path.is_file())


async def _recording(folder: Path) -> None:
    """Wait until the other process has written some of a recording."""
    async with asyncio.timeout(WAIT_S):
        while True:
            if await asyncio.to_thread(_bytes_in, folder):
                return
            await asyncio.sleep(POLL_S)


async def test_a_call_that_dies_with_its_process_leaves_the_payment_held(tmp_path: Path) -> None:
    bank_secret, alert_secret = _secret(), _secret()
    bank = DemoBank(bank_secret, lambda message: None)
    with listen("127.0.0.1", 0) as bank_sock:
        environment = {
            "RISKCALL_DATA_DIR": str(tmp_path),
            "RISKCALL_WEBHOOK_SECRETS": json.dumps([alert_secret]),
            "RISKCALL_BANK_URL": f"{origin_of(bank_sock)}/instructions",
            "RISKCALL_BANK_SECRET": bank_secret,
            "RISKCALL_SESSION_SECRET": secrets.token_urlsafe(48),
        }
        async with serving(bank.app(), bank_sock):
            case_id = "killed-mid-call"
            store: Store | None = None
            async with _process(environment) as (process, origin):
                document = load("card-not-present", now=SystemClock().now(), alert_id=case_id)
                body, headers = signed(document, alert_secret, SystemClock())
                async with httpx.AsyncClient(trust_env=False) as client:
                    answer = await client.post(f"{origin}/v1/alerts", content=body.encode(), headers=headers)
                assert answer.status_code in {200, 201, 202}, answer.text
                store = Store(Database(f"sqlite:///{tmp_path / 'riskcall.sqlite'}"))
                await _until(store, case_id, lambda case: case.attempts and case.attempts[0].answered_at)
                await _recording(tmp_path / "recording")
                process.kill()
                await process.wait()
            assert [message["action"] for message in bank.messages] == ["hold"]

            async with _process(environment):
                case = await _until(store, case_id, lambda case: case.attempts[0].ended_at is not None)
                assert case.attempts[0].disposition is Disposition.FAILED
                assert case.state in {CaseState.WAITING, CaseState.CONTACTING, CaseState.REVIEW}
                assert case.payment is BankAction.HOLD
                check = await store.verify_log()
                assert check.faults == ()
            store.close()
            deliveries = Counter({message["key"]: message["deliveries"] for message in bank.messages})
            assert [message["action"] for message in bank.messages] == ["hold"]
            assert deliveries[f"{case_id}:hold"] == 1


pytestmark = pytest.mark.timeout(300)
