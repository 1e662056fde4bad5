"""A baresip telephone: rings, answers, speaks from a file, records what it hears, obeys commands."""

from __future__ import annotations

import json
import socket
import wave
from pathlib import Path

from telephony.pcm import from_wav
from tests.support.ports import PortBlock
from tests.support.programs import Program, wait_until

RATE = 8_000
"""Sample rate of both directions, Hz."""
RINGS, ANSWERED, HUNG_UP, WAS_HUNG_UP = "Incoming call from", "Call established", "terminate call", "session closed"
"""What it writes when it is called, when it has answered, when it ends a call, when the other side does."""
_RTP_PORTS = 8
_MODULES = Path("/usr/lib/baresip/modules")
_CONFIG = """poll_method epoll
sip_listen 127.0.0.1:{sip}
ctrl_tcp_listen 127.0.0.1:{control}
audio_source aufile,customer.wav
audio_alert aufile,none.wav
audio_srate 8000-8000
audio_channels 1-1
ausrc_srate 8000
auplay_srate 8000
snd_path {folder}
audio_buffer 20-160
rtp_ports {rtp}-{rtp_last}
call_max_calls 4
module_path {modules}
module g711.so
module aufile.so
module sndfile.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
{secure}
module_tmp uuid.so
"""
_ACCOUNT = "<sip:{user}@127.0.0.1:{sip};transport={how}>;regint=0;answermode={mode};audio_codecs=pcmu{media}\n"


class Baresip:
    """One telephone.

    Attributes:
        user: Number or name by which it is called.
        address: `host:port` of its SIP side: the address of a trunk that leads to it.
        tls_address: The same for TLS, where it has a certificate.
    """

    def __init__(
        self,
        folder: Path,
        ports: PortBlock,
        *,
        says: bytes,
        answers: bool,
        user: str,
        certificate: Path | None = None,
        encrypts: bool = False,
    ) -> None:
        """Write its configuration; arguments as for `PhoneNetwork.phone`."""
        # baresip listens for TLS on the port after sip_listen.
        sip, self._control, rtp = ports.take(2), ports.take(), ports.take(_RTP_PORTS)
        self.user = user
        self.address = f"127.0.0.1:{sip}"
        self.tls_address = f"127.0.0.1:{sip + 1}"
        self._folder = folder
        settings = {"sip": sip, "control": self._control, "rtp": rtp, "rtp_last": rtp + _RTP_PORTS - 1}
        secure = [] if certificate is None else [f"sip_certificate {certificate}"]
        secure += ["module srtp.so"] if encrypts else []
        config = _CONFIG.format(**settings, folder=folder, modules=_MODULES, secure="\n".join(secure))
        (folder / "config").write_text(config)
        mode, how = "auto" if answers else "manual", "udp" if certificate is None else "tls"
        media = ";mediaenc=srtp-mand" if encrypts else ""
        (folder / "accounts").write_text(_ACCOUNT.format(user=user, sip=sip, mode=mode, how=how, media=media))
        (folder / "contacts").touch()
        with wave.open(str(folder / "customer.wav"), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(says or bytes(RATE * 2))
        self._program = Program(
            "baresip",
            ["stdbuf", "-oL", "baresip", "-f", str(folder)],
            folder=folder,
            ready=lambda: "baresip is ready" in self._program.log,
        )

    @property
    def log(self) -> str:
        """What it wrote so far."""
        return self._program.log

    def start(self) -> None:
        """Run it and return once it can be called."""
        self._program.start()
        self._program.wait()

    def stop(self) -> None:
        """Hang up and end it."""
        self._program.stop()

    def answer(self) -> None:
        """Take the ringing call."""
        self.command("accept")

    def hang_up(self) -> None:
        """End the call, or refuse it while it rings."""
        self.command("hangup")

    def press(self, digits: str) -> None:
        """Send DTMF digits as RFC 4733 events."""
        for digit in digits:
            self.command("sndcode", digit)

    def command(self, name: str, params: str = "") -> str:
        """Run a command of its menu and return what it says.

        Args:
            name: Long name of the command.
            params: Its parameters.
        """
        message = json.dumps({"command": name, "params": params}).encode()
        with socket.create_connection(("127.0.0.1", self._control), timeout=5.0) as connection:
            connection.sendall(b"%d:%s," % (len(message), message))
            reply = b""
            while b'"response":true' not in reply:
                part = connection.recv(4096)
                assert part, f"baresip closed its control: {self.log[-500:]}"
                reply += part
        return reply.decode(errors="replace")

    def wait_for(self, *texts: str, seconds: float = 10.0) -> None:
        """Return once its log holds one of the texts; the constants of this module name what happens to a call."""
        wait_until(
            lambda: any(text in self.log for text in texts),
            seconds,
            lambda: f"none of {texts} on the telephone: {self.log[-1000:]}",
        )

    def heard(self) -> bytes:
        """What it heard in its last call, from the answer, 16-bit mono at RATE; once that call is over."""
        recordings = sorted(self._folder.glob("dump-*-dec.wav"))
        assert recordings, f"the telephone heard nothing: {self.log[-500:]}"
        return from_wav(recordings[-1].read_bytes())[0]
