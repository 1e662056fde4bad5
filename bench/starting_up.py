"""How long commands take to start, in a fresh process each: `riskcall --help`, and `riskcall serve` until ready."""

from __future__ import annotations

import base64
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import httpx2

_COMMAND = (sys.executable, "-c", "from riskcall.cli import main; main()")
STOP_S = 60
"""How long a server may take to stop, seconds."""


class StartFailedError(Exception):
    """A command that was to be measured did not start; the message says which and what it printed last."""

    code = "start_failed"


def help_ms() -> int:
    """Milliseconds from the start of `riskcall --help` to its end.

    Raises:
        StartFailedError: It failed.
    """
    began = perf_counter()
    done = subprocess.run([*_COMMAND, "--help"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise StartFailedError(f"riskcall --help ended with {done.returncode}: {done.stderr[-300:]}")
    return round((perf_counter() - began) * 1000)


def ready_ms() -> int:
    """Milliseconds from the start of `riskcall serve` to `/readyz` answering 200.

    Raises:
        StartFailedError: It did not become ready.
    """
    began = perf_counter()
    with served() as origin:
        answer = httpx2.get(f"{origin}/readyz", trust_env=False)
        took = round((perf_counter() - began) * 1000)
        if not answer.is_success:
            raise StartFailedError(f"riskcall serve said it was ready and was not: {answer.text}")
    return took


@contextmanager
def served() -> Iterator[str]:
    """The origin of a `riskcall serve` of its own with secrets made for it; stopped at the end.

    Raises:
        StartFailedError: It did not start.
    """
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [*_COMMAND, "serve"], env=environment(Path(folder)), stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if "riskcall serves " not in line:
                raise StartFailedError(f"riskcall serve did not start: {line!r}")
            yield line.split()[2]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_S)
            process.stdout.close()


def environment(data: Path) -> dict[str, str]:
    """The environment of a server with the user's engines, and with data and secrets of its own."""
    own = {
        "RISKCALL_DATA_DIR": str(data),
        "RISKCALL_PORT": "0",
        "RISKCALL_WEBHOOK_SECRETS": f'["{_secret()}"]',
        "RISKCALL_API_KEYS": f'["{secrets.token_urlsafe(16)}"]',
        "RISKCALL_BANK_URL": "http://127.0.0.1:9/instructions",
        "RISKCALL_BANK_SECRET": _secret(),
        "RISKCALL_SESSION_SECRET": secrets.token_urlsafe(48),
    }
    return {**os.environ, **own}


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
