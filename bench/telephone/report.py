"""What the bench of telephone calls prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bench.statistics import Estimate, estimate, median, p95
from bench.telephone.customers import VOICEMAIL
from bench.telephone.ramp import Step, memory_per_call_mb
from bench.telephone.system import HeldCall
from cases.domain.vocabulary import Outcome

GOALS: dict[str, tuple[str, int | None, int | None]] = {
    "alert_to_ringing_ms": ("alert accepted to the telephone ringing", 1000, None),
    "answer_to_word_ms": ("answer to the agent's first sound", 300, None),
    "response_ms": ("response: customer's last to the agent's first sound", 700, 1000),
    "own_response_ms": ("the same response on the agent's own recording", None, None),
    "yield_ms": ("yield: barge-in's first to the agent's last sound", None, 400),
}
"""What each figure is, and the goals of median and 95th percentile, ms."""
RIGHT: dict[str, str] = {
    "denies": Outcome.DENIED,
    "barges-in": Outcome.DENIED,
    "genuine": Outcome.CONFIRMED_GENUINE,
    "coached": Outcome.SUSPECTED_SCAM,
    "asks-human": Outcome.HUMAN_REQUESTED,
    VOICEMAIL: Outcome.UNREACHED,
}
"""How each customer's case ends where all goes well."""


LATE_MS = 50.0
"""A machine that keeps the customers' own frames waiting so long (95th percentile) is too busy to measure on."""


def is_measured(call: HeldCall) -> bool:
    """Whether the machine kept the customer's pace, so that the call's speed is the agent's."""
    return call.phone.late_p95_ms <= LATE_MS


def samples(held: Sequence[HeldCall]) -> dict[str, list[float]]:
    """Single measurements of calls, by figure, ms; of calls that were measured."""
    held = [call for call in held if is_measured(call)]
    people = [call for call in held if call.persona != VOICEMAIL]
    figures = [call.phone.figures for call in people]
    return {
        "alert_to_ringing_ms": [one for call in held if (one := call.alert_to_ringing_ms) is not None],
        "answer_to_word_ms": [one for call in people if (one := call.answer_to_word_ms) is not None],
        "response_ms": [one for call in figures for one in call.responses_ms],
        "own_response_ms": [one for call in people for one in call.own_responses_ms],
        "yield_ms": [one for call in figures for one in call.yields_ms],
    }


def speed_table(taken: Mapping[str, Sequence[float]]) -> str:
    """A Markdown table: median and 95th percentile with 95 % bootstrap intervals, and the goals."""
    lines = ["| figure | n | median, ms | p95, ms | goal median / p95 |", "|---|---|---|---|---|"]
    for name, (what, *goals) in GOALS.items():
        goal = " / ".join("–" if value is None else f"≤ {value}" for value in goals)
        sample = taken.get(name, ())
        cells = _cells(sample)
        lines.append(f"| {what} | {len(sample)} | {cells[0]} | {cells[1]} | {goal} |")
    return "\n".join(lines)


def left_out(held: Sequence[HeldCall]) -> str:
    """How many calls the first table leaves out."""
    count = sum(not is_measured(call) for call in held)
    return f"left out of these figures: {count} of {len(held)} calls, in which the customers' own frames were late"


def outcome_table(held: Sequence[HeldCall]) -> str:
    """A Markdown table: how the cases of each customer ended, and what was not answered or not yielded to."""
    lines = [
        "| customer | calls | right | other outcomes | unanswered | barge-ins ignored | frames late p95, ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for persona in dict.fromkeys(call.persona for call in held):
        calls = [call for call in held if call.persona == persona]
        wrong = [call.report["outcome"] for call in calls if not is_right(call)]
        unanswered = sum(call.phone.figures.unanswered for call in calls)
        ignored = sum(call.phone.figures.ignored for call in calls)
        right, late = len(calls) - len(wrong), max(call.phone.late_p95_ms for call in calls)
        cells = [persona, len(calls), right, ", ".join(wrong) or "–", unanswered, ignored, f"{late:.0f}"]
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(lines)


def is_right(call: HeldCall) -> bool:
    """Whether a case ended as it should for its customer."""
    return bool(call.report["outcome"] == RIGHT[call.persona])


def ramp_table(steps: Sequence[Step]) -> str:
    """A Markdown table: each step, with processor time a call of each program; intervals as in `speed_table`."""
    names = list(steps[0].spent_s)
    head = ["calls at once", "calls", "responses", "unanswered", "median, ms", "p95, ms"]
    head += ["answer to first sound, median, ms", "not rung", "customers late p95, ms", "packets lost"]
    head += [f"{name}, % of a core a call" for name in names] + ["load"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for step in steps:
        shares = step.share_of_core()
        cells = [str(count) for count in (step.calls, len(step.held), len(step.responses_ms), step.unanswered)]
        cells += _cells(step.responses_ms)
        words = [one for call in step.held if (one := call.answer_to_word_ms) is not None]
        cells += [_cells(words)[0], str(step.not_rung), f"{step.late_ms:.0f}", str(step.lost)]
        cells += [f"{100 * shares[name]:.1f}" for name in names] + [f"{step.load:.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def ramp_summary(steps: Sequence[Step]) -> str:
    """How many calls were carried, and what one more takes."""
    carried = max((step.calls for step in steps if step.carried), default=0)
    said = [f"carried with p95 ≤ 1 s: {carried} calls at once"]
    if slopes := memory_per_call_mb(steps):
        said.append("memory a call: " + ", ".join(f"{name} {value:.1f} MiB" for name, value in slopes.items()))
    return "; ".join(said)


def document(held: Sequence[HeldCall], steps: Sequence[Step], machine: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that was measured, as JSON takes it."""
    return {
        "machine": dict(machine),
        "samples": samples(held),
        "calls": [
            {
                "persona": call.persona,
                "outcome": call.report["outcome"],
                "right": is_right(call),
                "disposition": call.report["disposition"],
                "phone": asdict(call.phone),
            }
            for call in held
        ],
        "ramp": [
            {
                "calls": step.calls,
                "responses_ms": step.responses_ms,
                "unanswered": step.unanswered,
                "not_rung": step.not_rung,
                "carried": step.carried,
                "share_of_core": step.share_of_core(),
                "held_mb": step.held_mb,
                "customers_late_p95_ms": step.late_ms,
                "packets_lost": step.lost,
                "load": step.load,
            }
            for step in steps
        ],
        "memory_per_call_mb": memory_per_call_mb(steps),
    }


def _cells(sample: Sequence[float]) -> list[str]:
    """Median and 95th percentile with their intervals."""
    return [_cell(estimate(sample, statistic)) for statistic in (median, p95)] if sample else ["–", "–"]


def _cell(one: Estimate) -> str:
    return f"{one.value:.0f} [{one.low:.0f}, {one.high:.0f}]"
