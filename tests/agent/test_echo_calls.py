"""Whole calls in simulated time over lines that bring the agent's own voice back."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.brains.rules import RulesBrain
from cases.domain.call import CallEnding
from cases.domain.vocabulary import Act, Outcome, Speaker
from cases.policies import load as load_policy
from evals.graders.model import Run
from evals.loader import parse_scenarios
from evals.voice.mode import VoiceWorker
from evals.voice.options import VoiceOptions
from telephony.line import Channel, Codec, Echo
from tests.support.needs import needs_program

SCENARIO = """
id: echo
locale: en-GB
alert: {example: card-not-present}
customer:
  voice: flite:rms
  answers:
    greet: "Yes, speaking."
    ask_identity: "The twelfth of March."
    retry_identity: "March the twelfth."
    ask_made: "No, that wasn't me."
    wait: "Okay, I understand."
    reassure_denied: ""
  events:
    - {on: ask_made, after_ms: 2400, say: "Wait, who are you?"}
  default: "Sorry, could you say that again?"
expect: {outcome: denied}
"""
LINES = [
    Channel(Codec.PCMU, echo=Echo(-10, 40)),
    Channel(Codec.PCMU, echo=Echo(-20, 120)),
    Channel(Codec.PCMU, echo=Echo(-30, 250)),
    Channel(Codec.OPUS, echo=Echo(-12, 60, room_ms=300)),
    Channel(Codec.PCMU, echo=Echo(-15, 350, room_ms=200)),
]


@pytest.fixture(scope="module", autouse=True)
def customers_can_speak() -> None:
    needs_program("flite", "simulated customers speak with it")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def hold(channel: Channel, folder: Path, cache: Path) -> Run:
    worker = VoiceWorker(VoiceOptions(folder, channel=channel, cache=cache), load_policy(), RulesBrain())
    try:
        (scenario,) = parse_scenarios(SCENARIO, "echo.yaml")
        return worker.run(scenario, 1)
    finally:
        worker.close()


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Run:
    """The call on the same line without an echo."""
    return hold(Channel(Codec.PCMU), tmp_path_factory.mktemp("without"), cache)


@pytest.mark.parametrize("channel", LINES, ids=str)
def test_the_agent_neither_interrupts_nor_answers_itself(
    channel: Channel, without: Run, tmp_path: Path, cache: Path
) -> None:
    run = hold(channel, tmp_path, cache)
    assert run.call is not None and run.voice is not None and without.voice is not None
    assert (run.call.ending, run.assessment.outcome) == (CallEnding.COMPLETED, Outcome.DENIED)
    cut = [turn.acts for turn in run.call.turns if turn.speaker is Speaker.AGENT and turn.interrupted]
    assert len(cut) == 1 and Act.ASK_MADE in cut[0], "only the customer cut the agent off"
    heard = [turn for turn in run.call.turns if turn.speaker is Speaker.CUSTOMER]
    spoken = run.voice.barge_ins + len(run.voice.response_ms)
    assert len(heard) <= spoken + 1, "no turn of the customer is the agent's own"
    assert (run.voice.barge_ins, run.voice.ignored_barge_ins, run.voice.false_cut_ins) == (1, 0, 0)
    assert run.voice.yield_ms[0] <= without.voice.yield_ms[0] + 60


def test_without_the_guard_the_agent_hears_itself(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.call.session.EchoGuard", lambda: None)
    call = hold(LINES[0], tmp_path, cache).call
    assert call is not None
    cut = [turn for turn in call.turns if turn.speaker is Speaker.AGENT and turn.interrupted]
    assert len(cut) > 1, "the line is as bad as it is meant to be"
