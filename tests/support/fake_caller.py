"""A caller at the reception's other end of the line, on virtual time: presses, speaks, listens, hangs up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from agent.call.mouth import Mouth
from agent.reception.reception import LanguageDesk
from agent.remote.arrivals import Arrived
from agent.remote.errors import CallsApiError
from cases.domain.arrivals import Meeting
from cases.domain.vocabulary import Disposition, Language
from prompts.reception import ReceptionWording, load
from telephony.leg import FRAME_MS, MIC_FRAME_BYTES, Control, ControlKind, Invitation
from telephony.people.errors import ReferRefusedError
from tests.support.call_fakes import HumMouth, ToneEars, ToneVoice

BANK = "Northwind Bank"
FRAME_S = FRAME_MS / 1000
_PAUSE_FRAMES = 60


class FakeCaller:
    """Satisfies `agent.reception.line.CallerLine`.

    Attributes:
        answers: What ringing comes to.
        heard: Loudness of each frame that came, with its moment.
        agent: Set once the agent's voice is on the line.
        refers: Whether the network takes the call over.
        referred_to: Where it was asked to.
        left: Whether the reception left the caller with the agent.
        hung_up: Whether the reception hung up.
    """

    def __init__(self, says: Sequence[str] = ()) -> None:
        self.answers = Disposition.ANSWERED
        self.heard: list[tuple[float, float]] = []
        self.agent = asyncio.Event()
        self.refers = True
        self.referred_to: list[str] = []
        self.left = self.hung_up = False
        self._voice = ToneVoice(says)
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._controls: asyncio.Queue[Control | None] = asyncio.Queue()

    def press(self, keys: str) -> None:
        for key in keys:
            self._controls.put_nowait(Control(ControlKind.DTMF, key))

    async def say(self, text: str) -> None:
        pause = bytes(MIC_FRAME_BYTES * _PAUSE_FRAMES)
        self.sound(pause + await self._voice.speak(text) + pause)

    def sound(self, pcm: bytes) -> None:
        for at in range(0, len(pcm), MIC_FRAME_BYTES):
            self._frames.put_nowait(pcm[at : at + MIC_FRAME_BYTES].ljust(MIC_FRAME_BYTES, b"\0"))

    def leave_line(self) -> None:
        """Hang up."""
        self._controls.put_nowait(Control(ControlKind.HANG_UP))
        self._controls.put_nowait(None)
        self._frames.put_nowait(None)

    def longest_silence_s(self) -> float:
        """The longest time in which nothing was heard."""
        loud = [at for at, level in self.heard if level > 10]
        gaps = [later - sooner for sooner, later in zip(loud, loud[1:], strict=False)]
        return max(gaps, default=float("inf"))

    async def ring(self, invitation: Invitation) -> Disposition:
        return self.answers

    async def microphone(self) -> AsyncIterator[bytes]:
        while (frame := await self._frames.get()) is not None:
            yield frame
            await asyncio.sleep(FRAME_S)

    def play(self, frame: bytes) -> None:
        level = float(np.abs(np.frombuffer(frame, np.int16).astype(np.float32)).mean())
        self.heard.append((asyncio.get_running_loop().time(), level))

    async def controls(self) -> AsyncIterator[Control]:
        while (control := await self._controls.get()) is not None:
            yield control

    async def agent_there(self) -> None:
        await self.agent.wait()

    async def refer(self, to: str) -> None:
        self.referred_to.append(to)
        await asyncio.sleep(0.5)
        if not self.refers:
            raise ReferRefusedError("sip_603")

    async def leave(self) -> None:
        self.left = True

    async def hang_up(self) -> None:
        self.hung_up = True
        self.leave_line()


@dataclass
class FakeArrivals:
    """The server's answers to codes.

    Attributes:
        answers: By code; a code that is not there is unknown.
        asked: Codes, in order.
        takes_s: How long an answer takes.
    """

    answers: dict[str, Arrived | CallsApiError]
    unknown: CallsApiError
    asked: list[str] = field(default_factory=list)
    takes_s: float = 0.05

    async def __call__(self, code: str) -> Arrived:
        self.asked.append(code)
        await asyncio.sleep(self.takes_s)
        answer = self.answers.get(code, self.unknown)
        if isinstance(answer, CallsApiError):
            raise answer
        return answer


def arrived(meets: Meeting, language: Language = Language.EN) -> Arrived:
    return Arrived(meets, language)


@dataclass
class Desks:
    """What the reception needs, made of stand-ins, and what it said."""

    languages: tuple[Language, ...] = (Language.EN,)
    says: Sequence[str] = ()
    deaf: bool = False
    mouth: HumMouth = field(default_factory=HumMouth)

    def made(self) -> dict[Language, LanguageDesk]:
        return {
            language: LanguageDesk(
                load(language, BANK), Mouth(self.mouth, None, language), ToneEars(self.says, deaf=self.deaf)
            )
            for language in self.languages
        }

    @property
    def spoken(self) -> list[str]:
        """Names of the lines that were said, with their language."""
        return [_name(text) for text in self.mouth.spoken]


def _name(text: str) -> str:
    for language in Language:
        wording: ReceptionWording = load(language, BANK)
        for name in ReceptionWording.__slots__:
            if getattr(wording, name) == text:
                return f"{name} {language.value}"
    raise AssertionError(f"no line of the reception: {text}")
