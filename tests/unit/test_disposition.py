from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain.vocabulary import Disposition
from telephony.disposition import DialResult, of_service, of_sip, q850_cause


@pytest.mark.parametrize(
    ("status", "disposition"),
    [
        (486, Disposition.BUSY),
        (600, Disposition.BUSY),
        (480, Disposition.NO_ANSWER),
        (487, Disposition.NO_ANSWER),
        (603, Disposition.REJECTED),
        (607, Disposition.REJECTED),
        (404, Disposition.FAILED),
        (410, Disposition.FAILED),
        (484, Disposition.FAILED),
        (604, Disposition.FAILED),
        (403, Disposition.FAILED),
        (608, Disposition.FAILED),
        (500, Disposition.FAILED),
        (503, Disposition.FAILED),
        (504, Disposition.FAILED),
        (302, Disposition.FORWARDED),
    ],
)
def test_a_status_is_a_disposition(status: int, disposition: Disposition) -> None:
    assert of_sip(status, rang=True) == DialResult(disposition, f"sip_{status}")


def test_a_timeout_of_the_network_is_no_customer_who_does_not_answer() -> None:
    assert of_sip(408, rang=True).disposition is Disposition.NO_ANSWER
    assert of_sip(408, rang=False).disposition is Disposition.FAILED


@pytest.mark.parametrize(
    ("status", "cause", "disposition"),
    [
        (480, 17, Disposition.BUSY),
        (480, 1, Disposition.FAILED),
        (503, 18, Disposition.NO_ANSWER),
        (403, 21, Disposition.REJECTED),
        (486, 1, Disposition.BUSY),
        (603, 34, Disposition.REJECTED),
    ],
)
def test_the_cause_of_the_telephone_network_says_more_than_the_status(
    status: int, cause: int, disposition: Disposition
) -> None:
    said = of_sip(status, f'Q.850;cause={cause};text="whatever"', rang=True)
    assert said == DialResult(disposition, f"sip_{status}_q850_{cause}")


@pytest.mark.parametrize(
    ("code", "message", "rang", "expected"),
    [
        ("canceled", "sip request timed out", True, DialResult(Disposition.NO_ANSWER, "ringing_timeout")),
        ("canceled", "sip request timed out", False, DialResult(Disposition.FAILED, "no_response")),
        ("unavailable", "cpu exhausted", False, DialResult(Disposition.FAILED, "sip_unavailable", retryable=True)),
        ("unavailable", "cpu exhausted", True, DialResult(Disposition.FAILED, "sip_unavailable")),
        ("not_found", "no such trunk", False, DialResult(Disposition.FAILED, "sip_trunk_unknown")),
        (
            "failed_precondition",
            "sip server required auth, but no username or password was provided",
            False,
            DialResult(Disposition.FAILED, "sip_trunk_credentials"),
        ),
        ("failed_precondition", "no common crypto", False, DialResult(Disposition.FAILED, "media_unencrypted")),
        ("internal", "anything", False, DialResult(Disposition.FAILED, "sip_failed")),
    ],
)
def test_what_livekit_says_is_a_disposition(code: str, message: str, rang: bool, expected: DialResult) -> None:
    assert of_service(code, message, rang=rang) == expected


@given(st.integers(300, 699), st.text(), st.booleans())
def test_no_failure_is_an_answer_and_no_number_is_in_a_detail(status: int, phrase: str, rang: bool) -> None:
    said = of_sip(status, phrase, rang=rang)
    assert said.disposition is not Disposition.ANSWERED
    assert said.detail.startswith(f"sip_{status}") and len(said.detail) < 24
    assert not said.retryable


def test_a_reason_without_a_cause_has_none() -> None:
    assert q850_cause("SIP;cause=200") is None
    assert q850_cause('Q.850 ; cause=16 ;text="Terminated"') == 16
