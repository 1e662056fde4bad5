"""What may be dialled: by number, by country, by how much was dialled before; and the dialer that asks first."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from cases.domain.vocabulary import DialRefusal
from cases.store import DialUsage
from riskcall.people import phone_line
from riskcall.settings import load_settings
from telephony.limited_dialer import explain
from telephony.limits import DialLimits, number_refusal, refusal
from telephony.people.errors import LineMissingError

ROOT = Path(__file__).parents[2]
PACKAGES = ("agent", "cases", "desk", "riskcall", "telephony")
LONDON = "+442079460000"
UNUSED = DialUsage(0, 0, 0, 0)
LIMITS = DialLimits(frozenset({"GB"}), at_once=2, per_minute=3, per_day=5, per_number_per_day=2)
COUNTS = st.integers(0, 7)
USAGES = st.builds(DialUsage, COUNTS, COUNTS, COUNTS, COUNTS)
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def example(region: str, kind: int) -> str | None:
    number = phonenumbers.example_number_for_type(region, kind)
    return None if number is None else phonenumbers.format_number(number, PhoneNumberFormat.E164)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (LONDON, None),
        ("+447400123456", None),
        ("020 7946 0000", DialRefusal.NOT_E164),
        ("+44 20 7946 0000", DialRefusal.NOT_E164),
        ("+442079460000;ext=9", DialRefusal.NOT_E164),
        ("sip:+442079460000@carrier.example", DialRefusal.NOT_E164),
        ("+999123456789", DialRefusal.INVALID_NUMBER),
        ("+442079460", DialRefusal.INVALID_NUMBER),
        ("+447700900123", DialRefusal.INVALID_NUMBER),
        ("+449098790123", DialRefusal.PREMIUM_NUMBER),
        ("+447012345678", DialRefusal.PREMIUM_NUMBER),
        ("+448431234567", DialRefusal.PREMIUM_NUMBER),
        ("+33140205050", DialRefusal.COUNTRY_NOT_ALLOWED),
    ],
)
def test_a_number_is_dialled_or_refused_by_what_it_is(number: str, why: DialRefusal | None) -> None:
    assert number_refusal(number, {"GB"}) is why


@pytest.mark.parametrize(
    ("allowed", "neighbour"),
    [
        ("US", "+18765551234"),  # Jamaica
        ("US", "+18095551234"),  # Dominican Republic
        ("GB", "+447624123456"),  # Isle of Man
        ("GB", "+441534123456"),  # Jersey
        ("GB", "+447911123456"),  # Guernsey
        ("RU", "+77011234567"),  # Kazakhstan
        ("GB", "+881612345678"),  # satellite
        ("GB", "+882161234567"),  # international network
    ],
)
def test_a_shared_prefix_is_not_a_country(allowed: str, neighbour: str) -> None:
    assert number_refusal(neighbour, {allowed}) is DialRefusal.COUNTRY_NOT_ALLOWED


@pytest.mark.parametrize("region", ["GB", "US", "CN", "HK", "DE", "SG"])
def test_mobiles_of_a_country_are_dialled_where_it_is_listed_alone(region: str) -> None:
    number = example(region, PhoneNumberType.MOBILE)
    assert number is not None
    assert number_refusal(number, {region}) is None
    assert number_refusal(number, set(REGIONS) - {region}) is DialRefusal.COUNTRY_NOT_ALLOWED


def test_no_country_s_premium_number_is_ever_dialled() -> None:
    numbers = [number for region in REGIONS if (number := example(region, PhoneNumberType.PREMIUM_RATE))]
    assert len(numbers) > 100
    assert {number_refusal(number, REGIONS) for number in numbers} <= {
        DialRefusal.PREMIUM_NUMBER,
        DialRefusal.INVALID_NUMBER,
    }


@given(st.from_regex(r"\+?[0-9]{1,16}", fullmatch=True) | st.text(max_size=20))
def test_whatever_comes_in_is_answered_and_nothing_is_dialled_without_countries(number: str) -> None:
    assert number_refusal(number, ()) is not None


@given(st.integers(200_000_0000, 999_999_9999).map(lambda digits: f"+1{digits}"))
def test_what_is_dialled_of_a_shared_prefix_belongs_to_the_country(number: str) -> None:
    if number_refusal(number, {"US"}) is None:
        assert phonenumbers.region_code_for_number(phonenumbers.parse(number)) == "US"


@given(USAGES)
def test_only_what_the_bank_sent_for_this_customer_is_dialled(usage: DialUsage) -> None:
    assert refusal(LONDON, [], usage, LIMITS) is DialRefusal.NOT_A_CONTACT
    assert refusal(LONDON, ["+442079460001"], usage, LIMITS) is DialRefusal.NOT_A_CONTACT


@given(USAGES)
def test_every_cap_holds_and_no_other(usage: DialUsage) -> None:
    free = (
        usage.at_once < LIMITS.at_once
        and usage.last_minute < LIMITS.per_minute
        and usage.last_day < LIMITS.per_day
        and usage.number_last_day < LIMITS.per_number_per_day
    )
    refused = refusal(LONDON, [LONDON], usage, LIMITS)
    assert (refused is None) == free
    assert refused is None or refused.passes


@given(USAGES, USAGES)
def test_more_calls_never_open_what_was_closed(usage: DialUsage, more: DialUsage) -> None:
    if refusal(LONDON, [LONDON], usage, LIMITS) is not None:
        assert refusal(LONDON, [LONDON], usage + more, LIMITS) is not None


@pytest.mark.parametrize("why", list(DialRefusal))
def test_every_refusal_is_explained_without_a_digit_of_a_number(why: DialRefusal) -> None:
    told = explain(why, DialUsage(2, 3, 5, 2), LIMITS)
    assert told.startswith(f"{why.value}: ")
    assert not any(part.strip(".,:").lstrip("+").isdigit() and len(part) > 3 for part in told.split())


def test_usage_adds_up_field_by_field() -> None:
    total = DialUsage(1, 2, 3, 4) + DialUsage(10, 20, 30, 40)
    assert [getattr(total, one.name) for one in fields(total)] == [11, 22, 33, 44]


def test_no_other_code_dials_a_telephone() -> None:
    """Whatever dials stands behind `LimitedDialer`: a new place that dials must ask the limits, and be named here."""

    def places(call: str) -> set[str]:
        files = (file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
        return {str(file.relative_to(ROOT)) for file in files if re.search(call, file.read_text(encoding="utf-8"))}

    # The doctor sends LiveKit SIP to a closed port of its own machine: nobody is called.
    assert places(r"\.create_sip_participant\(") == {"telephony/livekit/sip_leg.py", "riskcall/doctor_livekit.py"}
    # Reviewers' own telephones are dialled where a customer's would be, and only into a customer's call.
    assert places(r"(?<!class )\bSipLeg\(") == {"riskcall/telephone.py", "riskcall/people.py"}


@pytest.mark.parametrize("number", ["+33140205050", "+449098790123", "+447700900123", "020 7946 0000"])
async def test_a_reviewer_s_telephone_is_checked_like_a_customer_s(number: str) -> None:
    settings = load_settings(
        livekit_url="wss://livekit.bank.example",
        livekit_api_key="key",
        livekit_api_secret="s" * 32,
        sip_trunk_id="ST_1",
        sip_countries=["GB"],
    )
    assert phone_line(settings, LONDON, "a-1:1", "rosa").kind == "sip"
    with pytest.raises(LineMissingError, match="not called"):
        phone_line(settings, number, "a-1:1", "rosa")
