"""A video session from the bank's request to the verdict: serve, worker, LiveKit and a browser as real programs."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import httpx
import pytest

from cases.domain.call import CustomerRequest
from cases.domain.case import CaseState
from cases.domain.vocabulary import Arrival, BankAction, Disposition
from riskcall.video import CLIENT
from telephony.sip_phone import SipPhone, busy
from tests.support.chromium import Chromium
from tests.support.needs import lacks
from tests.support.phone_network import PhoneNetwork
from tests.support.worker_house import house

pytestmark = [pytest.mark.timeout(300), pytest.mark.audio]


@pytest.fixture(autouse=True)
def page_is_built() -> None:
    if not (files("desk") / CLIENT).is_file():
        lacks("the page's client library is not built: `make web` builds it")


async def test_a_customer_who_was_not_reached_opens_the_link_and_talks_to_the_agent(
    phone_network: PhoneNetwork, tmp_path: Path
) -> None:
    async with SipPhone() as phone:
        phone.answers = busy()
        async with house(phone_network, tmp_path, phone.uri) as at_home:
            await at_home.alert("summoned")
            await at_home.until("summoned", lambda case: len(case.attempts) == 2 and case.state is CaseState.WAITING)
            async with httpx.AsyncClient(base_url=at_home.url, trust_env=False) as bank:
                answer = await bank.post("/v1/cases/summoned/summons", headers={"authorization": "Bearer bank"})
            assert answer.status_code == 201, answer.text
            async with Chromium.launch() as browser:
                page = await browser.open(answer.json()["url"], width=390, height=844)
                await page.until("document.body.dataset.ready === 'yes'")
                await page.click("#answer")
                await page.until("document.body.dataset.screen === 'call'", 60)
                await page.until("document.querySelector('#captions').textContent.includes('automated')", 60)
                await page.click("#person")
                case = await at_home.until("summoned", lambda case: case.calls)
                await page.until("document.body.dataset.screen === 'ended'", 60)
    attempt, call = case.attempts[2], case.calls[0].call
    assert (attempt.leg, attempt.arrival, attempt.contact) == ("livekit", Arrival.VIDEO, None)
    assert attempt.disposition is Disposition.ANSWERED
    assert call.verification.request is CustomerRequest.HUMAN
    assert case.payment is BankAction.HOLD and case.state is CaseState.REVIEW
    assert call.recording is not None
