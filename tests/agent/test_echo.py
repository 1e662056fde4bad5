"""The agent's own voice in the microphone: found, explained, and never taken for the customer's."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.call.turns.echo import EchoGuard
from agent.call.turns.played import KEPT_MS, Played
from agent.speech.vad import WINDOW_MS, WINDOW_SAMPLES
from cases.domain.vocabulary import Language
from telephony.leg import MIC_RATE, SPEAKER_FRAME_BYTES, SPEAKER_RATE
from telephony.line import Codec, Echo
from telephony.pcm import resample
from tests.support.echoes import AGENT, CHINESE, CUSTOMER, agent_says, customer_says, listen

LINES = [
    (Echo(-10, 40), Codec.PCMU),
    (Echo(-20, 120), Codec.PCMU),
    (Echo(-30, 250), Codec.PCMU),
    (Echo(-15, 60, room_ms=300), Codec.NONE),
    (Echo(-25, 150, room_ms=400), Codec.OPUS),
    (Echo(-10, 350, room_ms=400), Codec.PCMU),
]


@pytest.mark.parametrize(("echo", "codec"), LINES, ids=str)
def test_an_echo_is_found_and_explained(echo: Echo, codec: Codec) -> None:
    heard = listen(AGENT, echo=echo, codec=codec)
    assert heard.guard.delay_ms == pytest.approx(echo.delay_ms, abs=45), "with what the codec adds"
    assert heard.speech.sum() > 20, "it sounds like speech"
    found = next(index for index, delay in enumerate(heard.delays) if delay is not None)
    assert found * WINDOW_MS - echo.delay_ms < 600
    assert heard.over[found:].sum() <= 0.08 * heard.speech.sum()
    assert heard.cost_ms < 2.0, "half a millisecond on a machine that has nothing else to do"


def test_rooms_and_frames_that_drift_leave_hardly_a_beginning() -> None:
    begun = sounds = 0
    for seed, codec in product(range(4), (Codec.OPUS, Codec.NONE)):
        echo = Echo(-10 - 3 * seed, 60 + 50 * seed, room_ms=300)
        heard = listen(AGENT * 2, echo=echo, codec=codec, off_ms=(0.0, 10.0, -10.0), seed=seed, noise=30.0)
        found = next(index for index, delay in enumerate(heard.delays) if delay is not None)
        over = heard.over[found:]
        begun += int(np.count_nonzero(over[1:] & over[:-1]))
        sounds += int(heard.speech[found:].sum())
    assert sounds > 5_000 and begun <= 4, (begun, sounds)


def test_a_chinese_voice_comes_back_like_any_other() -> None:
    heard = listen(CHINESE, echo=Echo(-18, 150), language=Language.ZH)
    assert heard.speech.sum() > 20 and heard.over.sum() <= 0.08 * heard.speech.sum()


def test_who_speaks_over_the_echo_is_heard_as_soon() -> None:
    late: list[float] = []
    for first in (2.5, 3.6):
        said = [(first + after, customer_says(*line)) for after, line in zip((0, 6.5, 12.0), CUSTOMER, strict=True)]
        alone = listen(AGENT, customer=said)
        for echo in (Echo(-10, 40), Echo(-15, 350, room_ms=300), Echo(-20, 120), Echo(-30, 250)):
            over = listen(AGENT, echo=echo, customer=said)
            late += [over.heard_after_ms(at) - alone.heard_after_ms(at) for at, _ in said]
    assert np.median(late) <= 0 and np.quantile(late, 0.8) <= 3 * WINDOW_MS and np.mean(late) <= 60, late


@pytest.mark.parametrize(("codec", "noise"), [*product((Codec.NONE, Codec.PCMU), (8.0, 120.0))])
def test_where_nothing_comes_back_nobody_is_called_an_echo(codec: Codec, noise: float) -> None:
    said = [(1.0 + 2.2 * number, customer_says(*line)) for number, line in enumerate(CUSTOMER * 3)]
    heard = listen(AGENT, codec=codec, customer=said, noise=noise)
    assert heard.customer.sum() > 200
    assert heard.guard.delay_ms is None and not heard.echo.any()


def test_an_echo_that_is_gone_is_forgotten() -> None:
    guard = listen(AGENT, echo=Echo(-15, 100)).guard
    assert guard.delay_ms is not None
    rng = np.random.default_rng(3)
    others = customer_says(*CUSTOMER[0])
    for number in range(250):
        at_ms = 30_000 + number * WINDOW_MS
        guard.played(rng.normal(0, 3000, 480).astype(np.int16).tobytes(), at_ms)
        part = others[np.arange(number * WINDOW_SAMPLES, (number + 1) * WINDOW_SAMPLES) % others.size]
        guard.explains(part.astype(np.int16).tobytes(), at_ms)
    assert guard.delay_ms is None


def test_an_utterance_is_told_from_an_echo_as_a_whole() -> None:
    guard = listen(AGENT[:2], echo=Echo(-12, 80), codec=Codec.NONE).guard
    said = agent_says(AGENT[2])
    back = np.frombuffer(resample(said, SPEAKER_RATE, MIC_RATE), np.int16) // 4
    mine = customer_says(*CUSTOMER[0]).astype(np.int16)
    for begins_ms, came, is_echo in ((30_000, back, True), (40_000, mine, False)):
        sent = 0
        for number in range(40):
            if number == 2:
                guard.speech_begins()
            while sent * 20 < 80 + (number + 1) * WINDOW_MS:
                frame = said[sent * SPEAKER_FRAME_BYTES : (sent + 1) * SPEAKER_FRAME_BYTES]
                guard.played(frame, begins_ms + sent * 20.0)
                sent += 1
            part = came[number * WINDOW_SAMPLES : (number + 1) * WINDOW_SAMPLES]
            guard.explains(part.tobytes(), begins_ms + 80 + number * WINDOW_MS)
        assert guard.only_echo is is_echo


def test_silence_is_no_echo_and_costs_no_comparison() -> None:
    guard = EchoGuard()
    for number in range(100):
        guard.played(bytes(SPEAKER_FRAME_BYTES), number * 20.0)
        assert not guard.explains(bytes(WINDOW_SAMPLES * 2), number * WINDOW_MS)
    assert guard.delay_ms is None and not guard.only_echo


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.just(0) | st.integers(20, 3_000), st.integers(1, 30)), min_size=1, max_size=6))
def test_what_was_played_lies_at_its_place(stretches: list[tuple[int, int]]) -> None:
    played, at_ms, said = Played(), 0.0, []
    for pause_ms, frames in stretches:
        at_ms += pause_ms
        for _ in range(frames):
            played.take(np.full(480, 8000, np.int16).tobytes(), at_ms)
            said.append(at_ms)
            at_ms += 20
    for place in said:
        if at_ms - place > KEPT_MS - 40:
            continue
        middle = played.between(round(place * 8) + 40, round(place * 8) + 120)
        assert np.all(middle > 6000)
    assert not played.between(round(at_ms * 8), round(at_ms * 8) + 100).any()
