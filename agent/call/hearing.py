"""The agent's ear: livekit's STT over a recognizer, voice activity and the strategies in `agent.call.turns`.

It decides itself when a turn has ended and whether speech over the agent takes the floor; the session is run with
`turn_detection="stt"` and believes its events. While the agent speaks nothing is emitted before the floor is taken.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from livekit import rtc
from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectOptions,
    LanguageCode,
    NotGivenOr,
    stt,
    utils,
)

from agent.brains.completeness import Completeness
from agent.call.beep import BeepDetector
from agent.call.ears import Ears
from agent.call.floor import WORDS, Floor, HeardTurn
from agent.call.listening import Listening
from agent.call.turns.activity import STAY
from agent.call.turns.echo import EchoGuard
from agent.call.turns.ending import LEAST_SPEECH_MS, LONGEST_TURN_MS, Pause
from agent.call.turns.lag import Lag
from agent.call.turns.overlap import OVER_MS, Verdict
from agent.call.turns.taking import TurnTaking
from agent.call.weighing import Weighing
from agent.dialogue.doubt import Acoustics
from agent.speech.engine import NOTHING_HEARD, Hints, Recognizer, Transcript
from agent.speech.vad import WINDOW_SAMPLES, SpeechProbe
from telephony.leg import MIC_RATE

PRE_ROLL_WINDOWS = 10
"""Windows before the beginning of speech that the recognizer gets too: 320 ms."""
AHEAD_MS = 64.0
"""The recognizer is asked for its last words so long before a turn has ended for good: nothing is said before that."""
_WINDOW_BYTES = WINDOW_SAMPLES * 2
_Event = stt.SpeechEventType


class Hearing(stt.STT[Literal["metrics_collected"]]):
    """Hears one call."""

    def __init__(
        self,
        recognizer: Recognizer,
        floor: Floor,
        turns: TurnTaking,
        new_probe: Callable[[], SpeechProbe] = SpeechProbe,
        echo: EchoGuard | None = None,
    ) -> None:
        """Hear with a recognizer.

        Args:
            recognizer: Turns speech into words.
            floor: What is going on, and whom to tell.
            turns: How turns are taken.
            new_probe: Makes the detector of speech.
            echo: Knows what the agent plays; None takes all that is heard for the customer's.
        """
        super().__init__(
            capabilities=stt.STTCapabilities(streaming=True, interim_results=True, offline_recognize=False)
        )
        self.recognizer = recognizer
        self.floor = floor
        self.turns = turns
        self.new_probe = new_probe
        self.echo = echo

    @property
    def model(self) -> str:
        """The recognizer's model."""
        return self.recognizer.model

    @property
    def provider(self) -> str:
        """The recognizer."""
        return self.recognizer.name

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.RecognizeStream:
        """Begin to hear; the language is the floor's."""
        return HearingStream(self, conn_options)

    async def _recognize_impl(
        self,
        buffer: utils.AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions,
    ) -> stt.SpeechEvent:
        raise NotImplementedError("a call is heard as a stream")


class HearingStream(stt.RecognizeStream):
    """One stream of customer audio."""

    def __init__(self, hearing: Hearing, conn_options: APIConnectOptions) -> None:
        """Begin with silence."""
        super().__init__(stt=hearing, conn_options=conn_options, sample_rate=MIC_RATE)
        self._recognizer = hearing.recognizer
        self._floor = hearing.floor
        self._turns = hearing.turns
        self._new_probe = hearing.new_probe
        self._ears = Ears(hearing.echo)
        self._activity = self._ears.activity
        self._lag = Lag()
        self._weighing = Weighing(hearing.floor, self._ears, self._lag)
        self._beep = BeepDetector()
        self._pre_roll: deque[bytes] = deque(maxlen=PRE_ROLL_WINDOWS)
        self._pause: deque[bytes] = deque(maxlen=PRE_ROLL_WINDOWS)
        self._listening: Listening | None = None
        self._text = ""
        self._prepared: str | None = None
        self._prepared_early = 0
        self._heard_samples = 0
        self._began_sample = 0

    async def _run(self) -> None:
        probe = self._new_probe()
        rest = bytearray()
        try:
            async for item in self._input_ch:
                if not isinstance(item, rtc.AudioFrame):
                    continue
                pcm = bytes(item.data)
                rest += pcm
                if self._beep.hear(pcm):
                    self._floor.beeps()
                for probability in probe.push(pcm):
                    window = bytes(rest[:_WINDOW_BYTES])
                    del rest[:_WINDOW_BYTES]
                    self._heard_samples += WINDOW_SAMPLES
                    await self._window(window, probability)
        finally:
            probe.close()
            if self._listening is not None:
                await self._listening.discard()

    async def _window(self, window: bytes, probability: float) -> None:
        at_ms = self._floor.place_ms(self._heard_samples - WINDOW_SAMPLES)
        if self._ears.hear(window, probability, at_ms):
            await self._begin(window)
            return
        if not self._activity.active:
            self._pre_roll.append(window)
            self._floor.quiet(self._floor.place_ms(self._heard_samples), voiced=probability >= STAY)
            return
        self._pause.append(window)
        if not self._activity.silence_ms:
            self._pause.clear()
        await self._feed(window)
        if self._listening is None:
            return
        if self._weighing.over_agent:
            await self._follow_overlap()
        else:
            await self._follow_turn()

    async def _begin(self, window: bytes) -> None:
        """Speech begins: open an utterance with what came just before."""
        utterance = self._recognizer.begin(Hints(self._floor.language, self._floor.phrases))
        self._listening = Listening(utterance, self._recognizer.name)
        self._began_sample = max(0, self._heard_samples - (len(self._pre_roll) + 1) * WINDOW_SAMPLES)
        self._text = ""
        self._prepared, self._prepared_early = None, 0
        self._floor.utterance_begins(self._floor.place_ms(self._began_sample))
        self._weighing.begins(self._began_sample)
        if not self._weighing.over_agent:
            self._take_floor()
        elif self._floor.interruptible and self._turns.barge_in.ducks:
            self._floor.duck(True)
        await self._feed(b"".join(self._pre_roll) + window)
        self._pre_roll.clear()

    async def _feed(self, pcm: bytes) -> None:
        assert self._listening is not None  # _begin opened it
        self._listening.hear(pcm)
        text = self._listening.text
        if text == self._text:
            return
        self._text = text
        self._lag.note(self._listening.given_ms, self._listening.covered_ms)
        if not self._weighing.over_agent:
            await self._say(text)

    async def _follow_turn(self) -> None:
        """The customer has the floor: prepare the reply once it is worth it, end the turn after enough silence."""
        activity, completeness = self._activity, self._weighing.so_far(self._text)
        if self._text and self._prepared != self._text:
            if self._turns.preparing.worth(completeness, activity.silence_ms, self._prepared_early):
                self._prepared = self._text
                self._prepared_early += activity.silence_ms == 0
                self._floor.customer_may_be_done(self._text)
        needed = self._silence_needed(completeness)
        ahead = AHEAD_MS if needed - AHEAD_MS >= max(AHEAD_MS, self._lag.ms) else 0.0
        over = activity.silence_ms >= needed - ahead
        if over or activity.length_ms >= LONGEST_TURN_MS or self._ears.only_echo:
            voiced_ms, silence_ms = activity.voiced_ms, activity.silence_ms
            transcript = await self._finish()
            self._settle(transcript, needed, silence_ms)
            self._end_turn(transcript, voiced_ms)

    def _silence_needed(self, completeness: Completeness) -> float:
        return self._turns.turn_end.silence_needed(Pause(completeness, self._lag.ms, self._floor.patience))

    def _settle(self, transcript: Transcript, needed: float, silence_ms: float) -> None:
        """Say nothing before the pause is long enough for all the words, the last of which came only now."""
        if transcript.text:
            needed = max(needed, self._silence_needed(self._weighing.judged(self._weighing.joined(transcript.text))))
        self._floor.settles_in(needed - silence_ms)

    async def _follow_overlap(self) -> None:
        """The customer speaks while the agent does."""
        activity, floor = self._activity, self._floor
        if not floor.agent_has_floor:
            self._weighing.over_agent = False
            self._take_floor()
            await self._say(self._text)
            return
        verdict = self._turns.barge_in.judge(self._weighing.overlap(self._weighing.so_far(self._text), self._text))
        over = verdict is Verdict.OVER or (not floor.interruptible and activity.silence_ms >= OVER_MS)
        if over or self._ears.only_echo:
            await self._end_overlap()
        elif not floor.interruptible:
            return
        elif verdict is Verdict.HOLD:
            floor.hold()
        elif verdict is Verdict.DUCK:
            floor.speak_on()
        elif verdict is Verdict.YIELD:
            floor.hold()
            self._weighing.over_agent = False
            self._take_floor()
            await self._say(self._text or WORDS)

    async def _end_overlap(self) -> None:
        """Speech over the agent has ended before it took the floor."""
        weighing = self._weighing
        voiced_ms, silence_ms = self._activity.voiced_ms, self._activity.silence_ms
        transcript = await self._finish()
        if self._ears.only_echo:
            self._floor.go_on("", *self._span())
            return
        overlap = weighing.overlap(weighing.judged(transcript.text), transcript.text)
        overlap = replace(overlap, voiced_ms=voiced_ms)
        talk = weighing.talk(overlap.completeness, transcript.text, self._heard_samples)
        bystanders = self._turns.bystanders
        for_agent = bystanders.for_agent(talk) and not bystanders.doubtful(talk)
        if not (for_agent and self._floor.interruptible and self._turns.barge_in.takes_floor(overlap)):
            if overlap.far:
                weighing.murmured(self._heard_samples)
            self._floor.go_on(transcript.text, *self._span())
            return
        self._weighing.over_agent = False
        self._take_floor()
        self._emit(_Event.INTERIM_TRANSCRIPT)
        self._settle(transcript, silence_ms, silence_ms)
        self._end_turn(transcript, voiced_ms)

    async def _finish(self) -> Transcript:
        """What the utterance was; speech is declared over."""
        listening, self._listening = self._listening, None
        assert listening is not None  # _begin opened it
        silence_ms = self._activity.silence_ms
        self._activity.done()
        # A word that has begun in what still counts as silence is heard again with the words that follow it.
        self._pre_roll.extend(self._pause)
        until_ms = self._floor.place_ms(self._heard_samples)
        transcript = await listening.finish()
        self._floor.utterance_ends(until_ms, silence_ms, transcript.text, *transcript.alternatives)
        return transcript

    def _end_turn(self, transcript: Transcript, voiced_ms: float) -> None:
        wordless = transcript == NOTHING_HEARD and not self._text
        noise = self._ears.only_echo or (wordless and voiced_ms < LEAST_SPEECH_MS)
        if noise:
            self._floor.customer_done(None)
        else:
            self._end_words(transcript)
        self._event_ch.send_nowait(stt.SpeechEvent(type=_Event.END_OF_SPEECH))

    def _end_words(self, transcript: Transcript) -> None:
        """Words have ended that have the floor: a turn, unless they were said to somebody else."""
        weighing, bystanders = self._weighing, self._turns.bystanders
        text = weighing.joined(transcript.text)
        talk = weighing.talk(weighing.judged(text), text, self._heard_samples)
        if not bystanders.for_agent(talk):
            self._floor.pass_over(transcript.text, *self._span())
            return
        acoustics = Acoustics(
            self._recognizer.name, transcript.confidence, self._ears.foreground.snr_db, distant=talk.far
        )
        turn = HeardTurn(transcript.text, transcript.alternatives, *self._span(), acoustics)
        if bystanders.doubtful(talk):
            self._floor.doubt(turn)
            return
        self._ears.learn()
        self._floor.customer_done(turn)
        self._emit(_Event.FINAL_TRANSCRIPT)

    def _take_floor(self) -> None:
        self._floor.customer_begins(self._floor.place_ms(self._began_sample))
        self._event_ch.send_nowait(stt.SpeechEvent(type=_Event.START_OF_SPEECH))

    async def _say(self, text: str) -> None:
        """Tell the words so far; where the agent cuts in on them, the rest of the utterance is not listened to."""
        if not text:
            return
        listening = self._listening
        covered = self._floor.place_ms(self._began_sample) + (listening.covered_ms if listening else 0.0)
        if self._floor.customer_says(text, covered, self._floor.place_ms(self._heard_samples)):
            self._listening = None
            self._activity.done()
            if listening is not None:
                await listening.discard()
            self._event_ch.send_nowait(stt.SpeechEvent(type=_Event.END_OF_SPEECH))
            return
        self._emit(_Event.INTERIM_TRANSCRIPT)

    def _emit(self, event: stt.SpeechEventType) -> None:
        """Tell the session that there are words; it needs none of them, and what it does not get it cannot keep."""
        data = stt.SpeechData(language=LanguageCode(self._floor.language.value), text=WORDS)
        self._event_ch.send_nowait(stt.SpeechEvent(type=event, alternatives=[data]))

    def _span(self) -> tuple[float, float]:
        """Where the utterance lies in the recording."""
        return self._floor.place_ms(self._began_sample), self._floor.place_ms(self._heard_samples)
