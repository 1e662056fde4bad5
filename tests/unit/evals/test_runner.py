from __future__ import annotations

from dataclasses import replace

import pytest

from agent.brains.brain import Brain, TurnContext
from agent.brains.rules import RulesBrain, RulesTurn
from cases import policies
from cases.domain.vocabulary import BankAction, Disposition, Outcome
from evals.graders import Status, grade
from evals.loader import parse_scenarios
from evals.runner import Graded, run_suite
from evals.scenario import Scenario
from evals.text_mode import run_in_text

YES = """{answers: {greet: "Yes, speaking.", ask_identity: "Twelfth of March.", ask_made: "Yes, that was me."}}"""
NO = YES.replace("Yes, that was me.", "No, I didn't.")


def scenario(id: str, customer: str, expect: str) -> Scenario:
    text = f"id: {id}\nlocale: en-GB\nalert: {{example: card-not-present}}\ncustomer: {customer}\nexpect: {expect}\n"
    return parse_scenarios(text, f"{id}.yaml")[0]


GENUINE = scenario(
    "genuine-en", YES, "{outcome: confirmed_genuine, effect: release, escalated: false, disclosed: true}"
)
DENIER = scenario("denier-en", NO, "{outcome: denied, effect: block}")
WRONG = scenario("wrong-en", NO, "{outcome: confirmed_genuine}")
SPEECHLESS = scenario("speechless-en", "{answers: {greet: 'Yes, speaking.'}}", "{outcome: [inconclusive, unreached]}")


async def test_a_whole_call_in_text_is_graded_on_what_it_leaves() -> None:
    run = await run_in_text(GENUINE, policies.load(), RulesBrain())
    assert run.effects == (BankAction.HOLD, BankAction.RELEASE)
    assert run.faults == ()
    verdict = grade(run)
    assert verdict.failures == ()
    assert (verdict.read_back.amount, verdict.read_back.payee, verdict.read_back.date) == (True, True, True)


async def test_the_same_run_twice_is_the_same_call() -> None:
    policy = policies.load()
    first, second = [await run_in_text(DENIER, policy, RulesBrain()) for _ in range(2)]
    assert first == second


@pytest.mark.parametrize("disposition", [Disposition.VOICEMAIL, Disposition.SCREENER, Disposition.BUSY])
async def test_nobody_reached_leaves_the_payment_held(disposition: Disposition) -> None:
    away = replace(GENUINE, customer=replace(GENUINE.customer, answered_by=disposition))
    run = await run_in_text(away, policies.load(), RulesBrain())
    assert (run.call, run.assessment.outcome, run.effects) == (None, Outcome.UNREACHED, (BankAction.HOLD,))


async def test_a_customer_without_words_makes_the_run_invalid() -> None:
    verdict = grade(await run_in_text(SPEECHLESS, policies.load(), RulesBrain()))
    assert verdict.status is Status.INVALID


def test_a_suite_runs_every_scenario_k_times_in_its_order() -> None:
    told: list[tuple[int, int]] = []
    result = run_suite(
        [GENUINE, WRONG], runs=2, workers=2, on_graded=lambda graded, done, planned: told.append((done, planned))
    )
    assert [(one.scenario.id, one.number) for one in result.graded] == [
        ("genuine-en", 1),
        ("genuine-en", 2),
        ("wrong-en", 1),
        ("wrong-en", 2),
    ]
    assert [one.verdict.status for one in result.graded] == [Status.PASSED] * 2 + [Status.FAILED] * 2
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert not result.succeeded
    assert result.planned == 4


def test_an_invalid_run_is_no_success() -> None:
    result = run_suite([GENUINE, SPEECHLESS], workers=1)
    assert [one.verdict.status for one in result.graded] == [Status.PASSED, Status.INVALID]
    assert not result.succeeded


def test_every_scenario_is_run_once_before_any_again() -> None:
    order: list[tuple[str, int]] = []
    run_suite(
        [GENUINE, DENIER],
        runs=2,
        workers=1,
        on_graded=lambda graded, done, planned: order.append((graded.scenario.id, graded.number)),
    )
    assert order == [("genuine-en", 1), ("denier-en", 1), ("genuine-en", 2), ("denier-en", 2)]


def stop(graded: Graded, done: int, planned: int) -> None:
    raise KeyboardInterrupt


def test_an_interrupted_suite_keeps_what_is_finished() -> None:
    result = run_suite([GENUINE, DENIER], workers=1, on_graded=stop)
    assert result.interrupted
    assert not result.succeeded
    assert (len(result.graded), result.planned) == (1, 2)


class UnusableBrain(RulesBrain):
    def read(self, context: TurnContext) -> RulesTurn:
        raise RuntimeError("no understanding today")


def unusable_brain() -> Brain:
    return UnusableBrain()


def test_a_run_that_breaks_off_fails_and_says_why() -> None:
    (one,) = run_suite([DENIER], workers=1, make_brain=unusable_brain).graded
    assert one.run is None
    assert one.error == "RuntimeError: no understanding today"
    assert one.verdict.status is Status.FAILED
    assert "no understanding today" in one.verdict.failures[0].detail


@pytest.mark.parametrize(("runs", "workers"), [(0, 1), (1, 0)])
def test_no_runs_or_no_workers_are_refused(runs: int, workers: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        run_suite([GENUINE], runs=runs, workers=workers)
