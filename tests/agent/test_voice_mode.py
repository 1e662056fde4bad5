"""Scenarios by voice, whole: real engines, a simulated line, and a clock that no load can move."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.record.recording import envelopes
from cases.domain.call import CallEnding
from cases.domain.vocabulary import Act, Disposition, Speaker
from evals.graders import Run, Status, VoiceRun
from evals.loader import parse_scenarios
from evals.runner import Graded, Mode, SuiteRun, run_suite
from evals.scenario import Scenario
from evals.voice import VoiceOptions
from telephony.line import Channel, Codec, Noise, NoiseKind
from tests.support.needs import needs_program

pytestmark = [pytest.mark.audio, pytest.mark.timeout(420)]

SCENARIOS = """
- id: genuine-en
  locale: en-GB
  alert: {example: card-not-present}
  channel: {codec: opus, loss: 0.01, jitter_ms: 20}
  customer:
    answers: {greet: "Yes, speaking.", ask_identity: "Twelfth of March.", ask_made: "Yes, that was me."}
    default: "Yes."
  expect: {outcome: confirmed_genuine, effect: release}
- id: barge-in-en
  locale: en-GB
  alert: {example: card-not-present}
  customer:
    voice: flite:nobody
    answers: {greet: "Yes, speaking.", ask_identity: "Twelfth of March."}
    default: "No, I didn't."
    events: [{on: ask_made, after_ms: 2500, say: "No, that wasn't me."}]
  expect: {outcome: denied, effect: block}
- id: hangs-up-en
  locale: en-GB
  alert: {example: card-not-present}
  customer:
    answers: {greet: "Yes, speaking."}
    default: ""
    events:
      - {on: greet, dtmf: "1"}
      - {on: greet, after_ms: 1500, backchannel: "mm-hm"}
      - {on: ask_identity, silence_ms: 4000}
      - {on: ask_identity, hang_up: true}
  expect: {outcome: [inconclusive, unreached, identity_failed], effect: hold}
- id: busy-en
  locale: en-GB
  alert: {example: card-not-present}
  customer: {answered_by: busy}
  expect: {outcome: unreached, effect: hold}
"""
CALLS = ("genuine-en", "barge-in-en", "hangs-up-en")


@pytest.fixture(scope="module", autouse=True)
def customers_can_speak() -> None:
    needs_program("flite", "simulated customers speak with it")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def scenarios() -> list[Scenario]:
    return parse_scenarios(SCENARIOS, "voice.yaml")


def run(folder: Path, cache: Path, *, workers: int, channel: Channel | None = None) -> SuiteRun:
    options = VoiceOptions(folder, channel=channel, cache=cache)
    return run_suite(scenarios(), mode=Mode.VOICE, workers=workers, voice=options)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> SuiteRun:
    return run(tmp_path_factory.mktemp("one"), cache, workers=1)


def of(suite: SuiteRun, id: str) -> Run:
    graded = next(one for one in suite.graded if one.scenario.id == id)
    assert graded.run is not None, graded.error
    return graded.run


def measured(suite: SuiteRun, id: str) -> VoiceRun:
    voice = of(suite, id).voice
    assert voice is not None
    return voice


def told(suite: SuiteRun) -> list[tuple[object, ...]]:
    """Everything of a suite that load must not change."""
    runs = [(one, one.run) for one in suite.graded]
    return [
        (one.scenario.id, one.verdict.status, one.verdict.failures, run and run.assessment, run and spoken(run))
        for one, run in runs
    ]


def spoken(run: Run) -> list[tuple[Speaker, str, int, int]]:
    turns = run.call.turns if run.call else ()
    return [(turn.speaker, turn.heard_text, turn.started_ms, turn.ended_ms) for turn in turns]


@pytest.fixture
def burning() -> Iterator[None]:
    """Twice as many busy processes as there are cores."""
    context = multiprocessing.get_context("spawn")
    burners = [context.Process(target=_burn, daemon=True) for _ in range(2 * (os.cpu_count() or 1))]
    for burner in burners:
        burner.start()
    yield
    for burner in burners:
        burner.kill()
        burner.join()


def _burn() -> None:
    while True:
        pass


def test_every_scenario_passes_and_what_was_wrong_is_said(held: SuiteRun) -> None:
    assert [(one.scenario.id, one.verdict.status, one.verdict.failures) for one in held.graded] == [
        (one.id, Status.PASSED, ()) for one in scenarios()
    ]
    assert measured(held, "genuine-en").channel == "opus, loss 1 %, jitter 20 ms"
    assert measured(held, "barge-in-en").customer_voice == "flite:slt"
    assert "flite:nobody" in measured(held, "barge-in-en").notes[0]
    assert "pocketsphinx" in measured(held, "genuine-en").engines.asr


def test_nobody_is_spoken_to_where_nobody_answers(held: SuiteRun) -> None:
    run = of(held, "busy-en")
    assert (run.disposition, run.call) == (Disposition.BUSY, None)
    assert measured(held, "busy-en").recording is None


def test_recordings_lie_with_their_runs(held: SuiteRun) -> None:
    for id in CALLS:
        voice = measured(held, id)
        assert voice.recording is not None and voice.recording.parts[-2:] == (id, "1.ogg")
        customer, agent = envelopes(voice.recording)
        assert abs(max(customer.peaks.size, agent.peaks.size) - voice.length_ms) < 50


def test_the_call_is_measured(held: SuiteRun) -> None:
    genuine, barge, hangs = (measured(held, id) for id in CALLS)
    assert genuine.words == 9 and genuine.word_errors <= 3
    assert len(genuine.response_ms) == 3 and all(100 < latency < 2_500 for latency in genuine.response_ms)
    assert (barge.barge_ins, barge.ignored_barge_ins) == (1, 0)
    assert len(barge.yield_ms) == 1 and barge.yield_ms[0] < 1_000
    assert hangs.backchannels == 1 and hangs.dead_air == 0, "the customer chose to be silent"


def test_events_happen_in_the_call(held: SuiteRun) -> None:
    call = of(held, "hangs-up-en").call
    assert call is not None and call.ending is CallEnding.CUSTOMER_HUNG_UP
    cut = of(held, "barge-in-en").call
    assert cut is not None and any(Act.ASK_MADE in turn.acts and turn.interrupted for turn in cut.turns)


def test_four_calls_at_once_on_a_machine_under_load_are_the_same_calls(
    held: SuiteRun, tmp_path: Path, cache: Path, burning: None
) -> None:
    assert told(run(tmp_path, cache, workers=4)) == told(held)


def test_a_bad_line_releases_nothing_falsely_and_is_named(tmp_path: Path, cache: Path) -> None:
    channel = Channel(Codec.OPUS, Noise(NoiseKind.BABBLE, 15.0), loss=0.05)
    suite = run(tmp_path, cache, workers=2, channel=channel)
    assert not any(one.verdict.false_release for one in suite.graded)
    assert {measured(suite, id).channel for id in CALLS} == {"opus, babble 15 dB, loss 5 %"}


@pytest.fixture
def hears_interrupts() -> Iterator[None]:
    """A process that hears SIGINT, as at a terminal; one started in the background inherits that it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("hears_interrupts")
def test_an_interrupt_leaves_what_is_finished(tmp_path: Path, cache: Path) -> None:
    done: list[str] = []

    def on_graded(graded: Graded, count: int, planned: int) -> None:
        done.append(graded.scenario.id)
        if len(done) == 1:
            os.kill(os.getpid(), signal.SIGINT)

    assert threading.current_thread() is threading.main_thread()
    options = VoiceOptions(tmp_path, cache=cache)
    suite = run_suite(scenarios(), mode=Mode.VOICE, workers=1, voice=options, on_graded=on_graded)
    assert suite.interrupted and not suite.succeeded
    assert 1 <= len(suite.graded) < len(scenarios()) and suite.graded[0].verdict.status is Status.PASSED
