"""The held-out scenarios stand apart from those that the rules are written against, and cover what callers do.

Nothing here tells a scenario's name or words, pass or fail: whoever runs all tests may be writing rules.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import evals
from cases.domain.vocabulary import Disposition, Language, Outcome, Typology
from evals.alert_examples import example_document, example_names
from evals.loader import load_scenarios
from evals.scenario import Codec, Scenario

SCENARIOS = Path(evals.__file__).parent / "scenarios"
HELDOUT = load_scenarios([SCENARIOS / "heldout"])
DEVELOPMENT = tuple(
    scenario for scenario in load_scenarios([SCENARIOS]) if "heldout" not in Path(scenario.place.source).parts
)
LONG = {Language.EN: 30, Language.ZH: 12}
"""Characters from which on two people would hardly say the very same."""
COVERED = {
    "genuine", "easy", "angry", "elderly", "distrustful", "hurry", "code-switching", "self-correcting", "verbose",
    "denier", "coached", "fraudster", "wrong-person", "child", "third-party", "voicemail", "screener", "forwarded",
    "silence", "noise", "interruption", "backchannel", "secret", "injection", "by-voice", "by-merchant", "legal",
    "human", "callback", "recording", "vulnerable", "insists", "language",
    "bank-imposter", "government-imposter", "investment", "romance", "rental", "merchandise", "business", "family",
    "loan", "job", "advance-fee", "remote-access",
    "unsure", "wait", "high-tier", "low-tier", "distress", "hang-up", "tipping-off", "unclear", "indirect",
}  # fmt: skip
"""Every kind of call that the suite must hold."""


def longer_answers(suite: tuple[Scenario, ...]) -> set[str]:
    lines = ((one.language, line) for one in suite for said in one.customer.answers.values() for line in said)
    return {line for language, line in lines if len(line) > LONG[language]}


def are_twins(pair: list[Scenario]) -> bool:
    if sorted((one.language, one.id) for one in pair) != [
        (language, f"{pair[0].twin_key}-{language}") for language in sorted(Language)
    ]:
        return False
    one, other = pair
    return (one.tags, one.customer.answered_by) == (other.tags, other.customer.answered_by) and (
        one.expect.outcomes,
        one.expect.effects,
        one.expect.escalated,
        one.expect.disclosed,
    ) == (other.expect.outcomes, other.expect.effects, other.expect.escalated, other.expect.disclosed)


def is_sound(scenario: Scenario) -> bool:
    expect = scenario.expect
    genuine = Outcome.CONFIRMED_GENUINE in expect.outcomes
    answers = scenario.answers_everything or scenario.customer.answered_by is not Disposition.ANSWERED
    return answers and expect.may_release == genuine and expect.escalated in (None, not genuine)


def test_no_scenario_stands_in_both_parts() -> None:
    assert HELDOUT
    assert DEVELOPMENT
    shared = {one.twin_key for one in HELDOUT} & {one.twin_key for one in DEVELOPMENT}
    assert len(shared) == 0


def test_the_parts_share_no_longer_answer() -> None:
    shared = longer_answers(HELDOUT) & longer_answers(DEVELOPMENT)
    assert len(shared) == 0


def test_every_scenario_has_its_twin_with_the_same_expectation() -> None:
    twins: dict[str, list[Scenario]] = defaultdict(list)
    for scenario in HELDOUT:
        twins[scenario.twin_key].append(scenario)
    assert len(twins) >= 120
    wrong = [str(pair[0].place) for pair in twins.values() if not are_twins(pair)]
    assert wrong == []


def test_every_kind_of_call_is_covered() -> None:
    for language in Language:
        tags = {tag for one in HELDOUT if one.language is language for tag in one.tags}
        assert not COVERED - tags, language
    assert {typology for one in HELDOUT for typology in one.alert.typologies} == set(Typology)
    assert set(Outcome) == {outcome for one in HELDOUT for outcome in one.expect.outcomes}
    assert {Disposition.VOICEMAIL, Disposition.SCREENER, Disposition.REJECTED} <= {
        one.customer.answered_by for one in HELDOUT
    }


def test_every_example_alert_is_used() -> None:
    assert {example_document(name)["id"] for name in example_names()} == {one.alert.id for one in HELDOUT}


def test_english_calls_bring_voices_lines_and_events() -> None:
    english = [one for one in HELDOUT if one.language is Language.EN]
    assert {one.customer.voice for one in english} == {f"flite:{name}" for name in ("slt", "awb", "kal", "rms")}
    assert {Codec.PCMU, Codec.OPUS} <= {one.channel.codec for one in english}
    assert any(one.channel.noise for one in english)
    assert any(one.channel.loss for one in english)
    events = [event for one in english for event in one.customer.events]
    assert any(event.say for event in events)
    assert any(event.backchannel for event in events)
    assert any(event.silence_ms for event in events)
    assert any(event.hang_up for event in events)


def test_no_expectation_contradicts_itself() -> None:
    assert [str(one.place) for one in HELDOUT if not is_sound(one)] == []
