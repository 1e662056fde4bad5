"""`riskcall eval` as its users run it: statuses, messages, reports, an interrupt in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from riskcall.cli import app, main
from riskcall.settings import Settings

PASSING = """\
id: denier-en
locale: en-GB
tags: [denier]
alert: {example: card-not-present}
customer:
  answers: {greet: "Yes, speaking.", ask_identity: "Twelfth of March.", ask_made: "No, I didn't make that payment."}
  default: "Sorry?"
expect: {outcome: denied, effect: block}
"""
FAILING = PASSING.replace("denier-en", "failing-en").replace("outcome: denied, effect: block", "outcome: unreached")
INVALID = PASSING.replace("denier-en", "invalid-en").replace('  default: "Sorry?"\n', "").replace("ask_made", "warn")


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"RISKCALL_{name.upper()}", raising=False)
    Path("pass.yaml").write_text(PASSING)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["eval", *arguments], catch_exceptions=False)


def ended(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setattr("sys.argv", ["riskcall", "eval", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return caught.value.code


def document(folder: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(Path(folder, "report.json").read_text(encoding="utf-8"))
    return found


def test_a_suite_that_passes_ends_with_0_and_leaves_three_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(Path("summary.md").resolve()))
    result = run("pass.yaml", "--runs", "2", "--workers", "1", "--report", "out")
    assert result.exit_code == 0, result.output
    assert " ✓ pass.yaml 2/2" in result.output
    assert "out/report.html" in result.output
    assert "\x1b" not in result.output
    assert sorted(path.name for path in Path("out").iterdir()) == ["junit.xml", "report.html", "report.json"]
    assert (document("out")["planned"], document("out")["partial"]) == (2, False)
    assert "1 of 1" not in Path("summary.md").read_text() and "2 of 2 passed" in Path("summary.md").read_text()


@pytest.mark.parametrize(("text", "words"), [(FAILING, "outcome: expected unreached"), (INVALID, "ran out of script")])
def test_what_does_not_pass_ends_with_1_and_says_why_and_where(text: str, words: str) -> None:
    Path("other.yaml").write_text(text)
    result = run("pass.yaml", "other.yaml", "--workers", "1")
    assert result.exit_code == 1, result.output
    assert words in result.output
    assert "other.yaml:1" in result.output
    assert len(list(Path("var/evals").glob("*/report.html"))) == 1


def test_all_mistakes_of_all_files_are_told_at_once(capfd: pytest.CaptureFixture[str]) -> None:
    Path("one.yaml").write_text(PASSING.replace("outcome: denied, ", "").replace("ask_made", "ask_maid"))
    Path("two.yaml").write_text(PASSING.replace("tags", "tag").replace("card-not-present", "card-present"))
    result = run("one.yaml", "two.yaml", "three.yaml")
    told = capfd.readouterr().err + result.output
    assert result.exit_code == 2
    for line in (
        "one.yaml:6: customer.answers.ask_maid: unknown key, did you mean 'ask_made'?",
        "one.yaml:8: expect.outcome: is missing",
        "two.yaml:3: tag: unknown key, did you mean 'tags'?",
        "two.yaml:4: alert.example: 'card-present' does not exist, did you mean 'card-not-present'?",
        "three.yaml: no such file or folder",
        "5 to mend",
    ):
        assert line in told
    assert not Path("var").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pass.yaml", "--tag", "nosuch"], "tags are denier"),
        (["pass.yaml", "--suite", "dev"], "either paths or --suite"),
        (["pass.yaml", "--baseline", "none"], "cannot be read"),
        (["pass.yaml", "--brain", "llm"], "RISKCALL_OPENAI_MODEL"),
        (["pass.yaml", "--noise", "loud"], "such as babble:15"),
        (["pass.yaml", "--codec", "g729"], "pcmu"),
        (["compare", "none", "none"], "cannot be read"),
        (["pass.yaml", "--runs", "0"], "--runs"),
        (["--nosuch"], "--nosuch"),
    ],
)
def test_what_the_caller_can_mend_ends_with_2(
    arguments: Sequence[str], words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, *arguments) == 2
    assert words in capsys.readouterr().err


def test_two_reports_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("suite.yaml").write_text(PASSING)
    assert run("suite.yaml", "--workers", "1", "--report", "first").exit_code == 0
    Path("suite.yaml").write_text(PASSING.replace("outcome: denied, effect: block", "outcome: unreached"))
    second = run("suite.yaml", "--workers", "1", "--report", "second", "--baseline", "first")
    assert second.exit_code == 1
    assert "1 newly failing" in second.output
    assert 'id="changes"' in Path("second/report.html").read_text(encoding="utf-8")
    worse = run("compare", "first", "second/report.json", "--html", "changes.html")
    assert worse.exit_code == 1
    assert " ✗ denier-en  newly failing: denied + block" in worse.output
    assert "Worse than before" in Path("changes.html").read_text(encoding="utf-8")
    better = run("compare", "second", "first")
    assert (better.exit_code, "1 newly passing" in better.output) == (0, True)


def test_the_shipped_suites_are_told_apart() -> None:
    result = run("--id", "denier", "--report", "both", "--suite", "dev")
    assert result.exit_code in (0, 1)
    assert [suite["name"] for suite in document("both")["suites"]] == ["development"]  # type: ignore[attr-defined]


def test_help_of_the_group_is_the_help_of_the_run() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert "--baseline" in result.output
    assert "riskcall eval compare" in " ".join(result.output.split())


def test_the_front_page_of_help_imports_no_engine() -> None:
    heavy = "{'numpy', 'rich.progress', 'evals'}"
    told = f"import sys; from riskcall.cli import app; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_a_partial_report_and_no_process(number: signal.Signals) -> None:
    start = "from riskcall.cli import main; main()"
    command = [sys.executable, "-uc", start, "eval", "pass.yaml", "--runs", "100000", "--report", "out"]
    # Whoever runs the tests in the background has them inherit an ignored SIGINT; a terminal's command has not.
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith("1 of 100000: "), first + process.stdout.read()
        if number is signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal sends it: to the workers too
        else:
            process.send_signal(number)
        # Everybody who holds the pipe has gone when it ends.
        rest = process.stdout.read()
    assert process.returncode == 130, rest
    assert "Traceback" not in rest
    made = document("out")
    assert made["partial"] is True
    assert made["planned"] == 100000
    done = made["done"]
    assert isinstance(done, int) and 0 < done < 100000
    assert f"stopped: {done} of 100000 runs were made" in rest
    assert "Partial report" in Path("out/report.html").read_text(encoding="utf-8")
