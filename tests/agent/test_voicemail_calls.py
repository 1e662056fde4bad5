"""Voicemails by voice, whole: a greeting in real audio, a beep, and a message that says nothing of the payment."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.brains.rules import RulesBrain
from agent.dialogue.answering import Answerer
from agent.record.recording import envelopes
from agent.record.waveform import voiced
from cases.domain.vocabulary import Act, Disposition, Outcome, Speaker
from cases.policies import load
from evals.graders import Run, Status
from evals.loader import parse_scenarios
from evals.runner import Mode, run_suite
from evals.voice import VoiceOptions
from evals.voice.mode import VoiceWorker
from tests.support.needs import needs_program

pytestmark = [pytest.mark.audio, pytest.mark.timeout(300)]

VOICEMAIL = """
- id: voicemail-0-en
  locale: en-GB
  alert: {example: card-not-present}
  customer: {answered_by: voicemail}
  expect: {outcome: unreached, effect: hold, disclosed: false}
- id: hello-en
  locale: en-GB
  alert: {example: card-not-present}
  customer: {answers: {greet: "Hello? Who is this?"}, default: "Goodbye."}
  expect: {outcome: [inconclusive, unreached], effect: hold, disclosed: false}
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    needs_program("flite", "simulated customers speak with it")
    options = VoiceOptions(tmp_path_factory.mktemp("voicemail"))
    suite = run_suite(parse_scenarios(VOICEMAIL, "voicemail.yaml"), mode=Mode.VOICE, workers=1, voice=options)
    assert all(one.run is not None for one in suite.graded), [one.error for one in suite.graded]
    assert all(one.verdict.status is Status.PASSED for one in suite.graded), [one.verdict for one in suite.graded]
    return {one.scenario.id: one.run for one in suite.graded if one.run is not None}


def test_a_voicemail_is_left_one_neutral_message_after_its_beep(runs: dict[str, Run]) -> None:
    run = runs["voicemail-0-en"]
    assert run.disposition is Disposition.VOICEMAIL and run.assessment.outcome is Outcome.UNREACHED
    assert run.call is not None
    said = [turn for turn in run.call.turns if turn.speaker is Speaker.AGENT]
    greeted = [turn for turn in run.call.turns if turn.speaker is Speaker.CUSTOMER]
    assert greeted and [act for turn in said[:-1] for act in turn.acts] == [Act.GREET]
    message = said[-1]
    assert message.acts == (Act.LEAVE_VOICEMAIL,) and not message.interrupted and message.heard_text == message.text
    assert message.findings[0].startswith("answering machine: ")
    assert run.voice is not None and run.voice.recording is not None
    line = voiced(envelopes(run.voice.recording)[0].peaks)
    assert line[: message.started_ms].sum() > 3_000 and not line[message.started_ms :].any(), "it waits for the beep"
    assert not run.call.verification.disclosed


def test_a_person_who_says_hello_is_not_left_a_message(runs: dict[str, Run]) -> None:
    run = runs["hello-en"]
    assert run.disposition is Disposition.ANSWERED and run.call is not None
    assert Act.LEAVE_VOICEMAIL not in {act for turn in run.call.turns for act in turn.acts}


def test_the_beep_alone_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_program("flite", "simulated customers speak with it")
    monkeypatch.setattr("agent.dialogue.reception.who_answers", lambda text, language, screened=False: Answerer.PERSON)
    worker = VoiceWorker(VoiceOptions(tmp_path), load(), RulesBrain())
    try:
        run = worker.run(parse_scenarios(VOICEMAIL, "voicemail.yaml")[0], 1)
    finally:
        worker.close()
    assert run.call is not None and run.disposition is Disposition.VOICEMAIL
    message = run.call.turns[-1]
    assert message.acts == (Act.LEAVE_VOICEMAIL,) and message.heard_text == message.text
    assert message.findings[0] == "answering machine: beep"
