"""Whole calls in real audio at real-time pace: flite customers, pocketsphinx, espeak-ng, rules; all four at once."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.brains.rules import RulesBrain
from agent.call.session import Recording, VoiceSession
from agent.dialogue.conversation import Conversation
from agent.record.recording import envelopes
from agent.record.waveform import extent, percentiles, voiced
from agent.speech.espeak import EspeakSynthesizer
from agent.speech.sphinx import SphinxRecognizer
from agent.speech.voice import Voice
from cases.adapters.blobs_file import FileBlobs
from cases.adapters.clock import SystemClock
from cases.alerts import parse_alert
from cases.domain.alert import Alert
from cases.domain.call import Call, CallEnding, CallVersions, Engines
from cases.domain.policy import Policy
from cases.domain.triage import assess
from cases.domain.vocabulary import Act, Disposition, Language, Outcome, Speaker
from cases.policies import load as load_policy
from evals.alerts import load as load_example
from telephony.customer_speech import CustomerVoice
from telephony.leg import Invitation
from telephony.persona import load_persona
from telephony.simulated import SimulatedLeg
from tests.support.needs import needs_program

pytestmark = [pytest.mark.audio, pytest.mark.timeout(420)]

CALLS = {
    "denies": "card-not-present",
    "genuine": "new-payee-transfer",
    "coached": "new-payee-transfer",
    "barges-in": "card-not-present",
}
VERSIONS = CallVersions("prompts", "policies", Engines("pocketsphinx", "espeak-ng", "rules", "silero"))
MOMENT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


class Line:
    """One call that was held."""

    def __init__(self, call: Call, alert: Alert, recording: bytes, folder: Path) -> None:
        self.call = call
        self.alert = alert
        self.path = folder / f"{call.id.replace(':', '-')}.ogg"
        self.path.write_bytes(recording)

    def outcome(self, policy: Policy) -> Outcome:
        verification = self.call.verification
        ending = self.call.ending
        return assess(self.alert, verification, policy, disposition=Disposition.ANSWERED, ending=ending).outcome


async def hold(name: str, recognizer: SphinxRecognizer, voice: Voice, policy: Policy, folder: Path) -> Line:
    alert = parse_alert(load_example(CALLS[name], now=MOMENT))
    leg = SimulatedLeg(load_persona(name))
    assert await leg.ring(Invitation(f"{name}:1", "Bank", "ref", Language.EN, "42", 5.0)) is Disposition.ANSWERED
    blobs = FileBlobs(folder / "blobs")
    session = VoiceSession(
        call_id=f"{name}:1",
        conversation=Conversation(alert=alert, policy=policy, brain=RulesBrain(), match_code="42"),
        recognizer=recognizer,
        synthesizer=voice,
        leg=leg,
        clock=SystemClock(),
        versions=VERSIONS,
        recording=Recording(blobs, f"{name}/1.ogg", folder),
        silence_seconds=policy.limits.silence_seconds,
        max_seconds=240.0,
    )
    call = await session.run()
    data = io.BytesIO()
    if call.recording is not None:
        async for block in blobs.open(call.recording.key):
            data.write(block)
    return Line(call, alert, data.getvalue(), folder)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy()


@pytest.fixture(scope="module")
def lines(policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Line]:
    """All calls, held at the same time."""
    speech = CustomerVoice()
    if not all(speech.can_speak(line, who.voice) for who in map(load_persona, CALLS) for line in who.lines()):
        needs_program("flite", "simulated customers speak with it")
    folder = tmp_path_factory.mktemp("calls")

    async def hold_all() -> dict[str, Line]:
        recognizer = SphinxRecognizer()
        voice = Voice(EspeakSynthesizer(words_per_minute=220), folder / "voice")
        await recognizer.warm()
        await voice.warm()
        try:
            held = await asyncio.gather(*(hold(name, recognizer, voice, policy, folder) for name in CALLS))
        finally:
            await recognizer.aclose()
            await voice.aclose()
        return dict(zip(CALLS, held, strict=True))

    return asyncio.run(hold_all())


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("denies", Outcome.DENIED),
        ("genuine", Outcome.CONFIRMED_GENUINE),
        ("coached", Outcome.SUSPECTED_SCAM),
        ("barges-in", Outcome.DENIED),
    ],
)
def test_the_customer_is_understood(lines: dict[str, Line], policy: Policy, name: str, outcome: Outcome) -> None:
    line = lines[name]
    assert line.call.ending is CallEnding.COMPLETED
    assert line.outcome(policy) is outcome
    assert [turn.index for turn in line.call.turns] == list(range(len(line.call.turns)))
    cited = {answer.turn for answer in line.call.verification.answers}
    assert all(line.call.turns[index].speaker is Speaker.CUSTOMER for index in cited)


def test_barge_ins_cut_the_agent_and_a_hum_does_not(lines: dict[str, Line]) -> None:
    turns = lines["barges-in"].call.turns
    greeting = turns[0]
    assert greeting.interrupted and greeting.heard_text and greeting.text.startswith(greeting.heard_text)
    assert len(greeting.heard_text) < len(greeting.text) / 2
    asked = next(turn for turn in turns if Act.ASK_MADE in turn.acts)
    assert not asked.interrupted and asked.heard_text == asked.text
    yields = percentiles(turn.yield_ms for turn in turns if turn.yield_ms is not None)
    assert yields.n >= 1 and (yields.p50 or 0) < 900, "a loaded machine may be slow, but not deaf"


def test_the_recording_tells_the_same_as_the_turns(lines: dict[str, Line]) -> None:
    for line in lines.values():
        customer, agent = (voiced(envelope.peaks) for envelope in envelopes(line.path))
        for turn in line.call.turns:
            channel = agent if turn.speaker is Speaker.AGENT else customer
            span = extent(channel, turn.started_ms - 150, turn.ended_ms + 150)
            assert span is not None and turn.audio_sha256 is not None and not turn.muted
            assert abs(span.start_ms - turn.started_ms) <= 30 or turn.interrupted


def test_replies_come_in_time(lines: dict[str, Line]) -> None:
    responses = [turn.response_ms for line in lines.values() for turn in line.call.turns if turn.response_ms]
    assert len(responses) >= 12
    assert (percentiles(responses).p50 or 0) < 1500, "four calls at once on a loaded machine"
