"""Runs of the side-by-side bench with systems that answer at once, and that break."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

import pytest

from bench.turn_taking.errors import RecordError, RunError
from bench.turn_taking.running import process
from bench.turn_taking.running.process import Launch, longest_s
from bench.turn_taking.running.run_folder import Run, RunFolder
from bench.turn_taking.running.runner import Runner, Seat, cores
from bench.turn_taking.running.systems import SYSTEMS, System, chosen
from bench.turn_taking.scoring.results import Lost, Machine, Results
from bench.turn_taking.stage.line import LONGEST_S, RECORD
from bench.turn_taking.stage.script import Block, Clip, Exchange, write_block
from tests.support import fake_side

BLOCKS = ("01-clean", "02-babble", "03-g711")
MACHINE = Machine("2026-01-01T00:00:00+00:00", "riskcall bench", "x", "3", 2, (0, 1), 0.1, 0.2, (), 1, "dev", 0)


def block(name: str, exchanges: int = 2) -> Block:
    clip = Clip("a.wav", (), 0.1, 1.0)
    told = tuple(Exchange(f"{name}-{number}", "", clip, 0.3, "Thank you.") for number in range(exchanges))
    return Block(name, name.partition("-")[2], "Hello.", told)


class Scene:
    """A folder with blocks, and runs of fake systems in it."""

    def __init__(self, root: Path) -> None:
        self.folder = RunFolder(root)
        self.folder.copy_code()
        shutil.copy(fake_side.__file__, self.folder.code / "fake_side.py")
        self.blocks = [self._write(name) for name in ("warm-up", *BLOCKS)]
        self.told: list[tuple[str, str, bool]] = []

    def _write(self, name: str) -> Path:
        folder = self.folder.blocks / name
        folder.mkdir(parents=True)
        write_block(block(name), folder)
        return folder

    def runner(self, *variants: str, at_once: int = 1) -> Runner:
        self.systems = tuple(System(f"s{at}", f"System {at}", "fake_side", one) for at, one in enumerate(variants))
        seats = [
            Seat(
                Launch(one, Path(sys.executable), self.folder.code, self.folder.log(one), cores()),
                self.folder.records(one),
                self.blocks[0],
            )
            for one in self.systems
        ]
        return Runner(
            seats, self.blocks[1:], at_once, lambda *told: self.told.append((told[0], told[1], bool(told[2])))
        )

    def run(self, *variants: str, at_once: int = 1) -> Results:
        runner = self.runner(*variants, at_once=at_once)
        asyncio.run(runner.run())
        return self.results(runner.lost)

    def results(self, lost: list[Lost]) -> Results:
        self.folder.write(Run(MACHINE, self.systems, BLOCKS, tuple(lost)))
        return self.folder.results()

    @property
    def order(self) -> list[str]:
        return (self.folder.root / "records/order.txt").read_text().splitlines()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "run")


def test_every_system_plays_every_block_and_the_order_turns_round(scene: Scene) -> None:
    results = scene.run("0.2", "0.4")
    assert scene.order == [
        *("0.2 warm-up", "0.2 01-clean", "0.4 warm-up", "0.4 01-clean"),
        *("0.4 02-babble", "0.2 02-babble", "0.2 03-g711", "0.4 03-g711"),
    ]
    assert not results.lost
    assert [len(system.played) for system in results.systems] == [3, 3]
    assert [system.figures()["response_p50"].value for system in results.systems] == pytest.approx(
        [0.2, 0.4], abs=0.002
    )
    assert results.systems[0].conditions == ("all", "clean", "babble", "g711")
    assert scene.told[0] == ("s0", "01-clean", False)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds processes to cores")
def test_systems_are_held_to_cores_and_see_no_settings(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKCALL_DATA_DIR", "elsewhere")
    results = scene.run("0.3")
    assert results.systems[0].versions == {"cores": ",".join(map(str, cores())), "settings": ""}


def test_several_at_once(scene: Scene) -> None:
    results = scene.run("0.2", "0.3", "0.4", at_once=2)
    assert [len(system.played) for system in results.systems] == [3, 3, 3]


def test_a_system_that_dies_loses_that_block_alone(scene: Scene) -> None:
    results = scene.run("dies:02-babble", "0.3")
    (lost,) = results.lost
    assert (lost.system, lost.block) == ("s0", "02-babble")
    assert "it ended" in lost.why and "I die" in lost.why
    assert [len(system.played) for system in results.systems] == [2, 3]
    assert scene.order.count("dies:02-babble warm-up") == 2
    assert ("s0", "02-babble", True) in scene.told


def test_a_system_that_hangs_is_ended(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "longest_s", lambda block: 0.0)
    monkeypatch.setattr(process, "SPARE_S", 3.0)
    results = scene.run("hangs:03-g711")
    assert [(one.block, "no answer within 3 s" in one.why) for one in results.lost] == [("03-g711", True)]


def test_a_system_that_cannot_start_is_given_up_and_the_others_go_on(scene: Scene) -> None:
    results = scene.run("absent", "0.3")
    assert [(one.system, one.block) for one in results.lost] == [("s0", name) for name in BLOCKS]
    assert "nothing here" in results.lost[0].why
    assert [len(system.played) for system in results.systems] == [0, 3]


def test_a_system_is_not_started_for_ever(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.turn_taking.running.runner.STARTS", 1)
    results = scene.run("absent")
    assert ["given up" in one.why for one in results.lost] == [False, True, True]


def test_a_system_that_says_something_else_is_lost(scene: Scene) -> None:
    results = scene.run("chatters")
    assert len(results.lost) == len(BLOCKS)
    assert "instead of JSON" in results.lost[0].why


def test_what_was_played_before_an_interrupt_is_kept(scene: Scene) -> None:
    runner = scene.runner("0.3", "hangs:02-babble")

    async def interrupted() -> None:
        first = asyncio.Event()
        runner.tell = lambda system, name, why: first.set() if system == "s1" else None
        running = asyncio.create_task(runner.run())
        await first.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(interrupted())
    results = scene.results(runner.lost)
    assert [len(system.played) for system in results.systems] == [1, 1]
    assert len(results.lost) == 4
    assert {one.why for one in results.lost} == {"the run ended before it was played"}


def test_a_record_that_cannot_be_read_is_lost_with_its_reason(scene: Scene) -> None:
    scene.run("0.3")
    (scene.folder.records(scene.systems[0]) / BLOCKS[1] / RECORD).write_bytes(b"RIFF")
    results = scene.folder.results()
    assert [(one.block, "cannot be read" in one.why) for one in results.lost] == [(BLOCKS[1], True)]
    assert len(results.systems[0].played) == 2


def test_a_folder_without_a_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="--keep"):
        RunFolder(tmp_path).results()


def test_what_runs_is_the_bench_and_nothing_else(scene: Scene) -> None:
    assert {one.name for one in scene.folder.code.iterdir()} == {"bench", "fake_side.py"}
    assert (scene.folder.code / "bench/turn_taking/stage/line.py").exists()


def test_a_long_block_is_waited_for_longer_but_not_for_ever() -> None:
    assert longest_s(block("a")) < longest_s(block("a", 4)) <= longest_s(block("a", 400)) == LONGEST_S


def test_systems_by_name() -> None:
    assert chosen(()) == SYSTEMS
    assert [one.name for one in chosen(["pipecat", "riskcall"])] == ["riskcall", "pipecat"]
    with pytest.raises(RunError, match="choose from riskcall, livekit"):
        chosen(["riskcall", "nobody"])
