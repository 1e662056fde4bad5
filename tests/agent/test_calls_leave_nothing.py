"""Calls one after the other, in simulated time, that end in every way: nothing of them stays."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.call.director import Director
from agent.call.floor import Floor
from agent.call.session import VoiceSession
from agent.dialogue.conversation import Conversation
from agent.record.recorder import Recorder
from bench.cost.calls import CallMaker, CallPlan
from bench.cost.endurance import Endurance, endure
from bench.cost.kit import EngineKind, Kit, KitOptions
from cases.domain.call import CallEnding
from evals.voice.clock import CallLoop
from telephony.customer import CustomerMind
from tests.support.needs import needs_program

OF_A_CALL = (VoiceSession, Director, Floor, Conversation, Recorder, CustomerMind)
WHOLE = CallPlan("wrong-person", "card-not-present")
LOST = CallPlan("denies", "card-not-present", lost_after_ms=5_000)
DEAF = CallPlan("denies", "card-not-present", ears_fail_at=1)
HOARSE = CallPlan("denies", "card-not-present", lost_after_ms=4_000, mouth_fails=True)
PLANS = (WHOLE, LOST, DEAF, HOARSE)
pytestmark = pytest.mark.timeout(420)


@pytest.fixture(autouse=True)
def customers_can_speak() -> None:
    needs_program("flite", "simulated customers speak with it")


@pytest.fixture(autouse=True)
def nothing_is_logged() -> Iterator[None]:
    """The log of a test keeps each failure with the frames, and so the call, that it came from."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def loop() -> Iterator[CallLoop]:
    loop = CallLoop()
    yield loop
    loop.close()


def run(loop: CallLoop, folder: Path, kind: EngineKind, calls: int, plans: tuple[CallPlan, ...]) -> Endurance:
    async def hold() -> Endurance:
        async with Kit(KitOptions(kind, folder, work=loop.work)) as kit:
            return await endure(CallMaker(kit, folder), loop, calls, plans=plans, every=len(plans), warm_up=len(plans))

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(hold())


@pytest.mark.parametrize(
    ("plan", "ending"),
    [
        (WHOLE, CallEnding.WRONG_PARTY),
        (LOST, CallEnding.LEG_FAILED),
        (DEAF, CallEnding.ENGINE_FAILED),
        (HOARSE, CallEnding.LEG_FAILED),
    ],
    ids=["whole", "lost", "deaf", "hoarse"],
)
def test_nothing_holds_a_call_that_is_over(loop: CallLoop, tmp_path: Path, plan: CallPlan, ending: CallEnding) -> None:
    async def hold() -> list[str]:
        async with Kit(KitOptions(EngineKind.STUB, tmp_path)) as kit:
            maker = CallMaker(kit, tmp_path)
            await maker.rehearse(plan)
            assert (await maker.hold(1, plan)).ending is ending
            await asyncio.sleep(0)
            gc.collect()
            return [type(kept).__name__ for kept in gc.get_objects() if isinstance(kept, OF_A_CALL)]

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(hold()) == []


def test_threads_files_and_tasks_stay_as_many(loop: CallLoop, tmp_path: Path) -> None:
    found = run(loop, tmp_path, EngineKind.STUB, 12, PLANS)
    assert set(found.grown().values()) == {0}
    assert found.endings == {"wrong_party": 3, "leg_failed": 6, "engine_failed": 3}
    first, last = found.samples[0], found.samples[-1]
    assert last.held.objects - first.held.objects < 100 * (last.calls - first.calls)
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and file.suffix == ".ogg"]


@pytest.mark.audio
def test_the_decoder_comes_back_from_every_call(loop: CallLoop, tmp_path: Path) -> None:
    found = run(loop, tmp_path, EngineKind.OFFLINE, 4, (WHOLE, LOST))
    assert [(sample.decoders, sample.lent) for sample in found.samples] == [(1, 0), (1, 0)]
