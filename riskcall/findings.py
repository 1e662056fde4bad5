"""What an examination finds: one line a fact, with what to do where it is not as it should be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from rich.console import Console
from rich.text import Text

State = Literal["ok", "wrong", "unknown"]
_MARKS: dict[State, tuple[str, str]] = {"ok": ("✓", "green"), "wrong": ("✗", "red"), "unknown": ("?", "yellow")}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was examined.

    Attributes:
        name: What.
        state: `ok`, `wrong`, or `unknown` where it cannot be told from here.
        found: What was seen.
        remedy: What to do about it, or empty.
    """

    name: str
    state: State
    found: str
    remedy: str = ""


def sound(findings: list[Finding]) -> bool:
    """Whether nothing is wrong."""
    return all(one.state != "wrong" for one in findings)


def document(findings: list[Finding]) -> dict[str, Any]:
    """The findings for a program."""
    return {"ok": sound(findings), "findings": [asdict(one) for one in findings]}


def show(console: Console, findings: list[Finding]) -> None:
    """Print the findings, each with what to do about it."""
    width = max(len(one.name) for one in findings)
    for one in findings:
        mark, style = _MARKS[one.state]
        line = Text.assemble((f"{mark} ", style), (one.name.ljust(width + 2), "bold"), one.found)
        console.print(line, highlight=False, soft_wrap=True)
        if one.remedy:
            console.print(Text(f"{' ' * (width + 4)}→ {one.remedy}", style=style), highlight=False, soft_wrap=True)
