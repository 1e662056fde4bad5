"""Pipecat on the stage: its documentation's bot on the stage's line, with the stage's recogniser, model and voice.

Run as `python -m bench.turn_taking.sides.pipecat_side --variant VARIANT` in an environment of `pipecat.txt`.

How Pipecat 1.14 takes turns, and what that leaves to tune:

- A turn ends once the VAD reports silence, the bundled end-of-turn model calls the turn whole and a finalized
  transcript is there. The VAD's report is also what asks the recogniser for it. A turn that the model calls unfinished
  ends after `patience_s` of silence, so a turn is answered after a good half second or after `patience_s` and more.
- The model runs within the user aggregator's input queue: transcripts wait behind it. An interim transcript that comes
  out of the queue after the turn's end begins a new turn and drops the reply and what else is queued; where the VAD
  hears nothing more, that turn is closed after 5 s (`user_turn_stop_timeout`).
- What interrupts the agent is lost: it does not go on by itself after a cough or a backchannel. A turn without words
  that interrupted it makes the model ask again when the turn is closed after those 5 s.

What was tried for `tuned`, on the development material without load (76 turns, 33 pauses; replies at p50/p95, cut-ins):
`stop_secs` 0.1 .56/3.45 s, 15; 0.15 .54/3.50, 15; 0.2 .55/3.53, 17; 0.3 .62/3.63, 16, since the model calls the more
turns unfinished the less silence it hears. `patience_s` 3 gives a p95 of 3.5 s, 1.5 of 2.0, 1.2 of 1.7 with one cut-in
more, 1.0 of 1.5 with seven more. `start_secs` 0.1 interrupts 0.1 s sooner than 0.2 and was stopped by no more coughs.
Smaller output chunks end an interrupted line sooner. `words` is `tuned` with MinWordsUserTurnStartStrategy(2): about
half of the backchannels do not stop it, but it yields after .6 to .7 s instead of .3; with three words it stops at
fewer and yields after .9. Not used: SpeechTimeoutUserTurnStopStrategy, which waits its 0.6 s at every pause and end;
EagerUserTurnStrategies, which needs a recogniser that predicts turns; FilterIncompleteUserTurnStrategies, which asks
the language model; the mute strategies, which leave customers unheard.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass, fields, replace
from functools import partial
from importlib.metadata import version

from loguru import logger
from pipecat.audio.turn.smart_turn.base_smart_turn import SmartTurnParams
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    OutputAudioRawFrame,
    StartFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.llm_service import LLMService
from pipecat.services.settings import LLMSettings, STTSettings, TTSSettings
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.turns.user_start import (
    MinWordsUserTurnStartStrategy,
    TranscriptionUserTurnStartStrategy,
    VADUserTurnStartStrategy,
)
from pipecat.turns.user_stop import TurnAnalyzerUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.utils.time import time_now_iso8601
from pipecat.workers.runner import WorkerRunner

from bench.turn_taking.stage.customer import Customer
from bench.turn_taking.stage.ear import Ear
from bench.turn_taking.stage.line import Line
from bench.turn_taking.stage.script import FRAME_BYTES, RATE, Block
from bench.turn_taking.stage.stubs import FINAL_S, MODEL_S, SPEECH_S, spoken, tokens
from bench.turn_taking.stage.worker import SystemFailedError, serve

FINAL_P99_S = 0.3
"""What the recogniser promises from the end of speech to its final transcript: end silence, FINAL_S and some."""
SEGMENT_S = 0.5
"""Silence after which the recogniser ends a segment that the VAD took for no speech."""
WRITE_AHEAD_S = 0.01
"""How much of a written chunk is still unplayed when the next is taken: one packet of Pipecat's WebRTC track."""
VOICE_CHUNK_BYTES = RATE * 2 // 10


@dataclass(frozen=True, slots=True)
class Tuning:
    """Settings of Pipecat that a builder may change.

    Attributes:
        start_secs: Speech after which the VAD says that the customer speaks.
        stop_secs: Silence after which the VAD says that the customer stopped, and the end-of-turn model is asked.
        patience_s: Silence after which a turn ends although the end-of-turn model calls it unfinished.
        interrupting_words: Words that interrupt the agent; 0 where the VAD alone does.
        chunk_10ms: Output audio that is written at a time, in 10 ms.
    """

    start_secs: float = 0.2
    stop_secs: float = 0.2
    patience_s: float = 3.0
    interrupting_words: int = 0
    chunk_10ms: int = 4

    def user_params(self) -> LLMUserAggregatorParams:
        """Parameters of the user's aggregator."""
        vad = SileroVADAnalyzer(params=VADParams(start_secs=self.start_secs, stop_secs=self.stop_secs))
        model = LocalSmartTurnAnalyzerV3(params=SmartTurnParams(stop_secs=self.patience_s))
        if self.interrupting_words:
            start = [MinWordsUserTurnStartStrategy(min_words=self.interrupting_words)]
        else:
            start = [VADUserTurnStartStrategy(), TranscriptionUserTurnStartStrategy()]
        stop = [TurnAnalyzerUserTurnStopStrategy(turn_analyzer=model)]
        return LLMUserAggregatorParams(
            vad_analyzer=vad, user_turn_strategies=UserTurnStrategies(start=start, stop=stop)
        )


_FAIR = Tuning(start_secs=0.1, stop_secs=0.15, patience_s=1.2, chunk_10ms=2)
VARIANTS: dict[str, Tuning | None] = {
    "defaults": None,
    "tuned": _FAIR,
    "words": replace(_FAIR, interrupting_words=2),
}
"""What is played; None is what the documentation's bot has: an aggregator that is given a VAD and nothing else."""


class Microphone(BaseInputTransport):
    """The transport that the customer is heard over."""

    def __init__(self, params: TransportParams) -> None:
        """Make the transport's hearing half."""
        super().__init__(params)
        self.ready = asyncio.Event()

    async def start(self, frame: StartFrame) -> None:
        """Take audio from now on."""
        await super().start(frame)
        await self.set_transport_ready(frame)
        self.ready.set()

    async def hear(self, pcm: bytes) -> None:
        """Take 20 ms of the customer."""
        await self.push_audio_frame(InputAudioRawFrame(audio=pcm, sample_rate=RATE, num_channels=1))


class Earpiece(BaseOutputTransport):
    """The transport that the customer hears: plays at real pace, and a written chunk is played to its end.

    As Pipecat's own WebRTC transport does: an interruption drops what was not written yet.
    """

    def __init__(self, params: TransportParams, line: Line) -> None:
        """Make the transport's speaking half.

        Args:
            params: Its parameters.
            line: What it plays into.
        """
        super().__init__(params)
        self._line = line
        self._until_s = 0.0
        self.ready = asyncio.Event()

    async def start(self, frame: StartFrame) -> None:
        """Take audio from now on."""
        await super().start(frame)
        await self.set_transport_ready(frame)
        self.ready.set()

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        """Play a chunk; returns when the next is needed."""
        self._until_s = max(self._until_s, self._line.now_s) + len(frame.audio) / 2 / RATE
        self._line.play(frame.audio)
        await asyncio.sleep(max(0.0, self._until_s - WRITE_AHEAD_S - self._line.now_s))
        return True


class Recogniser(STTService):
    """The stub recogniser as a streaming service of Pipecat: interim transcripts with the audio, a final on request.

    As in its services for Soniox, Deepgram and others, the request is the VAD's frame that the customer stopped, and
    the transcript that answers it is marked as finalized, so that the turn waits for no timeout. A word that the VAD
    took to be over before it was belongs to that transcript, as a recogniser gives what it has of it. Words that the
    VAD never took for speech come by themselves once nothing follows, as from a service that ends segments on its own.
    """

    def __init__(self, customer: Customer) -> None:
        """Make a service that hears a customer."""
        super().__init__(
            ttfs_p99_latency=FINAL_P99_S, settings=STTSettings(model="stub", language=None), sample_rate=RATE
        )
        self._customer = customer
        self._ear = Ear(customer)
        self._interim = ""
        self._speech = False
        self._asked: asyncio.Task[None] | None = None

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Give the words that the recogniser has by now, where they are more than before."""
        text, now_s = self._ear.interim(), self._customer.now_s
        if text and text != self._interim:
            yield InterimTranscriptionFrame(text, "", time_now_iso8601())
        self._interim = text
        waits = self._asked is not None and not self._asked.done()
        if text and not self._speech and not waits and not self._spoken_since(now_s - SEGMENT_S):
            self._asked = self.create_task(self._finalize(now_s, finalized=False))

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Ask for the final transcript once the VAD says that the customer stopped."""
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStartedSpeakingFrame):
            self._speech = True
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            self._speech = False
            silent_from_s = self._customer.now_s - frame.stop_secs
            begun = (word.end_s for word in self._customer.words if word.begin_s < silent_from_s)
            self._asked = self.create_task(self._finalize(max(self._customer.now_s, *begun, 0.0), finalized=True))

    def _spoken_since(self, from_s: float) -> bool:
        return any(word.end_s > from_s for word in self._customer.words)

    async def _finalize(self, until_s: float, *, finalized: bool) -> None:
        await asyncio.sleep(FINAL_S)
        text = self._ear.final(until_s)
        if text:
            await self.push_frame(TranscriptionFrame(text, "", time_now_iso8601(), finalized=finalized))


class Model(LLMService):
    """The stub model: says what is due."""

    def __init__(self, customer: Customer) -> None:
        """Make a model that knows what the customer waits for."""
        unset = dict.fromkeys(one.name for one in fields(LLMSettings) if one.name not in ("model", "extra"))
        super().__init__(settings=LLMSettings(model="stub", **unset))
        self._customer = customer

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer a context; an interruption ends the answer."""
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        await self.push_frame(LLMFullResponseStartFrame())
        try:
            text = self._customer.reply
            await asyncio.sleep(MODEL_S)
            for token in tokens(text):
                await self.push_frame(LLMTextFrame(token))
        finally:
            await self.push_frame(LLMFullResponseEndFrame())


class Voice(TTSService):
    """The stub voice as a service that streams the audio of each sentence."""

    def __init__(self) -> None:
        """Make a voice."""
        super().__init__(
            push_start_frame=True,
            push_stop_frames=True,
            sample_rate=RATE,
            settings=TTSSettings(model="stub", voice="stub", language=None),
        )

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame, None]:
        """Say a text."""
        await asyncio.sleep(SPEECH_S)
        pcm = spoken(text)
        for at in range(0, len(pcm), VOICE_CHUNK_BYTES):
            yield TTSAudioRawFrame(pcm[at : at + VOICE_CHUNK_BYTES], RATE, 1, context_id=context_id)


def wire(line: Line, tuning: Tuning | None) -> tuple[PipelineWorker, Microphone, Earpiece]:
    """Build a bot for one call, as the documentation's quickstart does.

    Args:
        line: What the call goes over.
        tuning: What is set; None for nothing.

    Returns:
        The bot, and both halves of its transport.
    """
    params = TransportParams(audio_in_enabled=True, audio_out_enabled=True)
    if tuning is not None:
        params.audio_out_10ms_chunks = tuning.chunk_10ms
    microphone, earpiece = Microphone(params), Earpiece(params, line)
    if tuning is None:
        user_params = LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer())
    else:
        user_params = tuning.user_params()
    context = LLMContext()
    user_aggregator, assistant_aggregator = LLMContextAggregatorPair(context, user_params=user_params)
    pipeline = Pipeline(
        [
            microphone,
            Recogniser(line.customer),
            user_aggregator,
            Model(line.customer),
            Voice(),
            earpiece,
            assistant_aggregator,
        ]
    )
    settings = PipelineParams(
        audio_in_sample_rate=RATE, audio_out_sample_rate=RATE, enable_metrics=True, enable_usage_metrics=True
    )
    return PipelineWorker(pipeline, params=settings), microphone, earpiece


async def play(tuning: Tuning | None, block: Block, line: Line) -> None:
    """Play one block; returns once the bot is closed.

    Raises:
        SystemFailedError: The pipeline ended before the block.
    """
    worker, microphone, earpiece = wire(line, tuning)
    runner = WorkerRunner(handle_sigint=False, force_gc=True)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    await asyncio.gather(microphone.ready.wait(), earpiece.ready.wait())
    await worker.queue_frame(TTSSpeakFrame(block.opening))
    async for frame in line.microphone():
        if running.done():
            raise SystemFailedError(f"The pipeline ended {line.now_s:.1f} s into the block.")
        await microphone.hear(frame)
    await runner.cancel()
    await running


def warm() -> None:
    """Load what the first call would load, and run every model once."""
    silence = bytes(FRAME_BYTES)

    async def run() -> None:
        vad, model = SileroVADAnalyzer(sample_rate=RATE), LocalSmartTurnAnalyzerV3(sample_rate=RATE)
        vad.set_sample_rate(RATE)
        model.set_sample_rate(RATE)
        for _ in range(50):
            await vad.analyze_audio(silence)
            model.append_audio(silence, is_speech=True)
        await model.analyze_end_of_turn()
        await vad.cleanup()
        await model.cleanup()

    asyncio.run(run())


def main() -> None:
    """Serve blocks to a variant named on the command line."""
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", choices=list(VARIANTS), default="defaults")
    variant = parser.parse_args().variant
    warm()
    versions = {"pipecat-ai": version("pipecat-ai"), "python": platform.python_version()}
    serve(partial(play, VARIANTS[variant]), {"system": "pipecat", "variant": variant, "versions": versions})


if __name__ == "__main__":
    main()
