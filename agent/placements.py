"""The two ways a call is placed inside this process: by voice on a leg, or in text with a text customer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from agent.call.people.joining import Joining
from agent.call.session import Recording, VoiceSession
from agent.call.turns.taking import DEFAULT, TurnTaking
from agent.dialer import News
from agent.dialogue.conversation import Conversation
from agent.dialogue.text_session import TextCustomer, run_text_session
from agent.observer import CallObserver
from agent.speech.engine import Recognizer, Synthesizer
from agent.speech.errors import SpeechError
from agent.speech.voice import Voice
from cases.domain.alert import Alert
from cases.domain.call import CallEnding, CallVersions, Engines, MediaRef
from cases.domain.case import Case
from cases.domain.errors import IllegalEventError
from cases.domain.events import CallEnded, DialEnded, PictureAllowed, PictureWithdrawn
from cases.domain.policy import Policy
from cases.domain.vocabulary import Disposition, Language
from cases.intake import IntakeError
from cases.ports import Blobs, Clock, DialRequest
from cases.store import StoreError
from telephony.leg import FORWARDED, Band, Filmed, Invitation, Leg, LegError
from telephony.people.handover import Handover

_log = logging.getLogger(__name__)

NewHandover = Callable[[Case, DialRequest], Handover]
"""Makes the way to the people at the desk for one call."""
NewConversation = Callable[[Alert, str], Conversation]
"""Makes a fresh conversation about an alert with a match code."""


@dataclass(frozen=True, slots=True)
class SpokenEngines:
    """The engines of one call, warm.

    Attributes:
        recognizer: Hears the customer.
        synthesizer: Speaks.
        spare: Speaks where the synthesizer fails, or None.
        names: What ran, for the record.
    """

    recognizer: Recognizer
    synthesizer: Synthesizer
    spare: Synthesizer | None
    names: Engines


class VoicePlacement:
    """Rings a leg and holds a spoken conversation on it."""

    def __init__(
        self,
        *,
        new_leg: Callable[[Case], Leg],
        leg: str,
        engines: Callable[[Language, Band], Awaitable[SpokenEngines]],
        conversation: NewConversation,
        clock: Clock,
        blobs: Blobs,
        recordings: Path,
        policy: Policy,
        observer: Callable[[Case, DialRequest], CallObserver],
        turns: TurnTaking = DEFAULT,
        handover: NewHandover | None = None,
    ) -> None:
        """Hold calls with these parts.

        Args:
            new_leg: Makes the line to a case's customer.
            leg: Kind of leg that `new_leg` makes.
            engines: Gives warm engines for a language on lines of a band.
            conversation: Makes a conversation.
            clock: Gives start and end.
            blobs: Keeps recordings and stills.
            recordings: Folder in which a recording grows.
            policy: How long to ring, how long a call may last.
            observer: Makes who watches the call.
            turns: How turns are taken.
            handover: Makes the way to the people at the desk for one call; None where there is none.
        """
        self._new_leg = new_leg
        self._leg = leg
        self._engines = engines
        self._conversation = conversation
        self._clock = clock
        self._blobs = blobs
        self._recordings = recordings
        self._policy = policy
        self._observer = observer
        self._turns = turns
        self._handover = handover

    @property
    def leg(self) -> str:
        """Which kind of leg it uses."""
        return self._leg

    async def hold(self, case: Case, request: DialRequest, news: News) -> DialEnded | CallEnded:
        """Ring, hold the conversation, keep recording and stills.

        Raises:
            EngineMissingError: No engine hears or speaks the customer's language; nobody is rung.
        """
        leg = self._new_leg(case)
        try:
            engines = await self._engines(case.alert.language, leg.band)
            return await self._call(leg, engines, case, request, news)
        except LegError as error:
            return DialEnded(request.attempt, Disposition.FAILED, error.code)
        finally:
            await leg.hang_up()

    async def _call(
        self, leg: Leg, engines: SpokenEngines, case: Case, request: DialRequest, news: News
    ) -> DialEnded | CallEnded:
        conversation = self._conversation(case.alert, request.match_code)
        ahead = asyncio.create_task(_speak_ahead(conversation, engines.synthesizer), name="riskcall.ahead")
        try:
            disposition = await self._ring(leg, case.alert, request, news)
            ahead.cancel()
            if disposition is not Disposition.ANSWERED:
                return DialEnded(request.attempt, disposition, leg.detail)
            return await self._talk(leg, conversation, engines, case, request, news)
        finally:
            ahead.cancel()

    async def _ring(self, leg: Leg, alert: Alert, request: DialRequest, news: News) -> Disposition:
        invitation = Invitation(
            attempt_id=request.attempt_id,
            bank_name=alert.bank_name,
            customer_reference=alert.customer.reference,
            language=alert.language,
            match_code=request.match_code,
            ring_seconds=self._policy.contact_rules(alert).ring_seconds,
            stills_allowed=alert.customer.consent.video_stills,
        )
        ring = asyncio.create_task(leg.ring(invitation))
        rings = asyncio.create_task(leg.ringing())
        try:
            await asyncio.wait({ring, rings}, return_when=asyncio.FIRST_COMPLETED)
            if rings.done():
                await news.ringing()
            return await ring
        finally:
            rings.cancel()
            ring.cancel()

    async def _talk(
        self,
        leg: Leg,
        conversation: Conversation,
        engines: SpokenEngines,
        case: Case,
        request: DialRequest,
        news: News,
    ) -> CallEnded:
        recording = Recording(self._blobs, f"{case.id}/{request.attempt}.ogg", self._recordings)
        session = VoiceSession(
            call_id=request.attempt_id,
            conversation=conversation,
            recognizer=engines.recognizer,
            synthesizer=engines.synthesizer,
            spare=engines.spare,
            leg=leg,
            clock=self._clock,
            versions=CallVersions(conversation.prompts_version, conversation.policy_version, engines.names),
            recording=recording if case.alert.customer.consent.recording else None,
            observer=self._observer(case, request),
            silence_seconds=self._policy.limits.silence_seconds,
            max_seconds=self._policy.limits.max_call_seconds,
            turns=self._turns,
            joining=self._joining(case, request),
        )
        run = asyncio.create_task(session.run())
        filming = asyncio.create_task(_tell_of_picture(leg, request, news), name="riskcall.picture")
        sent_on = leg.detail == FORWARDED
        answered = asyncio.create_task(news.answered())
        try:
            call = await asyncio.shield(run)
        except asyncio.CancelledError:
            # The process is stopping: the line goes down and what was said so far becomes a partial call.
            await leg.hang_up()
            call = replace(await run, ending=CallEnding.WORKER_LOST)
        await answered
        filming.cancel()
        await asyncio.wait({filming})
        who = call.answered_by
        if who is Disposition.ANSWERED and sent_on:
            who = Disposition.FORWARDED
        return CallEnded(request.attempt, who, replace(call, stills=await self._stills(leg, request)))

    def _joining(self, case: Case, request: DialRequest) -> Joining | None:
        if self._handover is None:
            return None
        return Joining(
            self._handover(case, request),
            alert=case.alert,
            policy=self._policy,
            attempt=request.attempt,
            call_id=request.attempt_id,
        )

    async def _stills(self, leg: Leg, request: DialRequest) -> tuple[MediaRef, ...]:
        kept = []
        case_id, attempt = request.case_id, request.attempt
        for number, still in enumerate(leg.stills()):
            ref = await self._blobs.put(f"{case_id}/{attempt}-{number}.jpg", _once(still.jpeg), "image/jpeg")
            kept.append(replace(ref, offset_ms=still.offset_ms))
        return tuple(kept)


async def _tell_of_picture(leg: Leg, request: DialRequest, news: News) -> None:
    """Tell what the customer lets be recorded of their picture, until cancelled; what goes wrong ends no call."""
    if not isinstance(leg, Filmed):
        return
    told = allowed = 0
    try:
        async for change in leg.picture():
            told += 1
            if change.track:
                allowed += 1
                await news.picture(PictureAllowed(request.attempt, allowed, change.track), told)
            else:
                await news.picture(PictureWithdrawn(request.attempt), told)
    except (IllegalEventError, StoreError, IntakeError) as error:
        _log.error("the picture of %s is not recorded: %s", request.attempt_id, error.code)


async def _speak_ahead(conversation: Conversation, synthesizer: Synthesizer) -> None:
    """Speak the opening while it rings, to nobody: a `Voice` has it then, in memory, once the call is answered."""
    if not isinstance(synthesizer, Voice):
        return
    try:
        async for sentence in conversation.open().chunks():
            async for _ in synthesizer.synthesize(sentence, conversation.language):
                pass
    except SpeechError as error:
        _log.warning("the opening could not be spoken ahead: %s", error.code)


class TextPlacement:
    """Holds the same conversation in text; for languages that no engine here hears, and said so plainly."""

    leg = "text"

    def __init__(
        self,
        *,
        customer: Callable[[Case], TextCustomer],
        conversation: NewConversation,
        brain: str,
        clock: Clock,
        observer: Callable[[Case, DialRequest], CallObserver],
    ) -> None:
        """Hold conversations with these parts.

        Args:
            customer: Makes the text customer of a case.
            conversation: Makes a conversation.
            brain: `name model` of the brain, for the record.
            clock: Gives start and end.
            observer: Makes who watches the call.
        """
        self._customer = customer
        self._conversation = conversation
        self._brain = brain
        self._clock = clock
        self._observer = observer

    async def hold(self, case: Case, request: DialRequest, news: News) -> DialEnded | CallEnded:
        """Ring in name only, then hold the conversation."""
        await news.ringing()
        await news.answered()
        call = await run_text_session(
            call_id=request.attempt_id,
            conversation=self._conversation(case.alert, request.match_code),
            customer=self._customer(case),
            clock=self._clock,
            llm=self._brain,
            observer=self._observer(case, request),
        )
        return CallEnded(request.attempt, call.answered_by, call)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
