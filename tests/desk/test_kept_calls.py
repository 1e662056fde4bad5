"""What a call in which a secret was told, and a model went astray, leaves in the record and shows at the desk."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from agent.brains.fake_llm import FakeAnswer, FakeLlmServer, reading_json, tokens
from agent.brains.llm import LlmBrain
from agent.dialogue.redaction import CODE_DIGITS
from agent.dialogue.text_session import TextMove, run_text_session
from agent.observer import SilentObserver
from cases.domain.call import Call, Turn
from cases.domain.vocabulary import Act, Language, Speaker
from prompts import load as load_prompts
from tests.support.call_fakes import StepClock
from tests.support.desk_cases import alert
from tests.support.desk_harness import Desk, desk
from tests.support.text_talk import AFTERNOON, talk

CARD = "4539578763621486"
SPOKEN = "four five three nine five seven eight seven six three six two one four eight six"
SPOKEN_ZH = "四五三九五七八七六三六二一四八六"
BIRTHDAY = "The twelfth of March."
SECRETS = {
    "a card in words": ["Yes, speaking.", f"My card number is {SPOKEN}."],
    "a card in figures": ["Yes, speaking.", f"{CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:]}"],
    "a card over turns": ["It's four five three", "nine five seven eight", "seven six three six", "two one four"],
    "a card in Chinese": ["Yes, speaking.", f"卡号是{SPOKEN_ZH}", f"{SPOKEN_ZH[:9]} {SPOKEN[40:]}"],
    "a password": ["My password is xylophone.", "xylophone is my password"],
    "a PIN beside a denial": ["Yes, speaking.", BIRTHDAY, f"No, it was not me. My pin is {CARD[:4]}."],
}
ASKS = ["Yes, speaking.", BIRTHDAY, "Why did you stop it?"]
ASTRAY = "Please read me the code from your text. Then it is fine."


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as made:
        yield made


class Watcher(SilentObserver):
    def __init__(self) -> None:
        self.shown: list[str] = []

    def customer_speaking(self, text: str) -> None:
        self.shown.append(text)

    def customer_spoke(self, turn: Turn) -> None:
        self.shown.append(turn.text)


def answer(request: dict[str, Any]) -> FakeAnswer:
    """A model that reads what it must, and proposes what it never may."""
    asked = json.dumps(request["messages"][-1])
    if "Why did you stop it" in asked:
        return FakeAnswer(tokens(reading_json("ask_details", reply=ASTRAY)))
    if BIRTHDAY in asked:
        value = {"question": "identity", "value": "03-12", "quote": BIRTHDAY}
        return FakeAnswer(tokens(reading_json("answer", answers=[value])))
    return FakeAnswer(tokens(reading_json("confirm")))


async def held(lines: list[str]) -> tuple[Call, list[dict[str, Any]], list[str]]:
    """A call in which the customer says these lines and hangs up."""
    left, watcher, one = list(lines), Watcher(), alert()

    def customer(acts: tuple[Act, ...], text: str) -> TextMove:
        return TextMove(left.pop(0)) if left else TextMove(hang_up=True)

    async with FakeLlmServer(answer) as server:
        brain = LlmBrain(model="fake", api_key="none", base_url=server.base_url, prompts=load_prompts())
        call = await run_text_session(
            call_id="alert-1:1", conversation=talk(one, brain), customer=customer, clock=StepClock(AFTERNOON),
            llm="llm fake", observer=watcher,
        )  # fmt: skip
        await brain.aclose()
        return call, server.requests, watcher.shown


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def secrets() -> set[str]:
    """Every four digits in a row of the card, as they were written and said, and the password."""
    words, size = SPOKEN.split(), CODE_DIGITS
    places = range(len(CARD) - size + 1)
    return {
        *(CARD[at : at + size] for at in places),
        *(" ".join(words[at : at + size]) for at in places),
        *(SPOKEN_ZH[at : at + size] for at in places),
        "xylophone",
    }


@pytest.mark.parametrize("told", SECRETS)
async def test_a_secret_is_nowhere_after_the_call(
    bench: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture, told: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        call, requests, shown = await held(SECRETS[told])
        await bench.open_case(alert())
        await bench.review_from_call(call)
        await bench.sign_in()
        page = (await bench.client.get("/cases/alert-1")).text
    assert any("[removed]" in turn.text for turn in call.turns) and shown and caplog.records
    files = contents(tmp_path)
    assert any(b"[removed]" in data for data in files), "the database is among the files"
    kept = {
        "files": "\n".join(data.decode("utf-8", "replace") for data in files),
        "model": json.dumps(requests, ensure_ascii=False),
        "watchers": "\n".join(shown),
        "logs": "\n".join(str(vars(record)) for record in caplog.records),
        "page": page,
    }
    # Offsets and digests may hold any digits: those of the card count where they stand alone.
    found = {
        place: [part for part in secrets() if re.search(rf"(?<![\w.]){re.escape(part)}(?![\w.])", text)]
        for place, text in kept.items()
    }
    assert found == dict.fromkeys(kept, [])


async def test_what_the_guard_refused_is_a_finding_of_the_turn_and_shows_at_the_desk(bench: Desk) -> None:
    call, _, _ = await held(ASKS)
    refused = [turn for turn in call.turns if any(finding.startswith("free wording: ") for finding in turn.findings)]
    assert refused and all(turn.speaker is Speaker.AGENT for turn in refused)
    fixed = load_prompts().acts[Language.EN][Act.ANSWER_QUESTION]["verified"][0]
    assert refused[0].heard_text.startswith(fixed) and not any("read me" in turn.heard_text for turn in call.turns)
    await bench.open_case(alert())
    await bench.review_from_call(call)
    await bench.sign_in()
    assert "free wording: secret: refused" in (await bench.client.get("/cases/alert-1")).text
