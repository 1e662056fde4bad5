"""Calls with persons in them on virtual time: the real script, a real desk, reviewers who whistle, tones for speech."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from agent.brains.completeness import judge
from agent.brains.rules import RulesBrain
from agent.call.people.joining import Joining
from agent.call.people.music import tune
from agent.dialogue.conversation import Conversation
from cases.adapters.clock import SimulatedClock
from cases.alerts import parse_alert
from cases.domain.call import Call
from cases.domain.events import Event, ReviewerJoined, TransferRequested
from cases.domain.vocabulary import Act, Disposition, Language
from cases.policies import load as load_policy
from evals.alerts import load as load_example
from telephony.leg import (
    FRAME_MS,
    MIC_FRAME_BYTES,
    MIC_RATE,
    SPEAKER_RATE,
    Band,
    Caption,
    Control,
    ControlKind,
    Invitation,
    LegLostError,
    StillFrame,
)
from telephony.people.desk import CallDesk, DeskHandover
from telephony.people.handover import LineKind, Order, OrderKind
from telephony.simulated import SimulatedLeg
from tests.support.call_fakes import StepClock
from tests.support.virtual_time import run_virtual
from tests.support.voice_setting import Setting

WHISTLE_HZ = 1_100
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
POLICY = load_policy()
LIMITS = POLICY.limits.transfer


ASKS = {"answers": {"greet": "i want to speak to a person"}, "default": ""}
"""A customer who asks for a person at once."""
SILENCE_S = 2.0
"""A customer is never left in silence for longer."""


class ReviewerLeg:
    """A reviewer's line: answers after a while or never, presses keys, whistles once they hear the call."""

    kind, band, detail = "reviewer", Band.WIDE, ""

    def __init__(
        self,
        *,
        answers_s: float = 1.0,
        disposition: Disposition = Disposition.ANSWERED,
        keys: tuple[float, ...] = (),
        hangs_up_s: float | None = None,
        breaks_s: float | None = None,
        silent: bool = False,
        letting: Exception | None = None,
    ) -> None:
        self.answers_s = answers_s
        self.disposition = disposition
        self.keys = keys
        self.hangs_up_s = hangs_up_s
        self.breaks_s = breaks_s
        self.silent = silent
        self.letting = letting
        self.let: list[bool] = []
        self.heard: list[tuple[float, bytes]] = []
        self.invitation: Invitation | None = None
        self.over = asyncio.Event()
        self._controls: asyncio.Queue[Control | None] = asyncio.Queue()

    async def ring(self, invitation: Invitation) -> Disposition:
        self.invitation = invitation
        try:
            async with asyncio.timeout(min(self.answers_s, invitation.ring_seconds)):
                await self.over.wait()
        except TimeoutError:
            pass
        if self.over.is_set() or self.answers_s > invitation.ring_seconds:
            return Disposition.NO_ANSWER
        for after_s in self.keys:
            asyncio.get_running_loop().call_later(after_s, self._controls.put_nowait, Control(ControlKind.DTMF, "1"))
        return self.disposition

    async def ringing(self) -> None:
        await self.over.wait()

    async def let_speak(self, yes: bool) -> None:
        self.let.append(yes)
        if self.letting is not None:
            raise self.letting

    async def microphone(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        began, count = loop.time(), 0
        while not self.over.is_set():
            now = loop.time() - began
            if self.breaks_s is not None and now >= self.breaks_s:
                raise LegLostError("The line broke.")
            if self.hangs_up_s is not None and now >= self.hangs_up_s:
                return
            at = np.arange(count * MIC_FRAME_BYTES // 2, (count + 1) * MIC_FRAME_BYTES // 2)
            wave = 0.0 * at if self.silent else 5000 * np.sin(2 * np.pi * WHISTLE_HZ * at / MIC_RATE)
            yield wave.astype(np.int16).tobytes()
            count += 1
            await asyncio.sleep(max(0.0, began + count * FRAME_MS / 1000 - loop.time()))

    def play(self, frame: bytes) -> None:
        self.heard.append((asyncio.get_running_loop().time(), frame))

    async def controls(self) -> AsyncIterator[Control]:
        while (control := await self._controls.get()) is not None:
            yield control

    def show(self, caption: Caption) -> None:
        pass

    def stills(self) -> tuple[StillFrame, ...]:
        return ()

    async def hang_up(self) -> None:
        self.over.set()
        self._controls.put_nowait(None)


class HeardLeg(SimulatedLeg):
    """A simulated customer's line that keeps what was sent to it."""

    frames: list[tuple[float, bytes]]
    answered_at: float

    async def ring(self, invitation: Invitation) -> Disposition:
        self.frames = []
        answered = await super().ring(invitation)
        self.answered_at = asyncio.get_running_loop().time()
        return answered

    def play(self, frame: bytes) -> None:
        self.frames.append((asyncio.get_running_loop().time(), frame))
        super().play(frame)


@dataclass
class Scene:
    """A call to be made, with what reviewers do meanwhile.

    Attributes:
        customer: The persona.
        desk: The desk.
        reviewers: The lines to reviewers, by account name.
        acts: What happens at the desk while the call runs.
        on_duty: Names of the reviewers whose page is open.
    """

    customer: dict[str, Any]
    acts: Callable[[Scene], Coroutine[Any, Any, None]] | None = None
    reviewers: dict[str, ReviewerLeg] = field(default_factory=dict)
    on_duty: tuple[str, ...] = ("rosa",)
    queue: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    leg_type: type[HeardLeg] = HeardLeg
    alert_name: str = "card-not-present"

    def __post_init__(self) -> None:
        self.events: list[tuple[str, Event]] = []
        self.news = asyncio.Condition()
        self.desk = CallDesk(SimulatedClock(NOON))
        self.setting: Setting

    @property
    def told(self) -> list[Event]:
        return [event for _, event in self.events]

    @property
    def leg(self) -> HeardLeg:
        assert isinstance(self.setting.leg, HeardLeg)
        return self.setting.leg

    def order(self, kind: OrderKind, by: str = "rosa", line: LineKind = LineKind.PAGE) -> None:
        self.desk.order("c", Order(kind, by, line))

    async def until(self, kind: type[Event], count: int = 1) -> Event:
        """The so-manieth event of a kind, once it was told."""
        async with self.news:
            await self.news.wait_for(lambda: sum(isinstance(one, kind) for one in self.told) >= count)
        return [one for one in self.told if isinstance(one, kind)][count - 1]

    async def _record(self, case_id: str, event: Event, event_id: str) -> None:
        async with self.news:
            self.events.append((event_id, event))
            self.news.notify_all()

    def _line(self, case_id: str, order: Order) -> ReviewerLeg:
        return self.reviewers.setdefault(order.by, ReviewerLeg())

    async def hold(self) -> Call:
        alert = parse_alert(load_example(self.alert_name, now=StepClock().now()))
        talk = Conversation(alert=alert, policy=POLICY, brain=RulesBrain(), match_code="47")
        handover = DeskHandover(self.desk, "c", 1, record=self._record, new_line=self._line, queue=self.queue)
        joining = Joining(handover, alert=alert, policy=POLICY, attempt=1, call_id="c:1")
        options = {"talk": talk, "joining": joining, "max_seconds": 120.0, "leg_type": self.leg_type, **self.options}
        self.setting = Setting(self.customer, **options)
        acting = asyncio.create_task(self._act())
        for name in self.on_duty:
            self.desk.seen(name)
        call = await self.setting.hold()
        if acting.done():
            acting.result()
        acting.cancel()
        return call

    async def _act(self) -> None:
        if self.acts is not None:
            await self.acts(self)

    def run(self) -> Call:
        """Hold the call on virtual time, in which nothing may be loaded."""
        tune()
        judge("hello", None, Language.EN)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("agent.call.session._warm", lambda conversation: None)
            return run_virtual(self.hold())

    def levels(self) -> list[tuple[float, float]]:
        """Time from the answer and level of each frame that the customer was sent."""
        return [(at - self.leg.answered_at, level(frame)) for at, frame in self.leg.frames]

    def longest_silence(self, from_s: float, until_s: float) -> float:
        """The longest time between two frames with sound in them, in a stretch of the call."""
        loud = [at for at, rms in self.levels() if rms > 100 and from_s <= at <= until_s]
        points = [from_s, *loud, until_s]
        return max(after - before for before, after in zip(points, points[1:], strict=False))


async def accepted(scene: Scene, after_s: float = 5.0, line: LineKind = LineKind.PAGE) -> None:
    """A reviewer takes the customer some seconds after they were put on hold, and speaks with them."""
    await scene.until(TransferRequested)
    await asyncio.sleep(after_s)
    scene.order(OrderKind.ACCEPT, line=line)
    await scene.until(ReviewerJoined)


def level(frame: bytes) -> float:
    samples = np.frombuffer(frame, np.int16).astype(np.float64)
    return float(np.sqrt(np.mean(samples * samples)))


def tone(frames: list[bytes], hertz: float) -> float:
    """Level of one frequency in audio at SPEAKER_RATE."""
    samples = np.frombuffer(b"".join(frames), np.int16).astype(np.float64)
    if not samples.size:
        return 0.0
    at = np.arange(samples.size) / SPEAKER_RATE
    return float(2 * abs(np.mean(samples * np.exp(-2j * np.pi * hertz * at))))


def acts(call: Call) -> list[Act]:
    return [act for turn in call.turns for act in turn.acts]


def turn_of(call: Call, act: Act) -> float:
    """When the agent began to say this, seconds from the answer."""
    return next(turn.started_ms for turn in call.turns if act in turn.acts) / 1000
