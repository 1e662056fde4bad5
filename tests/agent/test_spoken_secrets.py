"""A customer reads a card number out in real audio: it is cut in on, and is nowhere afterwards.

flite speaks at real-time pace, pocketsphinx hears. What is left is searched: the record in the database, the words of
the recording, the logs, what watchers saw; and the recording itself is silent where the number was spoken.
"""

from __future__ import annotations

import asyncio
import io
import logging
import re
from pathlib import Path

import numpy as np
import pytest

from agent.brains.rules import RulesBrain
from agent.call.session import Recording, VoiceSession
from agent.dialogue.conversation import Conversation
from agent.dialogue.redaction.digits import runs
from agent.observer import SilentObserver
from agent.record.recording import decoded
from agent.speech.espeak import EspeakSynthesizer
from agent.speech.sphinx import SphinxRecognizer
from agent.speech.voice import Voice
from cases.adapters.blobs_file import FileBlobs
from cases.adapters.clock import SystemClock
from cases.domain.call import Call, CallEnding, CallVersions, Engines
from cases.domain.events import CallEnded
from cases.domain.vocabulary import Act, Disposition, Language, Speaker
from cases.policies import load as load_policy
from cases.store import encode_event
from telephony.customer_speech import CustomerVoice
from telephony.leg import Caption, Invitation
from telephony.persona import persona_from
from telephony.simulated import SimulatedLeg
from tests.support.alerts import alert_en
from tests.support.needs import needs_program

pytestmark = [pytest.mark.audio, pytest.mark.timeout(240)]

CARD = "four one one one two two two two three three three three four four four eight"
DIGITS = "4111222233334448"
CUSTOMER = {
    "voice": "flite:rms",
    "answers": {
        "greet": f"yes speaking my card number is {CARD}",
        "ask_identity": "the twelfth of march",
        "ask_made": "no that was not me",
    },
    "default": "yes it is me",
}
VERSIONS = CallVersions("prompts", "policies", Engines("pocketsphinx", "espeak-ng", "rules", "silero"))
SECRET_DBFS = -60.0


class Watcher(SilentObserver):
    """Keeps what the desk would show."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def customer_speaking(self, text: str) -> None:
        self.shown.append(text)


class Line(SimulatedLeg):
    """Keeps what the customer's page would show."""

    def __init__(self) -> None:
        super().__init__(persona_from(CUSTOMER, name="secret", source="test"))
        self.words_shown: list[str] = []

    def show(self, caption: Caption) -> None:
        if caption.speaker is Speaker.CUSTOMER:
            self.words_shown.append(caption.text)
        super().show(caption)


class Held:
    """The call that was held, and everything it left."""

    def __init__(self, call: Call, leg: Line, watcher: Watcher, samples: np.ndarray, logged: str) -> None:  # type: ignore[type-arg]
        self.call = call
        self.leg = leg
        self.watcher = watcher
        self.samples = samples
        self.logged = logged


async def hold(folder: Path) -> tuple[Call, Line, Watcher, bytes]:
    policy = load_policy()
    leg, watcher = Line(), Watcher()
    recognizer, voice = SphinxRecognizer(), Voice(EspeakSynthesizer(words_per_minute=220), folder / "voice")
    blobs = FileBlobs(folder / "blobs")
    await recognizer.warm()
    await voice.warm()
    try:
        assert await leg.ring(Invitation("secret:1", "Bank", "ref", Language.EN, "42", 5.0)) is Disposition.ANSWERED
        call = await VoiceSession(
            call_id="secret:1",
            conversation=Conversation(alert=alert_en(), policy=policy, brain=RulesBrain(), match_code="42"),
            recognizer=recognizer,
            synthesizer=voice,
            leg=leg,
            clock=SystemClock(),
            versions=VERSIONS,
            recording=Recording(blobs, "secret/1.ogg", folder),
            observer=watcher,
            silence_seconds=policy.limits.silence_seconds,
            max_seconds=120.0,
        ).run()
    finally:
        await recognizer.aclose()
        await voice.aclose()
    data = io.BytesIO()
    assert call.recording is not None
    async for block in blobs.open(call.recording.key):
        data.write(block)
    return call, leg, watcher, data.getvalue()


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    if not CustomerVoice().can_speak(CARD, "flite:rms"):
        needs_program("flite", "the simulated customer speaks with it")
    folder = tmp_path_factory.mktemp("secret")
    logged = io.StringIO()
    handler = logging.StreamHandler(logged)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        call, leg, watcher, data = asyncio.run(hold(folder))
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    (folder / "call.ogg").write_bytes(data)
    return Held(call, leg, watcher, np.concatenate(list(decoded(folder / "call.ogg"))), logged.getvalue())


def dbfs(samples: np.ndarray) -> float:  # type: ignore[type-arg]
    """Loudness of the loudest 20 ms, dB of full scale."""
    windows = samples[: samples.size // 960 * 960].reshape(-1, 960).astype(np.float64) / 32768
    return float(10 * np.log10(max(1e-12, (windows**2).mean(axis=1).max())))


def letters(words: str) -> set[str]:
    """Every four digits in a row of the card, in figures and in words."""
    said = words.split()
    return {DIGITS[at : at + 4] for at in range(13)} | {" ".join(said[at : at + 4]) for at in range(13)}


def test_the_agent_cuts_in_early_and_the_call_goes_on(held: Held) -> None:
    line = held.leg.spoken[0]
    refusal = next(turn for turn in held.call.turns if Act.REFUSE_SECRET in turn.acts)
    words = line.text.split()
    share = (refusal.started_ms - line.started_ms) / (line.ended_ms - line.started_ms)
    digits = max(0, round(share * len(words)) - (len(words) - len(CARD.split())))
    print(f"cut in after about {digits} of 16 digits")
    assert refusal.started_ms < line.ended_ms and digits <= 8, "a loaded machine may be slow"
    assert "secret removed" in refusal.findings
    assert held.call.ending is CallEnding.COMPLETED
    assert [turn.heard_text for turn in held.call.turns if turn.speaker is Speaker.CUSTOMER][-1] == "no that was not me"


def test_the_number_is_in_nothing_that_was_kept_shown_or_logged(held: Held) -> None:
    body = encode_event(CallEnded(1, Disposition.ANSWERED, held.call))[2]
    left = "\n".join([body, held.logged, *held.watcher.shown, *held.leg.words_shown])
    assert "my card number is" in left and held.logged, "something was kept, shown and logged"
    # Four digits in a row stand in a hash by chance.
    words = re.sub(r"\b[0-9a-f]{32,}\b", "#", left)
    assert not [words[max(0, at - 60) : at + 60] for part in letters(CARD) if (at := words.find(part)) >= 0]
    for turn in held.call.turns:
        if turn.speaker is Speaker.CUSTOMER:
            assert not [run for run in runs(turn.text) if len(run.value) >= 4], turn.text


def test_the_recording_is_silent_where_it_was_read_out(held: Held) -> None:
    line = held.leg.spoken[0]
    turn = next(turn for turn in held.call.turns if turn.muted)
    start, end = turn.muted[0]
    said = line.text.split()
    first_digit_ms = line.started_ms + (line.ended_ms - line.started_ms) * len(said[:-16]) // len(said)
    assert start <= first_digit_ms + 150 and end >= line.ended_ms
    customer = held.samples[:, 0]
    assert dbfs(customer[(start + 40) * 48 : (end - 10) * 48]) < SECRET_DBFS
    assert dbfs(customer[line.started_ms * 48 : start * 48]) > -30, "what was said before it is there"


def test_everything_else_is_in_the_recording(held: Held) -> None:
    for turn in held.call.turns:
        channel = held.samples[:, 1 if turn.speaker is Speaker.AGENT else 0]
        if not turn.muted:
            assert dbfs(channel[turn.started_ms * 48 : turn.ended_ms * 48]) > -35, turn
    muted = sum(end - start for turn in held.call.turns[:2] for start, end in turn.muted[:1])
    spoken = held.leg.spoken[0]
    assert muted < spoken.ended_ms - spoken.started_ms + 2500
    responses = [turn.response_ms for turn in held.call.turns if turn.response_ms is not None]
    assert len(responses) >= 3, "latencies are measured on what was really said"
