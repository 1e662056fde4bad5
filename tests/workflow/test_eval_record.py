"""`riskcall eval record` on cases in a store: a file that loads, ends as the case did and holds nothing personal."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cases.domain.alert import Alert
from cases.domain.vocabulary import Disposition
from evals.loader import load_scenarios
from riskcall.cli import app, main
from riskcall.settings import Settings
from tests.support import text_talk
from tests.support.case_facts import example_alert
from tests.support.recorded_cases import spoken_case, stored

EN, ZH = example_alert("case-7", "new-payee-transfer"), example_alert("case-8", "zh-new-payee")
COACHED = {
    EN.id: text_talk.EN
    | {
        "greet": "Yes, this is Alex Morgan.",
        "ask_made": "Yes, I sent 2,450 pounds to Brightside.",
        "ask_told_what_to_say": "Sophie told me to say it is for the kitchen.",
    },
    ZH.id: text_talk.ZH
    | {"ask_made": "是我转的，八千六百块给王建国。", "ask_told_what_to_say": "有，他们教我说是货款。"},
}
PERSONAL = {
    EN.id: ("morgan", "alex", "brightside", "2,450", "7316", "03-12"),
    ZH.id: ("晓雨", "建国", "八千六", "6608", "3175"),
}


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"RISKCALL_{name.upper()}", raising=False)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["eval", "record", *arguments, "--data", "."], catch_exceptions=False)


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def refuse(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["riskcall", "eval", "record", *arguments, "--data", "."])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 2
        return capsys.readouterr().err

    return refuse


@pytest.mark.parametrize("alert", [EN, ZH], ids=["en", "zh"])
def test_a_case_becomes_a_scenario_that_passes(alert: Alert, tmp_path: Path) -> None:
    asyncio.run(spoken_case(tmp_path, alert, COACHED[alert.id]))
    result = run(alert.id, "--to", "made.yaml")
    assert result.exit_code == 0, result.stdout
    text = Path("made.yaml").read_text(encoding="utf-8")
    assert not [value for value in PERSONAL[alert.id] if value in text.casefold()]
    assert alert.id not in text and re.match(r"# Recorded from a case .* hash [0-9a-f]{64}\.\n", text)
    (scenario,) = load_scenarios([Path("made.yaml")])
    assert scenario.tags == ("recorded",) and scenario.locale == alert.locale
    again = CliRunner().invoke(app, ["eval", "made.yaml", "--workers", "1", "--report", "out"])
    assert again.exit_code == 0, again.stdout


def test_names_of_others_are_shown_and_strict_writes_nothing(tmp_path: Path, refused: Callable[..., str]) -> None:
    asyncio.run(spoken_case(tmp_path, EN, COACHED[EN.id]))
    assert "ask_told_what_to_say" in refused(EN.id, "--strict")
    assert not list(tmp_path.glob("*.yaml"))
    result = run(EN.id)
    assert result.exit_code == 0 and "look at customer.answers.ask_told_what_to_say" in result.stdout
    (file,) = tmp_path.glob("recorded-*-en.scenario.yaml")
    assert "'Sophie' may name somebody" in file.read_text(encoding="utf-8")
    assert "is there already" in refused(EN.id)


def test_a_case_that_nobody_answered_can_be_left_to_edit(tmp_path: Path, refused: Callable[..., str]) -> None:
    asyncio.run(stored(tmp_path, EN, None, Disposition.NO_ANSWER))
    assert run(EN.id, "--expect", "edit", "--to", "made.yaml").exit_code == 0
    assert "answered_by: no_answer" in Path("made.yaml").read_text(encoding="utf-8")
    assert CliRunner().invoke(app, ["eval", "made.yaml"]).exit_code == 2
    assert "1 contact attempts" in refused(EN.id, "--attempt", "2")


def test_what_is_not_there_is_said(tmp_path: Path, refused: Callable[..., str]) -> None:
    assert "no database" in refused("case-7")
    asyncio.run(stored(tmp_path, EN, None, Disposition.BUSY))
    assert "no case 'case-9'" in refused("case-9")
