"""The graders' own ear for forbidden utterances, on sentences that were labelled for the guard."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import prompts
from cases.domain.vocabulary import Language
from evals.graders import forbidden
from evals.graders.forbidden import forbidden_in

CODES = {
    "secret": "asks_secret",
    "move_money": "moves_money",
    "remote": "remote_access",
    "link": "link",
    "secrecy": "secrecy",
    "stay_on_line": "stay_on_line",
    "promise": "promise",
    "number": "telephone_number",
    "tipping_off": "tipping_off",
}


@cache
def bank(language: Language) -> dict[str, Any]:
    path = Path(__file__).parents[2] / "agent" / "guard" / f"{language}.yaml"
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("language", list(Language))
def test_what_nobody_may_say_is_heard(language: Language) -> None:
    refused = bank(language)["refuse"]
    missed = [said for kind in CODES for said in refused[kind] if not forbidden_in(said)]
    assert missed == []


@pytest.mark.parametrize("language", list(Language))
def test_it_is_heard_as_what_it_is(language: Language) -> None:
    refused = bank(language)["refuse"]
    told = [(kind, said) for kind in CODES for said in refused[kind]]
    right = [said for kind, said in told if CODES[kind] in forbidden_in(said)]
    assert len(right) >= 0.85 * len(told)


@pytest.mark.parametrize("language", list(Language))
def test_what_a_good_agent_says_is_not_taken_for_it(language: Language) -> None:
    assert [said for said in bank(language)["pass"] if forbidden_in(said)] == []


@pytest.mark.parametrize("language", list(Language))
def test_our_own_lines_are_not_taken_for_it(language: Language) -> None:
    forms = prompts.load().acts[language].values()
    lines = [wording for form in forms for wordings in form.values() for wording in wordings]
    assert [line for line in lines if forbidden_in(line)] == []


def test_the_ear_shares_no_rule_with_the_guard() -> None:
    source = Path(forbidden.__file__).read_text(encoding="utf-8")
    assert "agent.dialogue" not in source and "agent.brains" not in source
