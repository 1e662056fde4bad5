"""Answers one caller: the welcome, the code, the way to the agent, and a goodbye where there is none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from agent.call.mouth import Mouth
from agent.reception.asking import Answer, Asking, Given
from agent.reception.line import CallerLine
from agent.reception.listener import Listener
from agent.reception.speaker import Speaker, Words
from agent.remote.arrivals import Arrived
from agent.remote.errors import ApiBusyError, ApiRefusedError, CallsApiError
from agent.speech.engine import Recognizer
from agent.speech.errors import SpeechError
from agent.speech.vad import SpeechProbe
from cases.domain.arrivals import Meeting
from cases.domain.vocabulary import Disposition, Language
from prompts.reception import ReceptionWording
from telephony.leg import ControlKind, Invitation, LegError
from telephony.people.errors import ReferRefusedError

TRIES = 3
"""Codes that may be wrong or unclear."""
ASK_S = 180.0
"""How long a caller may take to give the code, all tries together."""
COMES_S = 105.0
"""How long the agent may take: an attempt that was under way has 90 s to end (ADR 21)."""
REASSURE_S = 20.0
"""How often a caller who waits is spoken to."""
ARRIVE_S = 8.0
"""How long the server is asked where a code leads."""
ANSWER_S = 10.0
"""How long a caller may take to be through, once somebody is in the room."""
_FIRST_PAUSE_S = 0.5
_log = logging.getLogger(__name__)
_UNKNOWN = frozenset({"callback_code_unknown", "callback_code_used"})

Arrive = Callable[[str], Awaitable[Arrived]]
"""Asks where a code leads; raises CallsApiError."""


class Farewell(StrEnum):
    """How the reception of a caller ended; told in the log, with nothing of the caller."""

    WITH_AGENT = "with_agent"
    REFERRED = "referred"
    TOLD = "told"
    """They heard that a person has the case, or that nothing is left to ask."""
    NO_CODE = "no_code"
    REFUSED = "refused"
    """No code is taken now."""
    FAILED = "failed"
    """The server did not answer, the agent did not come, or nothing could be said."""
    CALLER_LEFT = "caller_left"


@dataclass(frozen=True, slots=True)
class LanguageDesk:
    """What the reception needs in one language.

    Attributes:
        wording: What is said.
        mouth: Says it.
        recognizer: Hears the caller.
    """

    wording: ReceptionWording
    mouth: Mouth
    recognizer: Recognizer


class Reception:
    """Receives one caller; used once."""

    def __init__(
        self,
        line: CallerLine,
        desks: Mapping[Language, LanguageDesk],
        arrive: Arrive,
        *,
        bank: str = "",
        transfer_to: str = "",
        new_probe: Callable[[], SpeechProbe] = SpeechProbe,
    ) -> None:
        """Receive a caller.

        Args:
            line: Their line, not answered yet.
            desks: Languages in which they are spoken to, in order, until the server says theirs.
            arrive: Asks where a code leads.
            bank: Name of the bank.
            transfer_to: Where callers who ask for a person are sent by the telephone network, or empty.
            new_probe: Makes the detector of speech.
        """
        self._line = line
        self._desks = desks
        self._arrive = arrive
        self._bank = bank
        self._transfer_to = transfer_to
        self._languages = tuple(desks)
        mouths = {language: desk.mouth for language, desk in desks.items()}
        self._speaker = Speaker(line.play, mouths, lambda frame: self._listener.played(frame))
        self._asking = Asking(self._speaker)
        self._listener = Listener(
            {language: desk.recognizer for language, desk in desks.items()},
            on_voice=self._asking.voice,
            on_said=self._asking.said,
            new_probe=new_probe,
        )

    async def hold(self) -> Farewell:
        """Answer and see the caller to the agent or to a goodbye; afterwards the line is left or hung up.

        Raises:
            LegError: There is no line.
        """
        farewell = Farewell.CALLER_LEFT
        try:
            if await self._line.ring(self._invitation()) is Disposition.ANSWERED:
                farewell = await self._while_there(self._receive())
        finally:
            if farewell is Farewell.WITH_AGENT:
                await self._line.leave()
            else:
                await self._line.hang_up()
        return farewell

    def _invitation(self) -> Invitation:
        return Invitation("", self._bank, "", self._languages[0], "", ANSWER_S)

    async def _while_there(self, talk: Coroutine[Any, Any, Farewell]) -> Farewell:
        """Talk until it is over or the caller has left."""
        talking = asyncio.create_task(talk, name="riskcall.reception")
        speaking = asyncio.create_task(self._speaker.run(), name="riskcall.reception.voice")
        hearing = asyncio.create_task(self._hear(), name="riskcall.reception.ears")
        pressing = asyncio.create_task(self._keys(), name="riskcall.reception.keys")
        tasks: set[asyncio.Task[Any]] = {talking, speaking, hearing, pressing}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if not talking.done():
                for task in (speaking, hearing, pressing):
                    if task.done():
                        task.result()
                return Farewell.CALLER_LEFT
            return talking.result()
        except SpeechError:
            return Farewell.FAILED
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _hear(self) -> None:
        with suppress(LegError):
            await self._listener.run(self._line.microphone())

    async def _keys(self) -> None:
        async for control in self._line.controls():
            if control.kind is ControlKind.DTMF:
                self._asking.pressed(control.value)
            elif control.kind is ControlKind.HANG_UP:
                return

    async def _receive(self) -> Farewell:
        company = asyncio.create_task(self._line.agent_there(), name="riskcall.reception.agent")
        asking = asyncio.create_task(self._ask(), name="riskcall.reception.code")
        try:
            # Who takes over from a reception that died may find the agent there.
            await asyncio.wait({company, asking}, timeout=ASK_S, return_when=asyncio.FIRST_COMPLETED)
            if company.done():
                return Farewell.WITH_AGENT
            arrived = asking.result() if asking.done() else None
        finally:
            for task in (company, asking):
                task.cancel()
            await asyncio.gather(company, asking, return_exceptions=True)
        if arrived is None:
            return await self._bye("goodbye", Farewell.NO_CODE)
        return arrived if isinstance(arrived, Farewell) else await self._hand_on(arrived)

    async def _ask(self) -> Arrived | Farewell:
        """Ask for the code until one leads to a case."""
        question, wrong, silent, persons = self._welcome(), 0, 0, 0
        while wrong < TRIES:
            answer = await self._asking.ask(question)
            match answer.given:
                case Given.NOTHING:
                    silent += 1
                    if silent > 1:
                        break
                    question = self._words("still_there")
                case Given.PERSON:
                    persons += 1
                    if self._transfer_to:
                        return await self._refer()
                    if persons > 1:
                        break
                    question = self._words("no_person")
                case Given.UNCLEAR:
                    wrong += 1
                    question = self._words("code_unclear")
                case Given.CODE:
                    arrived = await self._where(answer)
                    if arrived is not None:
                        return arrived
                    wrong += 1
                    question = self._words("code_wrong")
        return await self._bye("goodbye", Farewell.NO_CODE)

    async def _where(self, answer: Answer) -> Arrived | Farewell | None:
        """Where a code leads, or the goodbye where that cannot be told; None where it leads nowhere."""
        pause = _FIRST_PAUSE_S
        try:
            async with asyncio.timeout(ARRIVE_S):
                while True:
                    try:
                        return await self._arrive(answer.code)
                    except ApiBusyError:
                        line, farewell = "not_now", Farewell.REFUSED
                        break
                    except ApiRefusedError as error:
                        if error.code in _UNKNOWN:
                            return None
                        _log.error("where a code leads is not told: %s", error.code)
                        line, farewell = "trouble", Farewell.FAILED
                        break
                    except CallsApiError as error:
                        _log.warning("where a code leads is not told yet: %s", error.code)
                    await asyncio.sleep(pause)
                    pause *= 2
        except TimeoutError:
            line, farewell = "trouble", Farewell.FAILED
        return await self._bye(line, farewell)

    async def _refer(self) -> Farewell:
        await self._speaker.say(self._words("put_through"))
        self._speaker.wait_with_music()
        try:
            await self._line.refer(self._transfer_to)
        except ReferRefusedError:
            return await self._bye("trouble", Farewell.FAILED)
        return Farewell.REFERRED

    async def _hand_on(self, arrived: Arrived) -> Farewell:
        if arrived.language in self._desks:
            self._languages = (arrived.language,)
        match arrived.meets:
            case Meeting.PERSON:
                return await self._bye("person_has_it", Farewell.TOLD)
            case Meeting.NOBODY:
                return await self._bye("nothing_left", Farewell.TOLD)
        waiting = asyncio.create_task(self._keep_company(), name="riskcall.reception.company")
        try:
            async with asyncio.timeout(COMES_S):
                await self._line.agent_there()
            return Farewell.WITH_AGENT
        except TimeoutError:
            waiting.cancel()
            return await self._bye("nobody_came", Farewell.FAILED)
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

    async def _keep_company(self) -> None:
        self._speaker.wait_with_music()
        await self._speaker.say(self._words("one_moment"))
        while True:
            await asyncio.sleep(REASSURE_S)
            await self._speaker.say(self._words("still_waiting"))

    async def _bye(self, line: str, farewell: Farewell) -> Farewell:
        self._speaker.wait_with_music(waits=False)
        await self._speaker.say(self._words(line))
        return farewell

    def _welcome(self) -> list[Words]:
        lines = ("welcome", "offer_person") if self._transfer_to else ("welcome",)
        return [words for line in lines for words in self._words(line)]

    def _words(self, line: str) -> list[Words]:
        """A line in every language that the caller may speak."""
        return [Words(getattr(self._desks[one].wording, line), one) for one in self._languages]
