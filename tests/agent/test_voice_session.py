"""Whole calls on virtual time: a real session, real pacing, real recording; tones for speech and a planned talk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from livekit.agents import telemetry
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracerProvider

from agent.call.session import Recording, VoiceSession
from agent.record.recording import span_hashes
from agent.record.waveform import Stretch
from cases.domain.call import Call, CallEnding, CallVersions, Engines, MediaRef
from cases.domain.vocabulary import Act, Language, Speaker
from telephony.leg import Invitation
from telephony.persona import persona_from
from telephony.simulated import SimulatedLeg
from tests.support import call_fakes as fakes
from tests.support.call_fakes import HumMouth, LevelProbe, PlannedTalk, StepClock, ToneEars, ToneVoice, reply
from tests.support.virtual_time import run_virtual

GREET = reply(Act.GREET, "hello this is the bank is this alex")
MADE = reply(Act.ASK_MADE, "did you make this payment to the builder")
PURPOSE = reply(Act.ASK_PURPOSE, "what is the payment for")
BYE = reply(Act.GOODBYE, "thank you goodbye", ends=True)
VERSIONS = CallVersions("prompts", "policies", Engines("asr", "tts", "llm", "vad"))


@pytest.fixture(autouse=True)
def _no_lexicon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("agent.call.session._warm", lambda conversation: None)
    monkeypatch.setattr("agent.call.hearing.judge", fakes.judge_tones)
    monkeypatch.setattr("agent.call.floor.expected_phrases", lambda language, question: ())
    yield


class Blobs:
    def __init__(self) -> None:
        self.data = b""

    async def put(self, key: str, source: Any, media_type: str) -> MediaRef:
        self.data = b"".join([block async for block in source])
        return MediaRef(key, "digest", media_type)


class Setting:
    """A call to be made: who answers, what is planned, what is broken."""

    def __init__(self, customer: dict[str, Any], *replies: fakes.PlannedReply, **options: Any) -> None:
        self.persona = persona_from(customer, name="test", source="test")
        self.talk = options.pop("talk", None) or PlannedTalk(*replies)
        self.ears: dict[str, Any] = options.pop("ears", {})
        self.leg_options: dict[str, Any] = options.pop("leg", {})
        self.during: Callable[[SimulatedLeg], Any] | None = options.pop("during", None)
        self.options = {"synthesizer": HumMouth(), "recording": None, "max_seconds": 60.0, **options}
        self.leg: SimulatedLeg
        self.recognizer: ToneEars

    async def hold(self) -> Call:
        lines = list(self.persona.lines()) or ["nothing"]
        self.leg = SimulatedLeg(self.persona, voice=ToneVoice(lines), **self.leg_options)  # type: ignore[arg-type]
        self.recognizer = ToneEars(lines, **self.ears)
        await self.leg.ring(Invitation("c:1", "Bank", "ref", Language.EN, "42", 5.0))
        session = VoiceSession(
            call_id="c:1",
            conversation=self.talk,
            recognizer=self.recognizer,
            leg=self.leg,
            clock=StepClock(),
            versions=VERSIONS,
            new_probe=LevelProbe,  # type: ignore[arg-type]
            **self.options,
        )
        acting = asyncio.create_task(self.during(self.leg)) if self.during else None
        call = await session.run()
        if acting is not None:
            acting.cancel()
        return call

    def run(self) -> Call:
        return run_virtual(self.hold())


def texts(call: Call, speaker: Speaker) -> list[str]:
    return [turn.heard_text for turn in call.turns if turn.speaker is speaker]


async def spoken(leg: SimulatedLeg, count: int) -> None:
    """Return once the customer has said so many lines."""
    while len(leg.spoken) < count or leg.spoken[count - 1].ended_ms < 0:  # noqa: ASYNC110 - polls virtual time
        await asyncio.sleep(0.02)


ANSWERS = {"greet": "yes it is me", "ask_made": "no it was not me"}


def test_a_call_runs_from_greeting_to_goodbye() -> None:
    setting = Setting({"answers": ANSWERS}, GREET, MADE, BYE)
    call = setting.run()
    assert call.ending is CallEnding.COMPLETED and setting.talk.closed_with is CallEnding.COMPLETED
    assert [turn.index for turn in call.turns] == [0, 1, 2, 3, 4]
    assert texts(call, Speaker.AGENT) == [GREET.text, MADE.text, BYE.text]
    assert texts(call, Speaker.CUSTOMER) == ["yes it is me", "no it was not me"]
    assert setting.talk.considered == ["yes it is me", "no it was not me"]
    assert setting.talk.heard == [(planned.text, True) for planned in (GREET, MADE, BYE)]
    assert all(not turn.interrupted for turn in call.turns)
    assert call.leg == "simulated" and call.recording is None and call.versions is VERSIONS
    assert call.ended_at > call.started_at


def test_times_come_from_the_waveform_and_replies_are_prepared_inside_the_silence() -> None:
    setting = Setting({"answers": ANSWERS}, GREET, MADE, BYE)
    call = setting.run()
    customer = [turn for turn in call.turns if turn.speaker is Speaker.CUSTOMER]
    for turn, line in zip(customer, setting.leg.spoken, strict=True):
        assert abs(turn.started_ms - line.started_ms) <= 45 and abs(turn.ended_ms - line.ended_ms) <= 45
    responses = [turn.response_ms for turn in call.turns if turn.response_ms is not None]
    assert len(responses) == 2 and all(100 <= response <= 200 for response in responses)


def test_a_slow_brain_costs_no_more_than_its_own_time() -> None:
    talk = PlannedTalk(GREET, MADE, BYE, thinks_s=0.3)
    responses = [turn.response_ms for turn in Setting({"answers": ANSWERS}, talk=talk).run().turns if turn.response_ms]
    assert len(responses) == 2 and all(response <= 450 for response in responses)


def test_a_barge_in_cuts_the_agent_off_and_is_answered() -> None:
    events = [{"on": "ask_made", "after_ms": 900, "say": "wait who are you"}]
    setting = Setting({"answers": ANSWERS, "events": events}, GREET, MADE, BYE)
    call = setting.run()
    cut = call.turns[2]
    assert cut.interrupted and cut.text == MADE.text and MADE.text.startswith(cut.heard_text) and cut.heard_text
    assert setting.talk.heard[1] == (cut.heard_text, False)
    assert cut.yield_ms is not None and cut.yield_ms <= 300
    assert setting.talk.considered[-1] == "wait who are you"
    assert call.ending is CallEnding.COMPLETED


@pytest.mark.parametrize(("key", "words"), [("backchannel", "mm hmm"), ("say", "(cough)")])
def test_a_hum_or_a_cough_does_not_stop_the_agent(key: str, words: str) -> None:
    events = [{"on": "ask_made", "after_ms": 600, key: words}]
    setting = Setting({"answers": ANSWERS, "default": "", "events": events}, GREET, MADE, BYE, silence_seconds=3.0)
    call = setting.run()
    asked = next(turn for turn in call.turns if turn.acts == (Act.ASK_MADE,))
    assert asked.heard_text == MADE.text and not asked.interrupted
    assert setting.talk.noted == (["mm hmm"] if key == "backchannel" else [])


def test_words_that_come_before_the_reply_belong_to_the_same_turn() -> None:
    setting = Setting(
        {"answers": {"greet": "no it was not", "ask_made": "yes"}}, talk=PlannedTalk(GREET, MADE, BYE, thinks_s=0.8)
    )

    async def go_on(leg: SimulatedLeg) -> None:
        await spoken(leg, 1)
        await asyncio.sleep(0.4)
        leg._mouth += await ToneVoice(list(setting.persona.lines())).speak("yes")

    setting.during = go_on
    setting.run()
    assert setting.talk.considered[:2] == ["no it was not", "no it was not yes"]
    assert setting.talk.committed[1].customer_text == "no it was not yes"
    assert len([planned for planned in setting.talk.committed if planned.customer_text]) == 2


def test_hello_before_the_greeting_answers_nothing() -> None:
    async def hello(leg: SimulatedLeg) -> None:
        leg._mouth += await ToneVoice(["hello there", *setting.persona.lines()]).speak("hello there")

    mouth = HumMouth(starts_after_s=0.4)
    answers = {"repeat": "hello there", **ANSWERS}
    setting = Setting({"answers": answers}, GREET, MADE, BYE, during=hello, synthesizer=mouth)
    call = setting.run()
    assert setting.talk.noted == ["hello there"] and call.turns[0].text == "hello there"
    assert setting.talk.considered == ["yes it is me", "no it was not me"]
    assert call.ending is CallEnding.COMPLETED


def test_an_unfinished_sentence_gets_patience() -> None:
    setting = Setting({"answers": {"greet": "the payment was for"}}, GREET, BYE)
    assert 950 <= (setting.run().turns[-1].response_ms or 0) <= 1200


def test_silence_is_answered_and_ends_the_call() -> None:
    farewell = reply(Act.GOODBYE, "goodbye then", ends=True)
    talk = PlannedTalk(GREET, silence=farewell)
    call = Setting({"default": ""}, talk=talk, silence_seconds=4.0).run()
    assert call.ending is CallEnding.SILENCE and talk.silences == 1
    assert call.turns[1].started_ms - call.turns[0].ended_ms == pytest.approx(4000, abs=100)


def test_patience_after_hold_on_is_longer() -> None:
    waits = reply(Act.WAIT, "take your time", patience=2.5)
    talk = PlannedTalk(GREET, waits, silence=reply(Act.GOODBYE, "goodbye then", ends=True))
    call = Setting({"answers": {"greet": "hold on please"}}, talk=talk, silence_seconds=4.0).run()
    assert call.turns[-1].started_ms - call.turns[-2].ended_ms == pytest.approx(10_000, abs=100)


def test_speech_without_words_is_asked_again() -> None:
    setting = Setting({"answers": {"greet": "yes it is me"}}, GREET, BYE, ears={"deaf": True})
    call = setting.run()
    assert setting.talk.considered == [""] and call.ending is CallEnding.COMPLETED


def test_other_readings_are_considered_where_the_words_were_unclear() -> None:
    setting = Setting({"answers": ANSWERS}, GREET, MADE, BYE, ears={"alternatives": ("yes",)})
    setting.run()
    assert setting.talk.considered == ["yes it is me", "no it was not me"], "clear words are read once"


def test_a_secret_is_cut_short() -> None:
    answers = {"greet": "my pin is one two three four five", "refuse_secret": ""}
    setting = Setting({"answers": answers}, GREET, BYE, silence_seconds=3.0, max_seconds=14.0)
    call = setting.run()
    refusal = next(turn for turn in call.turns if turn.acts == (Act.REFUSE_SECRET,))
    line = setting.leg.spoken[0]
    assert refusal.started_ms < line.ended_ms, "the agent speaks while the customer still does"
    assert refusal.heard_text == "please stop there"
    assert call.turns[1].text.startswith("my pin is") and "five" not in call.turns[1].text


def test_the_button_brings_a_person_at_once() -> None:
    events = [{"on": "ask_made", "after_ms": 500, "ask_human": True}]
    call = Setting({"answers": ANSWERS, "events": events}, GREET, MADE, BYE).run()
    assert call.turns[-1].acts == (Act.TRANSFER_TO_HUMAN,) and call.ending is CallEnding.COMPLETED
    assert call.turns[-2].interrupted


@pytest.mark.parametrize("act", ["greet", "ask_made", "goodbye"])
@pytest.mark.parametrize("after_ms", [300, None])
def test_hanging_up_at_any_act_leaves_a_partial_call(act: str, after_ms: int | None) -> None:
    event = {"on": act, "hang_up": True} | ({} if after_ms is None else {"after_ms": after_ms})
    call = Setting({"answers": ANSWERS, "events": [event]}, GREET, MADE, BYE).run()
    finished = act == "goodbye" and after_ms is None
    assert call.ending is (CallEnding.COMPLETED if finished else CallEnding.CUSTOMER_HUNG_UP)
    assert call.turns[-1].acts == (Act(act),)


def test_words_on_which_the_customer_hangs_up_count() -> None:
    async def hang_up(leg: SimulatedLeg) -> None:
        await spoken(leg, 2)
        leg._end()

    setting = Setting({"answers": ANSWERS}, GREET, MADE, BYE, during=hang_up)
    call = setting.run()
    assert call.ending is CallEnding.CUSTOMER_HUNG_UP
    assert call.turns[-1].text == "no it was not me" == setting.talk.committed[-1].customer_text


def test_a_broken_line_ends_the_call_as_failed() -> None:
    call = Setting({"answers": ANSWERS}, GREET, MADE, BYE, leg={"lost_after_ms": 3000}).run()
    assert call.ending is CallEnding.LEG_FAILED and len(call.turns) >= 2


def test_ears_that_break_end_the_call_and_keep_what_was_said() -> None:
    call = Setting({"answers": ANSWERS}, GREET, MADE, BYE, ears={"fails_after": 1}).run()
    assert call.ending is CallEnding.ENGINE_FAILED
    assert texts(call, Speaker.CUSTOMER) == ["yes it is me"]


def test_a_mouth_that_breaks_is_helped_out() -> None:
    spare = HumMouth()
    call = Setting(
        {"answers": ANSWERS}, GREET, MADE, BYE, synthesizer=HumMouth(fails_after_words=10), spare=spare
    ).run()
    assert call.ending is CallEnding.COMPLETED
    assert texts(call, Speaker.AGENT) == [GREET.text, MADE.text, BYE.text] and len(spare.spoken) == 2


@pytest.mark.parametrize("stalls", [False, True])
def test_a_mouth_that_breaks_without_help_ends_the_call_soon(stalls: bool) -> None:
    mouth = HumMouth(fails_after_words=10, stalls=stalls)
    call = Setting({"answers": ANSWERS}, GREET, MADE, BYE, synthesizer=mouth).run()
    assert call.ending is CallEnding.ENGINE_FAILED
    assert call.turns[-1].acts == (Act.ASK_MADE,) and call.turns[-1].heard_text == "did you"


def test_a_mouth_without_audio_ends_the_call() -> None:
    class Mute(HumMouth):
        async def synthesize(self, text: str, language: Language) -> Any:
            return
            yield

    assert Setting({"answers": ANSWERS}, GREET, BYE, synthesizer=Mute()).run().ending is CallEnding.ENGINE_FAILED


def test_a_brain_that_breaks_ends_the_call() -> None:
    class Broken(PlannedTalk):
        async def consider(self, text: str, *, alternatives: Any = ()) -> Any:
            raise RuntimeError("broken")

    call = Setting({"answers": ANSWERS}, talk=Broken(GREET, BYE)).run()
    assert call.ending is CallEnding.ENGINE_FAILED and texts(call, Speaker.AGENT) == [GREET.text]


@pytest.mark.parametrize("step", ["commit", "played", "note"])
def test_a_conversation_that_breaks_ends_the_call_and_never_loses_it(
    monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError(step)

    setting = Setting(
        {"answers": ANSWERS, "events": [{"on": "greet", "after_ms": 500, "backchannel": "mm hmm"}]}, GREET, MADE, BYE
    )
    monkeypatch.setattr(setting.talk, step, broken)
    assert setting.run().ending is CallEnding.ENGINE_FAILED


def test_a_session_that_does_not_start_ends_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_: Any) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("agent.call.verifier.FrameworkSession.start", refuse)
    call = Setting({"answers": ANSWERS}, GREET, MADE, BYE).run()
    assert call.ending is CallEnding.ENGINE_FAILED and call.turns == ()


def test_a_session_that_confirms_nothing_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.call.verifier.Verifier.on_user_turn_completed", lambda *_: asyncio.sleep(0))
    assert Setting({"answers": ANSWERS}, GREET, MADE, BYE).run().ending is CallEnding.ENGINE_FAILED


def test_the_length_of_a_call_is_capped_after_the_sentence() -> None:
    call = Setting({"answers": ANSWERS}, GREET, MADE, BYE, max_seconds=3.5).run()
    assert call.ending is CallEnding.LENGTH_CAP
    assert call.turns[-1].heard_text == MADE.text and not call.turns[-1].interrupted


def test_a_goodbye_that_is_cut_off_is_followed_by_an_answer() -> None:
    long_bye = reply(Act.GOODBYE, "thank you very much for your time goodbye", ends=True)
    events = [{"on": "goodbye", "after_ms": 700, "say": "what should i do now"}]
    answers = {"greet": "yes it is me", "goodbye": ""}
    setting = Setting({"answers": answers, "events": events}, GREET, long_bye)
    call = setting.run()
    assert call.ending is CallEnding.COMPLETED
    assert [turn.interrupted for turn in call.turns if turn.acts == (Act.GOODBYE,)] == [True, False]


def test_what_may_not_be_interrupted_is_not() -> None:
    warning = reply(Act.WARN, "this may well be a fraud and your money is lost", interruptible=False)
    events = [{"on": "warn", "after_ms": 700, "say": "wait who are you"}]
    setting = Setting(
        {"answers": {"greet": "yes it is me"}, "events": events}, GREET, warning, BYE, silence_seconds=2.0
    )
    call = setting.run()
    warned = next(turn for turn in call.turns if turn.acts == (Act.WARN,))
    assert warned.heard_text == warning.text and setting.talk.noted == ["wait who are you"]
    assert call.ending is not CallEnding.ENGINE_FAILED


def test_the_recording_is_kept_and_its_hashes_can_be_made_again(tmp_path: Path) -> None:
    blobs = Blobs()
    setting = Setting({"answers": ANSWERS}, GREET, MADE, BYE, recording=Recording(blobs, "c/1.ogg", tmp_path))  # type: ignore[arg-type]
    call = setting.run()
    assert call.recording is not None and call.recording.key == "c/1.ogg"
    assert abs((call.recording.duration_ms or 0) - call.turns[-1].ended_ms) < 1500
    kept = tmp_path / "kept.ogg"
    kept.write_bytes(blobs.data)
    spans = [Stretch(turn.started_ms, turn.ended_ms) for turn in call.turns]
    assert [turn.audio_sha256 for turn in call.turns] == list(span_hashes(kept, spans))
    assert list(tmp_path.iterdir()) == [kept], "nothing is left where the recording grew"


def test_a_store_that_fails_leaves_the_recording_in_its_folder(tmp_path: Path) -> None:
    class Full(Blobs):
        async def put(self, key: str, source: Any, media_type: str) -> MediaRef:
            raise FileExistsError(key)

    recording = Recording(Full(), "c/1.ogg", tmp_path)  # type: ignore[arg-type]
    call = Setting({"answers": ANSWERS}, GREET, MADE, BYE, recording=recording).run()
    assert call.ending is CallEnding.COMPLETED and call.recording is None
    assert call.turns[0].audio_sha256 is None and len(list(tmp_path.glob("*.ogg"))) == 1


def test_the_frameworks_logs_and_traces_hold_no_words(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    monkeypatch.setattr("agent.call.verifier.trace.get_tracer_provider", lambda: provider)
    with caplog.at_level(logging.DEBUG):
        Setting({"answers": ANSWERS}, GREET, MADE, BYE).run()
    telemetry.set_tracer_provider(NoOpTracerProvider())
    exported = spans.get_finished_spans()
    assert "user_turn" in {span.name for span in exported}
    assert caplog.records, "the framework logs"
    everything = " ".join([*(span.to_json() for span in exported), *(str(vars(record)) for record in caplog.records)])
    assert "it was not me" not in everything and "did you make this payment" not in everything


def test_captions_tell_the_customer_what_is_said_as_it_is_said() -> None:
    setting = Setting({"answers": ANSWERS}, GREET, MADE, BYE)
    setting.run()
    greeting = [c for c in setting.leg.captions if c.speaker is Speaker.AGENT and c.acts == (Act.GREET,)]
    shown = [caption.text for caption in greeting]
    assert shown[0] == "" and shown[1] == "hello" and shown[-1] == GREET.text
    assert [caption.final for caption in greeting] == [False] * (len(greeting) - 1) + [True]
    assert "yes it is me" in [c.text for c in setting.leg.captions if c.speaker is Speaker.CUSTOMER and c.final]
