"""A telephone network on the loopback address: Redis, a LiveKit server, LiveKit SIP and telephones, all real programs.

```python
async def test_rings(phone_network: PhoneNetwork) -> None:
    with phone_network.phone(says=pcm) as phone:
        ...  # dial phone.user at phone.address through phone_network.url
        heard = phone.heard()
```

`phone_network` is one network for the whole test session: leave it as it was. A test that kills a program takes a
network of its own with `running_network(folder)`.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.baresip import Baresip
from tests.support.needs import lacks, needs_program
from tests.support.ports import PortBlock
from tests.support.programs import Program, ask, http_ok

API_KEY = "devkey"
API_SECRET = "devsecretdevsecretdevsecretdevsecret"
HOST = "127.0.0.1"
_BESIDE = Path(__file__).parents[2].parent / "shared" / "livekit"
_SIP_MEDIA_PORTS = 120


class PhoneNetwork:
    """The three programs on ports of their own.

    Attributes:
        url: WebSocket address of the LiveKit server.
        api_key: Key of its API.
        api_secret: Secret of its API.
        sip_address: `host:port` where LiveKit SIP takes calls.
        folder: Scratch folder: configurations, logs, recordings.
        ports: Free ports for whatever else a test starts.
        redis: The programs, to kill and start again: a restarted one keeps its ports.
        server: LiveKit server.
        sip: LiveKit SIP.
    """

    def __init__(self, folder: Path) -> None:
        """Prepare a network; `start` runs it.

        Args:
            folder: Empty folder for everything that the programs write.
        """
        redis = needs_program("redis-server", "LiveKit server and LiveKit SIP meet in it")
        server, sip = livekit_program("livekit-server"), livekit_program("livekit-sip")
        self.folder = folder
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

    @contextlib.contextmanager
    def phone(self, *, says: bytes = b"", answers: bool = True, user: str = "cust") -> Iterator[Baresip]:
        """A telephone that rings when it is called, speaks and records what it hears.

        Args:
            says: What is said once answered: 16-bit mono at 8,000 Hz; silence follows.
            answers: Whether it answers by itself at once; otherwise it rings until `Baresip.answer`.
            user: Number or name by which it is called.
        """
        needs_program("baresip", "it is the customer's telephone")
        with tempfile.TemporaryDirectory(prefix="phone-", dir=self.folder) as name:
            phone = Baresip(Path(name), self.ports, says=says, answers=answers, user=user)
            phone.start()
            try:
                yield phone
            finally:
                phone.stop()

    def _server(self, port: int) -> dict[str, object]:
        rtc = {
            "tcp_port": self.ports.take(),
            "udp_port": self.ports.take(),
            "use_external_ip": False,
            "node_ip": HOST,
            "enable_loopback_candidate": True,
        }
        return {"port": port, "bind_addresses": [HOST], "keys": {API_KEY: API_SECRET}, "rtc": rtc}

    def _sip(self, port: int, health_port: int) -> dict[str, object]:
        media = self.ports.take(_SIP_MEDIA_PORTS)
        return {
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


@contextlib.contextmanager
def running_network(folder: Path) -> Iterator[PhoneNetwork]:
    """A network of one's own, running.

    Args:
        folder: Empty folder for everything that the programs write.
    """
    network = PhoneNetwork(folder)
    try:
        network.start()
        yield network
    finally:
        network.stop()


@pytest.fixture(scope="session")
def phone_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhoneNetwork]:
    """The network that the tests of a session share."""
    with running_network(tmp_path_factory.mktemp("phone-network")) as network:
        yield network


def livekit_program(name: str) -> Path:
    """Path of `livekit-server` or `livekit-sip`: beside the checkout, or on the search path; or the end of the test."""
    found = _BESIDE / name
    if found.is_file():
        return found
    path = shutil.which(name)
    if path is None:
        lacks(f"{name} is neither in ../shared/livekit nor installed: real calls run through it")
    return Path(path)
