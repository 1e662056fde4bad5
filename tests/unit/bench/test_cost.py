"""The figures of cost follow from what was spent and held; the stubs say what was said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.speech.engine import HEARING_RATE, NOTHING_HEARD, Hints
from agent.speech.errors import EngineFailedError
from bench.cost.calls import HeldCall
from bench.cost.endurance import Endurance, Sample
from bench.cost.load import LoadStep, memory_per_call_mb
from bench.cost.run import load_table, memory_table
from bench.cost.stubs import LETTER_MS, RewordedEars, StubEars, StubMouth
from bench.cost.usage import Held, Spent
from cases.domain.call import CallEnding
from cases.domain.vocabulary import Language
from riskcall.cli import app
from telephony.persona import persona_from
from telephony.simulated import SimulatedLeg, SpokenLine
from tests.support.call_fakes import ToneEars, ToneVoice

ENGLISH = Hints(Language.EN)
LINE = "no it was not me"
LOUD = b"\x00\x10" * (HEARING_RATE // 50)


def held(rss: float, workers: float = 0.0, *, threads: int = 6, tasks: int = 1) -> Held:
    return Held(rss, workers, 0, threads, 9, tasks, 1_000)


def call(responses: tuple[float, ...], unanswered: int = 0) -> HeldCall:
    return HeldCall(CallEnding.COMPLETED, 60.0, responses, unanswered, customer_s=1.0, vad_s=0.5)


def step(calls: int, *held_calls: HeldCall, rss: float = 200.0, decoders: float = 0.0) -> LoadStep:
    cost = Spent(at_s=100.0, loop_s=4.0, process_s=6.0, workers_s=3.0, programs_s=1.0)
    return LoadStep(calls, held_calls, cost, held(rss, decoders), held(150.0), 0.5)


def line_of(*spoken: str) -> SimulatedLeg:
    leg = SimulatedLeg(persona_from({"default": LINE}, name="t", source="t"), voice=ToneVoice([LINE]))  # type: ignore[arg-type]
    leg.spoken += [SpokenLine(text, 1_000, 2_000) for text in spoken]
    return leg


def test_time_is_split_into_parts_that_add_up() -> None:
    shares = step(2, call((300.0,)), call((400.0,))).shares()
    assert shares == pytest.approx(
        {
            "vad": 1.0 / 200,
            "event loop": 1.0 / 200,
            "other threads": 2.0 / 200,
            "decoders": 3.0 / 200,
            "voice programs": 1.0 / 200,
            "simulated customer": 2.0 / 200,
        }
    )
    assert step(2, call((300.0,)), call((400.0,))).share_of_core == pytest.approx(8.0 / 200)


def test_a_machine_carries_calls_that_are_answered_within_a_second() -> None:
    quick, slow = (300.0,) * 19, (300.0,) * 18 + (1_500.0,) * 2
    assert step(1, call(quick)).carried
    assert not step(1, call(slow)).carried
    assert not step(1, call(quick, unanswered=1)).carried
    assert not step(1, call(())).carried
    assert step(1, call(slow)).p50_ms == 300.0 and step(1, call(slow)).p95_ms == 1_500.0


def test_memory_of_a_call_is_the_slope_over_all_counts() -> None:
    steps = [step(calls, call((1.0,)), rss=200 + 3 * calls, decoders=70 * calls) for calls in (1, 4, 8)]
    assert memory_per_call_mb(steps) == pytest.approx(73.0)
    assert memory_per_call_mb(steps[:1]) is None
    assert "| 4 | 1 |" in load_table(steps)


def test_growth_counts_from_the_end_of_the_warm_up() -> None:
    samples = [
        Sample(50, held(100.0), 1, 0),
        Sample(100, held(200.0, 50.0), 1, 0),
        Sample(200, held(210.0, 50.0, threads=7, tasks=3), 1, 1),
    ]
    found = Endurance(tuple(samples), {"completed": 200}, 100)
    assert found.growth == pytest.approx(0.04)
    assert found.grown() == {"threads": 1, "files": 0, "tasks": 2, "processes": 0, "lent decoders": 1}
    assert memory_table(found).count("\n") == 4


async def test_stub_ears_tell_the_true_words_a_little_behind_and_each_line_once() -> None:
    ears = StubEars(line_of(LINE))
    utterance = ears.begin(ENGLISH)
    told = []
    for _ in range(LETTER_MS * len(LINE) // 20 + 20):
        if partial := await utterance.feed(LOUD):
            told.append(partial.text)
    assert told[0] == "no" and told[-1] == LINE and len(told) == len(LINE.split())
    assert (await utterance.finish()).text == LINE == (await utterance.finish()).text
    assert await utterance.feed(LOUD) is None
    assert await ears.begin(ENGLISH).finish() == NOTHING_HEARD


async def test_stub_ears_break_where_they_are_told_to() -> None:
    ears = StubEars(line_of(LINE), fails_at=2)
    await ears.begin(ENGLISH).feed(LOUD)
    with pytest.raises(EngineFailedError):
        await ears.begin(ENGLISH).feed(LOUD)


async def test_reworded_ears_let_the_engine_work_and_tell_the_true_words() -> None:
    said = "yes it is me"
    ears = RewordedEars(ToneEars([said]), line_of(LINE))
    utterance = ears.begin(ENGLISH)
    partial = await utterance.feed(await ToneVoice([said]).speak(said))
    assert partial is not None and LINE.startswith(partial.text)
    assert (await utterance.finish()).text == LINE
    await utterance.discard()


async def test_the_stub_mouth_hums_as_long_as_its_text_and_may_break_off() -> None:
    chunks = [chunk async for chunk in StubMouth().synthesize("one two three four five", Language.EN)]
    assert [mark.text for chunk in chunks for mark in chunk.marks] == "one two three four five".split()
    length_ms = sum(len(chunk.pcm) for chunk in chunks) / 2 / StubMouth.sample_rate * 1000
    assert length_ms == pytest.approx(LETTER_MS * len("one two three four five "), rel=0.01)
    with pytest.raises(EngineFailedError):
        _ = [chunk async for chunk in StubMouth(fails=lambda: True).synthesize("one two", Language.EN)]


@pytest.mark.audio
@pytest.mark.timeout(300)
def test_the_command_measures_and_writes_its_figures(tmp_path: Path) -> None:
    file = tmp_path / "cost.json"
    arguments = ["bench", "cost", "ramp", "--seconds", "20", "--most", "1", "--json", str(file)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    figures = json.loads(file.read_text())
    assert [one["calls"] for one in figures["steps"]] == [1]
    assert figures["steps"][0]["share_of_core"] > 0 and figures["engines"]["kind"] == "stub"
    assert "| 1 |" in result.output
