"""A SIPp phone: plays one call of a scenario, as carriers and exchanges answer."""

from __future__ import annotations

import contextlib
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from telephony.line.codecs import to_mu_law
from tests.support.needs import needs_program
from tests.support.phone_network import PhoneNetwork
from tests.support.programs import Program, wait_until
from tests.support.sound import tone

SCENARIOS = Path(__file__).parent / "sipp"
RATE = 8_000
TONE_HZ = 700
"""Frequency of the tone that scenarios play."""
_MEDIA_PORTS = 4
_LIVES_S = 60
_BUSY = "486 Busy Here"


class SippPhone:
    """One SIPp that takes one call.

    Attributes:
        address: `host:port` of its SIP side.
    """

    def __init__(self, folder: Path, port: int, program: Program) -> None:
        """Use a started SIPp."""
        self.address = f"127.0.0.1:{port}"
        self._folder = folder
        self._program = program

    def wait_for_end(self, seconds: float = 15.0) -> None:
        """Return once its call went by the scenario.

        Raises:
            ProgramError: It has not ended in time.
            AssertionError: The call went otherwise.
        """
        wait_until(lambda: not self._program.running, seconds, lambda: f"SIPp waits still: {self.log}")
        assert self._program.returned == 0, f"the call went otherwise: {self.log}"

    @property
    def log(self) -> str:
        """What it sent, received and found wrong."""
        return "\n".join(path.read_text(errors="replace") for path in self._folder.glob("*.log"))


@contextlib.contextmanager
def sipp_phone(
    scenario: str,
    network: PhoneNetwork,
    *,
    status: int = 486,
    reason: str = "Busy Here",
    talks_ms: int = 1_000,
    lost: int = 0,
) -> Iterator[SippPhone]:
    """Run a scenario for one call.

    Args:
        scenario: Name of a file in SCENARIOS, without its ending.
        network: Gives ports and a scratch folder.
        status: What scenarios that refuse answer with.
        reason: Its phrase.
        talks_ms: How long scenarios that hang up stay up.
        lost: Share of SIP messages that are lost on the way, percent.
    """
    program = needs_program("sipp", "it plays carriers and exchanges (Debian package sip-tester)")
    port, media = network.ports.take(), network.ports.take(_MEDIA_PORTS)
    with tempfile.TemporaryDirectory(prefix="sipp-", dir=network.folder) as name:
        place = Path(name)
        sound = np.frombuffer(tone(TONE_HZ, 1.0, RATE), np.int16)
        (place / "tone.ulaw").write_bytes(to_mu_law(sound).tobytes())
        script = (SCENARIOS / f"{scenario}.xml").read_text().replace(_BUSY, f"{status} {reason}")
        (place / "scenario.xml").write_text(script)
        command = [str(program), "-sf", "scenario.xml", "-i", "127.0.0.1", "-p", str(port)]
        command += ["-mi", "127.0.0.1", "-mp", str(media)]
        command += ["-m", "1", "-nostdin", "-trace_err", "-trace_msg", "-timeout", f"{_LIVES_S}s", "-timeout_error"]
        command += ["-d", str(talks_ms), "-lost", str(lost)]
        sipp = Program("sipp", command, folder=place, ready=lambda: _is_taken(port))
        sipp.start()
        try:
            sipp.wait()
            yield SippPhone(place, port, sipp)
        finally:
            sipp.kill()


def _is_taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        try:
            held.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
