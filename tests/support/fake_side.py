"""A system for tests of the bench: answers the runner at once and writes records that were never played.

Its variant says what it does wrong: `dies:NAME` and `hangs:NAME` at a block, `chatters` instead of answering, `absent`
does not start. Anything else does nothing wrong; a number is how long it takes to reply, seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

from bench.turn_taking.stage.line import RECORD, TRUTH
from bench.turn_taking.stage.script import RATE, Block, read_block, write_wav
from bench.turn_taking.stage.stubs import spoken

SPAN_S = 8.0


def write_record(out: Path, block: Block, system: str, variant: str) -> None:
    """A record in which each exchange takes SPAN_S: a turn of 1 s, and a reply."""
    wait_s = float(variant) if variant.replace(".", "").isdigit() else 0.3
    sound = np.zeros((round(SPAN_S * len(block.exchanges) * RATE), 2), "<i2")
    voice = np.frombuffer(spoken("Thank you, I have written that down."), "<i2")
    events = []
    for number, exchange in enumerate(block.exchanges):
        begin_s = number * SPAN_S + 1
        at = round((begin_s + 1 + wait_s) * RATE)
        sound[at : at + voice.size, 1] = voice
        event = {"kind": "answer", "exchange": exchange.id, "begin_s": begin_s, "end_s": begin_s + 1}
        events.append({**event, "pauses": [], "tags": {}})
    out.mkdir(parents=True, exist_ok=True)
    write_wav(out / RECORD, sound.tobytes(), channels=2)
    about = {"system": system, "variant": variant, "block": block.name, "condition": block.condition}
    cores = ",".join(map(str, sorted(os.sched_getaffinity(0)))) if sys.platform == "linux" else ""
    seen = {"cores": cores, "settings": ",".join(name for name in os.environ if name.startswith("RISKCALL_"))}
    cost = {"cpu_s": 1.0, "wall_s": 10.0, "rss_mb": 50.0}
    (out / TRUTH).write_text(json.dumps({**about, **cost, "versions": seen, "events": events}), encoding="utf-8")


def main() -> None:
    """Answer the runner."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--variant", default="")
    variant = parser.parse_args().variant
    if variant == "absent":
        raise SystemExit("nothing here")
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        block, out = read_block(Path(order["block"])), Path(order["out"])
        with (Path.cwd().parent / "order.txt").open("a") as told:
            told.write(f"{variant} {block.name}\n")
        if variant == f"dies:{block.name}":
            raise SystemExit("I die")
        if variant == f"hangs:{block.name}":
            time.sleep(60)
        if variant == "chatters":
            print("hello", flush=True)
            continue
        write_record(out, block, "fake", variant)
        print(json.dumps({"done": str(out)}), flush=True)


if __name__ == "__main__":
    main()
