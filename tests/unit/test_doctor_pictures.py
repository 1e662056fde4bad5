"""What the doctor says of recording customers' pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.adapters import MemoryBlobs
from riskcall.doctor_pictures import examine_egress, examine_folder, examine_pictures
from riskcall.settings import Settings
from telephony.livekit import LiveKitAccess
from telephony.livekit.egress import EgressFolder, EgressRecorder
from telephony.livekit.egress_fake import serving_egress

ROOM = "doctor-1"


async def test_an_egress_that_takes_orders(tmp_path: Path) -> None:
    async with serving_egress({ROOM: set()}) as fake:
        recorder = EgressRecorder(fake.access, EgressFolder(tmp_path), MemoryBlobs())
        found = await examine_egress(recorder, ROOM)
        assert (found.state, found.found) == ("ok", "takes recordings")
        fake.egress = False
        missing = await examine_egress(recorder, ROOM)
        assert missing.state == "wrong" and "livekit-egress.yaml" in missing.remedy
        gone = await examine_egress(recorder, "doctor-2")
        assert gone.state == "wrong" and "not_found" in gone.found


async def test_a_server_that_does_not_answer_says_nothing(tmp_path: Path) -> None:
    nowhere = LiveKitAccess("ws://127.0.0.1:9", "key", "secret-" + "s" * 32)
    assert (
        await examine_egress(EgressRecorder(nowhere, EgressFolder(tmp_path), MemoryBlobs()), ROOM)
    ).state == "unknown"


async def test_where_no_picture_is_recorded_nothing_is_examined() -> None:
    assert await examine_pictures(Settings(), LiveKitAccess("ws://127.0.0.1:9", "key", "secret")) == []


@pytest.mark.parametrize(("name", "state"), [("there", "ok"), ("missing", "wrong")])
def test_the_folder(tmp_path: Path, name: str, state: str) -> None:
    (tmp_path / "there").mkdir()
    assert examine_folder(tmp_path / name).state == state
