"""One run of a scenario by voice: a real call over a simulated line, and what was measured on it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from agent.brains.brain import Brain
from agent.brains.lexicon import expected_phrases
from agent.brains.rules import RULES
from agent.call.session import Recording, VoiceSession
from agent.dialogue.conversation import Conversation
from agent.placements import SpokenEngines
from agent.record.recorder import SUFFIX
from agent.record.recording import envelopes
from agent.record.waveform import voiced
from agent.speech.vad import warm_vad
from cases.adapters.blobs_file import FileBlobs
from cases.domain.call import Call, CallEnding, CallVersions, Engines, Turn
from cases.domain.policy import Policy
from cases.domain.triage import assess
from cases.domain.vocabulary import QUESTION_OF_ACT, Act, Disposition, Language, Speaker
from evals.graders.model import Run, VoiceRun
from evals.scenario import Scenario
from evals.text_mode import MATCH_CODE, told
from evals.voice.clock import CallLoop
from evals.voice.engines import EngineStock, RemoteBrain
from evals.voice.options import Pace, VoiceOptions
from evals.voice.scoring import TrueLine, score
from evals.voice.words import word_errors
from telephony.customer import LineKind
from telephony.customer_speech import DEFAULT_VOICE, CustomerSpeechError, CustomerVoice
from telephony.leg import Invitation
from telephony.persona import Persona
from telephony.simulated import SimulatedLeg
from telephony.voicemail import greetings

_DIALLED_AFTER = timedelta(minutes=1)
_EXPECT_WORDS = frozenset({Act.GREET, *QUESTION_OF_ACT})
_FALLBACKS = {
    Language.EN: (DEFAULT_VOICE, "espeak-ng:en-gb"),
    Language.ZH: ("espeak-ng:cmn",),
}
"""Voices that speak for a customer whose own is not here, best first."""
_NO_ENGINES = Engines("", "", "", "")


class LoopClock:
    """The wall clock of a call, as its event loop has it."""

    def __init__(self, start: datetime, loop: asyncio.AbstractEventLoop) -> None:
        """Show a moment, UTC and aware, now."""
        self._start = start
        self._loop = loop
        self._began = loop.time()

    def now(self) -> datetime:
        """The moment."""
        return self._start + timedelta(seconds=self._loop.time() - self._began)


class VoiceWorker:
    """Holds one call after the other; what is loaded for the first serves all."""

    def __init__(self, options: VoiceOptions, policy: Policy, brain: Brain) -> None:
        """Load nothing before the first call.

        Args:
            options: How calls are held.
            policy: The policy of every call.
            brain: Reads what customers say.
        """
        self._options = options
        self._policy = policy
        self._call_loop = CallLoop() if options.pace is Pace.FAST else None
        loop = self._call_loop
        self._runner = asyncio.Runner(loop_factory=(lambda: loop) if loop is not None else asyncio.SelectorEventLoop)
        self._brain = brain if loop is None or brain.name == RULES else RemoteBrain(brain, loop.waiting)
        self._stock = EngineStock(
            options,
            options.cache or options.artefacts / "cache",
            f"{brain.name} {brain.model}",
            contextlib.nullcontext if loop is None else loop.work,
        )
        self._voice = CustomerVoice()

    def run(self, scenario: Scenario, number: int) -> Run:
        """Run a scenario.

        Args:
            scenario: What to run.
            number: Which run of it, from 1; it draws noise, loss and reaction times.

        Raises:
            SpeechError: An engine that the options name is not there, or does not start.
        """
        return self._runner.run(self._run(scenario, number))

    def close(self) -> None:
        """Let the engines go."""
        self._runner.run(self._stock.aclose())
        self._runner.close()

    async def _run(self, scenario: Scenario, number: int) -> Run:
        channel = self._options.channel or scenario.channel
        engines = await self._stock.get(scenario.language, channel.band)
        if isinstance(engines, str):
            return self._nobody(scenario, Disposition.FAILED, faults=(engines,))
        await asyncio.to_thread(_warm, scenario)
        if self._call_loop is not None:
            await self._call_loop.begin()
        voice, notes = voice_for(scenario, self._voice)
        seed = zlib.crc32(f"{scenario.id}:{number}".encode())
        persona = replace(scenario.customer, voice=voice)
        leg = SimulatedLeg(
            persona,
            voice=self._voice,
            seed=seed,
            channel=channel,
            greeting=greeting_for(persona, self._voice, seed),
        )
        try:
            disposition = await leg.ring(_invitation(scenario, number, self._policy))
        except CustomerSpeechError as error:
            return self._nobody(scenario, Disposition.FAILED, faults=(str(error),))
        if disposition is not Disposition.ANSWERED:
            return self._nobody(scenario, disposition, engines.names)
        return await self._talk(scenario, number, leg, engines, voice, notes)

    def _nobody(
        self,
        scenario: Scenario,
        disposition: Disposition,
        engines: Engines = _NO_ENGINES,
        faults: tuple[str, ...] = (),
    ) -> Run:
        """A run in which nobody was spoken to."""
        nobody = assess(scenario.alert, None, self._policy, disposition=disposition, ending=None)
        voice = VoiceRun(None, engines, scenario.customer.voice, self._line(scenario))
        return Run(scenario, disposition, None, nobody, told(nobody), faults, voice)

    def _line(self, scenario: Scenario) -> str:
        return str(self._options.channel or scenario.channel)

    async def _talk(
        self,
        scenario: Scenario,
        number: int,
        leg: SimulatedLeg,
        engines: SpokenEngines,
        voice: str,
        notes: tuple[str, ...],
    ) -> Run:
        answered_at = asyncio.get_running_loop().time()
        call = await self._hold(scenario, number, leg, engines)
        disposition = call.answered_by
        assessment = assess(
            scenario.alert, call.verification, self._policy, disposition=disposition, ending=call.ending
        )
        recording = self._options.artefacts / call.recording.key if call.recording is not None else None
        measured = VoiceRun(recording, engines.names, voice, self._line(scenario), notes=notes)
        if recording is not None:
            measured = self._measured(measured, recording, call, leg, answered_at)
        elif not scenario.alert.customer.consent.recording:
            measured = replace(measured, notes=(*notes, "not recorded: the customer does not consent"))
        faults = faults_of(scenario, leg, call)
        return Run(scenario, disposition, call, assessment, told(assessment), faults, measured)

    async def _hold(self, scenario: Scenario, number: int, leg: SimulatedLeg, engines: SpokenEngines) -> Call:
        options, limits = self._options, self._policy.limits
        conversation = Conversation(alert=scenario.alert, policy=self._policy, brain=self._brain, match_code=MATCH_CODE)
        key = artefact_key(scenario, number)
        (options.artefacts / key).unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(prefix="riskcall-eval-") as folder:
            recording = Recording(FileBlobs(options.artefacts), key, Path(folder))
            session = VoiceSession(
                call_id=f"{scenario.id}:{number}",
                conversation=conversation,
                recognizer=engines.recognizer,
                synthesizer=engines.synthesizer,
                spare=engines.spare,
                leg=leg,
                clock=LoopClock(scenario.alert.raised_at + _DIALLED_AFTER, asyncio.get_running_loop()),
                versions=CallVersions(conversation.prompts_version, conversation.policy_version, engines.names),
                recording=recording if scenario.alert.customer.consent.recording else None,
                silence_seconds=limits.silence_seconds,
                max_seconds=limits.max_call_seconds,
            )
            return await session.run()

    def _measured(self, run: VoiceRun, recording: Path, call: Call, leg: SimulatedLeg, answered_at: float) -> VoiceRun:
        customer, agent = envelopes(recording)
        lines = true_lines(leg, agent.peaks.size)
        loop, spoken = self._call_loop, _turns(call, Speaker.AGENT)
        timing = score(
            lines,
            voiced(agent.peaks),
            completed_ms=[turn.ended_ms for turn in spoken if not turn.interrupted],
            cut_ms=[turn.ended_ms for turn in spoken if turn.interrupted],
            kept_silent_ms=leg.mind.kept_silent_ms,
            lag_ms=lambda at: loop.lag_s(answered_at + at / 1000) * 1000 if loop is not None else 0.0,
        )
        errors, words = word_errors(*said_and_heard(lines, _turns(call, Speaker.CUSTOMER)))
        return replace(
            run,
            word_errors=errors,
            words=words,
            response_ms=timing.response_ms,
            yield_ms=timing.yield_ms,
            false_cut_ins=timing.false_cut_ins,
            barge_ins=timing.barge_ins,
            ignored_barge_ins=timing.ignored_barge_ins,
            backchannels=timing.backchannels,
            backchannel_stops=timing.backchannel_stops,
            dead_air=timing.dead_air,
            length_ms=int(max(customer.peaks.size, agent.peaks.size)),
        )


def artefact_key(scenario: Scenario, number: int) -> str:
    """Where the recording of a run lies in the folder of artefacts."""
    name = re.sub(r"[^A-Za-z0-9._-]", "-", scenario.id).lstrip(".-_") or "scenario"
    return f"{name}/{number}{SUFFIX}"


def true_lines(leg: SimulatedLeg, length_ms: int) -> tuple[TrueLine, ...]:
    """What a customer spoke, on the clock of the recording; a line that the end of the call cut ends there."""
    delay = round(leg.delay_ms)
    return tuple(
        TrueLine(
            line.text,
            line.started_ms + delay,
            line.ended_ms + delay if line.ended_ms >= 0 else max(length_ms, line.started_ms + delay),
            line.kind,
        )
        for line in leg.spoken
    )


def said_and_heard(lines: Sequence[TrueLine], turns: Sequence[Turn]) -> tuple[str, str]:
    """What the customer said and what the agent heard of it, hums left out of both."""
    hums = [line for line in lines if line.kind is LineKind.BACKCHANNEL]
    said = " ".join(line.text for line in lines if line.kind is not LineKind.BACKCHANNEL)
    heard = [
        turn.text
        for turn in turns
        if not any(turn.started_ms < hum.end_ms and hum.start_ms < turn.ended_ms for hum in hums)
    ]
    return said, " ".join(heard)


def faults_of(scenario: Scenario, leg: SimulatedLeg, call: Call) -> tuple[str, ...]:
    """What went wrong with the simulated customer."""
    faults = [f"the voice made no sound of {text!r}" for text in leg.mute_lines]
    for acts, _ in leg.mind.answered:
        if not scenario.has_answer(acts) and _EXPECT_WORDS.intersection(acts):
            faults.append(f"ran out of script: no answer to {', '.join(acts)} and no default")
    if call.ending is CallEnding.SILENCE and not leg.spoken and scenario.customer.answers.get(Act.GREET, ("",))[0]:
        faults.append("said nothing though it had words for the greeting")
    if leg.spoken and not any(turn.speaker is Speaker.AGENT for turn in call.turns):
        faults.append("spoke into the void: the agent said nothing")
    return tuple(dict.fromkeys(faults))


def voice_for(scenario: Scenario, speech: CustomerVoice) -> tuple[str, tuple[str, ...]]:
    """The voice that speaks for a scenario's customer, and a note where it is not the one named."""
    persona = scenario.customer
    named = persona.voice
    wanted = [named, *_FALLBACKS[scenario.language]]
    if scenario.language is Language.ZH:
        wanted = [voice for voice in wanted if not voice.startswith("flite:")]  # it speaks no Chinese
    able = [voice for voice in wanted if all(speech.can_speak(line, voice) for line in persona.lines())]
    voice = able[0] if able else named
    replaced = voice != named and not (scenario.language is Language.ZH and named == DEFAULT_VOICE)
    return voice, (f"{named} is not here or has no words of this language; {voice} speaks",) if replaced else ()


def greeting_for(persona: Persona, speech: CustomerVoice, seed: int) -> str:
    """What a persona's voicemail says; empty where no voicemail answers, or its voice is not here."""
    if persona.answered_by is not Disposition.VOICEMAIL:
        return ""
    able = [text for text in greetings(persona.language) if speech.can_speak(text, persona.voice)]
    return able[seed % len(able)] if able else ""


def _turns(call: Call, speaker: Speaker) -> list[Turn]:
    return [turn for turn in call.turns if turn.speaker is speaker]


def _invitation(scenario: Scenario, number: int, policy: Policy) -> Invitation:
    alert = scenario.alert
    return Invitation(
        attempt_id=f"{scenario.id}:{number}",
        bank_name=alert.bank_name,
        customer_reference=alert.customer.reference,
        language=alert.language,
        match_code=MATCH_CODE,
        ring_seconds=policy.contact_rules(alert).ring_seconds,
    )


def _warm(scenario: Scenario) -> None:
    """Load once what the first call would otherwise wait for."""
    warm_vad()
    expected_phrases(scenario.language)
