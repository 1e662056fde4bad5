from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cases.domain.call import Engines
from evals.figures import figures, figures_by_language, figures_by_tag, twins
from evals.graders import VoiceRun, grade
from evals.metrics import METRICS
from evals.reports.model import RunRecord
from evals.reports.records import run_record
from evals.runner import Graded
from evals.scenario import Scenario
from tests.support.eval_runs import HELD, run, scenario


def record(
    of: Scenario, number: int = 1, *, held: bool = False, faults: tuple[str, ...] = (), voice: VoiceRun | None = None
) -> RunRecord:
    one = run(of, assessment=HELD, faults=faults) if held else run(of, faults=faults)
    one = replace(one, voice=voice)
    return run_record(Graded(of, number, one, grade(one)), Path())


def share(found: object) -> tuple[int | None, int]:
    return found.hits, found.n  # type: ignore[attr-defined]


def test_figures_count_what_happened() -> None:
    right = scenario("{outcome: confirmed_genuine, escalated: false}", id="right")
    scam = scenario("{outcome: suspected_scam, effect: hold, escalated: true}", id="scam")
    found = figures(
        [
            record(right, 1),
            record(right, 2),
            record(right, 3, held=True),  # outcome wrong, escalated for nothing
            record(scam, 1, held=True),
            record(scam, 2, held=True),
            record(scam, 3),  # released, not escalated
            record(right, 4, faults=("said nothing",)),
        ],
        voice=False,
    )
    assert (found.scenarios, found.runs, found.passed, found.failed, found.invalid) == (2, 7, 4, 2, 1)
    metrics = found.metrics
    assert share(metrics["pass"]) == share(metrics["outcome_right"]) == (4, 6)
    assert {k: figure.value for k, figure in found.pass_k.items()} == pytest.approx({1: 2 / 3, 2: 1 / 3, 3: 0.0})
    assert share(metrics["false_release"]) == (1, 7)
    assert share(metrics["missed_escalation"]) == share(metrics["false_escalation"]) == (1, 3)
    assert [metrics[name].hits for name in ("disclosure_breach", "forbidden_utterance", "identity_error")] == [0, 0, 0]
    assert [metrics[name].hits for name in ("amount_right", "payee_right", "date_right")] == [6, 6, 6]
    assert metrics["agent_turns"].value == 4
    assert metrics["call_length"].value == pytest.approx(25, abs=10)


def test_a_false_release_of_an_invalid_run_is_counted() -> None:
    found = figures([record(scenario("{outcome: denied}"), faults=("ran out of script",))], voice=False)
    assert (found.invalid, found.metrics["pass"].n, found.metrics["false_release"].hits) == (1, 0, 1)


def test_nothing_run_is_no_success() -> None:
    found = figures([], voice=True)
    assert (found.runs, found.pass_k) == (0, {})
    assert set(found.metrics) == set(METRICS)
    assert {figure.value for figure in found.metrics.values()} == {None}


def test_groups_take_only_their_own() -> None:
    en = replace(scenario(id="a-en"), tags=("card", "easy"))
    zh = replace(scenario(id="a-zh"), locale="zh-CN", tags=("card",))
    runs = [record(en), record(zh, held=True)]
    languages = figures_by_language(runs, voice=False)
    assert [languages[one].metrics["outcome_right"].hits for one in ("en", "zh")] == [1, 0]
    assert {tag: found.runs for tag, found in figures_by_tag(runs, voice=False).items()} == {"card": 2, "easy": 1}


def pair(name: str) -> tuple[Scenario, Scenario]:
    return scenario(id=f"{name}-en"), replace(scenario(id=f"{name}-zh"), locale="zh-CN")


def test_twins_are_compared_pair_by_pair() -> None:
    (a_en, a_zh), (b_en, b_zh) = pair("a"), pair("b")
    found = twins([record(a_en), record(a_zh), record(b_en), record(b_zh, held=True), record(scenario(id="c-en"))])
    assert (found.pairs, found.en.hits, found.zh.hits) == (2, 2, 1)
    assert found.difference.value == pytest.approx(50)
    assert (found.difference.low, found.difference.high) == (0, 100)
    assert (found.apart, found.lonely) == (("b",), ("c-en",))
    assert twins([]).difference.value is None


def test_an_invalid_twin_is_no_pair() -> None:
    en, zh = pair("a")
    found = twins([record(en), record(zh, faults=("x",))])
    assert (found.pairs, found.lonely) == (0, ("a-en",))


def test_the_outcome_counts_apart_from_the_pass() -> None:
    metrics = figures([record(scenario("{outcome: confirmed_genuine, said: [specialist]}"))], voice=False).metrics
    assert (metrics["pass"].hits, metrics["outcome_right"].hits) == (0, 1)


def spoken(**found: object) -> VoiceRun:
    return VoiceRun(None, Engines("a", "b", "c", "d"), "flite:slt", "none", **found)  # type: ignore[arg-type]


def test_voice_adds_what_the_waveform_shows() -> None:
    first = spoken(
        word_errors=3, words=20, response_ms=(300, 400), yield_ms=(200,), false_cut_ins=1, barge_ins=2,
        ignored_barge_ins=1, dead_air=1, length_ms=30_000,
    )  # fmt: skip
    second = spoken(word_errors=1, words=20, response_ms=(500,), backchannels=4, backchannel_stops=1, length_ms=50_000)
    runs = [record(scenario(id="a"), voice=first), record(scenario(id="b"), voice=second)]
    metrics = figures(runs, voice=True).metrics
    assert metrics["word_error_rate"].value == pytest.approx(0.1)
    assert (metrics["word_error_rate"].low, metrics["word_error_rate"].high) == pytest.approx((0.05, 0.15))
    assert (metrics["response_p50"].value, metrics["response_p95"].value, metrics["response_p50"].n) == (400, 500, 3)
    assert (metrics["yield_p50"].value, metrics["yield_p95"].n) == (200, 1)
    assert share(metrics["false_cut_in"]) == (1, 4)
    assert share(metrics["ignored_barge_in"]) == (1, 2)
    assert share(metrics["backchannel_stop"]) == (1, 4)
    assert metrics["dead_air"].value == 0.5
    assert metrics["call_length"].value == 30
    assert "response_p50" not in figures(runs, voice=False).metrics
