"""The stage that every system plays on: its customer, its ear, its line, and the plan that it reads."""

from __future__ import annotations

import asyncio
import json
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.turn_taking.stage.customer import ASIDE_WAIT_S, PATIENCE_S, Customer
from bench.turn_taking.stage.ear import Ear
from bench.turn_taking.stage.line import RECORD, TRUTH, Line
from bench.turn_taking.stage.script import (
    FRAME_S,
    RATE,
    Block,
    Clip,
    Exchange,
    Kind,
    Overlay,
    Word,
    read_block,
    read_wav,
    write_block,
    write_wav,
)
from bench.turn_taking.stage.stubs import CHARACTER_S, spoken, tokens

LOUD = np.full(320, 4_000, np.int16)
QUIET = np.zeros(320, np.int16)


def make_clip(folder: Path, name: str, words: str, seconds: float = 1.0) -> Clip:
    """A clip that is loud from 0.1 s to 0.1 s before its end, with its words evenly in it."""
    samples = np.zeros(int(seconds * RATE), np.int16)
    samples[int(0.1 * RATE) : -int(0.1 * RATE)] = 5_000
    write_wav(folder / f"{name}.wav", samples.tobytes())
    texts = words.split()
    length = (seconds - 0.2) / max(1, len(texts))
    spans = [(0.1 + length * index, 0.1 + length * (index + 1)) for index in range(len(texts))]
    spoken_words = tuple(Word(text, *span) for text, span in zip(texts, spans, strict=True))
    return Clip(f"{name}.wav", spoken_words, 0.1, seconds - 0.1)


@pytest.fixture
def block(tmp_path: Path) -> Block:
    answer = make_clip(tmp_path, "answer", "no I did not")
    barge_in = Overlay(Kind.BARGE_IN, make_clip(tmp_path, "stop", "wait stop", 0.6), 0.5, "Yes, I hear you.")
    aside = make_clip(tmp_path, "aside", "one second love", 0.5)
    exchanges = (
        Exchange("one", "made", answer, 0.5, "Thank you.", overlay=barge_in),
        Exchange("two", "purpose", answer, 0.5, "I have noted that.", aside=aside),
    )
    return Block("block", "clean", "Hello.", exchanges)


def hear(customer: Customer, seconds: float, agent: np.ndarray = QUIET) -> np.ndarray:
    """Run a customer for a while; what the microphone gave."""
    return np.concatenate([customer.next_frame(agent) for _ in range(round(seconds / FRAME_S))])


def test_a_plan_is_read_as_it_was_written(block: Block, tmp_path: Path) -> None:
    write_block(block, tmp_path)
    assert read_block(tmp_path) == block


def test_what_is_no_plan_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"name": "x", "exchanges": [{"overlay": null, "aside": null}]}')
    with pytest.raises(ValueError, match=r"plan\.json is not a plan"):
        read_block(tmp_path)


def test_audio_of_another_rate_is_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "x.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(bytes(100))
    with pytest.raises(ValueError, match="16-bit mono"):
        read_wav(tmp_path / "x.wav")


def test_the_customer_answers_once_the_agent_has_been_silent_for_a_while(block: Block, tmp_path: Path) -> None:
    customer = Customer(block, tmp_path)
    hear(customer, 1.0, LOUD)
    assert not hear(customer, 0.4).any()
    microphone = hear(customer, 1.2)
    (answer,) = customer.events
    loud = np.flatnonzero(np.abs(microphone.astype(int)) > 1_000)
    assert answer.kind is Kind.ANSWER
    assert answer.begin_s == pytest.approx(1.4 + loud[0] / RATE, abs=1 / RATE)
    assert answer.end_s == pytest.approx(1.4 + (loud[-1] + 1) / RATE, abs=1 / RATE)


def test_an_agent_that_never_opens_is_waited_for_only_so_long(block: Block, tmp_path: Path) -> None:
    customer = Customer(block, tmp_path)
    hear(customer, PATIENCE_S - 0.1)
    assert not customer.events
    hear(customer, 0.3)
    assert [event.kind for event in customer.events] == [Kind.ANSWER]


def until_reply(customer: Customer) -> None:
    hear(customer, 1.0, LOUD)
    hear(customer, 2.0)


def test_a_barge_in_comes_a_given_time_after_the_reply_begins(block: Block, tmp_path: Path) -> None:
    customer = Customer(block, tmp_path)
    until_reply(customer)
    assert (customer.asked, customer.reply) == ("made", "Thank you.")
    began = customer.now_s
    hear(customer, 0.3, LOUD)
    assert customer.asked == "purpose"
    hear(customer, 0.5, LOUD)
    assert customer.events[-1].kind is Kind.BARGE_IN
    assert customer.events[-1].begin_s - 0.1 - began == pytest.approx(0.5, abs=2 * FRAME_S)
    assert customer.reply == "Yes, I hear you."


def test_an_agent_that_is_done_before_the_barge_in_hears_the_next_turn(block: Block, tmp_path: Path) -> None:
    customer = Customer(block, tmp_path)
    until_reply(customer)
    hear(customer, 0.2, LOUD)
    hear(customer, 1.0)
    assert [event.exchange for event in customer.events] == ["one", "two"]


def test_an_agent_that_falls_silent_late_is_still_waited_for(block: Block, tmp_path: Path) -> None:
    customer = Customer(block, tmp_path)
    until_reply(customer)
    hear(customer, 0.3, LOUD)
    hear(customer, 0.9, LOUD)
    hear(customer, 2.0)
    assert customer.reply == "Yes, I hear you."
    hear(customer, 0.3, LOUD)
    assert customer.exchange.id == "two"


def test_a_turn_that_gets_no_answer_is_followed_by_the_next(block: Block, tmp_path: Path) -> None:
    customer = Customer(block, tmp_path)
    until_reply(customer)
    hear(customer, PATIENCE_S)
    assert customer.events[-1].exchange == "two"


def test_after_an_aside_the_customer_turns_back(block: Block, tmp_path: Path) -> None:
    customer = Customer(replace(block, exchanges=block.exchanges[1:]), tmp_path)
    hear(customer, 1.0, LOUD)
    hear(customer, 1.0)
    assert [event.kind for event in customer.events] == [Kind.ASIDE]
    hear(customer, ASIDE_WAIT_S + 1.0)
    assert [event.kind for event in customer.events] == [Kind.ASIDE, Kind.ANSWER]
    assert customer.events[1].begin_s - customer.events[0].end_s >= ASIDE_WAIT_S


def test_the_call_ends_once_the_last_reply_was_heard(block: Block, tmp_path: Path) -> None:
    customer = Customer(replace(block, exchanges=block.exchanges[:1]), tmp_path)
    until_reply(customer)
    hear(customer, 1.3, LOUD)
    hear(customer, 0.4)
    hear(customer, 1.0, LOUD)
    assert not customer.done
    hear(customer, 1.1)
    assert customer.done


def test_what_is_always_on_the_line_is_heard_all_the_time(block: Block, tmp_path: Path) -> None:
    write_wav(tmp_path / "bed.wav", np.arange(500, dtype=np.int16).tobytes())
    customer = Customer(replace(block, bed="bed.wav"), tmp_path)
    assert (hear(customer, 0.1) == np.resize(np.arange(500), 1_600)).all()


def test_interim_words_lag_and_a_final_gives_each_word_once(block: Block, tmp_path: Path) -> None:
    customer = Customer(block, tmp_path)
    ear = Ear(customer)
    hear(customer, 1.0, LOUD)
    hear(customer, 0.5 + 0.1 + 0.8 / 4 + 0.12)
    assert ear.interim() == ""
    hear(customer, 0.04)
    assert ear.interim() == "no"
    asked_s = customer.now_s
    hear(customer, 1.0)
    assert ear.final(asked_s) == "no"
    assert ear.interim() == "I did not"
    assert ear.interim(since_s=customer.words[2].begin_s) == "did not"
    assert ear.final() == "I did not"
    assert ear.final() == ""


@given(st.text())
def test_tokens_make_up_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


def test_the_voice_takes_its_time_for_each_character() -> None:
    assert len(spoken("twelve chars")) == int(12 * CHARACTER_S * RATE) * 2


async def test_a_line_records_both_sides_in_their_places(block: Block, tmp_path: Path) -> None:
    line = Line(Customer(replace(block, exchanges=block.exchanges[1:], bed=""), tmp_path))
    frames = 0
    async for frame in line.microphone():
        frames += 1
        assert len(frame) == 640
        if frames == 3:
            break
    line.play(np.full(160, 700, np.int16).tobytes(), at_s=0.5)
    line.play(np.full(160, 900, np.int16).tobytes(), at_s=0.2)
    line.save(tmp_path / "out", {"system": "none"})
    with wave.open(str(tmp_path / "out" / RECORD)) as file:
        both = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)
    heard = np.flatnonzero(both[:, 1])
    assert (heard[0], heard[-1]) == (8_000, 8_319)
    assert json.loads((tmp_path / "out" / TRUTH).read_text())["system"] == "none"


async def test_frames_come_at_real_pace(block: Block, tmp_path: Path) -> None:
    line = Line(Customer(block, tmp_path))
    microphone = line.microphone()
    loop = asyncio.get_running_loop()
    await anext(microphone)
    began = loop.time()
    for _ in range(10):
        await anext(microphone)
    assert loop.time() - began >= 9 * FRAME_S
