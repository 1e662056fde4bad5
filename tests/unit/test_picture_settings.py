"""Settings of recording the customer's picture: each wrong value is refused with what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.adapters import MemoryBlobs
from riskcall.errors import SettingsInvalidError
from riskcall.pictures import picture_recorder
from riskcall.settings import Settings, load_settings
from telephony.livekit.egress import EgressRecorder


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"RISKCALL_{name.upper()}", raising=False)


def recording(**changes: object) -> Settings:
    given: dict[str, object] = {
        "livekit_url": "wss://livekit.bank.example",
        "livekit_api_key": "key",
        "livekit_api_secret": "s" * 32,
        "video_encryption": False,
        "video_recording": "egress",
        "egress_folder": Path("/srv/egress"),
        **changes,
    }
    return load_settings(**given)


def test_nothing_is_recorded_by_default() -> None:
    assert picture_recorder(load_settings(), MemoryBlobs()) is None


def test_a_folder_or_a_bucket_is_recorded_to() -> None:
    assert isinstance(picture_recorder(recording(), MemoryBlobs()), EgressRecorder)
    bucket = recording(egress_folder=None, egress_bucket="evidence", egress_access_key="k", egress_secret="secret")
    assert isinstance(picture_recorder(bucket, MemoryBlobs()), EgressRecorder)
    assert "secret" not in repr(bucket.egress_secret)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"video_encryption": True}, "RISKCALL_VIDEO_ENCRYPTION=false"),
        ({"livekit_url": ""}, "needs RISKCALL_LIVEKIT_URL"),
        ({"egress_folder": None}, "RISKCALL_EGRESS_FOLDER or RISKCALL_EGRESS_BUCKET"),
        ({"egress_bucket": "evidence"}, "one of the two"),
        ({"egress_folder": Path("egress")}, "whole path"),
        ({"egress_access_key": "key"}, "RISKCALL_EGRESS_SECRET"),
    ],
)
def test_what_cannot_work_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsInvalidError, match=message):
        recording(**changes)
