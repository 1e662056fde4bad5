"""Figures of a call from its waveform and from what the customer truly spoke; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from agent.record.waveform import Mask, Stretch, stretches
from telephony.customer import LineKind

SILENT_MS = 500
"""The agent has fallen silent where it makes no sound for so long: more than its pause between two sentences."""
HEED_MS = 1_000
"""A barge-in that the agent heeds has it silent at the latest so long after the customer's last sound."""
TAIL_MS = 60
"""Sound so shortly behind a cut is the cut utterance dying away."""
DEAD_MS = 3_000
"""A longer silence is dead air."""


@dataclass(frozen=True, slots=True)
class TrueLine:
    """A line of the customer as it lies in the recording.

    Attributes:
        text: The words.
        start_ms: First sound.
        end_ms: End of the last sound.
        kind: Why it was spoken.
    """

    text: str
    start_ms: int
    end_ms: int
    kind: LineKind


@dataclass(frozen=True, slots=True)
class Timing:
    """How the agent took turns in one call; attributes as in VoiceRun."""

    response_ms: tuple[int, ...] = ()
    yield_ms: tuple[int, ...] = ()
    false_cut_ins: int = 0
    barge_ins: int = 0
    ignored_barge_ins: int = 0
    backchannels: int = 0
    backchannel_stops: int = 0
    dead_air: int = 0


def score(
    lines: Sequence[TrueLine],
    agent: Mask,
    *,
    completed_ms: Sequence[int] = (),
    cut_ms: Sequence[int] = (),
    kept_silent_ms: Sequence[int] = (),
    lag_ms: Callable[[int], float] = lambda at: 0.0,
) -> Timing:
    """Score a call.

    Args:
        lines: What the customer spoke, in order.
        agent: Which milliseconds of the agent's channel are voiced, from the answer to the end.
        completed_ms: Where utterances of the agent ended of their own accord.
        cut_ms: Where utterances of the agent were cut off; what follows is another one, however soon it comes.
        kept_silent_ms: Moments from which the customer meant to be silent.
        lag_ms: How much later a sound at this moment would have come had the clock counted computing.
    """
    spoken = _utterances(agent, cut_ms)
    responses, yields = [], []
    cut_ins = barge_ins = ignored = backchannels = stops = 0
    for index, line in enumerate(lines):
        following = lines[index + 1].start_ms if index + 1 < len(lines) else agent.size
        under = next((stretch for stretch in spoken if stretch.start_ms <= line.start_ms < stretch.end_ms), None)
        if line.kind is LineKind.BACKCHANNEL:
            if under is not None:
                backchannels += 1
                stops += _stopped(under, line) and not _near(completed_ms, under.end_ms)
            continue
        cut_ins += sum(line.start_ms < stretch.start_ms < line.end_ms for stretch in spoken)
        if under is not None and line.kind is LineKind.BARGE_IN:
            barge_ins += 1
            if _stopped(under, line):
                yields.append(under.end_ms - line.start_ms + round(lag_ms(under.end_ms)))
            else:
                ignored += 1
                continue
        answer = _first_sound(agent, line.end_ms, following)
        if answer is not None and not any(one.start_ms < line.end_ms < one.end_ms for one in spoken):
            responses.append(answer - line.end_ms + round(lag_ms(answer)))
    dead = _dead_air([*spoken, *(Stretch(line.start_ms, line.end_ms) for line in lines)], agent.size, kept_silent_ms)
    return Timing(tuple(responses), tuple(yields), cut_ins, barge_ins, ignored, backchannels, stops, dead)


def _utterances(agent: Mask, cut_ms: Sequence[int]) -> list[Stretch]:
    """Stretches of the agent's speech: broken by silence of SILENT_MS, and where an utterance was cut."""
    cuts = sorted(moment for moment in cut_ms if 0 < moment < agent.size)
    sounding = agent.copy()
    for cut in cuts:
        sounding[cut : cut + TAIL_MS] = False
    bounds = [0, *cuts, agent.size]
    return [
        Stretch(start + one.start_ms, start + one.end_ms)
        for start, end in zip(bounds, bounds[1:], strict=False)
        for one in stretches(sounding[start:end], SILENT_MS)
    ]


def _stopped(under: Stretch, line: TrueLine) -> bool:
    return under.end_ms <= line.end_ms + HEED_MS


def _near(moments: Sequence[int], at: int) -> bool:
    return any(abs(moment - at) <= SILENT_MS // 2 for moment in moments)


def _first_sound(agent: Mask, after_ms: int, before_ms: int) -> int | None:
    """The agent's first sound after a moment, or None where the customer spoke again before it."""
    at = np.flatnonzero(agent[after_ms:before_ms])
    return after_ms + int(at[0]) if at.size else None


def _dead_air(sounds: Sequence[Stretch], length_ms: int, kept_silent_ms: Sequence[int]) -> int:
    """How many silences were too long and nobody's wish."""
    count, quiet_since = 0, 0
    for sound in [*sorted(sounds, key=lambda one: one.start_ms), Stretch(length_ms, length_ms)]:
        if sound.start_ms - quiet_since > DEAD_MS:
            meant = any(quiet_since - SILENT_MS <= moment <= sound.start_ms for moment in kept_silent_ms)
            count += not meant
        quiet_since = max(quiet_since, sound.end_ms)
    return count
