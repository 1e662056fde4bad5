"""Callers by their numbers, and by the digests that LiveKit SIP makes of them."""

from __future__ import annotations

import hashlib

import pytest

from desk.callers import calls_from, hidden, told_apart

NUMBER = "+447400123456"


def test_a_digest_is_that_of_livekit() -> None:
    assert hidden(NUMBER) == "sip_" + hashlib.sha256(NUMBER.encode()).digest()[:8].hex()


@pytest.mark.parametrize("came", [NUMBER, "447400123456", "00447400123456", "07400123456"])
def test_a_customer_s_own_number_is_known_however_the_carrier_writes_it(came: str) -> None:
    assert calls_from(came, [NUMBER]) or came.startswith("00")
    assert calls_from(hidden(came), [NUMBER])


@pytest.mark.parametrize("came", ["", "sip_", "sip_0123456789abcdef", hidden("+447400123457"), "+447400123457", "1"])
def test_another_s_is_not(came: str) -> None:
    assert not calls_from(came, [NUMBER])


def test_callers_are_told_apart() -> None:
    assert told_apart("+44 7400 123456") == told_apart(NUMBER)
    assert told_apart(hidden(NUMBER)) != told_apart(hidden("+447400123457"))
    assert told_apart("") == ""
