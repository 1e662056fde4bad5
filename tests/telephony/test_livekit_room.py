"""Customers who join a LiveKit room with a page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from livekit import api, rtc

from cases.domain.vocabulary import Disposition, Language, Speaker
from telephony.leg import (
    MIC_RATE,
    SPEAKER_FRAME_BYTES,
    SPEAKER_RATE,
    Caption,
    Control,
    ControlKind,
    Invitation,
    LegLostError,
)
from telephony.livekit import Closing, LiveKitAccess, RoomLeg, close_room, room_name
from telephony.livekit.names import CUSTOMER
from tests.support.phone_network import PhoneNetwork
from tests.support.room_customer import RATE, RoomCustomer
from tests.support.sound import hertz_of, tone

pytestmark = pytest.mark.audio
INVITATION = Invitation("case:1", "Bank", "reference", Language.EN, "42", 20.0)
KEY = b"a key that both sides have"


@asynccontextmanager
async def call(
    network: PhoneNetwork, name: str, *, key: bytes | None = None, customers_key: bytes | None = None
) -> AsyncIterator[tuple[RoomLeg, RoomCustomer]]:
    """A call that is up."""
    leg, customer = RoomLeg(network.access, name, key=key), RoomCustomer(network.access, name)
    try:
        ringing = asyncio.create_task(leg.ring(INVITATION))
        await asyncio.wait_for(leg.ringing(), 10)
        await customer.join(customers_key)
        assert await asyncio.wait_for(ringing, 20) is Disposition.ANSWERED
        yield leg, customer
    finally:
        await leg.hang_up()
        await customer.leave()


async def hear(leg: RoomLeg, frames: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """So many frames of the customer, while the agent says a tone."""
    heard, said = bytearray(), tone(900, frames / 50, SPEAKER_RATE)
    async with asyncio.timeout(20):
        microphone = leg.microphone()
        for at in range(0, frames * SPEAKER_FRAME_BYTES, SPEAKER_FRAME_BYTES):
            leg.play(said[at : at + SPEAKER_FRAME_BYTES])
            heard += await anext(microphone)
    return np.frombuffer(bytes(heard), np.int16)


async def until(condition: asyncio.Event) -> None:
    await asyncio.wait_for(condition.wait(), 10)


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "end to end"])
async def test_both_hear_each_other(phone_network: PhoneNetwork, key: bytes | None) -> None:
    async with call(phone_network, f"both-hear-{key is None}", key=key, customers_key=key) as (leg, customer):
        heard = await hear(leg, 75)
        assert hertz_of(heard, MIC_RATE) == pytest.approx(440, abs=5)
        said = np.frombuffer(bytes(customer.heard), np.int16)
        assert hertz_of(said, RATE) == pytest.approx(900, abs=5)


async def test_who_has_not_the_key_hears_nothing(phone_network: PhoneNetwork) -> None:
    async with call(phone_network, "no-key", key=KEY, customers_key=b"another") as (leg, customer):
        await hear(leg, 50)
        said = np.frombuffer(bytes(customer.heard), np.int16)
        assert not said.size or np.mean(np.abs(said) > 1_000) < 0.02, "a click of what cannot be decoded, no voice"


async def test_captions_are_shown_in_order(phone_network: PhoneNetwork) -> None:
    async with call(phone_network, "captions") as (leg, customer):
        for text in ("Good", "Good morning"):
            leg.show(Caption(Speaker.AGENT, text, final=text == "Good morning"))
        await until(customer.caption)
        customer.caption.clear()
        if len(customer.captions) < 2:
            await until(customer.caption)
    assert customer.captions == [
        {"speaker": "agent", "text": "Good", "final": False},
        {"speaker": "agent", "text": "Good morning", "final": True},
    ]


async def test_buttons_and_keys_of_the_page_are_controls_and_nonsense_is_none(phone_network: PhoneNetwork) -> None:
    async with call(phone_network, "buttons") as (leg, customer):
        for said in (
            [],
            "x",
            {"kind": "launch"},
            {"kind": "dtmf", "value": "77"},
            {"kind": "dtmf", "value": "7"},
            {"kind": "ask_human"},
            {"kind": "hang_up"},
        ):
            await customer.press(said)
        async with asyncio.timeout(10):
            pressed = [control async for control in leg.controls()]
            async for _ in leg.microphone():
                pass
    assert pressed == [Control(ControlKind.DTMF, "7"), Control(ControlKind.ASK_HUMAN), Control(ControlKind.HANG_UP)]
    assert leg.detail == "customer_hung_up"


async def test_a_room_that_somebody_closes_is_a_lost_line(phone_network: PhoneNetwork) -> None:
    async with call(phone_network, "closed-by-others") as (leg, _):
        assert await close_room(phone_network.access, "closed-by-others") is Closing.CLOSED
        with pytest.raises(LegLostError):
            async with asyncio.timeout(10):
                async for _frame in leg.microphone():
                    pass
        assert leg.detail == "room_closed"
    assert await close_room(phone_network.access, "closed-by-others") is Closing.UNKNOWN


@pytest.mark.parametrize(
    ("reason", "detail"),
    [
        (rtc.DisconnectReason.CLIENT_INITIATED, "customer_hung_up"),
        (rtc.DisconnectReason.ROOM_DELETED, "room_closed"),
        (rtc.DisconnectReason.CONNECTION_TIMEOUT, "customer_lost"),
    ],
)
async def test_what_the_server_says_of_the_customer_who_is_gone_names_the_end(
    phone_network: PhoneNetwork, reason: rtc.DisconnectReason.ValueType, detail: str
) -> None:
    async with call(phone_network, f"gone-{detail}") as (leg, _):
        leg.call.room.emit("participant_disconnected", SimpleNamespace(identity=CUSTOMER, disconnect_reason=reason))
        assert leg.detail == detail


async def test_the_agent_may_leave_the_others_to_themselves(phone_network: PhoneNetwork) -> None:
    async with call(phone_network, "left-to-others") as (leg, _):
        await leg.call.leave(delete=False)
        async with phone_network.access.client() as client:
            there = await client.room.list_participants(api.ListParticipantsRequest(room="left-to-others"))
        assert [participant.identity for participant in there.participants] == ["customer"]
    await close_room(phone_network.access, "left-to-others")


async def test_nobody_joins(phone_network: PhoneNetwork) -> None:
    leg = RoomLeg(phone_network.access, "nobody")
    assert await leg.ring(replace(INVITATION, ring_seconds=0.2)) is Disposition.NO_ANSWER
    assert leg.detail == "nobody_joined"
    await leg.hang_up()
    assert await leg.ring(INVITATION) is Disposition.NO_ANSWER, "a leg rings once"


async def test_a_voice_without_encryption_is_not_heard_in_an_encrypted_room(phone_network: PhoneNetwork) -> None:
    access = phone_network.access
    for key, expected in ((b"passphrase", Disposition.NO_ANSWER), (None, Disposition.ANSWERED)):
        customer, leg = rtc.Room(), RoomLeg(access, f"plain-{key is None}", key=key)
        await customer.connect(access.socket_url, access.token(leg.call.name, CUSTOMER))
        voice = rtc.LocalAudioTrack.create_audio_track("voice", rtc.AudioSource(SPEAKER_RATE, 1))
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await customer.local_participant.publish_track(voice, options)
        try:
            assert await leg.ring(replace(INVITATION, ring_seconds=5.0)) is expected
        finally:
            await leg.hang_up()
            await customer.disconnect()


async def test_a_server_that_cannot_be_reached_is_said_so(phone_network: PhoneNetwork) -> None:
    assert await close_room(LiveKitAccess("ws://127.0.0.1:1", "k", "s" * 32), "x", within=0.1) is Closing.UNREACHABLE


def test_a_token_lets_one_identity_into_one_room_for_minutes() -> None:
    access = LiveKitAccess("wss://livekit.example", "key", "s" * 32)
    claims = api.TokenVerifier("key", "s" * 32).verify(access.token("call-1", "customer"))
    assert claims.identity == "customer" and claims.video is not None
    grants = claims.video
    assert (grants.room, grants.room_join) == ("call-1", True)
    assert grants.can_publish_sources == ["microphone"]
    assert not any((grants.room_admin, grants.room_create, grants.room_list, grants.room_record, grants.hidden))
    assert claims.sip is None or not (claims.sip.admin or claims.sip.call)
    listener = api.TokenVerifier("key", "s" * 32).verify(
        access.token("call-1", "reviewer-1", publishes=(), hidden=True)
    )
    assert listener.video is not None
    assert (listener.video.can_publish, listener.video.can_publish_data, listener.video.hidden) == (False, False, True)


def test_a_room_tells_nothing_of_its_case() -> None:
    assert room_name("case-7:1") == room_name("case-7:1") != room_name("case-7:2")
    assert "case" not in room_name("case-7:1").removeprefix("call-")
    assert LiveKitAccess("https://x", "k", "s").socket_url == "wss://x"
    assert LiveKitAccess("ws://x", "k", "s").api_url == "http://x"
