"""`riskcall eval judge` on a cassette: agreement, calibration, notes beside a report, and nothing without a model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI
from typer.testing import CliRunner, Result

from agent.brains.cassette import RecordTransport
from cases.domain.vocabulary import Language
from evals.judging.judge import Judge, judge_all
from evals.judging.labelled import labelled_set
from evals.judging.manner import judged_runs, talk_of
from evals.judging.model import Criterion
from evals.reports.model import Report
from evals.reports.store import to_json
from evals.suites import SuiteName
from riskcall.cli import app, main
from riskcall.settings import Settings
from tests.support.eval_reports import BAD, GOOD, graded, report
from tests.support.scripted_judge import PROMPTS, JudgeTransport, Thinks, as_people_do, marks, pleased

CASSETTE = Path("judge.jsonl")


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"RISKCALL_{name.upper()}", raising=False)


def record(thinks: Thinks, reported: Report | None = None) -> None:
    """Put judgements of the labelled set, and of a report, on the cassette."""
    talks: list[Any] = [(one.talk, one.language) for one in labelled_set()]
    if reported is not None:
        talks += [(talk_of(run), Language(run.language)) for _, run in judged_runs(reported)]

    async def run() -> None:
        http = httpx2.AsyncClient(transport=RecordTransport(CASSETTE, JudgeTransport(thinks)))
        client = AsyncOpenAI(api_key="none", base_url="http://judge.invalid/v1", max_retries=0, http_client=http)
        judge = Judge(model="scripted", client=client, prompts=PROMPTS)
        judgements = await judge_all(judge, talks)
        await judge.aclose()
        assert not any(one.error for one in judgements)

    asyncio.run(run())


@pytest.fixture
def replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKCALL_LLM_CASSETTE", str(CASSETTE))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["eval", "judge", *arguments], catch_exceptions=False, env={"COLUMNS": "200"})


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def refuse(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["riskcall", "eval", "judge", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 2
        return capsys.readouterr().err

    return refuse


def written(name: SuiteName = SuiteName.NAMED) -> Report:
    made = report([graded(GOOD), graded(BAD)], name=name)
    Path("out").mkdir()
    Path("out/report.json").write_text(to_json(made), encoding="utf-8")
    return made


def rude(turns: list[dict[str, Any]]) -> dict[str, Any]:
    """As people do of what they labelled; finds fault with everything else."""
    found = as_people_do(turns)
    if found["naturalness"]["score"] == 4 and found["politeness"]["score"] == 4 and len(turns) > 5:
        return marks(turns, dict.fromkeys(Criterion, 1))
    return found


@pytest.mark.usefixtures("replayed")
def test_agreement_is_printed_for_each_criterion_and_language_and_kept() -> None:
    record(as_people_do)
    result = run()
    assert result.exit_code == 0, result.stdout
    assert result.stdout.count("1.00–1.00") == 12 and "not calibrated" not in result.stdout
    assert "model scripted: 120 excerpts, 0 without an answer, 0 false quotes" in result.stdout
    kept = json.loads(Path("var/judge/calibration.json").read_text())
    assert len(kept["found"]) == 12 and kept["model"] == "scripted"


@pytest.mark.usefixtures("replayed")
def test_a_judge_that_is_always_pleased_is_shown_as_not_calibrated() -> None:
    record(pleased)
    result = run()
    assert result.exit_code == 1
    assert result.stdout.count("not calibrated") == 12


@pytest.mark.usefixtures("replayed")
def test_a_calibrated_judge_lowers_what_passed_and_raises_nothing() -> None:
    before = to_json(written())
    record(rude, report([graded(GOOD), graded(BAD)]))
    assert run().exit_code == 0
    result = run("out")
    assert result.exit_code == 1
    assert "1 as graded, 1 lowered, 0 not judged; grades stay as they are" in result.stdout
    assert "lowered: good-en#1" in result.stdout
    assert Path("out/report.json").read_text(encoding="utf-8") == before
    runs = {one["id"]: one for one in json.loads(Path("out/judge.json").read_text())["runs"]}
    assert (runs["good-en"]["status"], runs["good-en"]["note"]) == ("passed", "lowered")
    assert (runs["bad-en"]["status"], runs["bad-en"]["note"]) == ("failed", "as graded")


@pytest.mark.usefixtures("replayed")
def test_without_calibration_marks_are_shown_and_count_for_nothing() -> None:
    record(rude, written())
    result = run("out")
    assert result.exit_code == 0
    assert "2 not judged" in result.stdout and "was not calibrated" in result.stdout
    assert result.stdout.count("not calibrated") >= 6


@pytest.mark.usefixtures("replayed")
def test_which_held_out_scenarios_do_badly_is_not_shown() -> None:
    record(rude, written(SuiteName.HELDOUT))
    assert run().exit_code == 0
    assert "good-en" not in run("out").stdout


@pytest.mark.usefixtures("replayed")
def test_what_is_not_on_the_cassette_is_named(refused: Callable[..., str]) -> None:
    written()
    record(as_people_do)
    assert "holds no answer of 'scripted'" in refused("out")


def test_without_a_model_it_says_what_to_set(refused: Callable[..., str]) -> None:
    assert "RISKCALL_JUDGE_MODEL" in refused()
    assert "no such" in refused("nowhere") or "nowhere" in refused("nowhere")
