"""The customer lets their picture be recorded in a real room, on a real LiveKit server that has no egress."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from cases.adapters import MemoryBlobs
from cases.domain.picture import PictureFailure
from cases.domain.vocabulary import Disposition, Language
from cases.ports import PictureRefusedError
from telephony.leg import SPEAKER_FRAME_BYTES, SPEAKER_RATE, Filmed, Invitation, PictureChange
from telephony.livekit import RoomLeg
from telephony.livekit.egress import EgressFolder, EgressRecorder
from tests.support.phone_network import PhoneNetwork
from tests.support.room_customer import RoomCustomer
from tests.support.sound import tone

pytestmark = pytest.mark.audio
INVITATION = Invitation("case:1", "Bank", "reference", Language.EN, "42", 20.0, True)
YES, NO = {"allowed": True, "recorded": True}, {"allowed": False, "recorded": False}
STILLS_ONLY = {"allowed": True, "recorded": False}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhoneNetwork]:
    """Redis and a LiveKit server that asks for an egress less patiently than it does by default."""
    made = PhoneNetwork(tmp_path_factory.mktemp("no-egress"))
    try:
        path = made.folder / "livekit-server.yaml"
        settings = yaml.safe_load(path.read_text())
        settings["psrpc"] = {"max_attempts": 1, "timeout": "300ms", "backoff": "50ms"}
        path.write_text(yaml.safe_dump(settings))
        for program in (made.redis, made.server):
            program.start()
            program.wait()
        yield made
    finally:
        made.stop()


@asynccontextmanager
async def session(
    network: PhoneNetwork, room: str, *, key: bytes | None = None, invitation: Invitation = INVITATION
) -> AsyncIterator[tuple[RoomLeg, RoomCustomer]]:
    """A video session that is up."""
    leg, customer = RoomLeg(network.access, room, key=key), RoomCustomer(network.access, room)
    try:
        ringing = asyncio.create_task(leg.ring(invitation))
        await asyncio.wait_for(leg.ringing(), 10)
        await customer.join(key)
        assert await asyncio.wait_for(ringing, 20) is Disposition.ANSWERED
        yield leg, customer
    finally:
        await leg.hang_up()
        await customer.leave()


async def talk(leg: RoomLeg) -> int:
    """Speak and listen until cancelled; the longest wait for a frame of the customer, ms."""
    loop, worst = asyncio.get_running_loop(), 0.0
    said = tone(900, 1, SPEAKER_RATE)[:SPEAKER_FRAME_BYTES]
    try:
        before = loop.time()
        async for frame in leg.microphone():
            worst, before = max(worst, loop.time() - before), loop.time()
            assert len(frame)
            leg.play(said)
    except asyncio.CancelledError:
        pass
    return round(worst * 1000)


async def test_a_call_goes_on_while_the_server_looks_for_an_egress_that_is_not_there(
    network: PhoneNetwork, tmp_path: Path
) -> None:
    async with session(network, "video-no-egress") as (leg, customer):
        talking = asyncio.create_task(talk(leg))
        assert isinstance(leg, Filmed)
        async with aclosing(leg.picture()) as changes:  # type: ignore[type-var]
            track = await customer.show_camera()
            await customer.allow_pictures(YES)
            assert await asyncio.wait_for(anext(changes), 10) == PictureChange(track)
            recorder = EgressRecorder(network.access, EgressFolder(tmp_path), MemoryBlobs())
            asked = asyncio.create_task(recorder.begin("video-no-egress", track, "video-no-egress-1"))
            await customer.allow_pictures(NO)
            assert await asyncio.wait_for(anext(changes), 10) == PictureChange("")
            await customer.allow_pictures(YES)
            assert await asyncio.wait_for(anext(changes), 10) == PictureChange(track)
            await customer.hide_camera(track)
            again = await customer.show_camera()
            assert await asyncio.wait_for(anext(changes), 10) == PictureChange(again) and again != track
            with pytest.raises(PictureRefusedError) as refused:
                await asyncio.wait_for(asked, 40)
        assert (refused.value.reason, refused.value.detail) == (PictureFailure.NO_EGRESS, "unavailable")
        assert leg.call.end is None and not talking.done()
        talking.cancel()
        # A machine that runs tests stalls now and then; LiveKit alone takes seconds to find that there is none.
        assert await talking < 2_000
        heard = np.frombuffer(bytes(customer.heard), np.int16)
        assert np.abs(heard).max() > 1_000


@pytest.mark.parametrize("case", ["encrypted", "stills only", "no consent of the alert"])
async def test_nothing_is_allowed(network: PhoneNetwork, case: str) -> None:
    key = b"a key that the server of the room does not have" if case == "encrypted" else None
    invitation = replace(INVITATION, stills_allowed=case != "no consent of the alert")
    async with session(network, f"video-{case.replace(' ', '-')}", key=key, invitation=invitation) as (leg, customer):
        await customer.show_camera()
        for said in (STILLS_ONLY,) if case == "stills only" else (YES, "garbage", [], {"allowed": 1, "recorded": 1}):
            await customer.allow_pictures(said)
        await customer.ask_human()
        # Data of one sender comes in order: whatever was allowed is known by now.
        pressed = await asyncio.wait_for(anext(leg.controls()), 10)
        assert pressed.kind.value == "ask_human"
        await leg.hang_up()
        assert [change async for change in leg.picture()] == []
