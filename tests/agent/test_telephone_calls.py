"""Whole calls over 8 kHz G.711 in simulated time: flite customers, heard by pocketsphinx on the telephone band."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from agent.brains.rules import RulesBrain
from cases.alerts import parse_alert
from cases.domain.vocabulary import Disposition, Outcome
from cases.policies import load as load_policy
from evals.alerts import load as load_example
from evals.graders.model import Run
from evals.scenario import Expectation, Place, Scenario
from evals.voice import VoiceOptions
from evals.voice.mode import VoiceWorker
from riskcall.demo.call import default_alert
from telephony.line import Channel, Codec, Noise, NoiseKind
from telephony.persona import ANSWERED_BY, Persona, load_persona
from tests.support.needs import needs_program

pytestmark = [pytest.mark.audio, pytest.mark.timeout(300)]

MOMENT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
TELEPHONE = Channel(Codec.PCMU)


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VoiceWorker]:
    needs_program("flite", "simulated customers speak with it")
    options = VoiceOptions(tmp_path_factory.mktemp("telephone"), asr="pocketsphinx")
    worker = VoiceWorker(options, load_policy(), RulesBrain())
    yield worker
    worker.close()


def scenario(persona: Persona, channel: Channel = TELEPHONE) -> Scenario:
    return Scenario(
        id=persona.name,
        title=persona.title,
        locale="en-GB",
        tags=(),
        alert=parse_alert(load_example(default_alert(persona), now=MOMENT)),
        channel=channel,
        customer=persona,
        answers_everything=True,
        expect=Expectation(()),
        place=Place(__file__, 1),
    )


def _said(run: Run) -> list[str]:
    """The call in words, for whoever reads a failure."""
    assert run.call is not None
    return [f"{turn.speaker}: {turn.text}" for turn in run.call.turns]


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("denies", Outcome.DENIED),
        ("genuine", Outcome.CONFIRMED_GENUINE),
        ("coached", Outcome.SUSPECTED_SCAM),
        ("asks-human", Outcome.HUMAN_REQUESTED),
    ],
)
def test_a_verification_by_telephone_ends_right(worker: VoiceWorker, name: str, outcome: Outcome) -> None:
    run = worker.run(scenario(load_persona(name)), 1)
    assert run.call is not None and run.disposition is Disposition.ANSWERED
    assert run.call.versions.engines.asr == "pocketsphinx en-us with script phrases, telephone band filled in"
    assert run.call.versions.engines.tts.endswith(", telephone band")
    assert run.assessment.outcome is outcome, _said(run)


def test_a_voicemail_by_telephone_is_no_person(worker: VoiceWorker) -> None:
    persona = Persona(
        "voicemail", "", load_persona("denies").language, "flite:slt", answered_by=ANSWERED_BY["voicemail"]
    )
    run = worker.run(scenario(persona), 2)
    assert run.assessment.outcome is Outcome.UNREACHED
    # Misheard, "please leave a message" makes a network announcement of the same greeting: nobody was reached either.
    assert run.disposition in (Disposition.VOICEMAIL, Disposition.NO_ANSWER)
    assert run.call is not None and not run.call.verification.disclosed


@pytest.mark.parametrize("name", ["denies", "coached"])
def test_people_behind_the_customer_never_turn_a_no_into_a_yes(worker: VoiceWorker, name: str) -> None:
    noisy = Channel(Codec.PCMU, Noise(NoiseKind.BABBLE, 15.0))
    run = worker.run(scenario(load_persona(name), noisy), 1)
    assert run.assessment.outcome is not Outcome.CONFIRMED_GENUINE, _said(run)
