"""The start of a process: what it loads for `--help`, and what the first call still loads once it is ready."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.needs import needs_program

HEAVY = {
    "agent", "cases", "desk", "evals", "prompts", "telephony",
    "aiortc", "alembic", "av", "dbos", "fastapi", "httpx2", "livekit", "numpy", "openai", "pocketsphinx", "pydantic",
    "pypinyin", "sqlalchemy", "uvicorn", "yaml",
}  # fmt: skip
"""What `riskcall --help` needs nothing of."""
HELP = """
import json, sys
from riskcall.cli import app
try:
    app(["--help"])
except SystemExit:
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
FIRST_CALL = """
import asyncio, json, sys
from pathlib import Path
from agent.brains.lexicon import loading
from agent.dialogue.guard import rules
from riskcall.demo.call import demo_running, simulate
from riskcall.demo.screen import QuietScreen

CACHES = {"lexicon": loading.load, "guard": rules.load}

def loads():
    return {name: cached.cache_info().misses for name, cached in CACHES.items()}

async def main(folder):
    async with demo_running(Path(folder), QuietScreen()) as demo:
        modules, before = set(sys.modules), loads()
        report = await simulate(demo, sys.argv[2], "")
        return {
            "turns": len(report["turns"]),
            "new": sorted(set(sys.modules) - modules),
            "before": before,
            "after": loads(),
        }

print(json.dumps(asyncio.run(main(sys.argv[1]))))
"""
CUSTOMERS_SIDE = ("numpy.random", "_cython_", "rich.")
"""Loaded by the simulated customer and by the demo's screen."""


def _printed(script: str, *arguments: str) -> Any:
    """What a script printed last, run in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_help_loads_none_of_what_a_call_needs() -> None:
    loaded = set(_printed(HELP))
    assert "typer" in loaded
    assert not loaded & HEAVY


@pytest.mark.audio
def test_the_first_call_finds_everything_loaded(tmp_path: Path) -> None:
    needs_program("flite", "the simulated customer speaks with it")
    call = _printed(FIRST_CALL, str(tmp_path), "wrong-person")
    assert call["turns"] > 1
    assert call["before"] == call["after"] != {}
    assert all(count > 0 for count in call["before"].values())
    assert [name for name in call["new"] if not name.startswith(CUSTOMERS_SIDE)] == []
