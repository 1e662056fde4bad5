"""Whole calls in simulated time over lines that bring the agent's own voice back.

A call is the same every time on one machine, but another machine's arithmetic makes it another call: what is promised
is promised of several calls together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

from agent.brains.rules import RulesBrain
from cases.domain.call import CallEnding, Turn
from cases.domain.vocabulary import Act, Outcome, Speaker
from cases.policies import load as load_policy
from evals.graders.model import Run, VoiceRun
from evals.loader import parse_scenarios
from evals.voice import mode
from evals.voice.mode import VoiceWorker
from evals.voice.options import VoiceOptions
from evals.voice.scoring import TrueLine
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
GIVES_UP = SCENARIO.replace("events:", "events:\n    - {on: greet, after_ms: 20000, hang_up: true}")
"""The same with a customer who hangs up before the agent has asked anything of them."""
LOUDEST = Channel(Codec.PCMU, echo=Echo(-10, 40))
LINES = {
    LOUDEST: 1,
    Channel(Codec.PCMU, echo=Echo(-20, 120)): 1,
    Channel(Codec.OPUS, echo=Echo(-12, 60, room_ms=300)): 2,
    Channel(Codec.PCMU, echo=Echo(-15, 350, room_ms=200)): 2,
}
"""Lines, and how many calls are held on each: every one draws other reaction times and, where it has one, another
room."""


@pytest.fixture(scope="module", autouse=True)
def customers_can_speak() -> None:
    needs_program("flite", "simulated customers speak with it")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


NEAR_MS = 200
"""A turn of the customer is their own where it lies at most so far from something that they said."""


@dataclass(frozen=True)
class Held:
    """A call that was held, and what the customer truly said in it."""

    run: Run
    lines: Sequence[TrueLine]

    @property
    def turns(self) -> Sequence[Turn]:
        assert self.run.call is not None
        return self.run.call.turns

    @property
    def voice(self) -> VoiceRun:
        assert self.run.voice is not None
        return self.run.voice

    @property
    def went_well(self) -> bool:
        """Whether the customer could say what they had to say."""
        assert self.run.call is not None
        return (self.run.call.ending, self.run.assessment.outcome) == (CallEnding.COMPLETED, Outcome.DENIED)

    @property
    def scraps(self) -> list[str]:
        """Turns of the customer at which they said nothing."""
        return [
            turn.text
            for turn in self.turns
            if turn.speaker is Speaker.CUSTOMER
            and not any(
                line.start_ms - NEAR_MS < turn.ended_ms and turn.started_ms < line.end_ms + NEAR_MS
                for line in self.lines
            )
        ]

    @property
    def cut(self) -> list[Turn]:
        """Turns of the agent that were cut off."""
        return [turn for turn in self.turns if turn.speaker is Speaker.AGENT and turn.interrupted]


def hold(channel: Channel, folder: Path, cache: Path, calls: int = 1, *, scenario_text: str = SCENARIO) -> list[Held]:
    held: list[Held] = []
    noted: list[Sequence[TrueLine]] = []
    true_lines = mode.true_lines
    worker = VoiceWorker(VoiceOptions(folder, channel=channel, cache=cache), load_policy(), RulesBrain())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mode, "true_lines", lambda *given: noted.append(true_lines(*given)) or noted[-1])
        try:
            (scenario,) = parse_scenarios(scenario_text, "echo.yaml")
            for number in range(1, calls + 1):
                run = worker.run(scenario, number)
                held.append(Held(run, noted[-1]))
        finally:
            worker.close()
    return held


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> list[Held]:
    """A call on such a line without an echo."""
    return hold(Channel(Codec.PCMU), tmp_path_factory.mktemp("without"), cache)


@pytest.fixture(scope="module")
def echoed(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> list[Held]:
    """Calls on every line."""
    return [
        one
        for channel, calls in LINES.items()
        for one in hold(channel, tmp_path_factory.mktemp("echoed"), cache, calls)
    ]


def test_an_echo_hinders_no_call(echoed: list[Held]) -> None:
    assert sum(held.went_well for held in echoed) >= len(echoed) - 1


def test_no_turn_of_the_customer_is_the_agents_own(echoed: list[Held]) -> None:
    scraps = [scrap for held in echoed for scrap in held.scraps]
    assert len(scraps) <= 2, scraps


def test_only_the_customer_cuts_the_agent_off(echoed: list[Held]) -> None:
    assert sum(held.voice.barge_ins for held in echoed) == len(echoed)
    assert sum(held.voice.ignored_barge_ins + held.voice.false_cut_ins for held in echoed) <= 1
    others = [turn.text for held in echoed for turn in held.cut if Act.ASK_MADE not in turn.acts]
    assert len(others) <= 1, others


def test_the_agent_yields_as_soon_as_without_an_echo(echoed: list[Held], without: list[Held]) -> None:
    late, usual = ([ms for held in calls for ms in held.voice.yield_ms] for calls in (echoed, without))
    assert median(late) <= median(usual) + 60, (late, usual)


def test_without_the_guard_the_agent_hears_itself(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.call.session.EchoGuard", lambda: None)
    (held,) = hold(LOUDEST, tmp_path, cache, scenario_text=GIVES_UP)
    assert len(held.cut) > 1, "the line is as bad as it is meant to be"
