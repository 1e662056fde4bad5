"""riskcall alone on the stage, as fast as the machine computes: `python -m bench.turn_taking.rehearsal BLOCKS RECORDS`.

For work on strategies: the clock of the call stands still while something is computed, so the times are those of a
machine that is never busy and the same blocks give the same records. What is compared with other systems is measured
at real pace.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from agent.speech.vad import warm_vad
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
    """Play every block of a folder.

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
            out = records / plan.parent.name
            runner.run(_rehearse(loop, plan.parent, out))
            written.append(out)
    return written


def main() -> None:
    """Rehearse and say where the records are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("blocks", type=Path, help="Folder of blocks.")
    parser.add_argument("records", type=Path, help="Folder for the records.")
    arguments = parser.parse_args()
    for record in rehearse(arguments.blocks, arguments.records):
        print(record)


if __name__ == "__main__":
    main()
