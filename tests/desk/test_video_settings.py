"""What a page of a video session is told of recording, by the settings and the alert."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from cases.domain import events as ev
from cases.domain.vocabulary import Disposition
from cases.runtime import CaseRuntime
from riskcall.settings import Settings, load_settings
from riskcall.video import video_sessions
from tests.support.desk_cases import alert
from tests.support.desk_harness import API_KEY, ORIGIN, Desk

RECORDING = {"video_recording": "egress", "egress_folder": Path("/srv/egress")}


def settings(**changes: object) -> Settings:
    given: dict[str, object] = {
        "livekit_url": "wss://media.bank.example",
        "livekit_api_key": "key",
        "livekit_api_secret": "s" * 32,
        "worker_key": "w" * 32,
        "api_keys": (API_KEY,),
        "video_encryption": False,
        **changes,
    }
    return load_settings(**given)


async def told(desk: Desk, made: Settings, *, consents: bool) -> dict[str, Any]:
    """What the page is told when the customer presses its button."""
    runtime = cast("CaseRuntime", desk)
    for router in video_sessions(made, runtime, clock=desk.clock, origins=(ORIGIN,)).routers:
        desk.app.include_router(router)
    flagged = alert()
    consent = replace(flagged.customer.consent, video_stills=consents)
    case = await desk.open_case(replace(flagged, customer=replace(flagged.customer, consent=consent)))
    await desk.record(case.id, ev.DialEnded(1, Disposition.NO_ANSWER), "no answer")
    made_link = await desk.client.post(
        f"/v1/cases/{case.id}/summons", json={}, headers={"authorization": f"Bearer {API_KEY}"}
    )
    assert made_link.status_code == 201, made_link.text
    path = str(made_link.json()["url"]).removeprefix(ORIGIN)
    assert (await desk.client.get(path)).status_code == 200
    answer: dict[str, Any] = (await desk.client.post(f"{path}/enter")).json()
    return answer


@pytest.mark.parametrize(
    ("changes", "consents", "records"),
    [
        (RECORDING, True, True),
        (RECORDING, False, False),
        ({}, True, False),
        ({"video_encryption": True}, True, False),
    ],
)
async def test_the_page_is_told_of_a_recording_only_where_there_is_one(
    bench: Desk, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], consents: bool, records: bool
) -> None:
    monkeypatch.setattr("riskcall.video.missing_for_video", lambda settings: "")
    page = await told(bench, settings(**changes), consents=consents)
    assert page["records"] is records
    assert bool(page["key"]) is bool(changes.get("video_encryption"))
