"""The commands as their users run them: clear errors with status 2, and a demo call in text."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from riskcall.cli import app, main
from riskcall.settings import Settings

KEYS = {
    "case_id", "outcome", "effect", "escalated", "disposition", "turns", "signals", "score", "reasons", "engines",
    "latency", "recording", "bank_messages",
}  # fmt: skip
TURN_KEYS = {
    "speaker", "act", "text", "heard_text", "interrupted", "started_ms", "ended_ms", "reading", "response_ms",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"RISKCALL_{name.upper()}", raising=False)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("RISKCALL_ASR", "parakeet", "RISKCALL_ASR"),
        ("RISKCALL_ASR", "faster-whisper", "riskcall models pull"),
        ("RISKCALL_TTS", "piper", "riskcall models pull"),
        ("RISKCALL_BRAIN", "llm", "RISKCALL_OPENAI_MODEL"),
    ],
)
def test_an_engine_that_is_not_there_ends_with_status_2_and_says_how_to_get_it(
    setting: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(setting, value)
    monkeypatch.setattr("sys.argv", ["riskcall", "demo", "--no-wait"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_an_unknown_customer_ends_with_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["riskcall", "demo", "--customer", "nobody", "--no-wait"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "coached" in capsys.readouterr().err


def test_serve_without_secrets_names_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["riskcall", "serve"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "RISKCALL_WEBHOOK_SECRETS" in capsys.readouterr().err


def test_ten_example_alerts_are_listed() -> None:
    assert len(run("alert", "list").stdout.splitlines()) == 10


def test_an_account_is_added_and_listed() -> None:
    assert run("account", "add", "r.viewer", "--password", "correct horse battery").exit_code == 0
    assert run("account", "list").stdout.split() == ["r.viewer"]


@pytest.mark.parametrize(
    ("customer", "outcome", "effect", "escalated"),
    [
        ("zh-denies", "denied", "block", True),
        ("zh-genuine", "confirmed_genuine", "release", False),
        ("zh-coached", "suspected_scam", "hold", True),
        ("zh-silent", "unreached", "hold", False),
    ],
)
def test_a_chinese_demo_says_that_it_runs_in_text_and_gives_its_verdict(
    customer: str, outcome: str, effect: str, escalated: bool, tmp_path: Path
) -> None:
    file = tmp_path / "report.json"
    command = ["demo", "--customer", customer, "--json", str(file), "--no-wait", "--data", str(tmp_path / "data")]
    result = subprocess.run(
        [sys.executable, "-c", "from riskcall.cli import main; main()", *command],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "No engine here hears Chinese" in " ".join(result.stdout.split())
    report = json.loads(file.read_text(encoding="utf-8"))
    assert report.keys() >= KEYS and report["turns"][0].keys() >= TURN_KEYS
    assert (report["outcome"], report["effect"], report["escalated"]) == (outcome, effect, escalated)
    assert report["leg"] == "text" and report["recording"] is None
    assert report["bank_messages"][0]["action"] == "hold"
    analysis = report["analysis"]
    assert (analysis["written_by"], analysis["proposal"]) == ("template", report["effect"])
    assert {"what_happened", "proposal", "next_steps"} <= {row["section"] for row in analysis["statements"]}
