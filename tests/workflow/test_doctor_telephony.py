"""`riskcall doctor --telephony` on real programs: everything in order, and with each thing broken."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from livekit import api

from cases.adapters import SystemClock
from riskcall.doctor_inbound import examine_inbound
from riskcall.doctor_telephony import examine
from riskcall.findings import Finding
from riskcall.settings import Settings, load_settings
from telephony.livekit.access import LiveKitAccess
from tests.support.phone_network import TO_THE_RECEPTION, PhoneNetwork, running_network
from tests.support.sip_answers import HOST, OK, certificate, stream_peer, udp_peer


class SkewedClock(SystemClock):
    """A clock that is off."""

    def __init__(self, ahead: timedelta) -> None:
        self.ahead = ahead

    def now(self) -> datetime:
        return super().now() + self.ahead


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"RISKCALL_{name.upper()}", raising=False)


@pytest.fixture
def own_network(tmp_path: Path) -> Iterator[PhoneNetwork]:
    folder = tmp_path / "network"
    folder.mkdir()
    with running_network(folder) as network:
        yield network


def trunk(address: str, **changes: object) -> dict[str, object]:
    return {
        "sip_address": address,
        "sip_transport": "udp",
        "sip_media_encryption": "off",
        "sip_caller_id": "+442079460000",
        "sip_countries": ["GB"],
        **changes,
    }


def on(network: PhoneNetwork, **changes: object) -> Settings:
    given = {
        "livekit_url": network.url,
        "livekit_api_key": network.api_key,
        "livekit_api_secret": network.api_secret,
        **changes,
    }
    return load_settings(**given)


async def examined(settings: Settings, ahead: timedelta = timedelta(0)) -> dict[str, Finding]:
    return {one.name: one for one in await examine(settings, SkewedClock(ahead))}


def wrong(findings: dict[str, Finding]) -> list[str]:
    """Names of what is wrong; each of these says what to do."""
    names = [name for name, one in findings.items() if one.state == "wrong"]
    assert all(findings[name].remedy for name in names)
    return names


async def test_everything_in_order(phone_network: PhoneNetwork) -> None:
    with phone_network.phone() as phone:
        findings = await examined(on(phone_network, **trunk(phone.address)))
    assert wrong(findings) == []
    assert "livekit-server 1." in findings["signalling"].found
    assert "over UDP, at " in findings["media"].found
    assert "baresip" in findings["SIP over UDP"].found
    assert {name for name, one in findings.items() if one.state == "unknown"} == {
        "TURN",
        "inbound",
        "encryption",
        "sound of calls",
    }
    access = LiveKitAccess(phone_network.url, phone_network.api_key, phone_network.api_secret)
    async with access.client() as client:
        rooms = (await client.room.list_rooms(api.ListRoomsRequest())).rooms
    assert not [room.name for room in rooms if room.name.startswith("doctor")]


def test_the_command_tells_programs_and_people(phone_network: PhoneNetwork, tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RISKCALL_")} | {
        "RISKCALL_LIVEKIT_URL": phone_network.url,
        "RISKCALL_LIVEKIT_API_KEY": phone_network.api_key,
        "RISKCALL_LIVEKIT_API_SECRET": phone_network.api_secret,
        "RISKCALL_SIP_MEDIA_ENCRYPTION": "off",
    }
    command = [sys.executable, "-c", "from riskcall.cli import main; main()", "doctor", "--telephony"]

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *more], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )

    told = run("--json")
    document = json.loads(told.stdout)
    assert told.returncode == 1 and document["ok"] is False
    states = {one["name"]: one["state"] for one in document["findings"]}
    assert states["LiveKit SIP"] == "ok" and states["trunk"] == states["countries"] == states["caller id"] == "wrong"
    shown = run()
    assert shown.returncode == 1
    assert "✗ countries" in shown.stdout and "→ list those of your customers in RISKCALL_SIP_COUNTRIES" in shown.stdout
    assert phone_network.api_secret not in told.stdout + shown.stdout


async def test_nothing_is_set() -> None:
    assert wrong(await examined(load_settings())) == ["LiveKit server", "trunk", "countries", "caller id"]


async def test_no_server_where_it_should_be(phone_network: PhoneNetwork) -> None:
    port = phone_network.ports.take()
    findings = await examined(on(phone_network, livekit_url=f"ws://{HOST}:{port}"))
    assert "LiveKit server" in wrong(findings) and "API key" not in findings
    assert f"on port {port}" in findings["LiveKit server"].remedy


@pytest.mark.parametrize("change", [{"livekit_api_key": "other"}, {"livekit_api_secret": "x" * 32}])
async def test_a_key_that_the_server_does_not_know(phone_network: PhoneNetwork, change: dict[str, object]) -> None:
    findings = await examined(on(phone_network, **change))
    assert "API key" in wrong(findings) and "LiveKit SIP" not in findings
    assert "`keys:`" in findings["API key"].remedy


@pytest.mark.parametrize(("ahead", "side"), [(40, "ahead of"), (-40, "behind")])
async def test_a_clock_that_is_off(phone_network: PhoneNetwork, ahead: int, side: str) -> None:
    findings = await examined(on(phone_network), timedelta(seconds=ahead))
    assert "clock" in wrong(findings)
    told = re.fullmatch(rf"this machine is (\d+) s {side} the server", findings["clock"].found)
    assert told is not None and abs(int(told[1]) - 40) <= 2


async def test_livekit_sip_is_away_and_then_redis(own_network: PhoneNetwork) -> None:
    own_network.sip.stop()
    findings = await examined(on(own_network))
    assert "LiveKit SIP" in wrong(findings) and "media" not in wrong(findings)
    assert "no livekit-sip answers" in findings["LiveKit SIP"].found
    own_network.redis.stop()
    findings = await examined(on(own_network))
    assert "API key" in wrong(findings) and "Redis" in findings["API key"].remedy


async def test_calls_that_come_in(phone_network: PhoneNetwork) -> None:
    answered, hung_up = on(phone_network, reception_languages=["en", "zh"]), on(phone_network)
    assert "LiveKit has no rule" in (await examine_inbound(answered, phone_network.access)).found
    async with phone_network.number("+442079460009", **TO_THE_RECEPTION):
        found = await examine_inbound(answered, phone_network.access)
        assert (found.state, found.found) == ("ok", "calls to +442079460009 are answered in en, zh")
        found = await examine_inbound(hung_up, phone_network.access)
        assert found.state == "wrong" and "RISKCALL_RECEPTION_LANGUAGES" in found.remedy
    named = api.SIPDispatchRule(dispatch_rule_individual=api.SIPDispatchRuleIndividual(room_prefix="inbound-"))
    async with phone_network.number("+442079460009", **{**TO_THE_RECEPTION, "rule": named}):
        found = await examine_inbound(answered, phone_network.access)
        assert found.state == "wrong" and "no digit of their number" in found.found


async def test_a_trunk_kept_in_livekit(phone_network: PhoneNetwork) -> None:
    access = LiveKitAccess(phone_network.url, phone_network.api_key, phone_network.api_secret)
    async with udp_peer(OK, OK) as (port, _), access.client() as client:
        kept = await client.sip.create_outbound_trunk(
            api.CreateSIPOutboundTrunkRequest(
                trunk=api.SIPOutboundTrunkInfo(
                    name="carrier",
                    address=f"{HOST}:{port}",
                    numbers=["+442079460000"],
                    transport=api.SIPTransport.SIP_TRANSPORT_UDP,
                )
            )
        )
        given = {"sip_trunk_id": kept.sip_trunk_id, "sip_countries": ["GB"]}
        plain = await examined(on(phone_network, **given, sip_media_encryption="off"))
        secret = await examined(on(phone_network, **given, sip_caller_id="+442079460001"))
        gone = await examined(on(phone_network, sip_trunk_id="ST_gone", sip_countries=["GB"]))
        await client.sip.delete_trunk(api.DeleteSIPTrunkRequest(sip_trunk_id=kept.sip_trunk_id))
    assert wrong(plain) == [] and "+442079460000" in plain["caller id"].found
    assert wrong(secret) == ["caller id", "encryption"]
    assert "keys would travel in the clear" in secret["encryption"].found
    assert "trunk" in wrong(gone) and kept.sip_trunk_id in gone["trunk"].found


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"sip_countries": []}, "countries"),
        ({"sip_caller_id": "+447700900123"}, "caller id"),
        ({"sip_caller_id": "+449098790123"}, "caller id"),
        ({"sip_transfer_to": "tel:+449098790123"}, "transfer to"),
        ({"sip_transfer_to": "tel:+33140205050"}, "transfer to"),
        ({"sip_address": "no-such-host.invalid"}, "trunk's address"),
    ],
)
async def test_a_trunk_of_the_settings_with_one_thing_wrong(change: dict[str, object], name: str) -> None:
    async with udp_peer(OK) as (port, _):
        findings = await examined(load_settings(**{**trunk(f"{HOST}:{port}"), **change}))
    assert wrong(findings) == ["LiveKit server", name]


async def test_nobody_or_somebody_else_at_the_trunk_s_address() -> None:
    async with udp_peer() as (port, _):
        pass
    assert "SIP over UDP" in wrong(await examined(load_settings(**trunk(f"{HOST}:{port}"))))
    async with stream_peer(b"220 mail.example ESMTP\r\n") as port:
        findings = await examined(load_settings(**trunk(f"{HOST}:{port}", sip_transport="tcp")))
    assert "does not speak SIP" in findings["SIP over TCP"].found
    async with udp_peer("403 Forbidden") as (port, _):
        findings = await examined(load_settings(**trunk(f"{HOST}:{port}")))
    assert findings["SIP over UDP"].state == "unknown" and "allow the address" in findings["SIP over UDP"].remedy


async def test_a_trunk_s_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def given(port: int) -> Settings:
        return load_settings(**trunk(f"{HOST}:{port}", sip_transport="tls", sip_media_encryption="require"))

    issuer, right = certificate(tmp_path, HOST)
    other_issuer, other = certificate(tmp_path, "other.example")
    async with stream_peer(OK, tls=right) as port:
        untrusted = await examined(given(port))
        monkeypatch.setenv("SSL_CERT_FILE", str(issuer))
        trusted = await examined(given(port))
    monkeypatch.setenv("SSL_CERT_FILE", str(other_issuer))
    async with stream_peer(OK, tls=other) as port:
        misnamed = await examined(given(port))
    assert wrong(trusted) == ["LiveKit server"] and "keys travel over TLS" in trusted["encryption"].found
    assert "not in order" in untrusted["SIP over TLS"].found and "SIP over TLS" in wrong(untrusted)
    assert "another name" in misnamed["SIP over TLS"].found and "SIP over TLS" in wrong(misnamed)
