"""Recordings of the customer's picture at the desk: shown, played by ranges, and told apart where there are none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cases.domain import events as ev
from cases.domain.picture import PictureFailure, PictureFile
from cases.domain.vocabulary import Arrival, Disposition
from desk.texts import load_texts
from tests.support.desk_cases import alert
from tests.support.desk_harness import Desk, stream_of

FILM = b"\x1aE\xdf\xa3 a picture of the customer"
PICTURE = "/cases/a-1/calls/2/pictures/1"


async def in_session(desk: Desk) -> None:
    """A customer in a video session who lets their picture be recorded."""
    flagged = alert(id="a-1")
    consent = replace(flagged.customer.consent, video_stills=True)
    await desk.open_case(replace(flagged, customer=replace(flagged.customer, consent=consent)))
    await desk.record("a-1", ev.DialEnded(1, Disposition.NO_ANSWER), "no answer")
    await desk.record("a-1", ev.CustomerArrived(Arrival.VIDEO, "video-1"), "arrived")
    await desk.record("a-1", ev.PictureAllowed(2, 1, "TR_1"), "allowed")


async def kept(desk: Desk, *, reachable: bool = True) -> PictureFile:
    await desk.record("a-1", ev.PictureBegun(2, 1, "EG_1"), "begun")
    await desk.record("a-1", ev.DialEnded(2, Disposition.FAILED, "lost"), "over")
    began = desk.clock.now()
    file = PictureFile("v-1.webm", "/egress/v-1.webm", began, began + timedelta(seconds=75), len(FILM))
    if reachable:
        file = replace(file, media=await desk.blobs.put("a-1/2-picture-1.webm", stream_of(FILM), "video/webm"))
    await desk.record("a-1", ev.PictureKept(2, 1, file), "kept")
    return file


async def test_a_kept_picture_is_shown_and_played_and_looking_is_recorded(bench: Desk) -> None:
    await in_session(bench)
    await bench.sign_in()
    assert "has no result yet" in (await bench.client.get("/cases/a-1")).text
    file = await kept(bench)
    assert file.media is not None
    page = (await bench.client.get("/cases/a-1")).text
    assert f'src="{PICTURE}"' in page and "1:15" in page and file.media.sha256 in page
    whole = await bench.client.get(PICTURE)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, FILM, "video/webm")
    assert whole.headers["content-disposition"].startswith("inline")
    part = await bench.client.get(PICTURE, headers={"range": "bytes=4-9"})
    assert (part.status_code, part.content) == (206, FILM[4:10])
    viewed = [one.event for one in await bench.store.events("a-1") if isinstance(one.event, ev.EvidenceViewed)]
    assert ev.EvidenceViewed("m.lindqvist", "picture") in viewed


async def test_a_picture_that_lies_elsewhere_is_named_and_not_linked(bench: Desk) -> None:
    await in_session(bench)
    await kept(bench, reachable=False)
    await bench.sign_in()
    page = (await bench.client.get("/cases/a-1")).text
    assert "/egress/v-1.webm" in page and "<video" not in page
    assert (await bench.client.get(PICTURE)).status_code == 404


async def test_nobody_sees_a_picture_without_signing_in(bench: Desk) -> None:
    await in_session(bench)
    await kept(bench)
    assert (await bench.client.get(PICTURE)).status_code in {303, 401}


@pytest.mark.parametrize("reason", list(PictureFailure))
async def test_why_there_is_no_picture_is_said_in_both_languages(bench: Desk, reason: PictureFailure) -> None:
    await in_session(bench)
    detail = "/egress/v-1.webm" if reason is PictureFailure.WITHDRAWN else ""
    await bench.record("a-1", ev.PictureFailed(2, 1, reason, detail), "failed")
    await bench.sign_in()
    page = (await bench.client.get("/cases/a-1")).text
    words = [texts(f"pictures.failure.{reason.value}") for texts in load_texts().values()]
    assert words[0] in page and words[0] != words[1]
    assert (detail in page) == bool(detail) or not detail
    assert (await bench.client.get(PICTURE)).status_code == 404


async def test_a_case_without_pictures_shows_none(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    page = (await bench.client.get("/cases/alert-1")).text
    assert '<section class="panel pictures" id="pictures" data-live aria-labelledby="pictures-title" hidden>' in page
    assert (await bench.client.get("/cases/alert-1/calls/1/pictures/1")).status_code == 404
