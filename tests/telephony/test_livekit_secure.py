"""Telephone calls over trunks with TLS, their media under SRTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from cases.domain.vocabulary import Disposition, Language
from telephony.leg import MIC_RATE, SPEAKER_FRAME_BYTES, SPEAKER_RATE, Invitation
from telephony.livekit import MediaEncryption, SipLeg, SipTransport
from tests.support.baresip import RATE, WAS_HUNG_UP, Baresip
from tests.support.phone_network import PhoneNetwork, running_network
from tests.support.sip_answers import HOST, certificate
from tests.support.sound import hertz_of, tone

pytestmark = pytest.mark.audio
INVITATION = Invitation("case:1", "Bank", "reference", Language.EN, "42", 20.0)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhoneNetwork]:
    folder = tmp_path_factory.mktemp("secure")
    shown, _ = certificate(folder, HOST)
    both = folder / "both.pem"
    both.write_bytes(shown.read_bytes() + (folder / f"{HOST}.key").read_bytes())
    with running_network(tmp_path_factory.mktemp("secure-network"), certificate=both) as network:
        yield network


def leg_to(phone: Baresip, network: PhoneNetwork, room: str, encryption: MediaEncryption) -> SipLeg:
    trunk = replace(network.trunk(phone.tls_address), transport=SipTransport.TLS, media_encryption=encryption)
    return SipLeg(network.access, trunk, phone.user, room)


async def test_an_encrypted_call_is_heard_on_both_sides(network: PhoneNetwork) -> None:
    with network.phone(says=tone(600, 5.0, RATE), encrypts=True) as phone:
        leg = leg_to(phone, network, "encrypted", MediaEncryption.REQUIRE)
        assert await asyncio.wait_for(leg.ring(INVITATION), 20) is Disposition.ANSWERED
        heard, said = bytearray(), tone(900, 1.0, SPEAKER_RATE)
        async with asyncio.timeout(10):
            microphone = leg.microphone()
            for at in range(0, len(said), SPEAKER_FRAME_BYTES):
                leg.play(said[at : at + SPEAKER_FRAME_BYTES])
                heard += await anext(microphone)
        await leg.hang_up()
        await asyncio.to_thread(phone.wait_for, WAS_HUNG_UP)
        assert hertz_of(np.frombuffer(phone.heard(), np.int16), RATE) == pytest.approx(900, abs=5)
    assert hertz_of(np.frombuffer(bytes(heard), np.int16), MIC_RATE) == pytest.approx(600, abs=5)


@pytest.mark.parametrize(
    ("encryption", "disposition", "detail"),
    [
        (MediaEncryption.REQUIRE, Disposition.FAILED, "media_unencrypted"),
        (MediaEncryption.ALLOW, Disposition.ANSWERED, ""),
    ],
)
async def test_a_telephone_without_encryption_is_no_answer_where_it_is_required(
    network: PhoneNetwork, encryption: MediaEncryption, disposition: Disposition, detail: str
) -> None:
    with network.phone() as phone:
        leg = leg_to(phone, network, f"unencrypted-{encryption.value}", encryption)
        assert await asyncio.wait_for(leg.ring(INVITATION), 20) is disposition
        assert leg.detail == detail
        await leg.hang_up()
