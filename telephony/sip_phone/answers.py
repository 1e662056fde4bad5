"""What becomes of a call that rings at the phone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import numpy as np

from cases.domain.vocabulary import Disposition, Language
from telephony.leg import MIC_RATE, Invitation
from telephony.simulated import SimulatedLeg
from telephony.sip_phone.calls import IncomingCall
from telephony.sip_phone.party import Party, Playing, talk

Answering = Callable[[IncomingCall], Awaitable[None]]
"""Deals with a call to its end."""
LONGEST_RINGING_S = 600.0
STATUS_OF = {Disposition.BUSY: 486, Disposition.REJECTED: 603, Disposition.VOICEMAIL: 480, Disposition.SCREENER: 480}
"""Status of what a persona does other than answering; a voicemail with a greeting answers, see `customer`."""
RING_HZ = (400, 450)
"""Frequencies of the ring tone (as in Britain)."""
_RING_LEVEL = 2_500.0


def refusing(status: int, *, reason: str = "", after_s: float = 0.0) -> Answering:
    """Refuse with a status.

    Args:
        status: SIP status code, from 300.
        reason: Phrase; empty takes the usual one.
        after_s: How long it rings before.
    """

    async def answer(call: IncomingCall) -> None:
        if after_s:
            call.ring()
            await _wait(call, after_s)
        call.refuse(status, reason=reason)

    return answer


def busy() -> Answering:
    """Be busy."""
    return refusing(486)


def unanswered() -> Answering:
    """Ring until the caller gives up."""

    async def answer(call: IncomingCall) -> None:
        call.ring()
        await call.over.wait()

    return answer


def redirecting(uri: str) -> Answering:
    """Point to another address (302)."""

    async def answer(call: IncomingCall) -> None:
        call.refuse(302, contact=uri)

    return answer


def answering(
    party: Callable[[IncomingCall], Party] | None = None,
    *,
    after_s: float = 0.1,
    early: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answering:
    """Ring, answer and talk.

    Args:
        party: Makes who talks; None says nothing.
        after_s: How long it rings.
        early: Heard by the caller before the answer (183), 16-bit mono at MIC_RATE; None for plain ringing.
        headers: Further headers of the answer.
    """

    async def answer(call: IncomingCall) -> None:
        if early is None:
            call.ring()
            await _wait(call, after_s)
        else:
            await call.early()
            await _play_early(call, early, after_s)
        if await call.answer(headers):
            await talk(call, Playing() if party is None else party(call))

    return answer


def customer(leg: Callable[[IncomingCall], SimulatedLeg], *, language: Language = Language.EN) -> Answering:
    """Let a simulated customer deal with the call: the persona decides whether it answers, and talks.

    A persona's voicemail is answered where the leg has a greeting.

    Args:
        leg: Makes the customer's line.
        language: Language of the invitation.
    """

    async def answer(call: IncomingCall) -> None:
        line = leg(call)
        invitation = Invitation("phone:1", "", "", language, "", LONGEST_RINGING_S)
        deed = asyncio.create_task(line.ring(invitation))
        await line.ringing()
        call.ring()
        gone = asyncio.create_task(call.over.wait())
        await asyncio.wait({deed, gone}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if call.over.is_set():
            await line.hang_up()
        disposition = await deed
        if disposition is Disposition.ANSWERED:
            if await call.answer():
                await talk(call, line)
        elif disposition is not Disposition.NO_ANSWER:
            call.refuse(STATUS_OF[disposition])

    return answer


def ring_tone(seconds: float) -> bytes:
    """What a caller hears while it rings, 16-bit mono at MIC_RATE: two tones, 0.4 s on, 0.2 off, 0.4 on, 2 off."""
    at = np.arange(int(seconds * MIC_RATE)) / MIC_RATE
    sounds = np.mod(at, 3.0)
    on = (sounds < 0.4) | ((sounds >= 0.6) & (sounds < 1.0))
    tones = sum(np.sin(2 * np.pi * hertz * at) for hertz in RING_HZ)
    return (_RING_LEVEL * on * tones).astype(np.int16).tobytes()


async def _play_early(call: IncomingCall, pcm: bytes, seconds: float) -> None:
    party = Playing(pcm, hang_up_after_s=seconds)
    async for frame in party.microphone():
        if call.over.is_set() or call.media is None:
            return
        call.media.exchange(frame)


async def _wait(call: IncomingCall, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await call.over.wait()
    except TimeoutError:
        return
