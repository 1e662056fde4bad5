"""The brain of a call and of an evaluation, from the settings."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from agent.brains.rules import RulesBrain
from riskcall.brains import brain_choice, build_brain
from riskcall.errors import SettingsInvalidError
from riskcall.eval.brains import brain_maker
from riskcall.settings import Settings

MODEL = {"openai_model": "small", "openai_base_url": "http://127.0.0.1:9/v1", "openai_api_key": "key"}


def settings(**changes: Any) -> Settings:
    bare: dict[str, Any] = {
        "openai_model": "",
        "openai_base_url": "",
        "openai_api_key": None,
        "brain": "auto",
        "llm_cassette": None,
        "llm_cassette_mode": "replay",
    }
    return Settings(_env_file=None, **(bare | changes))  # type: ignore[call-arg]


def test_rules_need_no_settings() -> None:
    make = pickle.loads(pickle.dumps(brain_maker(settings(), "rules")))
    assert isinstance(make(), RulesBrain)
    assert brain_choice(settings())[0] == "rules"


async def test_a_maker_of_the_model_survives_pickling() -> None:
    made = pickle.loads(pickle.dumps(brain_maker(settings(**MODEL), "llm")))()
    assert (made.name, made.model) == ("llm", "small")
    await made.aclose()


def test_a_model_that_is_not_set_up_is_an_error_that_says_what_to_set() -> None:
    with pytest.raises(SettingsInvalidError, match="RISKCALL_OPENAI_BASE_URL"):
        brain_maker(settings(), "llm")
    with pytest.raises(SettingsInvalidError, match="RISKCALL_OPENAI_MODEL"):
        brain_choice(settings(brain="llm"))
    with pytest.raises(SettingsInvalidError, match="rules or llm"):
        brain_maker(settings(**MODEL), "oracle")


ENTRY = {
    "request": "00",
    "model": "recorded",
    "asked": "",
    "status": 200,
    "media_type": "text/event-stream",
    "pieces": [],
}


async def test_a_cassette_stands_in_for_an_endpoint(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    tape.write_text(json.dumps(ENTRY))
    replaying = settings(llm_cassette=tape)
    made = pickle.loads(pickle.dumps(brain_maker(replaying, "llm")))()
    assert (made.name, made.model) == ("llm", "recorded")
    await made.aclose()
    assert brain_choice(replaying)[0] == "llm"
    with pytest.raises(SettingsInvalidError, match="RISKCALL_LLM_CASSETTE"):
        brain_maker(settings(llm_cassette=tape, llm_cassette_mode="record"), "llm")


@pytest.mark.parametrize(("text", "problem"), [(None, "cannot be read"), ("", "is empty"), ("{}\n", ":1: no entry")])
def test_a_cassette_that_is_none_is_an_error_that_names_it(tmp_path: Path, text: str | None, problem: str) -> None:
    tape = tmp_path / "tape.jsonl"
    if text is not None:
        tape.write_text(text)
    with pytest.raises(SettingsInvalidError, match=f"RISKCALL_LLM_CASSETTE.*{problem}"):
        brain_maker(settings(llm_cassette=tape), "llm")


async def test_a_call_takes_the_model_that_is_set_up() -> None:
    brain, said = build_brain(settings(**MODEL))
    assert (brain.name, said) == ("llm", "llm small")
    await brain.aclose()
    assert build_brain(settings(**MODEL, brain="rules"))[1] == "rules"
