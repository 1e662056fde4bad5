"""Files of trunks and rules: what is wrong in one is said with the file's name, and nothing unsafe is taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from livekit import api

from riskcall.errors import SettingsInvalidError
from riskcall.settings import load_settings
from riskcall.trunks import Plan, read, show

OUTBOUND = "outbound_trunks: [{name: carrier, address: sip.carrier.example, %s}]"
INBOUND = "inbound_trunks: [{name: number, numbers: ['+442079460000'], %s}]"
OWN_ROOM = "rule: {dispatch_rule_callee: {room_prefix: inbound-, randomize: true}}"
NAMED = "rule: {dispatch_rule_individual: {room_prefix: inbound-}}"
HIDDEN = "hide_phone_number: true"
ANSWERED = "room_config: {agents: [{agent_name: riskcall}]}"
RULE = f"dispatch_rules: [{{name: rule, %s {OWN_ROOM}}}]"


def rule(*fields: str) -> str:
    return f"dispatch_rules: [{{name: rule, inbound_trunks: [number], {', '.join(fields)}}}]"


def reading(folder: Path, text: str, **environment: str) -> Plan:
    file = folder / "trunks.yaml"
    file.write_text(text)
    return read(file, environment)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("outbound: []", "give lists under dispatch_rules, inbound_trunks, outbound_trunks"),
        ("[1, 2]", "give lists under"),
        ("", "give lists under"),
        ("outbound_trunks: [{address: sip.carrier.example}]", "everything in it has a name"),
        ("outbound_trunks: {name: carrier}", "is a list"),
        ("outbound_trunks: [", "cannot be read"),
        (OUTBOUND % "adress: x", 'carrier: .*"adress"'),
        (OUTBOUND % "transport: TLS", "carrier: .*transport"),
        (OUTBOUND % "auth_password: '${CARRIER_PASSWORD}'", "needs CARRIER_PASSWORD in the environment"),
        (OUTBOUND % "media_encryption: SIP_MEDIA_ENCRYPT_REQUIRE", "keys would travel in the clear"),
        (INBOUND % "krisp_enabled: false", "anybody could call in"),
        (RULE % "", "takes calls from anywhere"),
        (rule(OWN_ROOM, ANSWERED), "set hide_phone_number"),
        (rule(OWN_ROOM, HIDDEN), "nobody would answer"),
        (rule(OWN_ROOM, HIDDEN, "room_config: {agents: [{agent_name: other}]}"), "nobody would answer"),
        (rule(NAMED, HIDDEN, ANSWERED), "no digit of their number"),
    ],
)
def test_a_file_that_is_wrong(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(SettingsInvalidError, match=f"(?s)trunks.yaml.*{why}"):
        reading(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalidError, match="cannot be read"):
        read(tmp_path / "none.yaml", {})


def test_a_password_comes_from_the_environment_and_a_comment_asks_for_nothing(tmp_path: Path) -> None:
    text = "# auth_password: ${OTHER}\n" + OUTBOUND % "auth_username: riskcall, auth_password: '${CARRIER_PASSWORD}'"
    (trunk,) = reading(tmp_path, text, CARRIER_PASSWORD="s3cret").outbound
    assert (trunk.auth_password, trunk.transport) == ("s3cret", api.SIPTransport.SIP_TRANSPORT_AUTO)


def test_a_rule_names_its_trunks(tmp_path: Path) -> None:
    ((read_rule, trunks),) = reading(tmp_path, rule(OWN_ROOM, HIDDEN, ANSWERED)).rules
    assert trunks == ("number",) and read_rule.rule.dispatch_rule_callee.randomize


def test_without_livekit_there_is_nowhere_to_look(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RISKCALL_LIVEKIT_URL", raising=False)
    with pytest.raises(SettingsInvalidError, match="RISKCALL_LIVEKIT_URL"):
        show(load_settings())
