"""One measured call through everything: alert, effects, LiveKit, LiveKit SIP, telephone, engines."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bench.telephone.system import telephoning
from tests.support.needs import needs_program
from tests.support.phone_network import PhoneNetwork

pytestmark = pytest.mark.audio


async def test_a_call_is_measured_on_the_customers_telephone(phone_network: PhoneNetwork, tmp_path: Path) -> None:
    needs_program("flite", "it speaks for the customer")
    async with asyncio.timeout(120), telephoning(tmp_path, phone_network) as system:
        held = await system.call("denies", hang_up_after_s=8.0)
    phone = held.phone
    assert phone.ended_by == "here" and phone.received > 100
    assert held.alert_to_ringing_ms is not None and 0 < held.alert_to_ringing_ms < 30_000
    assert held.answer_to_word_ms is not None and 0 < held.answer_to_word_ms < 5_000
    assert phone.recording.startswith(str(tmp_path))
