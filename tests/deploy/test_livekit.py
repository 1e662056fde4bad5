"""The files of deploy/livekit in the real programs: only addresses, ports and certificates are others here."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from livekit import api

from bench.telephone.network import HOST
from bench.telephone.ports import PortBlock
from bench.telephone.programs import Program, ask, http_ok
from cases.adapters import SystemClock
from riskcall.doctor_telephony import examine
from riskcall.settings import Settings, load_settings
from riskcall.trunks import read
from telephony.livekit.access import LiveKitAccess
from tests.support.baresip import ANSWERED, Baresip
from tests.support.needs import needs_program
from tests.support.phone_network import livekit_program
from tests.support.sip_answers import certificate

FILES = Path(__file__).parents[2] / "deploy" / "livekit"
KEY, SECRET = "APIexample", "secret-of-32-characters-or-more!"


class SecurePhone(Baresip):
    """A telephone that is called over TLS."""

    def __init__(self, folder: Path, ports: PortBlock, *, pem: Path, srtp: bool) -> None:
        super().__init__(folder, ports, says=b"", answers=True, user="+442079460999")
        # baresip listens for TLS on the port after that of UDP.
        host, port = self.address.split(":")
        self.address = f"{host}:{int(port) + 1}"
        config, account = folder / "config", folder / "accounts"
        srtp_module = "module srtp.so\n" if srtp else ""
        config.write_text(f"{config.read_text()}{srtp_module}sip_certificate {pem}\n")
        encrypted = ";mediaenc=srtp-mand" if srtp else ""
        text = account.read_text().replace("transport=udp", "transport=tls")
        account.write_text(text.replace(";regint=0", f"{encrypted};regint=0"))


@dataclass
class Deployed:
    """The three programs as deploy/livekit sets them up.

    Attributes:
        folder: Their folder.
        ports: Free ports.
        url: Of the server.
        pem: Certificate and key for 127.0.0.1, of an authority that livekit-sip trusts.
        redis: Redis.
    """

    folder: Path
    ports: PortBlock
    url: str
    pem: Path
    redis: Program

    @property
    def access(self) -> LiveKitAccess:
        return LiveKitAccess(self.url, KEY, SECRET)

    def settings(self, **changes: object) -> Settings:
        given = {
            "livekit_url": self.url,
            "livekit_api_key": KEY,
            "livekit_api_secret": SECRET,
            "sip_countries": ["GB"],
            **changes,
        }
        return load_settings(**given)

    @contextlib.contextmanager
    def phone(self, *, srtp: bool) -> Iterator[SecurePhone]:
        needs_program("baresip", "it is the telephone behind the trunk")
        folder = self.folder / ("secure" if srtp else "plain")
        folder.mkdir()
        phone = SecurePhone(folder, self.ports, pem=self.pem, srtp=srtp)
        phone.start()
        try:
            yield phone
        finally:
            phone.stop()


@dataclass(frozen=True)
class Ports:
    """Where the programs listen."""

    redis: int
    http: int
    health: int


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    redis_path = needs_program("redis-server", "LiveKit server and LiveKit SIP meet in it")
    server_path, sip_path = livekit_program("livekit-server"), livekit_program("livekit-sip")
    folder, block = tmp_path_factory.mktemp("deployed"), PortBlock()
    authority, _ = certificate(folder, HOST)
    pem = folder / "phone.pem"
    pem.write_bytes(authority.read_bytes() + authority.with_suffix(".key").read_bytes())
    ports = Ports(block.take(), block.take(), block.take())
    configure(folder, block, ports, authority)
    environment = secrets_of(FILES / "livekit.env.example") | {"SSL_CERT_FILE": str(authority)}
    commands: dict[str, tuple[list[str], Callable[[], bool]]] = {
        "redis-server": ([str(redis_path), "redis.conf"], lambda: ask(ports.redis, b"PING\r\n") == b"+PONG\r\n"),
        "livekit-server": ([str(server_path), "--config", "livekit-server.yaml"], lambda: http_ok(ports.http)),
        "livekit-sip": ([str(sip_path), "--config", "livekit-sip.yaml"], lambda: http_ok(ports.health)),
    }
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        for variable, value in environment.items():
            patch.setenv(variable, value)
        programs = {
            name: Program(name, command, folder=folder, ready=ready) for name, (command, ready) in commands.items()
        }
        stack.callback(block.close)
        for program in programs.values():
            stack.callback(program.kill)
            program.start()
            program.wait()
        yield Deployed(folder, block, f"ws://{HOST}:{ports.http}", pem, programs["redis-server"])


def configure(folder: Path, block: PortBlock, ports: Ports, authority: Path) -> None:
    """Write the configurations, with addresses and certificates of this machine."""
    address = {"redis": {"address": f"{HOST}:{ports.redis}"}}
    files = {"cert_file": str(authority), "key_file": str(authority.with_suffix(".key"))}
    rtc = {"udp_port": block.take(), "tcp_port": block.take(), "node_ip": HOST, "enable_loopback_candidate": True}
    server = {
        "port": ports.http,
        "rtc": rtc,
        "turn": {"tls_port": block.take(), "udp_port": block.take(), **files},
        "prometheus": {"port": block.take()},
    }
    media = block.take(40)
    sip = {
        "ws_url": f"ws://{HOST}:{ports.http}",
        "sip_port": block.take(),
        "tls": {"port": block.take(), "certs": [files]},
        "rtp_port": f"{media}-{media + 39}",
        "nat_1_to_1_ip": HOST,
        "health_port": ports.health,
        "prometheus_port": block.take(),
        # Loopback only, and never too busy, whatever else the machine tests meanwhile.
        "listen_ip": HOST,
        "max_cpu_utilization": 1,
    }
    redis_conf = (FILES / "redis.conf").read_text().replace("port 6379", f"port {ports.redis}")
    (folder / "redis.conf").write_text(redis_conf.replace("/var/lib/riskcall-redis", str(folder)))
    for name, changes in (("livekit-server.yaml", server), ("livekit-sip.yaml", sip)):
        (folder / name).write_text(yaml.safe_dump(changed(name, address, changes)))


def changed(name: str, *changes: dict[str, Any]) -> dict[str, Any]:
    """A configuration with values of this machine; every other value is that of the file."""
    document: dict[str, Any] = yaml.safe_load((FILES / name).read_text())
    for change in changes:
        for key, value in change.items():
            document[key] = {**document[key], **value} if isinstance(value, dict) else value
    return document


def secrets_of(file: Path) -> dict[str, str]:
    """Variables of the example, with a secret that is long enough."""
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    pairs = (line.split("=", 1) for line in lines)
    return {name: value.strip('"').replace("secret-of-32-characters-or-more", SECRET) for name, value in pairs}


def run(deployed: Deployed, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RISKCALL_")} | {
        "RISKCALL_LIVEKIT_URL": deployed.url,
        "RISKCALL_LIVEKIT_API_KEY": KEY,
        "RISKCALL_LIVEKIT_API_SECRET": SECRET,
        **more,
    }
    return subprocess.run(
        [sys.executable, "-c", "from riskcall.cli import main; main()", *arguments],
        env=environment,
        cwd=deployed.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def dial(deployed: Deployed, address: str, room: str) -> None:
    """Call over TLS, with SRTP or not at all."""
    request = api.CreateSIPParticipantRequest(
        trunk=api.SIPOutboundConfig(hostname=address, transport=api.SIPTransport.SIP_TRANSPORT_TLS),
        sip_number="+442079460000",
        sip_call_to="+442079460999",
        room_name=room,
        participant_identity="customer",
        wait_until_answered=True,
        media_encryption=api.SIPMediaEncryption.SIP_MEDIA_ENCRYPT_REQUIRE,
    )
    async with deployed.access.client() as client:
        try:
            await client.sip.create_sip_participant(request, timeout=15)
        finally:
            await client.room.delete_room(api.DeleteRoomRequest(room=room))


async def test_the_doctor_finds_everything_in_order(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", os.environ["SSL_CERT_FILE"])
    with deployed.phone(srtp=True) as phone:
        settings = deployed.settings(sip_address=phone.address, sip_caller_id="+442079460000")
        findings = {one.name: one for one in await examine(settings, SystemClock())}
        await dial(deployed, phone.address, "deployed-secure")
        phone.wait_for(ANSWERED)
    assert {name: one.found for name, one in findings.items() if one.state == "wrong"} == {}
    assert "turns:turn.bank.example" in findings["TURN"].found
    assert "keys travel over TLS" in findings["encryption"].found
    assert "baresip" in findings["SIP over TLS"].found


async def test_a_telephone_without_srtp_is_not_spoken_with(deployed: Deployed) -> None:
    with deployed.phone(srtp=False) as phone:
        with pytest.raises(api.ServerError):
            await dial(deployed, phone.address, "deployed-plain")
        assert ANSWERED not in phone.log


def test_trunks_and_rule_are_made_once_listed_and_kept_over_a_restart(deployed: Deployed) -> None:
    files = [str(FILES / "trunks" / name) for name in ("carrier.yaml", "bank-sbc.yaml", "inbound.yaml")]
    lacking = run(deployed, "trunk", "apply", files[0])
    assert lacking.returncode == 2 and "CARRIER_PASSWORD" in lacking.stderr
    made = run(deployed, "trunk", "apply", *files, CARRIER_PASSWORD="hidden-from-everybody")
    assert made.returncode == 0, made.stderr
    assert made.stdout.count(": made") == 4
    deployed.redis.stop()
    deployed.redis.start()
    deployed.redis.wait()
    again = run(deployed, "trunk", "apply", *files, CARRIER_PASSWORD="hidden-from-everybody")
    assert again.stdout.count(": as it was") == 4, again.stdout + again.stderr
    listed = run(deployed, "trunk", "list")
    assert "outbound trunk carrier: sip.carrier.example over tls, SRTP require, shows +442079460000" in listed.stdout
    assert "inbound trunk bank-number: +442079460000 from 203.0.113.0/28" in listed.stdout
    assert "dispatch rule bank-number: to riskcall" in listed.stdout
    assert "hidden-from-everybody" not in made.stdout + again.stdout + listed.stdout


@pytest.mark.parametrize("file", sorted((FILES / "trunks").glob("*.yaml")), ids=lambda file: file.stem)
def test_every_trunk_file_can_be_read(file: Path) -> None:
    plan = read(file, {"CARRIER_PASSWORD": "secret"})
    assert plan.outbound or (plan.inbound and plan.rules)


def test_the_try_out_rings_a_telephone_and_leaves_nothing(tmp_path: Path) -> None:
    for name in ("baresip", "redis-server", "curl", "openssl"):
        needs_program(name, "deploy/livekit/try-out.sh starts it")
    programs = {str(livekit_program(name).parent) for name in ("livekit-server", "livekit-sip")}
    ports, temporary, settings = PortBlock(), tmp_path / "scratch", tmp_path / "telephone.env"
    temporary.mkdir()
    environment = {
        "PATH": os.pathsep.join([*programs, os.environ["PATH"]]),
        "FIRST_PORT": str(ports.take(80)),
        "TMPDIR": str(temporary),
    }
    script = Program(
        "try-out",
        ["sh", str(FILES / "try-out.sh"), str(settings)],
        folder=tmp_path,
        ready=settings.is_file,
        environment=environment,
    )
    script.start()
    try:
        script.wait(90)
        (tmp_path / ".env").write_bytes(settings.read_bytes())
        told = subprocess.run(
            [sys.executable, "-c", "from riskcall.cli import main; main()", "doctor", "--telephony", "--json"],
            env={name: value for name, value in os.environ.items() if not name.startswith("RISKCALL_")},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        script.stop()
        ports.close()
    wrong = [one for one in json.loads(told.stdout)["findings"] if one["state"] == "wrong"]
    assert (told.returncode, wrong) == (0, [])
    assert not settings.exists() and list(temporary.iterdir()) == []
