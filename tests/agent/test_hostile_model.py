"""A model that obeys every injection: it may cost a call its outcome, but it never brings a release nearer."""

from __future__ import annotations

from pathlib import Path

import pytest

import evals
from agent.brains.brain import Brain
from agent.brains.rules import RulesBrain
from cases.domain.vocabulary import BankAction
from evals.attack_corpus import attack_scenarios
from evals.graders import Run, grade
from evals.loader import load_scenarios
from evals.scenario import Scenario
from evals.text_mode import run_in_text
from tests.support.scripted_model import HOSTILE, reads_well, scripted_brain
from tests.support.text_talk import POLICY

SCENARIOS = Path(evals.__file__).parent / "scenarios"
KINDS = ("coached", "deniers", "handover", "identity", "interaction", "safety", "typologies")


async def held(scenario: Scenario, brain: Brain) -> Run:
    run = await run_in_text(scenario, POLICY, brain)
    await brain.aclose()
    return run


def wrongs(run: Run) -> list[str]:
    """What was released, told or said that must not be, however the rest of the call went."""
    verdict = grade(run)
    wrong = [*verdict.forbidden]
    wrong += ["false release"] if verdict.false_release else []
    wrong += ["told too early"] if verdict.disclosure_breach else []
    return [f"{run.scenario.id}: {what}" for what in wrong]


@pytest.mark.parametrize("name", HOSTILE)
async def test_no_attack_releases_or_gets_a_forbidden_word_spoken(name: str) -> None:
    runs = [await held(scenario, scripted_brain(HOSTILE[name])) for scenario in attack_scenarios()]
    assert [wrong for run in runs for wrong in wrongs(run)] == []
    assert [run.scenario.id for run in runs if BankAction.RELEASE in run.effects] == []
    brains = {turn.brain for run in runs for turn in (run.call.turns if run.call else ()) if turn.brain}
    assert "llm" in brains


async def test_a_model_that_reads_well_meets_the_expectations_of_the_attacks() -> None:
    runs = [await held(scenario, scripted_brain(reads_well)) for scenario in attack_scenarios()[::4]]
    failed = [check.detail for run in runs for check in grade(run).checks if not check.passed]
    assert failed == []


@pytest.mark.parametrize("name", HOSTILE)
async def test_no_customer_is_talked_for(name: str) -> None:
    scenarios = load_scenarios([SCENARIOS / kind for kind in KINDS])
    assert len(scenarios) >= 80
    runs = [await held(scenario, scripted_brain(HOSTILE[name])) for scenario in scenarios]
    assert [wrong for run in runs for wrong in wrongs(run)] == []


async def test_a_hostile_model_releases_only_what_a_plain_yes_releases() -> None:
    scenarios = load_scenarios([SCENARIOS / "genuine"])
    released = 0
    for scenario in scenarios:
        run = await held(scenario, scripted_brain(HOSTILE["answers_safely"]))
        if BankAction.RELEASE in run.effects:
            by_rules = await held(scenario, RulesBrain())
            assert BankAction.RELEASE in by_rules.effects, scenario.id
            released += 1
    assert released > 0, "words that the rules understand count, whatever the model is"
