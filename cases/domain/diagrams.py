"""Mermaid diagrams of state tables, as text; docs/diagrams holds what these functions return."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edge:
    """One row of a state table.

    Attributes:
        source: State before.
        label: What happens.
        target: State after.
    """

    source: str
    label: str
    target: str


def state_diagram(edges: Iterable[Edge], *, start: str, ends: Iterable[str] = ()) -> str:
    """A Mermaid state diagram in a fenced block; edges between the same two states share one arrow.

    Args:
        edges: The rows, in the order in which they are to appear.
        start: Where the machine begins.
        ends: States that nothing leaves.
    """
    merged: dict[tuple[str, str], list[str]] = {}
    for edge in edges:
        labels = merged.setdefault((edge.source, edge.target), [])
        if edge.label not in labels:
            labels.append(edge.label)
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {start}"]
    for (source, target), labels in merged.items():
        lines.append(f"    {source} --> {target}: {', '.join(labels)}")
    lines.extend(f"    {end} --> [*]" for end in ends)
    lines.append("```")
    return "\n".join(lines) + "\n"


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    head = list(header)
    lines = [_row(head), _row(["---"] * len(head))]
    lines.extend(_row(list(row)) for row in rows)
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
