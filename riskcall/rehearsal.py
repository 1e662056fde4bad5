"""Conversations that nobody hears, held before the first call: what a call loads, it finds loaded.

Engines warm themselves. The rest of a call loads as it goes: words and patterns of a language, the session of the
framework, the recorder's codec. Rather than a list of all that, which would be wrong with the next change, a
conversation is held once in text in each language that is spoken here, and the beginning of one on a line without a
customer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from dataclasses import replace

import numpy as np
import rfc8785

from agent.brains.lexicon import expected_phrases
from agent.brains.rules import RulesBrain
from agent.call.people.music import tune
from agent.dialer import News
from agent.dialogue.conversation import Conversation
from agent.dialogue.doubt import Acoustics
from agent.dialogue.text_session import TextMove, run_text_session
from agent.placements import VoicePlacement
from agent.speech.engine import SpeechChunk
from cases.alerts import parse_alert
from cases.domain.alert import Alert
from cases.domain.case import Case, CaseState
from cases.domain.events import Event
from cases.domain.policy import Policy
from cases.domain.vocabulary import Act, Disposition, Language
from cases.ports import Clock, DialRequest
from evals.alerts import load as load_example
from riskcall.alerts import EXAMPLE_OF
from riskcall.errors import RehearsalFailedError
from telephony.leg import (
    FRAME_MS,
    MIC_FRAME_BYTES,
    SPEAKER_FRAME_BYTES,
    SPEAKER_RATE,
    Band,
    Caption,
    Control,
    Invitation,
    StillFrame,
)

LONGEST_S = 10.0
"""A greeting that has not begun after so long will not begin in a call either."""
_TURNS = 16
_HUM_FRAMES = 25
_MATCH_CODE = "42"
_NAME = "rehearsal"
_NONSENSE = {Language.EN: ["murble the flansom tay"], Language.ZH: ["呜哩哇啦咕噜"]}
"""Said first: what makes no sense is compared by its sound, which nothing else does."""


def rehearse_words(languages: Collection[Language], policy: Policy, clock: Clock) -> None:
    """Hold a conversation in text in each of these languages; blocks, so run it beside the event loop.

    Args:
        languages: Those in which a call can be held here.
        policy: The policies of this process.
        clock: Gives the times in the alerts.
    """
    _load_late_parts()
    for language in languages:
        asyncio.run(_talk(_alert(language, policy, clock), policy, clock))


def _load_late_parts() -> None:
    """Use once what libraries load at its first use, and what no rehearsal comes to: a voice, an event, hold music."""
    np.quantile(np.zeros(2), 0.5)
    rfc8785.dumps({"later": 0, "sooner": 0})
    tune()


async def _talk(alert: Alert, policy: Policy, clock: Clock) -> None:
    conversation = Conversation(alert=alert, policy=policy, brain=RulesBrain(), match_code=_MATCH_CODE)
    conversation.may_doubt("hello", (), Acoustics(_NAME, snr_db=0.0))
    conversation.hears("hello")

    replies = iter(_NONSENSE[alert.language])

    def answer(acts: tuple[Act, ...], text: str) -> TextMove:
        return TextMove(say=next(replies, None) or expected_phrases(alert.language, conversation.question)[0])

    await run_text_session(call_id=_NAME, conversation=conversation, customer=answer, clock=clock, max_turns=_TURNS)


async def rehearse_call(placement: VoicePlacement, line: EmptyLine, case: Case) -> asyncio.Task[object]:
    """Begin a spoken call on a line without a customer; return once its greeting has begun.

    Args:
        placement: Rings `line`.
        line: The line.
        case: What the call is about; see `case_of`.

    Returns:
        The rest of the call, which hangs up by itself; nobody needs to wait for it before taking calls.

    Raises:
        RehearsalFailedError: The greeting did not begin, so no call could be held here.
    """
    request = DialRequest(case.id, 1, _MATCH_CODE)
    call: asyncio.Task[object] = asyncio.create_task(
        placement.hold(case, request, News(request, _record_nothing)), name="riskcall.rehearsal"
    )
    sounded = asyncio.create_task(line.sounded.wait())
    await asyncio.wait({call, sounded}, timeout=LONGEST_S, return_when=asyncio.FIRST_COMPLETED)
    if line.sounded.is_set():
        return call
    sounded.cancel()
    failure = call.exception() if call.done() else None
    call.cancel()
    raise RehearsalFailedError(
        f"A call cannot be held here: its greeting did not begin ({failure or f'after {LONGEST_S:.0f} s'}); "
        "`riskcall doctor` says what is installed."
    ) from failure


async def _record_nothing(case_id: str, event: Event, event_id: str) -> None:
    """A rehearsal is no event of any case."""


def case_of(language: Language, policy: Policy, clock: Clock) -> Case:
    """A case to rehearse with; nothing stores it."""
    now = clock.now()
    return Case(_NAME, _alert(language, policy, clock), CaseState.CONTACTING, 1, now, now)


def _alert(language: Language, policy: Policy, clock: Clock) -> Alert:
    """An example alert, in a country that the policies cover."""
    alert = parse_alert(load_example(EXAMPLE_OF[language], now=clock.now()))
    covered = [country for area in policy.jurisdictions.values() for country in area.time_zones]
    return alert if alert.jurisdiction in covered else replace(alert, jurisdiction=covered[0])


class EmptyLine:
    """A line that is answered at once, is silent, and ends after the first sound of the agent; a Leg.

    Attributes:
        sounded: Set with the first frame of the agent.
    """

    kind = _NAME
    band = Band.WIDE
    detail = ""

    def __init__(self) -> None:
        """Begin."""
        self.sounded = asyncio.Event()
        self._over = asyncio.Event()

    async def ring(self, invitation: Invitation) -> Disposition:
        """Answer."""
        return Disposition.ANSWERED

    async def ringing(self) -> None:
        """It rings at once."""

    async def microphone(self) -> AsyncIterator[bytes]:
        """Silence until the agent was heard."""
        while not self.sounded.is_set() and not self._over.is_set():
            yield bytes(MIC_FRAME_BYTES)
            await asyncio.sleep(FRAME_MS / 1000)

    def play(self, frame: bytes) -> None:
        """Note that the agent was heard."""
        self.sounded.set()

    async def controls(self) -> AsyncIterator[Control]:
        """Nothing is pressed."""
        await self._over.wait()
        nothing: tuple[Control, ...] = ()
        for control in nothing:
            yield control

    def show(self, caption: Caption) -> None:
        """Nobody looks."""

    def stills(self) -> tuple[StillFrame, ...]:
        """There is no camera."""
        return ()

    async def hang_up(self) -> None:
        """End the line."""
        self._over.set()


class Hum:
    """A voice that costs nothing: half a second of a steady tone for every text; a Synthesizer."""

    name = "hum"
    model = "tone"
    sample_rate = SPEAKER_RATE

    def speaks(self, language: Language) -> bool:
        """Whether it can hum in a language."""
        return True

    async def warm(self) -> None:
        """There is nothing to load."""

    async def synthesize(self, text: str, language: Language) -> AsyncGenerator[SpeechChunk, None]:
        """Hum."""
        times = np.arange(_HUM_FRAMES * SPEAKER_FRAME_BYTES // 2) / SPEAKER_RATE
        yield SpeechChunk((8000 * np.sin(2 * np.pi * 220 * times)).astype(np.int16).tobytes(), ())

    async def aclose(self) -> None:
        """Nothing is open."""
