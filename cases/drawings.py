"""Pages that draw the tables of case, script and triage; `python -m cases.drawings docs/diagrams` writes them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from cases.domain.case import CaseState
from cases.domain.diagrams import Edge, state_diagram, table
from cases.domain.lifecycle import ALWAYS, MOVES, STATE_TIMERS
from cases.domain.policy import Policy
from cases.domain.script_reading import Cue
from cases.domain.script_table import TABLE, Row
from cases.domain.triage import BARS, OUTCOMES
from cases.domain.vocabulary import Stage
from cases.policies import load

_FROM_THE_TABLE = "This page is generated from the tables in the code by `python -m cases.drawings docs/diagrams`.\n"

_EVERYWHERE = frozenset(
    {Cue.ASK_HUMAN, Cue.PERSON_NEEDED, Cue.CALLBACK, Cue.WRONG_PERSON, Cue.THIRD_PARTY, Cue.UNTRUSTED_VOICE}
)


def script_page(policy: Policy) -> str:
    """The call script: stages as states, cues as arrows, and the whole table below."""
    edges = [
        Edge(stage.value, cue.value, target.value)
        for stage, rows in TABLE.items()
        for cue, row in rows.items()
        if cue not in _EVERYWHERE
        for target in row.leads_to
        if target is not stage
    ]
    moves = (
        (stage.value, cue.value, _does(row), _targets(row))
        for stage, rows in TABLE.items()
        for cue, row in rows.items()
    )
    everywhere = ", ".join(f"`{cue}`" for cue in Cue if cue in _EVERYWHERE)
    return "\n".join(
        (
            "# The call script\n",
            _FROM_THE_TABLE,
            "Arrows are cues: what the customer said or did, as the script sees it. The picture leaves out cues that "
            f"keep the stage, and those that end the call from every stage ({everywhere}); the table has them all.\n",
            state_diagram(edges, start=Stage.OPENING.value, ends=(Stage.RESOLVE.value, Stage.CLOSE.value)),
            "## Cues\n",
            table(("stage", "cue", "what follows", "leads to"), moves),
        )
    )


def _does(row: Row) -> str:
    """First line of the move's docstring."""
    return (row.move.__doc__ or "").splitlines()[0]


def _targets(row: Row) -> str:
    return ", ".join(target.value for target in row.leads_to)


def triage_page(policy: Policy) -> str:
    """Triage: the outcomes in the order in which they are tried, what follows, and what bars a release."""
    card = policy.scorecard
    outcomes = (
        (outcome.value, when, card.outcomes[outcome].action.value, "yes" if card.outcomes[outcome].escalate else "no")
        for outcome, when, _ in OUTCOMES
    )
    bars = ((bar.value, card.bars[bar].en, card.bars[bar].zh) for bar in BARS)
    return "\n".join(
        (
            "# Triage\n",
            _FROM_THE_TABLE,
            _decisions(policy),
            "The first row that holds decides. Where the answer about the payment changed during the call, every "
            "action is a hold.\n",
            table(("outcome", "when", "the bank is told", "a person decides"), outcomes),
            "## What bars a release\n",
            f"Each of these, any hard signal and any hard answer. The score does from {card.release_line} on; from "
            f"{card.warn_line} on the customer is warned.\n",
            table(("bar", "reason", "理由"), bars),
        )
    )


def _decisions(policy: Policy) -> str:
    """A flow chart of the outcomes in their order."""
    lines = ["```mermaid", "flowchart TD"]
    last = len(OUTCOMES) - 1
    for place, (outcome, when, _) in enumerate(OUTCOMES):
        follows = policy.scorecard.outcomes[outcome]
        person = " and a person" if follows.escalate else ""
        lines.append(f'    o{place}["{outcome}: {follows.action}{person}"]')
        if place < last:
            lines.append(f'    q{place}{{{{"{when}"}}}} -- yes --> o{place}')
            lines.append(f"    q{place} -- no --> {'o' if place + 1 == last else 'q'}{place + 1}")
    return "\n".join((*lines, "```", ""))


def lifecycle_page(policy: Policy) -> str:
    """The life of a case: its states, the events that move it, and the timer that keeps each state from lasting."""
    edges = [
        Edge(source.value, event.__name__, target.value)
        for (source, event), target in MOVES.items()
        if source is not None and source is not target
    ]
    moves = (
        ("" if source is None else source.value, event.__name__, target.value)
        for (source, event), target in MOVES.items()
    )
    timers = ((state.value, STATE_TIMERS.get(state, "")) for state in CaseState)
    always = ", ".join(f"`{event.__name__}`" for event in ALWAYS)
    return "\n".join(
        (
            "# The life of a case\n",
            _FROM_THE_TABLE,
            "Arrows are events. An event without a row is refused and changes nothing. Facts that may come late or "
            f"twice are recorded in every state and move a case only through the events that follow: {always}.\n",
            state_diagram(edges, start=CaseState.HOLDING.value, ends=(CaseState.CLOSED.value,)),
            "## Moves\n",
            table(("state", "event", "leads to"), moves),
            "## What ends a wait\n",
            "Each state but the last has a timer of its own; `hold_deadline` runs beside them until the case is "
            "closed.\n",
            table(("state", "timer"), timers),
        )
    )


PAGES: dict[str, Callable[[Policy], str]] = {
    "lifecycle.md": lifecycle_page,
    "script.md": script_page,
    "triage.md": triage_page,
}
"""Name of each page to what draws it."""


def write(folder: Path) -> None:
    """Write every page into a folder."""
    policy = load()
    for name, page in PAGES.items():
        (folder / name).write_text(page(policy), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
