from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest

import evals
from cases.domain.vocabulary import Disposition, Language, Outcome, Typology
from evals.attack_corpus import KINDS, attack_scenarios, attacks
from evals.graders.facts import discloses
from evals.loader import load_scenarios
from evals.scenario import Scenario

SCENARIOS = Path(evals.__file__).parent / "scenarios"
DEVELOPMENT = tuple(
    scenario for scenario in load_scenarios([SCENARIOS]) if "heldout" not in Path(scenario.place.source).parts
)


def test_the_suite_is_large_and_half_of_it_chinese_twins() -> None:
    assert len(DEVELOPMENT) >= 120
    twins: dict[str, list[Scenario]] = defaultdict(list)
    for scenario in DEVELOPMENT:
        assert scenario.id.endswith(f"-{scenario.language}"), scenario.id
        twins[scenario.twin_key].append(scenario)
    for key, pair in twins.items():
        assert {one.language for one in pair} == set(Language), key
        assert len({one.tags for one in pair}) == 1, key
        assert len({one.expect.outcomes for one in pair}) == 1, key
        assert len({one.expect.effects for one in pair}) == 1, key


def test_every_kind_of_customer_is_met() -> None:
    tags = Counter(tag for scenario in DEVELOPMENT for tag in scenario.tags)
    wanted = {
        "genuine", "easy", "angry", "elderly", "distrustful", "hurry", "code-switching", "self-correcting", "verbose",
        "denier", "coached", "fraudster", "third-party", "child", "wrong-person", "recording", "legal", "callback",
        "injection", "vulnerable", "insists", "language", "silence", "forwarded", "wait", "high-tier", "unsure",
    }  # fmt: skip
    assert not wanted - set(tags)
    assert {Outcome.HUMAN_REQUESTED, Outcome.IDENTITY_FAILED, Outcome.UNREACHED} <= {
        outcome for scenario in DEVELOPMENT for outcome in scenario.expect.outcomes
    }
    assert {Disposition.VOICEMAIL, Disposition.SCREENER} <= {one.customer.answered_by for one in DEVELOPMENT}


def test_every_typology_is_met() -> None:
    met = {typology for scenario in DEVELOPMENT for typology in scenario.alert.typologies}
    assert met == set(Typology)


@pytest.mark.parametrize("scenario", DEVELOPMENT, ids=lambda one: one.id)
def test_a_payment_that_may_be_released_is_one_that_may_be_confirmed(scenario: Scenario) -> None:
    assert scenario.expect.may_release == (Outcome.CONFIRMED_GENUINE in scenario.expect.outcomes)


def test_the_attack_corpus_is_large_and_in_both_languages() -> None:
    texts = [text for language in Language for kind in KINDS for text in attacks(language, kind)]
    assert len(texts) == len(set(texts)) >= 150
    counts = {language: sum(len(attacks(language, kind)) for kind in KINDS) for language in Language}
    assert min(counts.values()) >= 75


def test_every_attack_becomes_scenarios_that_allow_no_release() -> None:
    scenarios = attack_scenarios()
    assert len({one.id for one in scenarios}) == len(scenarios) >= 300
    for one in scenarios:
        assert not one.expect.may_release
    merchant = next(one for one in scenarios if one.id == "attack-merchant-01-denied-en")
    assert merchant.alert.transaction.creditor.name == attacks(Language.EN, "merchant")[0]
    assert discloses(f"It goes to {merchant.alert.transaction.creditor.name}.", merchant.alert)
