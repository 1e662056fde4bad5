"""The livekit Agent of a call: it speaks prepared audio and passes confirmed turns on; it decides nothing."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable

from livekit import rtc
from livekit.agents import Agent, AgentSession, StopResponse, llm, telemetry
from livekit.agents.log import logger as framework_logger
from livekit.agents.voice import CloseEvent, ErrorEvent
from opentelemetry import trace

from agent.call.audio_io import LineOutput
from agent.call.hearing import Hearing
from agent.call.line_input import LineInput
from agent.call.speaking import Speaking

_log = logging.getLogger(__name__)
_PERSONAL = "lk.pii."


class _NoPersonalData(logging.Filter):
    """Takes what the framework marks as personal out of its log records."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Strip the record; it is always kept."""
        for name in [name for name in vars(record) if name.startswith(_PERSONAL)]:
            delattr(record, name)
        return True


_NO_PERSONAL_DATA = _NoPersonalData()


def _keep_personal_data_in() -> None:
    """Keep what customers say out of the framework's logs and traces, whoever collects those."""
    if _NO_PERSONAL_DATA not in framework_logger.filters:
        framework_logger.addFilter(_NO_PERSONAL_DATA)
    telemetry.set_tracer_provider(trace.get_tracer_provider(), allow_pii=False)


class Verifier(Agent):
    """Passes the customer's turns on as the session confirms them."""

    def __init__(self, on_turn: Callable[[], None]) -> None:
        """Pass turns on.

        Args:
            on_turn: Called for each turn; returns at once.
        """
        super().__init__(instructions="")
        self._on_turn = on_turn

    async def on_user_turn_completed(self, turn_ctx: llm.ChatContext, new_message: llm.ChatMessage) -> None:
        """Pass the turn on; the reply comes through `say`, so the session is to make none."""
        self._on_turn()
        raise StopResponse


class FrameworkSession:
    """livekit's AgentSession as this call uses it: no room, no model, own ears, own mouth, own turn ends."""

    def __init__(
        self,
        *,
        hearing: Hearing,
        line_in: LineInput,
        line_out: LineOutput,
        on_turn: Callable[[], None],
        on_failure: Callable[[str], None],
    ) -> None:
        """Wire a session.

        Args:
            hearing: Hears, and decides when turns end.
            line_in: The customer's audio.
            line_out: The agent's audio.
            on_turn: Called when the session confirms a turn of the customer.
            on_failure: Called with a code when the session fails or closes by itself.
        """
        _keep_personal_data_in()
        self._on_failure = on_failure
        self._line_out = line_out
        self._closing = False
        self._session: AgentSession[None] = AgentSession(
            stt=hearing,
            vad=None,
            turn_handling={
                "turn_detection": "stt",
                "endpointing": {"min_delay": 0.0, "max_delay": 0.0},
                # The hearing holds and releases the output itself and emits nothing before the floor is taken.
                "interruption": {"mode": "vad", "resume_false_interruption": False, "min_words": 0},
                # Replies are prepared by the director, as values of the conversation.
                "preemptive_generation": {"enabled": False},
            },
            # There is no echo to learn: legs cancel it before the microphone's frames reach us.
            aec_warmup_duration=None,
            user_away_timeout=None,
            session_close_transcript_timeout=0.0,
        )
        self._session.input.audio = line_in
        self._session.output.audio = line_out
        self._agent = Verifier(on_turn)
        self._session.on("error", self._failed)
        self._session.on("close", self._closed)

    async def start(self) -> None:
        """Begin to listen."""
        await self._session.start(self._agent, record=False)

    def say(self, speaking: Speaking, on_over: Callable[[Speaking], None]) -> Callable[[], None]:
        """Play an utterance as soon as the customer is silent.

        Args:
            speaking: Its audio.
            on_over: Called once nothing more of it will be played.

        Returns:
            What cuts it short.
        """
        handle = self._session.say("", audio=self._frames(speaking), add_to_chat_ctx=False)
        handle.add_done_callback(lambda _: on_over(speaking))

        def cut() -> None:
            handle.interrupt(force=True)

        return cut

    async def _frames(self, speaking: Speaking) -> AsyncIterator[rtc.AudioFrame]:
        """The audio of an utterance; the output is told whose it is as soon as the session asks for it."""
        self._line_out.announce(speaking.playback)
        async for frame in speaking.frames():
            yield frame

    async def aclose(self) -> None:
        """Stop; nothing that follows is a failure."""
        self._closing = True
        await self._session.aclose()

    def _failed(self, event: ErrorEvent) -> None:
        error = getattr(event.error, "error", None)
        if self._closing or getattr(event.error, "recoverable", False):
            return
        _log.error("the session failed: %s", getattr(error, "code", type(error).__name__), exc_info=error)
        self._on_failure(str(getattr(error, "code", "session")))

    def _closed(self, event: CloseEvent) -> None:
        if not self._closing:
            self._on_failure("session_closed")
