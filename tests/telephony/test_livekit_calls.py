"""Whole calls of the agent's on real telephones, and what they leave behind: nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from livekit import api

from agent.brains.rules import RulesBrain
from agent.dialer import News
from agent.dialogue.conversation import Conversation
from agent.observer import SilentObserver
from agent.placements import SpokenEngines, VoicePlacement
from agent.speech.voice import Voice
from cases import policies
from cases.adapters import MemoryBlobs, SystemClock
from cases.domain.alert import Alert
from cases.domain.call import CallEnding, Engines
from cases.domain.events import CallAnswered, CallEnded, CustomerRinging, DialEnded, Event
from cases.domain.vocabulary import Disposition, Language
from cases.ports import DialRequest
from riskcall.rehearsal import case_of
from telephony.leg import MIC_RATE, Band
from telephony.livekit import SipLeg, room_name
from telephony.sip_phone import Playing, SipPhone, answering, busy
from tests.support.baresip import ANSWERED, RATE
from tests.support.call_fakes import HumMouth, ToneEars
from tests.support.phone_network import PhoneNetwork

pytestmark = pytest.mark.audio
POLICY, CLOCK = policies.load(), SystemClock()
CASE = case_of(Language.EN, POLICY, CLOCK)
NUMBER = "+447700900001"
KEPT = {"sip files": 10, "server files": 10}
"""Connections to Redis and to one another that the programs keep for later: half as many as there are calls."""


def telephones(network: PhoneNetwork, address: str, number: str, folder: Path) -> Callable[[int], VoicePlacement]:
    """Makes the placement of an attempt: a telephone call in which the agent hums and hears nothing."""

    def conversation(alert: Alert, code: str) -> Conversation:
        return Conversation(alert=alert, policy=POLICY, brain=RulesBrain(), match_code=code)

    async def engines(language: Language, band: Band) -> SpokenEngines:
        assert band is Band.NARROW
        voice = Voice(HumMouth(), folder)
        return SpokenEngines(ToneEars((), deaf=True), voice, HumMouth(), Engines("deaf", "hum", "rules", "none"))

    def placement(attempt: int) -> VoicePlacement:
        room = room_name(f"{CASE.id}:{attempt}")
        return VoicePlacement(
            new_leg=lambda case: SipLeg(network.access, network.trunk(address), number, room),
            leg="sip",
            engines=engines,
            conversation=conversation,
            clock=CLOCK,
            blobs=MemoryBlobs(),
            recordings=folder,
            policy=POLICY,
            observer=lambda case, request: SilentObserver(),
        )

    return placement


async def hold(placement: VoicePlacement, attempt: int) -> tuple[DialEnded | CallEnded, list[Event]]:
    """Hold the call of an attempt; how it ended, and the news of it."""
    news: list[Event] = []

    async def record(case_id: str, event: Event, event_id: str) -> None:
        news.append(event)

    request = DialRequest(CASE.id, attempt, "42")
    ended = await asyncio.wait_for(placement.hold(CASE, request, News(request, record)), 30)
    return ended, news


def first_sound_s(heard: np.ndarray[tuple[int], np.dtype[np.float32]], rate: int) -> float:
    loud = np.flatnonzero(np.abs(heard) > 0.02)
    assert loud.size, "the customer heard nothing"
    return float(loud[0]) / rate


async def test_the_greeting_is_in_the_customers_ear_at_once(phone_network: PhoneNetwork, tmp_path: Path) -> None:
    async with SipPhone(answering(lambda _: Playing(hang_up_after_s=0.5))) as phone:
        placement = telephones(phone_network, phone.uri, NUMBER, tmp_path)
        await hold(placement(1), 1)  # what a call loads is loaded now
        phone.answers = answering(lambda _: Playing(hang_up_after_s=2.0))
        ended, news = await hold(placement(2), 2)
        call = phone.calls[1]
    assert isinstance(ended, CallEnded)
    assert (ended.disposition, ended.call.ending, ended.call.leg) == (
        Disposition.ANSWERED,
        CallEnding.CUSTOMER_HUNG_UP,
        "sip",
    )
    assert [type(event) for event in news] == [CustomerRinging, CallAnswered]
    assert first_sound_s(call.recording.heard, MIC_RATE) < 1.0


async def test_a_telephone_that_riskcall_did_not_write_hears_the_greeting(
    phone_network: PhoneNetwork, tmp_path: Path
) -> None:
    with phone_network.phone() as phone:
        placement = telephones(phone_network, phone.address, phone.user, tmp_path)
        call = asyncio.create_task(hold(placement(1), 1))
        await asyncio.to_thread(phone.wait_for, ANSWERED)
        await asyncio.wait({call}, timeout=2.0)
        await asyncio.to_thread(phone.hang_up)
        ended, _ = await call
        heard = np.frombuffer(phone.heard(), np.int16).astype(np.float32) / 32768
    assert isinstance(ended, CallEnded)
    assert first_sound_s(heard, RATE) < 1.0


async def test_twenty_calls_leave_nothing_behind(
    phone_network: PhoneNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.call.session.SETTLE_S", 0.05)
    here = psutil.Process()
    async with SipPhone() as phone:
        placement = telephones(phone_network, phone.uri, NUMBER, tmp_path)

        async def one(attempt: int) -> None:
            phone.answers = busy() if attempt % 4 == 0 else answering(lambda _: Playing(hang_up_after_s=0.2))
            ended, _ = await hold(placement(attempt), attempt)
            assert isinstance(ended, DialEnded if attempt % 4 == 0 else CallEnded)

        await one(1)
        before = await what_is_there(phone_network, here)
        for attempt in range(2, 22):
            await one(attempt)
        after = await what_is_there(phone_network, here)
        deadline = asyncio.get_running_loop().time() + 15
        while any(after[kind] > count + KEPT.get(kind, 0) for kind, count in before.items()):
            assert asyncio.get_running_loop().time() < deadline, f"{before} before twenty calls, {after} after"
            await asyncio.sleep(0.05)
            after = await what_is_there(phone_network, here)
    assert after["rooms"] == 0
    assert await asyncio.to_thread(os.listdir, tmp_path) == []


async def what_is_there(network: PhoneNetwork, here: psutil.Process) -> dict[str, int]:
    """Rooms, processes, open ports and files of LiveKit SIP, of the LiveKit server and of this process."""
    names = [room_name(f"{CASE.id}:{attempt}") for attempt in range(1, 22)]
    async with network.access.client() as client:
        rooms = await client.room.list_rooms(api.ListRoomsRequest(names=names))
    sip, server = psutil.Process(network.sip.pid), psutil.Process(network.server.pid)
    return {
        "rooms": len(rooms.rooms),
        "children": len(here.children()),
        "sip ports": len(sip.net_connections("udp")),
        "sip files": sip.num_fds(),
        "server ports": len(server.net_connections("udp")),
        "server files": server.num_fds(),
        "own ports": len(here.net_connections("inet")),
        "own files": here.num_fds(),
        "tasks": len(asyncio.all_tasks()),
    }
