"""Settings come from one object, and the example file names every one of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from agent.call.turns.taking import BARGE_INS, BYSTANDERS, PREPARINGS, TURN_ENDS, TurnTaking
from riskcall.engines import turns_of
from riskcall.errors import SettingsInvalidError
from riskcall.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"RISKCALL_{name.upper()}", raising=False)


def test_the_example_file_is_complete() -> None:
    named = set(re.findall(r"^#?RISKCALL_([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.M))
    assert named == {name.upper() for name in Settings.model_fields}


def test_secrets_have_no_defaults() -> None:
    missing = load_settings().missing_for_serve()
    assert missing == (
        "RISKCALL_WEBHOOK_SECRETS",
        "RISKCALL_API_KEYS",
        "RISKCALL_BANK_URL",
        "RISKCALL_BANK_SECRET",
        "RISKCALL_SESSION_SECRET",
    )


def test_a_wrong_value_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKCALL_PORT", "70000")
    with pytest.raises(SettingsInvalidError, match="RISKCALL_PORT"):
        load_settings()


def test_at_most_two_webhook_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKCALL_WEBHOOK_SECRETS", '["a", "b", "c"]')
    with pytest.raises(SettingsInvalidError, match="at most two"):
        load_settings()


def test_every_way_of_taking_turns_can_be_set() -> None:
    fields = Settings.model_fields
    assert set(get_args(fields["turn_end"].annotation)) == set(TURN_ENDS)
    assert set(get_args(fields["barge_in"].annotation)) == set(BARGE_INS)
    assert set(get_args(fields["bystanders"].annotation)) == set(BYSTANDERS)
    assert set(get_args(fields["prepare_replies"].annotation)) == set(PREPARINGS)
    assert turns_of(load_settings()) == TurnTaking()
