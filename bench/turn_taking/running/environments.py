"""An environment for each peer, made once of pinned requirements and used again while they stay the same."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.turn_taking.errors import EnvironmentBuildError, PackageIndexUnreachableError
from bench.turn_taking.running.systems import System

REQUIREMENTS = Path(__file__).parents[1] / "sides"
"""Where the peers' requirement files lie."""
CACHE = Path("var/bench/environments")
"""Where environments are kept, from the folder that the bench is started in."""
_UNREACHABLE = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|Max retries exceeded|"
    r"Connection (?:refused|reset|broken)|Network is unreachable|ProxyError",
)
_TOLD_LINES = 6
"""How many of the installer's last lines an error repeats."""


def key(requirements: str) -> str:
    """What tells environments apart: the requirements, the interpreter and the machine's kind."""
    kind = f"{platform.python_implementation()} {platform.python_version()} {sys.platform} {platform.machine()}"
    return hashlib.sha256(f"{kind}\n{requirements}".encode()).hexdigest()[:16]


def python_of(system: System, cache: Path = CACHE, requirements: Path = REQUIREMENTS) -> Path:
    """The interpreter of a system's environment, which is made where it is missing.

    Args:
        system: Whose.
        cache: Where environments are kept.
        requirements: Where requirement files lie.

    Raises:
        PackageIndexUnreachableError: It is missing, and no package index answers.
        EnvironmentBuildError: It is missing and cannot be made.
    """
    if not system.requirements:
        return Path(sys.executable)
    wanted = requirements / system.requirements
    folder = cache.resolve() / f"{wanted.stem}-{key(wanted.read_text(encoding='utf-8'))}"
    if not folder.exists():
        _build(wanted, folder)
    return _python(folder)


def _python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _build(wanted: Path, folder: Path) -> None:
    """Make an environment beside its place and move it there when it is whole, so that no half one is ever used."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f"{wanted.stem}-", suffix=".making", dir=folder.parent))
    try:
        _run(wanted, sys.executable, "-m", "venv", str(making))
        pip = (str(_python(making)), "-m", "pip", "--disable-pip-version-check", "--no-input", "--retries", "2")
        _run(wanted, *pip, "install", "--quiet", "-r", str(wanted))
        try:
            making.rename(folder)
        except OSError:
            # Another run was first; what it made is the same.
            if not folder.exists():
                raise
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _run(wanted: Path, *command: str) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        raise failure(wanted.name, done.stdout.decode(errors="replace"))


def failure(name: str, output: str) -> EnvironmentBuildError:
    """What an installer's output means.

    Args:
        name: The requirement file.
        output: All that the installer said.
    """
    told = "\n".join(output.strip().splitlines()[-_TOLD_LINES:])
    if _UNREACHABLE.search(output):
        return PackageIndexUnreachableError(
            f"the environment of {name} is not here and no package index answers; connect to a network once, "
            f"or leave the system out with --systems.\n{told}"
        )
    return EnvironmentBuildError(f"the environment of {name} cannot be made:\n{told}")
