"""Pages, calls and their races, without media."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.domain.vocabulary import Disposition, Language
from telephony.browser import AppSessions, BrowserLeg, BrowserSwitchboard, LineState, PageEventKind, TooManyPagesError
from telephony.leg import Caption, Speaker
from tests.support.bank_app import CUSTOMER, HandClock, invitation, new_switchboard
from tests.support.scripted_page import ScriptedPage

SOON = 0.05


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def board(clock: HandClock) -> AsyncIterator[BrowserSwitchboard]:
    board = new_switchboard(clock, setup_seconds=SOON)
    yield board
    await board.aclose()


def dial(leg: BrowserLeg, **changes: object) -> asyncio.Task[Disposition]:
    return asyncio.create_task(leg.ring(invitation(**changes)))


async def test_an_open_page_rings_at_once_and_shows_the_code(board: BrowserSwitchboard) -> None:
    page, leg = ScriptedPage(board, CUSTOMER), board.leg()
    ring = dial(leg)
    notice = await page.expect("ringing")
    await leg.ringing()
    assert (notice["code"], notice["bank"], notice["language"]) == ("482913", "Northbridge Bank", "en")
    assert "customer-7" not in str(notice) and "case-1" not in str(notice)
    page.say(PageEventKind.DECLINE)
    assert await ring is Disposition.REJECTED
    assert leg.detail == "declined"
    assert (await page.expect("ended"))["reason"] == "declined"


async def test_a_page_that_opens_while_it_rings_rings_too(board: BrowserSwitchboard) -> None:
    leg = board.leg()
    ring = dial(leg)
    await asyncio.sleep(0)
    assert leg.state is LineState.DIALLED
    page = ScriptedPage(board, CUSTOMER)
    await page.expect("ringing")
    await leg.hang_up()
    assert await ring is Disposition.NO_ANSWER
    assert (await page.expect("ended"))["reason"] == "cancelled"


async def test_nobody_there_and_nobody_answering_are_told_apart(board: BrowserSwitchboard) -> None:
    absent = board.leg()
    assert await absent.ring(invitation(ring_seconds=SOON)) is Disposition.NO_ANSWER
    page, missed = ScriptedPage(board, CUSTOMER), board.leg()
    assert await missed.ring(invitation(ring_seconds=SOON)) is Disposition.NO_ANSWER
    assert (absent.detail, missed.detail) == ("no_page", "missed")
    assert (await page.expect("ended"))["reason"] == "missed"


async def test_the_second_answer_loses_and_is_told(board: BrowserSwitchboard) -> None:
    first, second, leg = ScriptedPage(board, CUSTOMER), ScriptedPage(board, CUSTOMER), board.leg()
    ring = dial(leg, ring_seconds=5.0)
    await first.expect("ringing")
    await second.expect("ringing")
    second.say(PageEventKind.TAKE)
    first.say(PageEventKind.TAKE)
    assert (await second.expect("taken"))["call"] == leg.call
    assert (await first.expect("elsewhere"))["call"] == leg.call
    assert leg.taker is second.page
    for kind in (PageEventKind.DECLINE, PageEventKind.HANG_UP, PageEventKind.NO_MICROPHONE):
        first.say(kind)
        assert leg.state is LineState.ANSWERING
    third = ScriptedPage(board, CUSTOMER)
    await third.expect("elsewhere")
    second.say(PageEventKind.NO_MICROPHONE)
    assert await ring is Disposition.FAILED
    assert leg.detail == "no_microphone"
    assert (await second.expect("ended"))["reason"] == "no_microphone"
    assert (await first.expect("ended"))["reason"] == "over"


async def test_a_second_call_to_one_customer_is_busy_and_never_rings(board: BrowserSwitchboard) -> None:
    page, first, second = ScriptedPage(board, CUSTOMER), board.leg(), board.leg()
    ring = dial(first)
    await page.expect("ringing")
    assert board.busy(CUSTOMER)
    assert await second.ring(invitation(attempt_id="case-2:1")) is Disposition.BUSY
    assert second.detail == "customer_busy"
    assert page.types().count("ringing") == 1
    await first.hang_up()
    await ring
    assert not board.busy(CUSTOMER)


async def test_taken_but_never_connected_ends_as_failed(board: BrowserSwitchboard) -> None:
    page, leg = ScriptedPage(board, CUSTOMER), board.leg()
    ring = dial(leg)
    await page.expect("ringing")
    page.say(PageEventKind.TAKE)
    assert await ring is Disposition.FAILED
    assert leg.detail == "no_connection"


async def test_a_page_that_closes_while_connecting_ends_the_attempt(board: BrowserSwitchboard) -> None:
    page, leg = ScriptedPage(board, CUSTOMER), board.leg()
    ring = dial(leg)
    await page.expect("ringing")
    page.say(PageEventKind.TAKE)
    await page.close()
    assert await ring is Disposition.FAILED
    assert leg.detail == "page_closed"


async def test_an_offer_that_is_no_offer_ends_the_attempt(board: BrowserSwitchboard) -> None:
    page, leg = ScriptedPage(board, CUSTOMER), board.leg()
    ring = dial(leg)
    await page.expect("ringing")
    page.say(PageEventKind.TAKE)
    page.say(PageEventKind.OFFER, "v=0\r\nm=audio\r\n")
    assert await ring is Disposition.FAILED
    assert leg.detail == "bad_offer"


async def test_a_cancelled_dial_clears_the_page(board: BrowserSwitchboard) -> None:
    page, leg = ScriptedPage(board, CUSTOMER), board.leg()
    ring = dial(leg)
    await page.expect("ringing")
    ring.cancel()
    assert (await page.expect("ended"))["reason"] == "cancelled"
    with pytest.raises(asyncio.CancelledError):
        await ring
    assert not board.busy(CUSTOMER)


async def test_what_is_said_about_a_call_that_is_over_is_answered_with_its_end(board: BrowserSwitchboard) -> None:
    page, leg = ScriptedPage(board, CUSTOMER), board.leg()
    ring = dial(leg)
    await page.expect("ringing")
    await leg.hang_up()
    await ring
    await page.expect("ended")
    page.say(PageEventKind.TAKE)
    assert (await page.expect("ended"))["reason"] == "over"


async def test_before_it_is_up_nothing_is_played_shown_or_pressed(board: BrowserSwitchboard) -> None:
    page, leg = ScriptedPage(board, CUSTOMER), board.leg()
    ring = dial(leg)
    await page.expect("ringing")
    page.say(PageEventKind.TAKE)
    page.say(PageEventKind.ASK_HUMAN)
    leg.play(bytes(960))
    leg.show(Caption(Speaker.AGENT, "The payment of 900 pounds", True))
    page.say(PageEventKind.DECLINE)
    assert await ring is Disposition.REJECTED
    assert [control async for control in leg.controls()] == []
    assert [frame async for frame in leg.microphone()] == []
    assert "caption" not in page.types()
    with pytest.raises(ValueError, match="960 bytes"):
        leg.play(b"short")


async def test_an_expired_page_neither_rings_nor_stays(board: BrowserSwitchboard, clock: HandClock) -> None:
    page, leg = ScriptedPage(board, CUSTOMER), board.leg()
    clock.pass_time(timedelta(hours=2))
    assert await leg.ring(invitation(ring_seconds=SOON)) is Disposition.NO_ANSWER
    assert page.types() == ["waiting", "expired"]
    assert await page.page.next_notice() is None


async def test_a_customer_has_a_bounded_number_of_pages(board: BrowserSwitchboard) -> None:
    pages = [ScriptedPage(board, CUSTOMER) for _ in range(4)]
    with pytest.raises(TooManyPagesError):
        ScriptedPage(board, CUSTOMER)
    await pages[0].close()
    ScriptedPage(board, CUSTOMER)


async def test_a_page_that_stops_reading_is_closed(board: BrowserSwitchboard) -> None:
    page = ScriptedPage(board, CUSTOMER)
    for number in range(2_000):
        page.page.tell({"type": "caption", "text": str(number)})
    seen = 0
    while await page.page.next_notice() is not None:
        seen += 1
    assert seen < 300


async def test_waiting_for_a_page_to_open(board: BrowserSwitchboard) -> None:
    waiting = asyncio.create_task(board.opened(CUSTOMER))
    await asyncio.sleep(0)
    ScriptedPage(board, "somebody-else")
    await asyncio.sleep(0)
    assert not waiting.done()
    ScriptedPage(board, CUSTOMER)
    await asyncio.wait_for(waiting, 5)


def test_a_token_is_kept_as_a_digest_expires_and_belongs_to_one_browser(clock: HandClock) -> None:
    sessions = AppSessions(clock, limit=2)
    token = sessions.issue(CUSTOMER, Language.ZH, timedelta(minutes=5))
    assert len(token) >= 43 and token not in repr(vars(sessions))
    assert sessions.bind(token, "") is None
    bound = sessions.bind(token, "one")
    assert bound is not None and bound.language is Language.ZH and "one" not in bound.browser_hash
    assert sessions.bind(token, "two") is None
    assert sessions.bind(token, "one") == bound
    assert sessions.find(token[:-1]) is None
    clock.pass_time(timedelta(minutes=5))
    assert sessions.find(token) is None and sessions.bind(token, "one") is None
    kept = [sessions.issue(f"c{number}", Language.EN, timedelta(hours=1)) for number in range(3)]
    assert [sessions.find(each) is not None for each in kept] == [False, True, True]
    last = sessions.find(kept[2])
    assert last is not None and sessions.named(last.id) == last and kept[2] not in last.id
    sessions.revoke(last.id)
    assert sessions.find(kept[2]) is None and not sessions.lives(last)


ACTIONS = st.sampled_from(["open", "close", "dial", "hang_up", *PageEventKind])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(ACTIONS, st.integers(0, 3)), max_size=40))
def test_any_mix_of_pages_and_calls_keeps_one_call_and_one_taker(actions: list[tuple[str, int]]) -> None:
    asyncio.run(_play(actions))


async def _play(actions: list[tuple[str, int]]) -> None:
    board = new_switchboard(HandClock())
    pages: list[ScriptedPage] = []
    legs: list[BrowserLeg] = []
    rings: list[asyncio.Task[Disposition]] = []
    for action, place in actions:
        if action == "open" and len(pages) < 4:
            pages.append(ScriptedPage(board, CUSTOMER))
        elif action == "dial":
            legs.append(board.leg())
            rings.append(dial(legs[-1]))
        elif action == "hang_up" and legs:
            legs[place % len(legs)].give_up()
        elif action == "close" and pages:
            await pages.pop(place % len(pages)).close()
        elif action in list(PageEventKind) and pages and legs:
            page = pages[place % len(pages)]
            page.call = legs[-1].call
            page.say(PageEventKind(action), "0")
        await asyncio.sleep(0)
        running = [leg for leg in legs if leg.state is not LineState.ENDED]
        ringing = [leg for leg in running if board._lines.get(CUSTOMER) is leg]
        assert len(ringing) <= 1
        assert board.busy(CUSTOMER) == bool(ringing)
        for leg in running:
            taken = leg.state in (LineState.ANSWERING, LineState.UP)
            assert taken == (leg.taker is not None)
    await board.aclose()
    for leg, ring in zip(legs, rings, strict=True):
        leg.give_up()
        assert await ring is not Disposition.ANSWERED
        assert leg.state is LineState.ENDED and leg.detail
    assert not board._lines
