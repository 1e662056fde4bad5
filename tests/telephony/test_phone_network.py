from __future__ import annotations

import os
from pathlib import Path

import pytest
from livekit import api

from tests.support.baresip import ANSWERED, HUNG_UP, RINGS
from tests.support.phone_network import PhoneNetwork, running_network
from tests.support.ports import PortBlock


async def test_a_telephone_is_rung_and_answers(phone_network: PhoneNetwork) -> None:
    with phone_network.phone(answers=False) as phone:
        url = phone_network.url.replace("ws://", "http://")
        async with api.LiveKitAPI(url, phone_network.api_key, phone_network.api_secret) as client:
            await client.sip.create_sip_participant(
                api.CreateSIPParticipantRequest(
                    trunk=api.SIPOutboundConfig(hostname=phone.address),
                    sip_call_to=phone.user,
                    sip_number="+100",
                    room_name="test",
                    participant_identity="customer",
                )
            )
            phone.wait_for(RINGS)
            phone.answer()
            phone.wait_for(ANSWERED)
            phone.hang_up()
            phone.wait_for(HUNG_UP)
            await client.room.delete_room(api.DeleteRoomRequest(room="test"))


def test_leaves_no_process_port_or_file(tmp_path: Path) -> None:
    with running_network(tmp_path) as network, network.phone() as phone:
        programs = (network.redis, network.server, network.sip)
        pids = [program.pid for program in programs]
        assert all(program.running for program in programs)
        folders = [path for path in tmp_path.iterdir() if path.is_dir()]
        assert phone.address and len(folders) == 1
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert not folders[0].exists()
    block = PortBlock()
    block.close()


def test_a_killed_program_comes_back_on_its_ports(tmp_path: Path) -> None:
    with running_network(tmp_path) as network:
        network.server.kill()
        assert not network.server.running
        network.server.start()
        network.server.wait()


def test_blocks_of_ports_differ() -> None:
    first, second = PortBlock(), PortBlock()
    assert first.take(10) + 10 == first.take()
    assert abs(first.take() - second.take()) >= 300
    assert len({first.take(100) for _ in range(6)}) == 6, "more than a block holds"
    first.close()
    second.close()
