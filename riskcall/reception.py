"""The reception of `riskcall agent`: what it is made of, and who may come in by it."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from agent.call.mouth import Mouth
from agent.call.people.music import tune
from agent.reception.codes import expected
from agent.reception.reception import LanguageDesk, Reception
from agent.remote.api import CallsApi
from agent.remote.arrivals import Arrived
from cases.domain.vocabulary import Language
from prompts.reception import load
from riskcall.engines import Engines, choose
from riskcall.errors import SettingsInvalidError
from riskcall.settings import Settings
from riskcall.telephone import livekit_access
from telephony.leg import Band, LegError
from telephony.livekit import INBOUND, LiveKitAccess, ReceptionLeg, close_room
from telephony.remote.errors import DispatchFailedError
from telephony.remote.livekit_dispatch import LiveKitDispatch

LEAST_IDLE = 2
"""Processes that a worker which receives callers keeps ready."""
_COMES_S, _LOOK_S = 5.0, 0.2
_log = logging.getLogger(__name__)


def is_inbound(room: str) -> bool:
    """Whether callers wait in a room of this name."""
    return room.startswith(INBOUND)


def check(settings: Settings) -> None:
    """Make sure that callers are taken, and understood in every language of the reception.

    Raises:
        SettingsInvalidError: They are not; the message says why, and what to change.
    """
    if not settings.reception_languages:
        return
    if settings.worker_idle < LEAST_IDLE:
        raise SettingsInvalidError(
            f"RISKCALL_RECEPTION_LANGUAGES needs RISKCALL_WORKER_IDLE={LEAST_IDLE} or more: with fewer processes ready "
            "LiveKit's framework takes no caller while another job begins"
        )
    chosen = choose(settings, Band.NARROW)
    for language in settings.reception_languages:
        one = chosen[language]
        for choice in (one.hears, one.speaks):
            if choice.engine is None:
                raise SettingsInvalidError(f"RISKCALL_RECEPTION_LANGUAGES has {language.value}: {choice.why}")


async def prepare(settings: Settings, engines: Engines) -> None:
    """Have every line ready, so that a caller hears the first one at once.

    Raises:
        SettingsInvalidError: An engine does not speak.
    """
    for language in settings.reception_languages:
        await engines.prepare(load(language, settings.bank_name).lines(), language, Band.NARROW)
        await asyncio.to_thread(expected, language)
    if settings.reception_languages:
        await asyncio.to_thread(tune)


async def receive(settings: Settings, engines: Engines, api: CallsApi, room: str) -> None:
    """Receive the caller who waits in a room; returns once they are with the agent, or hung up.

    Args:
        settings: Languages, names, where callers who ask for a person are sent.
        engines: Hear and speak.
        api: The server.
        room: The room.
    """
    access = livekit_access(settings)
    if not settings.reception_languages:
        _log.error("a call came in and is hung up: set RISKCALL_RECEPTION_LANGUAGES to have it answered")
        await _turn_away(access, room)
        return

    line = ReceptionLeg(access, room)

    async def arrive(code: str) -> Arrived:
        return await api.arrive(code, room, line.caller)

    reception = Reception(
        line,
        {language: await _desk(settings, engines, language) for language in settings.reception_languages},
        arrive,
        bank=settings.bank_name,
        transfer_to=settings.sip_transfer_to,
    )
    try:
        farewell = await reception.hold()
    except LegError as error:
        _log.error("a caller in room %s could not be received: %s", room, error.code)
    else:
        _log.info("a caller in room %s was received: %s", room, farewell.value)


async def _turn_away(access: LiveKitAccess, room: str) -> None:
    """Hang up whoever rings; their telephone may come into the room a moment after its job."""
    server = LiveKitDispatch(access)
    with suppress(TimeoutError, DispatchFailedError):
        async with asyncio.timeout(_COMES_S):
            while True:
                if await server.holds_telephone(room):
                    break
                await asyncio.sleep(_LOOK_S)
    await close_room(access, room)


async def _desk(settings: Settings, engines: Engines, language: Language) -> LanguageDesk:
    spoken = await engines.spoken(language, Band.NARROW)
    mouth = Mouth(spoken.synthesizer, spoken.spare, language)
    return LanguageDesk(load(language, settings.bank_name), mouth, spoken.recognizer)
