"""Bare livekit-agents on the stage: one process, a fresh `AgentSession` for each block, no server and no room.

`python -m bench.turn_taking.sides.livekit_side [--variant defaults]` in an environment made from livekit.txt. The stub
stages are plugged in where a builder plugs in vendors: `stt.STT` with interim results, `llm.LLM`, streaming `tts.TTS`.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import time
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    Agent,
    AgentSession,
    APIConnectOptions,
    LanguageCode,
    NotGivenOr,
    TurnHandlingOptions,
    inference,
    llm,
    stt,
    tts,
    utils,
)
from livekit.agents.voice import io
from livekit.local_inference import EOT

from bench.turn_taking.stage.customer import Customer
from bench.turn_taking.stage.ear import Ear
from bench.turn_taking.stage.line import Line
from bench.turn_taking.stage.script import FRAME_BYTES, RATE, Block
from bench.turn_taking.stage.stubs import FINAL_S, MODEL_S, SPEECH_S, spoken, tokens
from bench.turn_taking.stage.worker import SystemFailedError, serve

_WARM_UP_SAMPLES = 19_200
"""What the end-of-turn model takes at most, 1.2 s."""


@dataclass(frozen=True, slots=True)
class Variant:
    """How a session is set up.

    Attributes:
        turn_handling: As `AgentSession` takes it; empty for what it does by itself.
        silence_s: Silence after which the voice activity detector calls speech over; None for its default, 0.25 s.
        preflight: Whether the recogniser marks its interim words as certain enough to prepare a reply for
            (`PREFLIGHT_TRANSCRIPT`), which they are: they are the true words.
    """

    turn_handling: TurnHandlingOptions = field(default_factory=TurnHandlingOptions)
    silence_s: float | None = None
    preflight: bool = False


VARIANTS = {
    "defaults": Variant(),
    "vad": Variant(TurnHandlingOptions(turn_detection="vad")),
    "tuned": Variant(
        TurnHandlingOptions(
            turn_detection="vad",
            endpointing={"min_delay": 0.0},
            interruption={"mode": "vad", "min_duration": 0.2, "false_interruption_timeout": 0.1},
            preemptive_generation={"preemptive_tts": True, "max_retries": 100, "max_speech_duration": 60.0},
        ),
        silence_s=0.05,
        preflight=True,
    ),
}
"""What is measured.

`defaults` is what a builder gets who names a recogniser, a model and a voice: the bundled Silero, and the bundled audio
turn detector `v1-mini` with its threshold for English, 0.3 s of delay where it thinks that the turn is over and 2.5 s
where it does not. `vad` leaves the turn detector out and waits 0.5 s. The detectors of end of turn and of interruption
that LiveKit hosts are remote services and not on the stage. In the first 3 s of the agent's first words every variant
hears no interruption (`aec_warmup_duration`); no customer interrupts there.

`tuned` is the fastest of what was tried on development material, where no error became more frequent. Tried, with
medians to the response, each compared within one run:

- `min_silence_duration` 0.05 s: 0.38 s; 0.1 s: 0.45 s; 0.15 s: 0.47 s; 0.2 s: 0.55 s. Each cuts into 14 to 16 of 16
  pauses, and none speaks into words more often than another.
- Interim words as preflight transcripts, so that reply and speech are prepared inside the silence: 0.35 s to a plain
  answer, 0.52 s without, with 0.2 s of silence.
- `resume_false_interruption` off: a reply is prepared also while the customer interrupts, 0.36 s instead of 0.47 s with
  0.15 s of silence; but each cough that is heard ends the agent's line for good.
- `false_interruption_timeout` 0.1 s goes on 0.3 to 0.4 s after it stopped at a cough. Shorter than a final transcript
  takes, the agent speaks up for a moment before it stops for good; the default, 2 s, goes on after 2.4 s.
- `min_duration` of an interruption 0.2 s: silent after 0.25 s. 0.1 s: after 0.15 s, and so at each cough for longer,
  half of the times over 0.5 s. 0.5 s, the default: after 0.55 s.
- `min_words` 2: coughs and single words do not stop the agent, nor does a "No."; silent after 0.64 to 0.9 s.
- The turn detector, with 0.25 s of silence, the least it takes: with its default threshold and `max_delay` 1 s, 1.0 s
  and 8 of 12 pauses; with threshold 0.25 and `max_delay` 0.8 s, 0.45 s, p95 1.05 s and 12 of 12. Of synthetic voices it
  thinks much the same whether a turn is over or not.
"""


class Microphone(io.AudioInput):
    """The line as a session's audio input."""

    def __init__(self, line: Line) -> None:
        """Take a line; its clock starts when the session asks for the first frame."""
        super().__init__(label="line")
        self._frames = line.microphone()
        self.ended = asyncio.Event()

    async def __anext__(self) -> rtc.AudioFrame:
        """The next 20 ms, once they have been spoken."""
        try:
            frame = await anext(self._frames)
        except StopAsyncIteration:
            self.ended.set()
            raise
        return rtc.AudioFrame(frame, RATE, 1, FRAME_BYTES // 2)


class Loudspeaker(io.AudioOutput):
    """The line as a session's audio output: plays at real pace, and can pause within 20 ms.

    A frame counts as heard where a sound card with a small buffer would have put it: right after the one before, also
    when this process was late to hand it over.
    """

    def __init__(self, line: Line) -> None:
        """Take a line."""
        super().__init__(label="line", capabilities=io.AudioOutputCapabilities(pause=True), sample_rate=RATE)
        self._line = line
        self._queue: deque[bytes | None] = deque()
        self._paused = False
        self._change = asyncio.Event()
        self._capturing = False
        self._unfinished = 0
        self._played_s = 0.0

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Queue audio; it comes faster than it is heard."""
        await super().capture_frame(frame)
        if not self._capturing:
            self._capturing = True
            self._unfinished += 1
        pcm = bytes(frame.data)
        self._queue.extend(pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES))
        self._change.set()

    def flush(self) -> None:
        """Mark the end of a stretch of speech."""
        super().flush()
        if self._capturing:
            self._capturing = False
            self._queue.append(None)
            self._change.set()

    def clear_buffer(self) -> None:
        """Fall silent and forget what was queued."""
        self._queue.clear()
        self._capturing = False
        while self._unfinished:
            self._finish(interrupted=True)
        self._change.set()

    def pause(self) -> None:
        """Fall silent and keep what was queued."""
        super().pause()
        self._paused = True

    def resume(self) -> None:
        """Go on with what was queued."""
        super().resume()
        self._paused = False
        self._change.set()

    async def run(self) -> None:
        """Play until cancelled."""
        heard_to_s = 0.0
        while True:
            if self._paused or not self._queue:
                self._change.clear()
                await self._change.wait()
                heard_to_s = max(heard_to_s, self._line.now_s)
                continue
            pcm = self._queue.popleft()
            if pcm is None:
                self._finish(interrupted=False)
                continue
            if self._played_s == 0.0:
                heard_to_s = max(heard_to_s, self._line.now_s)
                self.on_playback_started(created_at=time.time())  # noqa: TID251 - livekit counts in wall-clock time
            self._line.play(pcm, heard_to_s)
            length_s = len(pcm) / 2 / RATE
            self._played_s += length_s
            heard_to_s += length_s
            await asyncio.sleep(max(0.0, heard_to_s - self._line.now_s))

    def _finish(self, interrupted: bool) -> None:
        played_s, self._played_s = self._played_s, 0.0
        self._unfinished -= 1
        self.on_playback_finished(playback_position=played_s, interrupted=interrupted)


class StubRecogniser(stt.STT[Any]):
    """Gives a session the true words, as a streaming recogniser that can be flushed does.

    livekit asks for the final transcript by a flush (`manual_flush`): when its voice activity detector hears the end of
    speech, and where its turn detector thinks that the customer goes on, after half of the longest delay.
    """

    def __init__(self, customer: Customer, preflight: bool) -> None:
        """Hear a customer; see `Variant.preflight`."""
        super().__init__(
            capabilities=stt.STTCapabilities(
                streaming=True, interim_results=True, offline_recognize=False, manual_flush=True
            )
        )
        self.customer = customer
        self.ear = Ear(customer)
        self.interim = stt.SpeechEventType.PREFLIGHT_TRANSCRIPT if preflight else stt.SpeechEventType.INTERIM_TRANSCRIPT

    async def _recognize_impl(
        self, buffer: utils.AudioBuffer, *, language: NotGivenOr[str] = NOT_GIVEN, conn_options: APIConnectOptions
    ) -> stt.SpeechEvent:
        raise NotImplementedError("This recogniser streams; it takes no recordings.")

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.RecognizeStream:
        """Begin to hear."""
        return _Recognition(self, conn_options)


class _Recognition(stt.RecognizeStream):
    def __init__(self, recogniser: StubRecogniser, conn_options: APIConnectOptions) -> None:
        super().__init__(stt=recogniser, conn_options=conn_options)
        self._recogniser = recogniser
        self._said = ""

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as finals:
            async for piece in self._input_ch:
                if isinstance(piece, rtc.AudioFrame):
                    self._give_interim()
                else:
                    finals.create_task(self._give_final(self._recogniser.customer.now_s))

    def _give_interim(self) -> None:
        words = self._recogniser.ear.interim()
        if words and words != self._said:
            self._give(self._recogniser.interim, words)
        self._said = words

    async def _give_final(self, asked_s: float) -> None:
        await asyncio.sleep(FINAL_S)
        if not self._event_ch.closed:
            self._give(stt.SpeechEventType.FINAL_TRANSCRIPT, self._recogniser.ear.final(asked_s))

    def _give(self, kind: stt.SpeechEventType, words: str) -> None:
        data = stt.SpeechData(language=LanguageCode("en"), text=words, confidence=1.0)
        self._event_ch.send_nowait(stt.SpeechEvent(type=kind, alternatives=[data]))


class StubModel(llm.LLM[Any]):
    """Says what is due, after a model's time to its first token."""

    def __init__(self, customer: Customer) -> None:
        """Speak with a customer."""
        super().__init__()
        self.customer = customer

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **_: Any,
    ) -> llm.LLMStream:
        """Ask for what is due now."""
        return _Completion(self, self.customer.reply, chat_ctx, tools or [], conn_options)


class _Completion(llm.LLMStream):
    def __init__(
        self,
        model: StubModel,
        reply: str,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool],
        conn_options: APIConnectOptions,
    ) -> None:
        super().__init__(model, chat_ctx=chat_ctx, tools=tools, conn_options=conn_options)
        self._reply = reply

    async def _run(self) -> None:
        await asyncio.sleep(MODEL_S)
        for token in tokens(self._reply):
            delta = llm.ChoiceDelta(role="assistant", content=token)
            self._event_ch.send_nowait(llm.ChatChunk(id="reply", delta=delta))


class StubVoice(tts.TTS[Any]):
    """Says a text as a tone, after a voice's time to its first audio."""

    def __init__(self) -> None:
        """Speak at the stage's rate."""
        super().__init__(capabilities=tts.TTSCapabilities(streaming=True), sample_rate=RATE, num_channels=1)

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        """Say a whole text, which a session never asks of a voice that streams."""
        return self._synthesize_with_stream(text, conn_options=conn_options)

    def stream(self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS) -> tts.SynthesizeStream:
        """Say a text that comes in tokens."""
        return _Synthesis(tts=self, conn_options=conn_options)


class _Synthesis(tts.SynthesizeStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id="speech", sample_rate=RATE, num_channels=1, mime_type="audio/pcm", stream=True
        )
        text, due_s = "", 0.0
        async for token in self._input_ch:
            if isinstance(token, str):
                if not text:
                    self._mark_started()
                    due_s = time.monotonic() + SPEECH_S
                text += token
        if text:
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            output_emitter.start_segment(segment_id="speech")
            output_emitter.push(spoken(text))
            output_emitter.end_segment()


async def play(variant: Variant, block: Block, line: Line) -> None:
    """Play a block over its line.

    Raises:
        SystemFailedError: The session closed before the line's end.
    """
    session = _session(variant, line.customer)
    microphone, loudspeaker = Microphone(line), Loudspeaker(line)
    session.input.audio, session.output.audio = microphone, loudspeaker
    closed = asyncio.Event()
    session.on("close", lambda _: closed.set())
    playing = asyncio.create_task(loudspeaker.run())
    ends = [asyncio.create_task(event.wait()) for event in (microphone.ended, closed)]
    try:
        await session.start(Agent(instructions=""))
        session.say(block.opening)
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if closed.is_set():
            raise SystemFailedError(f"The session closed {line.now_s:.1f} s into the block.")
        await session.aclose()
    finally:
        await utils.aio.cancel_and_wait(playing, *ends)


def _session(variant: Variant, customer: Customer) -> AgentSession[None]:
    vad = inference.VAD() if variant.silence_s is None else inference.VAD(min_silence_duration=variant.silence_s)
    return AgentSession(
        stt=StubRecogniser(customer, variant.preflight),
        llm=StubModel(customer),
        tts=StubVoice(),
        vad=vad,
        turn_handling=variant.turn_handling,
    )


def main() -> None:
    """Serve blocks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", choices=list(VARIANTS), default="defaults")
    name = parser.parse_args().variant
    EOT().predict(np.zeros(_WARM_UP_SAMPLES, np.int16))
    versions = {one: version(one) for one in ("livekit-agents", "livekit", "livekit-local-inference")}
    about = {"system": "livekit", "variant": name, "versions": {**versions, "python": platform.python_version()}}
    serve(partial(play, VARIANTS[name]), about)


if __name__ == "__main__":
    main()
