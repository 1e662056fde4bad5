"""A telephone network on the loopback address: Redis, a LiveKit server and LiveKit SIP, real programs on free ports."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import yaml

from bench.telephone.errors import ProgramMissingError
from bench.telephone.ports import PortBlock
from bench.telephone.programs import Program, ask, http_ok

PROGRAMS = ("redis-server", "livekit-server", "livekit-sip")
API_KEY = "devkey"
API_SECRET = "devsecretdevsecretdevsecretdevsecret"
HOST = "127.0.0.1"
BESIDE = Path(__file__).parents[2].parent / "shared" / "livekit"
"""Where the programs may lie ready beside the checkout."""
_SIP_MEDIA_PORTS = 120


class LiveKitNetwork:
    """The three programs on ports of their own.

    Attributes:
        url: WebSocket address of the LiveKit server.
        api_key: Key of its API.
        api_secret: Secret of its API.
        sip_address: `host:port` where LiveKit SIP takes calls.
        folder: Scratch folder: configurations, logs, recordings.
        ports: Free ports for whatever else is started.
        redis: The programs, to kill and start again: a restarted one keeps its ports.
        server: LiveKit server.
        sip: LiveKit SIP.
    """

    def __init__(self, folder: Path, find: Callable[[str], Path], *, certificate: Path | None = None) -> None:
        """Prepare a network; `start` runs it.

        Args:
            folder: Empty folder for everything that the programs write.
            find: Gives the path of a program, by its name.
            certificate: PEM file with certificate and key with which LiveKit SIP speaks TLS, and which it trusts;
                None for no TLS.
        """
        redis, server, sip = find("redis-server"), find("livekit-server"), find("livekit-sip")
        self.folder = folder
        self._certificate = certificate
        self.ports = PortBlock()
        self.api_key = API_KEY
        self.api_secret = API_SECRET
        redis_port, http_port, health_port, sip_port = (self.ports.take() for _ in range(4))
        self.url = f"ws://{HOST}:{http_port}"
        self.sip_address = f"{HOST}:{sip_port}"
        self.redis = Program(
            "redis-server",
            [str(redis), "--port", str(redis_port), "--bind", HOST, "--save", "", "--appendonly", "no"],
            folder=folder,
            ready=lambda: ask(redis_port, b"PING\r\n") == b"+PONG\r\n",
        )
        common = {"redis": {"address": f"{HOST}:{redis_port}"}, "logging": {"level": "info"}}
        self.server = Program(
            "livekit-server",
            [str(server), "--config", self._write("livekit-server.yaml", common | self._server(http_port))],
            folder=folder,
            ready=lambda: http_ok(http_port),
            stop_signal=signal.SIGKILL,
        )
        self.sip = Program(
            "livekit-sip",
            [str(sip), "--config", self._write("livekit-sip.yaml", common | self._sip(sip_port, health_port))],
            folder=folder,
            ready=lambda: http_ok(health_port),
            stop_signal=signal.SIGINT,
            environment=None if certificate is None else {"SSL_CERT_FILE": str(certificate)},
        )

    def start(self) -> None:
        """Run everything and return once everything answers."""
        for program in (self.redis, self.server, self.sip):
            program.start()
            program.wait()

    def stop(self) -> None:
        """End everything and give the ports back."""
        for program in (self.sip, self.server, self.redis):
            program.stop()
        self.ports.close()

    def _server(self, port: int) -> dict[str, object]:
        rtc = {
            "tcp_port": self.ports.take(),
            "udp_port": self.ports.take(),
            "use_external_ip": False,
            "node_ip": HOST,
            "enable_loopback_candidate": True,
            # Without it LiveKit SIP often joins a room a second late, before it has dialled anybody.
            "use_ice_lite": True,
        }
        return {"port": port, "bind_addresses": [HOST], "keys": {API_KEY: API_SECRET}, "rtc": rtc}

    def _sip(self, port: int, health_port: int) -> dict[str, object]:
        media = self.ports.take(_SIP_MEDIA_PORTS)
        tls: dict[str, object] = {}
        if self._certificate is not None:
            certificates = [{"cert_file": str(self._certificate), "key_file": str(self._certificate)}]
            tls = {"tls": {"port": self.ports.take(), "certs": certificates}}
        return tls | {
            "api_key": API_KEY,
            "api_secret": API_SECRET,
            "ws_url": self.url,
            "sip_port": port,
            "health_port": health_port,
            "listen_ip": HOST,
            "rtp_port": f"{media}-{media + _SIP_MEDIA_PORTS - 1}",
            # A closed call's port is free at once: nothing strays on the loopback address.
            "rtp_draining_idle_timeout": "-1s",
            "use_external_ip": False,
            "nat_1_to_1_ip": HOST,
            # At less, a small machine under the load of tests refuses calls as "cpu exhausted".
            "max_cpu_utilization": 1,
        }

    def _write(self, name: str, settings: dict[str, object]) -> str:
        path = self.folder / name
        path.write_text(yaml.safe_dump(settings))
        return str(path)


def find_program(name: str) -> Path:
    """Path of a program: beside the checkout, or on the search path.

    Raises:
        ProgramMissingError: It is in neither place.
    """
    if (beside := BESIDE / name).is_file():
        return beside
    found = shutil.which(name)
    if found is None:
        raise ProgramMissingError(
            f"{name} is neither in {BESIDE} nor on the search path; calls run through {', '.join(PROGRAMS)} "
            "(docs/telephony.md says how to get them)"
        )
    return Path(found)
