"""Writes the calls of a plan, each into a folder: what is said, what the agent is given to say, and the audio."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from bench.turn_taking.customers.clips import CLIPS, Order, make
from bench.turn_taking.customers.draft import DEALS, BlockDraft, ExchangeDraft, OverlayDraft, draft
from bench.turn_taking.customers.material import Material, load_material
from bench.turn_taking.customers.sounds import bed
from bench.turn_taking.stage.customer import ASIDE_WAIT_S, LEAD_S
from bench.turn_taking.stage.script import Block, Clip, Exchange, Kind, Overlay, write_block, write_wav
from bench.turn_taking.stage.stubs import CHARACTER_S

BED = "bed.wav"
"""File name of what is always heard on a block's line."""
REPLY_CHARACTERS = 40
"""Shortest reply where the material has such; the voice says a character in CHARACTER_S."""
AGENT_S = 0.5
"""How soon the agent is expected to answer, for `expected_s`."""
_AFTER_S = (0.8, 2.5)
_SOONEST_S = 0.4
_LEFT_S = 0.8
"""How much of a reply is left after what is laid over it: no line that ends by itself is taken for one that stopped."""
_LEFT_TO_YIELD_S = 2.2
"""The same after a barge-in's beginning: no line that ends by itself is taken for one that gave way."""
_CHOICE = 3


def write_blocks(folder: Path, *, material: str, quick: bool, seed: int, deal: str = "even") -> list[Path]:
    """Write a plan's calls; the same arguments write the same files.

    Args:
        folder: Where the calls' folders go.
        material: One of bench.turn_taking.customers.material.MATERIALS.
        quick: A short plan that holds every kind of event, instead of the whole.
        seed: Draws everything that is left open.
        deal: How often what happens in a whole plan; a key of bench.turn_taking.customers.draft.DEALS.

    Returns:
        The calls' folders in order; the first is the warm-up, named bench.turn_taking.customers.draft.WARM_UP.

    Raises:
        MaterialError: There is no such material, or it is not well-formed.
        FliteError: flite is not installed or cannot speak a line.
    """
    said = load_material(material)
    blocks = draft(said, quick=quick, seed=seed, deal=DEALS[deal])
    jobs = [(block, order) for block in blocks for order in _orders(block)]
    for block in blocks:
        (folder / block.name / CLIPS).mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        made = list(pool.map(lambda job: make(job[1], job[0].condition, folder / job[0].name), jobs))
    clips = {order.name: clip for (_, order), clip in zip(jobs, made, strict=True)}
    for block in blocks:
        _write(block, said, clips, folder / block.name)
    return [folder / block.name for block in blocks]


def expected_s(block: Block) -> float:
    """How long a call lasts with an agent that answers after AGENT_S, heeds barge-ins and nothing else."""
    seconds = LEAD_S + len(block.opening) * CHARACTER_S + LEAD_S
    for exchange in block.exchanges:
        seconds += exchange.react_s + exchange.answer.voiced_to_s + AGENT_S
        if exchange.aside is not None:
            seconds += exchange.react_s + exchange.aside.voiced_to_s + ASIDE_WAIT_S
        said = exchange.reply
        if exchange.overlay is not None and exchange.overlay.kind is Kind.BARGE_IN:
            seconds += exchange.overlay.after_s + exchange.overlay.clip.voiced_to_s + AGENT_S
            said = exchange.overlay.reply
        seconds += len(said) * CHARACTER_S
    return seconds


def _orders(block: BlockDraft) -> list[Order]:
    exchanges = block.exchanges
    overlays = [exchange.overlay.order for exchange in exchanges if exchange.overlay is not None]
    return [*(one.answer for one in exchanges), *(one.aside for one in exchanges if one.aside is not None), *overlays]


def _write(block: BlockDraft, material: Material, clips: dict[str, Clip], folder: Path) -> None:
    random = np.random.default_rng(block.seed)
    write_wav(folder / BED, np.rint(bed(block.condition, random)).astype("<i2").tobytes())
    asks = [exchange.ask for exchange in block.exchanges]
    opening = f"{random.choice(material.openings)} {asks[0]}"
    exchanges = []
    for exchange, ask in zip(block.exchanges, [*asks[1:], ""], strict=True):
        exchanges.append(_exchange(exchange, ask, material, clips, random))
    write_block(Block(block.name, block.condition, opening, tuple(exchanges), BED), folder)


def _exchange(
    exchange: ExchangeDraft, ask: str, material: Material, clips: dict[str, Clip], random: np.random.Generator
) -> Exchange:
    """One exchange with the agent's wording; an empty question is the end of the call."""
    overlay, aside = exchange.overlay, exchange.aside
    needed_s = 0.0 if overlay is None else _AFTER_S[0] + _outlasts_s(overlay.kind, clips[overlay.order.name])
    reply = _reply(material.acknowledgements if ask else material.closings, ask, random, needed_s)
    return Exchange(
        id=exchange.id,
        question=exchange.question.value,
        answer=clips[exchange.answer.name],
        react_s=exchange.react_s,
        reply=reply,
        aside=None if aside is None else clips[aside.name],
        overlay=None if overlay is None else _overlay(overlay, clips[overlay.order.name], reply, ask, material, random),
    )


def _outlasts_s(kind: Kind, clip: Clip) -> float:
    """How much of a reply must be left when a clip begins."""
    return clip.voiced_from_s + _LEFT_TO_YIELD_S if kind is Kind.BARGE_IN else clip.voiced_to_s + _LEFT_S


def _reply(beginnings: Sequence[str], ask: str, random: np.random.Generator, needed_s: float) -> str:
    """Something said before a question: one of those a little longer than REPLY_CHARACTERS and the time ask for."""
    shortest = max(REPLY_CHARACTERS, needed_s / CHARACTER_S)
    whole = sorted((f"{beginning} {ask}".strip() for beginning in beginnings), key=len)
    return str(random.choice([one for one in whole if len(one) >= shortest][:_CHOICE] or whole[-1:]))


def _overlay(
    overlay: OverlayDraft, clip: Clip, reply: str, ask: str, material: Material, random: np.random.Generator
) -> Overlay:
    """What the customer does during a reply, early enough that the reply outlasts it."""
    latest_s = min(_AFTER_S[1], len(reply) * CHARACTER_S - _outlasts_s(overlay.kind, clip))
    soonest_s = min(_AFTER_S[0], max(_SOONEST_S, latest_s))
    after_s = soonest_s + overlay.share * max(0.0, latest_s - soonest_s)
    answer = ""
    if overlay.kind is Kind.BARGE_IN:
        answer = f"{overlay.reply} {ask}".strip() if ask else f"{overlay.reply} {random.choice(material.closings)}"
    return Overlay(overlay.kind, clip, round(after_s, 2), answer)
