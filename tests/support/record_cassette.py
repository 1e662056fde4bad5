"""Records evals/cassettes/scripted.jsonl anew: `make cassette`, once the agent's wording or the prompt changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import evals
from agent.brains.brain import Brain
from agent.brains.cassette import RecordTransport
from agent.brains.fake_llm import FakeLlmServer
from agent.brains.llm import LlmBrain
from cases import policies
from evals.graders import Run
from evals.loader import load_scenarios
from evals.scenario import Scenario
from evals.text_mode import run_in_text
from tests.support.llm_turns import PROMPTS
from tests.support.scripted_model import reads_well

FOLDER = Path(evals.__file__).parent
CASSETTE = FOLDER / "cassettes" / "scripted.jsonl"
MODEL = "scripted"
RECORDED = [FOLDER / "scenarios" / "genuine" / "transfers.yaml", FOLDER / "scenarios" / "deniers" / "deniers.yaml"]


def recorded_scenarios() -> Sequence[Scenario]:
    return load_scenarios(RECORDED)


async def run_all(brain: Brain) -> list[Run]:
    policy = policies.load()
    runs = [await run_in_text(scenario, policy, brain) for scenario in recorded_scenarios()]
    await brain.aclose()
    return runs


async def record() -> None:
    CASSETTE.unlink(missing_ok=True)
    async with FakeLlmServer(reads_well) as server:
        transport = RecordTransport(CASSETTE)
        brain = LlmBrain(model=MODEL, api_key="none", base_url=server.base_url, prompts=PROMPTS, transport=transport)
        await run_all(brain)
    CASSETTE.chmod(0o644)


if __name__ == "__main__":
    asyncio.run(record())
