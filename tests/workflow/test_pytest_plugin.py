"""Scenario files beside a team's own tests, in a pytest of their own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from riskcall.scenario_tests import MARKER

pytest_plugins = ["pytester"]

PASSING = """\
- id: denier-en
  title: Did not make it
  locale: en-GB
  tags: [card-fraud, nightly]
  alert: {example: card-not-present}
  customer:
    answers: {greet: "Yes, speaking.", ask_identity: "Twelfth of March.", ask_made: "No, I didn't make that payment."}
    default: "Sorry?"
  expect: {outcome: denied, effect: block}
- id: denier-zh
  locale: zh-CN
  tags: [card-fraud]
  alert: {example: card-not-present}
  customer:
    answers: {greet: "对，我是。", ask_identity: "三月十二号。", ask_made: "不是我，我没付过这笔钱。"}
    default: "什么？"
  expect: {outcome: denied}
"""
FAILING = PASSING.replace("{outcome: denied}", "{outcome: confirmed_genuine, effect: release, never_said: [生日]}")
INVALID = PASSING.replace('    default: "Sorry?"\n', "").replace(', ask_made: "No, I didn\'t make that payment."', "")
BROKEN = PASSING.replace("outcome: denied, effect", "outcome: denyed, efect")
OWN_TEST = "def test_own():\n    pass\n"

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run pytest with warnings as errors and only known markers."""

    def run_pytest(*arguments: str, apart: bool = False) -> pytest.RunResult:
        # Apart is a process of its own, which imports everything anew; else what this module imported stays.
        how = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
        return how("-W", "error", "--strict-markers", "-p", "no:asyncio", *arguments)

    return run_pytest


def write(pytester: pytest.Pytester, text: str, name: str = "calls.scenario.yaml") -> Path:
    file = pytester.path / name
    file.write_text(text, encoding="utf-8")
    return file


def test_each_scenario_is_a_test_beside_the_teams_own(pytester: pytest.Pytester, run: Run) -> None:
    write(pytester, PASSING)
    pytester.makepyfile(test_own=OWN_TEST)
    result = run("-v", apart=True)
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["calls.scenario.yaml::denier-en PASSED*", "calls.scenario.yaml::denier-zh PASSED*"])


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        (("-k", "zh"), 1),
        (("-m", "nightly"), 1),
        (("-m", "card-fraud"), 2),
        (("-m", f"{MARKER} and not nightly"), 1),
        (("calls.scenario.yaml::denier-en",), 1),
        (("--riskcall-runs", "3", "-k", "denier-en"), 3),
    ],
)
def test_scenarios_are_chosen_as_tests_are(
    arguments: tuple[str, ...], passed: int, pytester: pytest.Pytester, run: Run
) -> None:
    write(pytester, PASSING)
    assert run(*arguments).parseoutcomes()["passed"] == passed


def test_a_failure_shows_the_decisive_check_the_talk_and_the_place(pytester: pytest.Pytester, run: Run) -> None:
    write(pytester, FAILING)
    result = run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "outcome: expected confirmed_genuine, found denied (calls.scenario.yaml:10)",
            "*✗ outcome: expected confirmed_genuine, found denied",
            "*✗ never_said*0*",
            ">*agent    [[]ask_identity[]] *生日*",
            "*customer 三月十二号。",
            "*agent    [[]reassure_denied, goodbye[]]*",
        ]
    )
    assert "Traceback" not in result.stdout.str()


def test_a_customer_that_went_wrong_is_no_pass(pytester: pytest.Pytester, run: Run) -> None:
    write(pytester, INVALID)
    result = run("-k", "denier-en")
    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines(["invalid: ran out of script: no answer to ask_made* (calls.scenario.yaml:1)"])


def test_a_wrong_file_is_a_collection_error_with_line_key_and_what_is_right(
    pytester: pytest.Pytester, run: Run
) -> None:
    write(pytester, BROKEN)
    write(pytester, PASSING.replace("denier", "other"), "other.scenario.yaml")
    result = run("--continue-on-collection-errors")
    result.assert_outcomes(errors=1, passed=2)
    result.stdout.fnmatch_lines_random(
        [
            "*calls.scenario.yaml:9: expect.outcome: 'denyed' does not exist, did you mean 'denied'*",
            "*calls.scenario.yaml:9: expect.efect: unknown key, did you mean 'effect'*",
        ]
    )
    assert run().ret == pytest.ExitCode.INTERRUPTED


def test_other_patterns_can_be_named(pytester: pytest.Pytester, run: Run) -> None:
    write(pytester, PASSING, "call-denier.yaml")
    assert run().ret == pytest.ExitCode.NO_TESTS_COLLECTED
    run("--riskcall-files", "call-*.yaml").assert_outcomes(passed=2)
    pytester.makeini("[pytest]\nriskcall_files = call-*.yaml *.scenario.yaml")
    run().assert_outcomes(passed=2)


def test_a_tag_cannot_change_what_pytest_does(pytester: pytest.Pytester, run: Run) -> None:
    write(pytester, FAILING.replace("[card-fraud]", "[xfail, skip]"))
    run().assert_outcomes(passed=1, failed=1)


def test_a_brain_that_is_not_set_up_fails_with_what_to_set(pytester: pytest.Pytester, run: Run) -> None:
    write(pytester, PASSING)
    result = run("--riskcall-brain", "llm", "-k", "denier-en")
    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines(["riskcall: the brain llm needs RISKCALL_OPENAI_MODEL*"])


def test_a_wrong_option_is_refused(pytester: pytest.Pytester, run: Run) -> None:
    assert run("--riskcall-runs", "0").ret == pytest.ExitCode.USAGE_ERROR
    assert run("--riskcall-mode", "video").ret == pytest.ExitCode.USAGE_ERROR


def test_a_project_without_scenarios_imports_nothing_of_the_agent(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        test_own="""
        import sys

        def test_own():
            ours = {"agent", "cases", "desk", "evals", "prompts", "riskcall", "telephony", "livekit", "openai"}
            loaded = {name for name in sys.modules if name.partition(".")[0] in ours}
            assert loaded == {"riskcall", "riskcall.pytest_plugin"}
        """
    )
    write(pytester, "name: some other file", "config.yaml")
    run(apart=True).assert_outcomes(passed=1)


def test_the_plugin_is_installed_with_riskcall() -> None:
    assert "riskcall.pytest_plugin" in sys.modules
