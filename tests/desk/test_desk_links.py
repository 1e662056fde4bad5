"""Links to video sessions that reviewers make at the desk: shown once, on record with who asked."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from cases.domain import events as ev
from cases.domain.vocabulary import Disposition
from tests.support.desk_harness import ORIGIN, Desk, desk

CASE = "/cases/alert-1"
LINK = re.compile(re.escape(ORIGIN) + r"/video/([A-Za-z0-9_-]{43})")


async def waiting(bench: Desk) -> None:
    """A case whose customer was not reached and is tried again later, before a signed-in reviewer."""
    await bench.open_case()
    await bench.record("alert-1", ev.DialEnded(1, Disposition.NO_ANSWER), "no answer")
    await bench.sign_in()


async def issued(bench: Desk) -> list[ev.SummonsIssued]:
    found = [one.event for one in await bench.store.events("alert-1")]
    return [one for one in found if isinstance(one, ev.SummonsIssued)]


async def test_a_link_is_shown_once_and_on_record_with_who_made_it(bench: Desk) -> None:
    await waiting(bench)
    assert 'id="summons-make"' in (await bench.client.get(CASE)).text
    answer = await bench.post(f"{CASE}/summons", lasts="60")
    assert answer.status_code == 201 and answer.headers["cache-control"] == "no-store"
    found = LINK.search(answer.text)
    assert found is not None
    (event,) = await issued(bench)
    assert event.by == "m.lindqvist" and found[1] not in event.summons
    assert event.expires_at == bench.clock.now() + timedelta(hours=1)
    page = (await bench.client.get(CASE)).text
    print(page[page.find(found[1]) - 300 :][:600])
    assert found[1] not in page and "Link to a video session made" in page


@pytest.mark.parametrize(("language", "words"), [("en", "Link to a video session"), ("zh", "视频会话链接")])
async def test_it_is_said_in_both_languages(bench: Desk, language: str, words: str) -> None:
    await waiting(bench)
    bench.client.cookies.set("riskcall-language", language)
    assert words in (await bench.post(f"{CASE}/summons", lasts="15")).text


@pytest.mark.parametrize(
    ("fields", "origin"),
    [
        ({"lasts": "15", "form_token": "x"}, ORIGIN),
        ({"lasts": "15"}, "https://elsewhere.example"),
        ({"lasts": "99999"}, ORIGIN),
        ({}, ORIGIN),
    ],
)
async def test_a_form_that_is_not_the_pages_own_makes_none(bench: Desk, fields: dict[str, str], origin: str) -> None:
    await waiting(bench)
    bench.client.headers["Origin"] = origin
    assert (await bench.post(f"{CASE}/summons", **fields)).status_code == 403
    assert await issued(bench) == []


async def test_nobody_but_reviewers_makes_one(bench: Desk) -> None:
    await waiting(bench)
    auditor = await bench.sign_in("a.auditor", bench.another())
    assert 'id="summons-make"' not in (await auditor.get(CASE)).text
    assert (await bench.post(f"{CASE}/summons", auditor, lasts="15")).status_code == 403
    stranger = await bench.another().post(f"{CASE}/summons", data={"lasts": "15"})
    assert stranger.status_code in {303, 401}
    assert await issued(bench) == []


async def test_a_case_that_a_person_has_takes_none(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    assert 'id="summons-make"' not in (await bench.client.get(CASE)).text
    assert (await bench.post(f"{CASE}/summons", lasts="15")).status_code == 409


async def test_without_video_there_is_no_button(tmp_path: Path) -> None:
    async with desk(tmp_path, video_lacks="no LiveKit server") as bench:
        await waiting(bench)
        assert 'id="summons-make"' not in (await bench.client.get(CASE)).text
        assert (await bench.post(f"{CASE}/summons", lasts="15")).status_code == 503
