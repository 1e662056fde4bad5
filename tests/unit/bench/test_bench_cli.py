"""`riskcall bench` from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from riskcall.cli import app

COMMANDS = ("report", "calls", "cost", "telephone", "voices", "case-log")


def test_the_side_by_side_bench_and_the_other_measurements() -> None:
    told = CliRunner().invoke(app, ["bench", "--help"], env={"COLUMNS": "200"})
    assert told.exit_code == 0
    for wanted in ("--quick", "--systems", "--picture", *COMMANDS):
        assert wanted in told.output


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_does_not_start_the_side_by_side_bench(command: str) -> None:
    told = CliRunner().invoke(app, ["bench", command, "--help"])
    assert told.exit_code == 0
    assert command in told.output


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--systems", "riskcall,nobody"], "there is no system nobody"),
        (["--quick", "--picture", "a.jpg"], ".svg or .png"),
        (["--quick", "--keep", "{full}"], "is not empty"),
        (["report", "{full}"], "made with --keep"),
    ],
)
def test_what_the_caller_can_mend_is_told_with_status_2(arguments: list[str], wanted: str, tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    told = CliRunner().invoke(app, ["bench", *(one.replace("{full}", str(tmp_path)) for one in arguments)])
    assert told.exit_code == 2
    assert wanted in told.output
