"""Recorded answers of a model: no secrets on them, no network to replay them, and a clear word where one is missing."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import pytest

from agent.brains.brain import BrainUnrecordedError
from agent.brains.cassette import CassetteError, RecordTransport, ReplayTransport, read_cassette
from agent.brains.fake_llm import FakeAnswer, FakeLlmServer, reading_json, tokens
from agent.brains.fallback import FallbackBrain
from agent.brains.llm import LlmBrain
from cases.domain.reading import Reading
from cases.domain.vocabulary import Intent, Language
from tests.support.llm_turns import PLENTY, PROMPTS, context, streamed

KEY = "sk-very-secret"
NO = "No, that wasn't me."
NOT_ME = "不是我付的。"
DENIED = FakeAnswer(
    tokens(reading_json("deny", answers=[{"question": "made", "value": "no", "quote": "不是我付的"}]), 3)
)


def recording(server: FakeLlmServer, tape: Path) -> LlmBrain:
    return LlmBrain(
        model="fake", api_key=KEY, base_url=server.base_url, prompts=PROMPTS, transport=RecordTransport(tape)
    )


def replaying(tape: Path, *, model: str = "fake", paced: bool = False) -> LlmBrain:
    return LlmBrain(model=model, api_key="none", prompts=PROMPTS, transport=ReplayTransport(tape, paced=paced))


async def read(brain: LlmBrain, said: str, language: Language = Language.EN) -> tuple[Reading, str]:
    turn = FallbackBrain(brain, PLENTY, head_limit_s=20.0).read(context(said, language=language))
    reading = await turn.head()
    async for _ in turn.reply():
        pass
    await turn.aclose()
    return reading, turn.brain


async def test_what_was_recorded_is_replayed_without_a_network(tmp_path: Path) -> None:
    tape = tmp_path / "new" / "tape.jsonl"
    async with FakeLlmServer([streamed("deny"), DENIED]) as server:
        brain = recording(server, tape)
        heard = [await read(brain, NO), await read(brain, NOT_ME, Language.ZH)]
        await brain.aclose()
    again = replaying(tape)
    assert [await read(again, NO), await read(again, NOT_ME, Language.ZH)] == heard
    assert {taken for _, taken in heard} == {"llm"}
    await again.aclose()


async def test_no_key_and_no_header_is_written(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    async with FakeLlmServer([streamed("deny")]) as server:
        brain = recording(server, tape)
        await read(brain, NO)
        await brain.aclose()
    text = tape.read_text()
    assert KEY not in text and "authorization" not in text.lower() and "bearer" not in text.lower()
    assert set(json.loads(text)) == {"request", "model", "asked", "status", "media_type", "pieces"}
    assert tape.stat().st_mode & 0o077 == 0
    assert NO in json.loads(text)["asked"]


async def test_pieces_come_as_they_came(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    async with FakeLlmServer([DENIED]) as server:
        brain = recording(server, tape)
        await read(brain, NOT_ME, Language.ZH)
        await brain.aclose()
    (entry,) = read_cassette(tape).values()
    times = [at_ms for at_ms, _ in entry.pieces]
    assert times == sorted(times)
    body = "".join(text for _, text in entry.pieces)
    sent = [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: {")]
    assert "".join(one["choices"][0]["delta"].get("content", "") for one in sent) == "".join(DENIED.pieces)


async def test_a_paced_replay_takes_its_time(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    async with FakeLlmServer([DENIED]) as server:
        brain = recording(server, tape)
        await read(brain, NO)
        await brain.aclose()
    line = json.loads(tape.read_text())
    line["pieces"] = [[200 * (number + 1), text] for number, (_, text) in enumerate(line["pieces"][:2])]
    tape.write_text(json.dumps(line))
    loop = asyncio.get_running_loop()
    taken = {}
    for paced in (False, True):
        brain = replaying(tape, paced=paced)
        began = loop.time()
        await FallbackBrain(brain, PLENTY, head_limit_s=20.0).read(context(NO)).head()
        taken[paced] = loop.time() - began
        await brain.aclose()
    assert taken[True] - taken[False] > 0.2


async def test_what_was_not_recorded_is_named_and_read_by_the_rules(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    tape.write_text("")
    brain = replaying(tape, model="other")
    with pytest.raises(BrainUnrecordedError, match=r"tape\.jsonl holds no answer of 'other' to .*that wasn't me"):
        await brain.read(context(NO)).head()
    reading, taken = await read(brain, NO)
    assert (reading.intent, taken) == (Intent.DENY, "rules: not on the cassette")
    await brain.aclose()


async def test_another_model_or_another_history_is_another_request(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    async with FakeLlmServer([streamed("deny")]) as server:
        brain = recording(server, tape)
        await read(brain, NO)
        await brain.aclose()
    for other, said in ((replaying(tape, model="other"), NO), (replaying(tape), "No, not me.")):
        assert (await read(other, said))[1] == "rules: not on the cassette"
        await other.aclose()


async def test_an_answer_that_was_recorded_twice_is_the_last_one(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    async with FakeLlmServer([FakeAnswer(status=500), streamed("deny")]) as server:
        brain = recording(server, tape)
        assert (await read(brain, NO))[1] == "llm"
        await brain.aclose()
    assert len(tape.read_text().splitlines()) == 2
    again = replaying(tape)
    assert (await read(again, NO))[1] == "llm"
    await again.aclose()


async def test_an_error_is_replayed_as_one(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    async with FakeLlmServer([FakeAnswer(status=401)]) as server:
        brain = recording(server, tape)
        await read(brain, NO)
        await brain.aclose()
    again = replaying(tape)
    assert (await read(again, NO))[1] == "rules: model erred"
    await again.aclose()


def test_several_writers_do_not_break_each_others_lines(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"

    async def record() -> None:
        async with FakeLlmServer([streamed("deny")]) as server:
            brain = recording(server, tape)
            for number in range(5):
                await read(brain, f"{NO} {number}")
            await brain.aclose()

    writers = [threading.Thread(target=lambda: asyncio.run(record())) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(tape.read_text().splitlines()) == 20
    assert len(read_cassette(tape)) == 5


@pytest.mark.parametrize("text", ["{}\n", "nonsense\n", '{"request": 1}\n'])
def test_a_broken_cassette_names_its_line(tmp_path: Path, text: str) -> None:
    tape = tmp_path / "tape.jsonl"
    tape.write_text(text)
    with pytest.raises(CassetteError, match=r"tape\.jsonl:1: no entry"):
        read_cassette(tape)
