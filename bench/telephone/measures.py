"""How quick one call was, from the customer's own recording and from what the customer really spoke."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.turn_taking.scoring.waveform import Stretch, joined, stretches
from telephony.customer import LineKind
from telephony.simulated import SpokenLine

NO_ANSWER_MS = 5_000
"""Sound that comes later after the customer's words does not answer them."""
IGNORED_MS = 2_000
"""An agent that still talks so long after a barge-in began has ignored it."""
GAP_S = 0.25
"""Shorter silences of the agent lie within an utterance."""


@dataclass(frozen=True, slots=True)
class CallFigures:
    """Speed of one call on the customer's telephone, ms.

    Attributes:
        first_word_ms: First frame of the call to the first sound of the agent; None where it said nothing.
        responses_ms: Last sound of an answer of the customer to the first sound of the agent after it.
        unanswered: Answers of the customer that were not answered in time; the last words of a call may be left so.
        while_talking: Answers that ended while the agent was heard: no latency is counted.
        yields_ms: First sample of a barge-in to the agent's last before it fell silent.
        ignored: Barge-ins at which it did not.
    """

    first_word_ms: float | None
    responses_ms: tuple[float, ...]
    unanswered: int
    while_talking: int
    yields_ms: tuple[float, ...]
    ignored: int


def measure(heard: NDArray[np.float32], rate: int, spoken: Sequence[SpokenLine]) -> CallFigures:
    """Measure a call.

    Args:
        heard: What the customer heard, full scale 1; its first sample is the customer's first.
        rate: Samples a second.
        spoken: What the customer spoke, in order.
    """
    agent = joined(stretches(np.asarray(heard, np.float64), rate), GAP_S)
    lines = [line for line in spoken if line.ended_ms >= 0]
    responses: list[float] = []
    yields: list[float] = []
    unanswered = while_talking = ignored = 0
    for place, line in enumerate(lines):
        if line.kind is LineKind.BARGE_IN:
            over = _covering(agent, line.started_ms)
            if over is not None and (took := over.end_s * 1000 - line.started_ms) <= IGNORED_MS:
                yields.append(took)
            elif over is not None:
                ignored += 1
        if line.kind is not LineKind.ANSWER:
            continue
        if _covering(agent, line.ended_ms) is not None:
            while_talking += 1
            continue
        last = place + 1 == len(lines)
        until = line.ended_ms + NO_ANSWER_MS
        until = until if last else min(until, lines[place + 1].started_ms)
        after = [one.begin_s * 1000 for one in agent if line.ended_ms <= one.begin_s * 1000 < until]
        if after:
            responses.append(after[0] - line.ended_ms)
        elif not last:
            unanswered += 1
    first = agent[0].begin_s * 1000 if agent else None
    return CallFigures(first, tuple(responses), unanswered, while_talking, tuple(yields), ignored)


def _covering(agent: Sequence[Stretch], at_ms: float) -> Stretch | None:
    return next((one for one in agent if one.begin_s * 1000 < at_ms < one.end_s * 1000), None)
