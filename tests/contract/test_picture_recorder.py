"""What whoever records pictures answers: a real LiveKit server without an egress, and the Egress API's fake.

A real server cannot be given an egress here, so what only an egress answers is asked of the fake alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from cases.adapters import MemoryBlobs
from cases.domain.picture import PictureFailure, PictureFile
from cases.ports import PictureRecorder, PictureRefusedError, PictureUnavailableError
from telephony.livekit import CUSTOMER, LiveKitAccess
from telephony.livekit.egress import EgressBucket, EgressFolder, EgressRecorder
from telephony.livekit.egress_fake import FakeEgress, serving_egress
from tests.support.phone_network import PhoneNetwork

ROOM = "video-contract"


@pytest.fixture(params=["fake", "livekit"])
async def access(request: pytest.FixtureRequest) -> AsyncIterator[LiveKitAccess]:
    """A server in which nothing is recorded."""
    if request.param == "livekit":
        network: PhoneNetwork = request.getfixturevalue("phone_network")
        yield network.access
        return
    async with serving_egress() as fake:
        yield fake.access


def recorder(access: LiveKitAccess, folder: Path) -> EgressRecorder:
    return EgressRecorder(access, EgressFolder(folder), MemoryBlobs())


async def refused(work: object) -> PictureRefusedError:
    with pytest.raises(PictureRefusedError) as raised:
        await work  # type: ignore[misc]
    return raised.value


async def test_in_a_room_that_is_gone_nothing_is_recorded(access: LiveKitAccess, tmp_path: Path) -> None:
    error = await refused(recorder(access, tmp_path).begin("video-nobody", "TR_1", "one"))
    assert error.reason is PictureFailure.GONE


async def test_a_recording_that_nobody_knows_can_be_ended_and_came_to_nothing(
    access: LiveKitAccess, tmp_path: Path
) -> None:
    asked = recorder(access, tmp_path)
    await asked.end("EG_unknown")
    error = await refused(asked.finished("EG_unknown"))
    assert (error.reason, error.detail) == (PictureFailure.BROKEN, "not_found")


async def test_a_wrong_key_is_refused(access: LiveKitAccess, tmp_path: Path) -> None:
    wrong = replace(access, api_secret="another-secret-" + "x" * 32)
    assert (await refused(recorder(wrong, tmp_path).begin(ROOM, "TR_1", "one"))).reason is PictureFailure.REFUSED


async def test_a_server_that_is_not_there_is_to_be_asked_again(tmp_path: Path) -> None:
    nowhere = LiveKitAccess("ws://127.0.0.1:9", "key", "secret-" + "s" * 32)
    for ask in (recorder(nowhere, tmp_path).begin(ROOM, "TR_1", "one"), recorder(nowhere, tmp_path).finished("EG_1")):
        with pytest.raises(PictureUnavailableError):
            await ask


@dataclass
class Studio:
    """A server with an egress."""

    fake: FakeEgress
    folder: Path
    blobs: MemoryBlobs
    recorder: PictureRecorder


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with serving_egress({ROOM: {"TR_1"}}) as fake:
        blobs = MemoryBlobs()
        yield Studio(fake, tmp_path, blobs, EgressRecorder(fake.access, EgressFolder(tmp_path), blobs))


async def test_a_camera_is_recorded_once_and_kept_with_its_digest(studio: Studio) -> None:
    begun = await studio.recorder.begin(ROOM, "TR_1", "one")
    assert await studio.recorder.begin(ROOM, "TR_1", "one") == begun
    assert await studio.recorder.finished(begun) is None
    await studio.recorder.end(begun)
    await studio.recorder.end(begun)
    file = await studio.recorder.finished(begun)
    assert file is not None and file.ended_at - file.started_at == timedelta(seconds=10)
    assert (file.name, file.location, file.size) == ("one.webm", str(studio.folder / "one.webm"), 9)
    kept = await studio.recorder.keep(file, "a-1/1-picture-1.webm")
    assert kept is not None and kept == await studio.recorder.keep(file, "a-1/1-picture-1.webm")
    assert (kept.media_type, kept.duration_ms) == ("video/webm", 10_000)
    assert b"".join([part async for part in studio.blobs.open(kept.key)]) == studio.fake.picture
    assert await studio.recorder.discard(file) and await studio.recorder.discard(file)
    assert not list(studio.folder.iterdir())
    [only] = studio.fake.recordings
    assert only.track.track_id == "TR_1" and only.track.file.disable_manifest


async def test_a_recording_ends_with_its_room(studio: Studio) -> None:
    begun = await studio.recorder.begin(ROOM, "TR_1", "one")
    studio.fake.close_room(ROOM)
    file = await studio.recorder.finished(begun)
    assert file is not None and file.duration_ms == 10_000


async def test_a_track_that_is_not_there_comes_to_nothing(studio: Studio) -> None:
    begun = await studio.recorder.begin(ROOM, "TR_2", "one")
    error = await refused(studio.recorder.finished(begun))
    assert (error.reason, error.detail) == (PictureFailure.BROKEN, "egress_failed")


async def test_without_an_egress_that_is_said(studio: Studio) -> None:
    studio.fake.egress = False
    assert (await refused(studio.recorder.begin(ROOM, "TR_1", "one"))).reason is PictureFailure.NO_EGRESS
    studio.fake.redis = False
    assert (await refused(studio.recorder.begin(ROOM, "TR_1", "one"))).reason is PictureFailure.NO_EGRESS


async def test_another_file_of_that_name_is_not_kept(studio: Studio) -> None:
    begun = await studio.recorder.begin(ROOM, "TR_1", "one")
    await studio.recorder.end(begun)
    file = await studio.recorder.finished(begun)
    assert file is not None
    (studio.folder / file.name).write_bytes(b"something longer than that")
    error = await refused(studio.recorder.keep(file, "a-1/1-picture-1.webm"))
    assert (error.reason, error.detail) == (PictureFailure.BROKEN, "size")


async def test_a_folder_that_is_not_shared_keeps_nothing_and_deletes_nothing(studio: Studio) -> None:
    begun = await studio.recorder.begin(ROOM, "TR_1", "one")
    await studio.recorder.end(begun)
    file = await studio.recorder.finished(begun)
    assert file is not None
    elsewhere = EgressRecorder(studio.fake.access, EgressFolder(studio.folder / "unshared"), studio.blobs)
    assert await elsewhere.keep(file, "a-1/1-picture-1.webm") is None
    assert not await elsewhere.discard(file)


async def test_a_bucket_is_written_with_the_banks_key_and_not_read(studio: Studio) -> None:
    bucket = EgressBucket("evidence", "eu-west-2", "https://s3.bank.example", "key", "secret")
    asked = EgressRecorder(studio.fake.access, bucket, studio.blobs)
    begun = await asked.begin(ROOM, "TR_1", "one")
    upload = studio.fake.recordings[0].track.file.s3
    assert (upload.bucket, upload.region, upload.endpoint) == ("evidence", "eu-west-2", "https://s3.bank.example")
    assert (upload.access_key, upload.secret, upload.force_path_style) == ("key", "secret", True)
    await asked.end(begun)
    file = await asked.finished(begun)
    assert isinstance(file, PictureFile) and file.location.startswith("https://evidence.")
    assert await asked.keep(file, "a-1/1-picture-1.webm") is None
    assert not await asked.discard(file)
    assert "secret" not in repr(bucket).replace("secret=", "")


async def test_the_customers_token_records_nothing(access: LiveKitAccess) -> None:
    token = access.token(ROOM, CUSTOMER, publishes=("microphone", "camera"))
    headers = {"authorization": f"Bearer {token}", "content-type": "application/protobuf"}
    async with aiohttp.ClientSession() as client:
        for method in ("StartTrackEgress", "ListEgress"):
            async with client.post(f"{access.api_url}/twirp/livekit.Egress/{method}", headers=headers) as answer:
                assert (answer.status, (await answer.json())["code"]) == (401, "unauthenticated")
