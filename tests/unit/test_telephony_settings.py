"""Settings of the telephone: each wrong value is refused with what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskcall.errors import SettingsInvalidError
from riskcall.settings import Settings, load_settings

SECRET = "s" * 32


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"RISKCALL_{name.upper()}", raising=False)


def livekit(**changes: object) -> Settings:
    given: dict[str, object] = {
        "livekit_url": "wss://livekit.bank.example",
        "livekit_api_key": "key",
        "livekit_api_secret": SECRET,
        **changes,
    }
    return load_settings(**given)


def carrier(**changes: object) -> Settings:
    return livekit(**{"sip_address": "sip.carrier.example", "sip_caller_id": "+442079460000", **changes})


def test_without_settings_there_is_no_trunk_and_nobody_may_be_dialled() -> None:
    bare = load_settings()
    assert not bare.has_trunk
    assert bare.sip_countries == ()
    assert bare.missing_for_telephone() == (
        "RISKCALL_LIVEKIT_URL",
        "RISKCALL_LIVEKIT_API_KEY",
        "RISKCALL_LIVEKIT_API_SECRET",
        "RISKCALL_SIP_TRUNK_ID or RISKCALL_SIP_ADDRESS",
        "RISKCALL_SIP_COUNTRIES",
    )


def test_a_trunk_is_encrypted_unless_somebody_says_otherwise() -> None:
    trunk = carrier(sip_countries=["GB"])
    assert (trunk.sip_transport, trunk.sip_media_encryption) == ("tls", "require")
    assert trunk.has_trunk
    assert trunk.missing_for_telephone() == ()


@pytest.mark.parametrize("url", ["livekit.bank.example", "ftp://livekit.bank.example", "wss://", "wss://a b"])
def test_a_livekit_url_has_a_scheme_and_a_host(url: str) -> None:
    with pytest.raises(SettingsInvalidError, match=r"RISKCALL_LIVEKIT_URL: give a URL that begins with wss://"):
        livekit(livekit_url=url)


@pytest.mark.parametrize("url", ["ws://127.0.0.1:7880", "wss://livekit.bank.example/rtc", "ws://[::1]:7880"])
def test_urls_of_every_form_are_taken(url: str) -> None:
    assert livekit(livekit_url=f"{url}/").livekit_url == url


@pytest.mark.parametrize("name", ["livekit_api_secret", "worker_key"])
def test_a_short_secret_is_refused_and_not_shown(name: str) -> None:
    with pytest.raises(SettingsInvalidError, match=f"RISKCALL_{name.upper()}: give 32 characters") as refused:
        livekit(**{name: "too-short-to-sign"})
    assert "too-short-to-sign" not in str(refused.value)


@pytest.mark.parametrize("number", ["020 7946 0000", "+44 20 7946 0000", "+0441234567", "+123", "tel:+442079460000"])
def test_a_caller_id_is_in_e164_form(number: str) -> None:
    with pytest.raises(SettingsInvalidError, match=r"RISKCALL_SIP_CALLER_ID: .*E\.164"):
        carrier(sip_caller_id=number)


@pytest.mark.parametrize("address", ["sip:carrier.example", "carrier.example:0", "carrier.example:70000", "a/b", "a b"])
def test_a_trunk_address_is_a_host_with_or_without_port(address: str) -> None:
    with pytest.raises(SettingsInvalidError, match=r"RISKCALL_SIP_ADDRESS: give host or host:port without sip:"):
        carrier(sip_address=address)


@pytest.mark.parametrize("codes", [["UK"], ["gb"], ["GBR"], ["GB", "XX"]])
def test_countries_are_iso_codes(codes: list[str]) -> None:
    with pytest.raises(SettingsInvalidError, match="RISKCALL_SIP_COUNTRIES: .*ISO 3166-1 codes"):
        carrier(sip_countries=codes)


def test_countries_come_as_a_json_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKCALL_SIP_COUNTRIES", '["GB", "CN"]')
    assert load_settings().sip_countries == ("GB", "CN")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_media_keys_do_not_travel_in_the_clear(transport: str) -> None:
    with pytest.raises(SettingsInvalidError, match=r"wrong:\nRISKCALL_SIP_MEDIA_ENCRYPTION=require"):
        carrier(sip_transport=transport)
    assert carrier(sip_transport=transport, sip_media_encryption="off").sip_transport == transport


def test_what_belongs_together_is_there_together() -> None:
    with pytest.raises(SettingsInvalidError, match="RISKCALL_LIVEKIT_URL needs RISKCALL_LIVEKIT_API_KEY"):
        load_settings(livekit_url="wss://livekit.bank.example")
    with pytest.raises(SettingsInvalidError, match="name two trunks"):
        carrier(sip_trunk_id="ST_1")
    with pytest.raises(SettingsInvalidError, match="needs RISKCALL_SIP_CALLER_ID"):
        carrier(sip_caller_id="")
    with pytest.raises(SettingsInvalidError, match="needs RISKCALL_SIP_PASSWORD"):
        carrier(sip_username="riskcall")


@pytest.mark.parametrize("name", ["at_once", "per_minute", "per_day", "per_number_per_day"])
def test_a_cap_is_at_least_one_call(name: str) -> None:
    with pytest.raises(SettingsInvalidError, match=f"RISKCALL_SIP_CALLS_{name.upper()}"):
        carrier(**{f"sip_calls_{name}": 0})
