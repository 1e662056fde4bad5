"""A video session from the bank's request to the verdict: serve, worker, LiveKit and a browser as real programs."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import httpx
import pytest

from cases.domain.call import CallEnding, CustomerRequest
from cases.domain.case import CaseState
from cases.domain.vocabulary import Arrival, BankAction, Disposition
from riskcall.video import CLIENT
from telephony.sip_phone import SipPhone, busy
from tests.support.chromium import Chromium, Page
from tests.support.needs import lacks
from tests.support.page_sound import EARS, WHISTLE, until_heard, whistle
from tests.support.page_voice import MICROPHONE
from tests.support.phone_network import PhoneNetwork
from tests.support.worker_house import PASSWORD, REVIEWER, House, house

CUSTOMER_HZ, REVIEWER_HZ = 600, 1_000
pytestmark = [pytest.mark.timeout(300), pytest.mark.audio]


@pytest.fixture(autouse=True)
def page_is_built() -> None:
    if not (files("desk") / CLIENT).is_file():
        lacks("the page's client library is not built: `make web` builds it")


async def summons(home: House, case_id: str) -> str:
    """The link of a video session, as the bank is given it."""
    async with httpx.AsyncClient(base_url=home.url, trust_env=False) as bank:
        answer = await bank.post(f"/v1/cases/{case_id}/summons", headers={"authorization": "Bearer bank"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["url"])


async def reviewers_page(home: House, browser: Chromium, case_id: str) -> Page:
    """The case on the desk, before a signed-in reviewer."""
    page = await browser.open(f"{home.url}/cases/{case_id}", before=MICROPHONE + WHISTLE + EARS)
    await page.fill("input[name=name]", REVIEWER)
    await page.fill("input[name=password]", PASSWORD)
    await page.follow("button[type=submit].primary")
    return page


async def talk_to_a_person(home: House, browser: Chromium, page: Page, case_id: str) -> None:
    """The customer asks for a person, whom they hear and who hears them; both lines are encrypted end to end."""
    desk = await reviewers_page(home, browser, case_id)
    await page.click("#person")
    await desk.click("#order-accept")
    await home.until(case_id, lambda case: case.transfer and case.transfer.talking == REVIEWER)
    await whistle(page, CUSTOMER_HZ)
    await until_heard(desk, "people-voice", CUSTOMER_HZ)
    await whistle(desk, REVIEWER_HZ)
    await until_heard(page, "voice", REVIEWER_HZ)
    await desk.click("#order-leave")
    assert desk.errors == []


async def test_a_customer_who_was_not_reached_opens_the_link_and_talks_to_agent_and_reviewer(
    phone_network: PhoneNetwork, tmp_path: Path
) -> None:
    async with SipPhone() as phone:
        phone.answers = busy()
        async with house(phone_network, tmp_path, phone.uri) as home, Chromium.launch() as browser:
            await home.alert("summoned")
            await home.until("summoned", lambda case: len(case.attempts) == 2 and case.state is CaseState.WAITING)
            link = await summons(home, "summoned")
            page = await browser.open(link, width=390, height=844, before=MICROPHONE + WHISTLE + EARS)
            await page.until("document.body.dataset.ready === 'yes'")
            await page.click("#answer")
            await page.until("document.body.dataset.screen === 'call'", 60)
            await page.until("document.querySelector('#captions').textContent.includes('automated')", 60)
            await talk_to_a_person(home, browser, page, "summoned")
            case = await home.until("summoned", lambda case: case.calls)
            await page.until("document.body.dataset.screen === 'ended'", 60)
            assert page.errors == []
    attempt, call = case.attempts[2], case.calls[0].call
    assert (attempt.leg, attempt.arrival, attempt.contact) == ("livekit", Arrival.VIDEO, None)
    assert attempt.disposition is Disposition.ANSWERED and call.ending is CallEnding.TRANSFERRED
    assert call.verification.request is CustomerRequest.HUMAN and call.verification.person_spoke
    assert case.payment is BankAction.HOLD and case.state is CaseState.REVIEW
    assert call.recording is not None
