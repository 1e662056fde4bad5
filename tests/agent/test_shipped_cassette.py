"""The cassette that comes with riskcall replays an evaluation with the model brain and no network."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cases.domain.vocabulary import Speaker
from evals.graders import Status, grade
from evals.runner import run_suite
from riskcall.eval.brains import brain_maker
from riskcall.settings import Settings
from tests.support.record_cassette import CASSETTE, MODEL, recorded_scenarios, run_all


def replayed() -> Settings:
    nothing: dict[str, Any] = {"openai_model": "", "openai_base_url": "", "openai_api_key": None}
    return Settings(_env_file=None, llm_cassette=CASSETTE, llm_cassette_mode="replay", **nothing)  # type: ignore[call-arg]


async def test_every_request_is_on_it_and_every_scenario_passes() -> None:
    brain = brain_maker(replayed(), "llm")()
    assert brain.model == MODEL
    runs = await run_all(brain)
    said = [turn for run in runs for turn in (run.call.turns if run.call else ()) if turn.speaker is Speaker.CUSTOMER]
    if missing := [turn.brain for turn in said if turn.brain not in ("llm", "rules")]:
        pytest.fail(f"{len(missing)} of {len(said)} turns are not on the cassette, for words changed: `make cassette`")
    assert sum(turn.brain == "llm" for turn in said) > 100
    assert [run.scenario.id for run in runs if grade(run).status is not Status.PASSED] == []


def test_it_runs_in_the_workers_of_an_evaluation() -> None:
    scenarios = recorded_scenarios()[:4]
    result = run_suite(scenarios, workers=2, make_brain=brain_maker(replayed(), "llm"))
    assert result.succeeded and len(result.graded) == 4
    brains = {turn.brain for one in result.graded for turn in one.run.call.turns if turn.brain}  # type: ignore[union-attr]
    assert "llm" in brains


def test_it_is_no_larger_than_a_picture_and_holds_no_header() -> None:
    lines = CASSETTE.read_text(encoding="utf-8").splitlines()
    assert sum(map(len, lines)) < 600_000
    assert {key for line in lines for key in json.loads(line)} == {
        "request", "model", "asked", "status", "media_type", "pieces",
    }  # fmt: skip
