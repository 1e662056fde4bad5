"""riskcall alone on the stage, as fast as the machine computes: `python -m bench.turn_taking.rehearsal BLOCKS RECORDS`.

For work on strategies: the clock of the call stands still while something is computed, so the times are those of a
machine that is never busy and the same blocks give the same records. What is compared with other systems is measured
at real pace. `--write MATERIAL` makes the blocks first, with `--deal` and `--seed`; the figures are printed at the end.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path

from agent.speech.vad import warm_vad
from bench.turn_taking.customers.draft import DEALS, WARM_UP
from bench.turn_taking.customers.material import MATERIALS
from bench.turn_taking.customers.plan import write_blocks
from bench.turn_taking.scoring.measures import MEASURES, Quantile
from bench.turn_taking.scoring.results import played
from bench.turn_taking.sides.riskcall_side import play
from bench.turn_taking.stage.customer import Customer
from bench.turn_taking.stage.line import Line
from bench.turn_taking.stage.script import PLAN, read_block
from evals.voice.clock import CallLoop


async def _rehearse(loop: CallLoop, folder: Path, out: Path) -> None:
    block = read_block(folder)
    await loop.begin()
    line = Line(Customer(block, folder))
    await play(block, line)
    about = {"system": "riskcall", "variant": "rehearsal", "versions": {}, "block": block.name}
    line.save(out, {**about, "condition": block.condition})


def rehearse(blocks: Path, records: Path) -> list[Path]:
    """Play every block of a folder but the warm-up.

    Args:
        blocks: Folder whose subfolders are blocks.
        records: Where a folder for each record goes.

    Returns:
        The records' folders.
    """
    warm_vad()
    written = []
    loop = CallLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        for plan in sorted(blocks.glob(f"*/{PLAN}")):
            if plan.parent.name == WARM_UP:
                continue
            out = records / plan.parent.name
            runner.run(_rehearse(loop, plan.parent, out))
            written.append(out)
    return written


def figures(records: Sequence[Path]) -> list[str]:
    """A line for each figure of some records."""
    outcomes = [outcome for record in records for outcome in played(record).outcomes]
    lines = []
    for measure in MEASURES:
        found = measure.figure(outcomes)
        if isinstance(found, Quantile):
            told = "-" if found.value is None else f"{found.value:.3f} {measure.unit} (n {found.n})"
        else:
            told = f"{found.hits} of {found.of}"
        lines.append(f"{measure.title}: {told}")
    return lines


def main() -> None:
    """Rehearse, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("blocks", type=Path, help="Folder of blocks.")
    parser.add_argument("records", type=Path, help="Folder for the records.")
    parser.add_argument("--write", choices=MATERIALS, help="Write the blocks first, of this material.")
    parser.add_argument("--deal", choices=DEALS, default="even", help="How often what happens in them.")
    parser.add_argument("--seed", type=int, default=1, help="Draws what is left open.")
    arguments = parser.parse_args()
    if arguments.write:
        write_blocks(arguments.blocks, material=arguments.write, quick=False, seed=arguments.seed, deal=arguments.deal)
    print("\n".join(figures(rehearse(arguments.blocks, arguments.records))))


if __name__ == "__main__":
    main()
