"""Environments of the peers: made once, made anew when their pins change, and never half made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.turn_taking.errors import PackageIndexUnreachableError
from bench.turn_taking.running.environments import REQUIREMENTS, failure, key, python_of
from bench.turn_taking.running.systems import SYSTEMS, System

PEER = System("peer", "Peer", "peer_side", "default", "peer.txt")


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    return Build(tmp_path, monkeypatch)


class Build:
    """Builds of a peer's environment; no package index answers."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cache, self.pins = folder / "cache", folder / "pins"
        self.pins.mkdir()
        monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        monkeypatch.setenv("PIP_RETRIES", "0")

    def __call__(self, pins: str) -> Path:
        (self.pins / "peer.txt").write_text(pins, encoding="utf-8")
        return python_of(PEER, self.cache, self.pins)

    @property
    def made(self) -> list[str]:
        return [one.name for one in self.cache.iterdir()]


def test_made_once_and_used_again(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    python = build("# nothing\n")
    prefix = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True)
    assert Path(prefix.stdout.strip()) == python.parent.parent
    assert build.made == [f"peer-{key('# nothing' + chr(10))}"]
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("made again"))
    assert build("# nothing\n") == python


def test_without_an_index_nothing_is_left_behind(build: Build) -> None:
    with pytest.raises(PackageIndexUnreachableError, match=r"peer\.txt is not here and no package index answers"):
        build("surely-not-here==1.0\n")
    assert build.made == []


def test_other_failures_repeat_what_the_installer_said() -> None:
    output = "Collecting a\nERROR: No matching distribution found for a==9\n"
    error = failure("peer.txt", output)
    assert not isinstance(error, PackageIndexUnreachableError)
    assert str(error).startswith("the environment of peer.txt cannot be made:") and "a==9" in str(error)


def test_other_pins_are_another_environment() -> None:
    assert key("a==1") != key("a==2")
    assert key("a==1") == key("a==1")


def test_riskcall_runs_where_the_bench_runs() -> None:
    assert python_of(SYSTEMS[0]) == Path(sys.executable)


def test_every_peer_has_its_pins() -> None:
    for system in SYSTEMS[1:]:
        lines = (REQUIREMENTS / system.requirements).read_text(encoding="utf-8").splitlines()
        assert all("==" in line for line in lines if line and not line.startswith("#"))
