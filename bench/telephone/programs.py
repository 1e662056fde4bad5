"""Child processes: started with a log, awaited until they answer, and gone afterwards, whatever happens."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.telephone.errors import ProgramError

START_SECONDS = 30.0
"""How long a loaded machine may take to start a program."""
STOP_SECONDS = 5.0
"""How long a program may take to go by itself before it is killed."""
_LOOK_SECONDS = 0.02
_PR_SET_PDEATHSIG = 1


class Program:
    """One child process; it dies with the process that started it, even with a killed one."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        folder: Path,
        ready: Callable[[], bool],
        stop_signal: signal.Signals = signal.SIGTERM,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Describe a program; `start` runs it.

        Args:
            name: Name in messages, and of the log `name.log`.
            command: Program and arguments.
            folder: Where it runs and where its log lies.
            ready: Whether it answers.
            stop_signal: What asks it to go at once.
            environment: Variables beside those of this process.
        """
        self.name = name
        self._command = list(command)
        self._folder = folder
        self._ready = ready
        self._stop_signal = stop_signal
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What it wrote so far."""
        path = self._folder / f"{self.name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process id of the running program."""
        assert self._process is not None
        return self._process.pid

    @property
    def returned(self) -> int | None:
        """Exit status of the program; None while it runs."""
        return self._process.poll() if self._process is not None else None

    def start(self) -> None:
        """Run it and return without waiting for it."""
        assert not self.running, f"{self.name} runs already"
        with (self._folder / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,
            )

    def wait(self, seconds: float = START_SECONDS) -> None:
        """Return once it answers.

        Raises:
            ProgramError: It ended, or did not answer in time; with the end of its log.
        """
        wait_until(lambda: self._answers(), seconds, lambda: f"{self.name} does not answer: {self.log[-2000:]}")

    def stop(self) -> None:
        """Ask it to go, and kill it where it does not."""
        if self._process is None:
            return
        if self.running:
            self._process.send_signal(self._stop_signal)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        if not self.running:
            raise ProgramError(f"{self.name} ended at its start: {self.log[-2000:]}")
        return self._ready()


def wait_until(condition: Callable[[], bool], seconds: float, message: Callable[[], str]) -> None:
    """Look every 20 ms until a condition holds.

    Args:
        condition: What is waited for.
        seconds: Deadline.
        message: Said where it does not come to hold.

    Raises:
        ProgramError: Not in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise ProgramError(message())
        select.select([], [], [], _LOOK_SECONDS)


def http_ok(port: int) -> bool:
    """Whether a server on the loopback address answers `GET /` with 200."""
    return ask(port, b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n").split(b" ", 2)[1:2] == [b"200"]


def ask(port: int, request: bytes) -> bytes:
    """First bytes of the answer to a TCP request on the loopback address; empty where nobody answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0) as connection:
            connection.sendall(request)
            return connection.recv(4096)
    except OSError:
        return b""


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
