from __future__ import annotations

from pathlib import Path

import pytest

from cases.domain.diagrams import Edge, state_diagram, table
from cases.drawings import PAGES, write
from tests.support.script_talk import POLICY

FOLDER = Path(__file__).parents[2] / "docs" / "diagrams"


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_page_in_the_docs_is_what_the_table_says(name: str) -> None:
    drawn = PAGES[name](POLICY)
    assert (FOLDER / name).read_text(encoding="utf-8") == drawn, "run: python -m cases.drawings docs/diagrams"


def test_all_pages_are_written(tmp_path: Path) -> None:
    write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(PAGES)


def test_edges_between_the_same_states_share_an_arrow() -> None:
    drawn = state_diagram([Edge("a", "x", "b"), Edge("b", "y", "c"), Edge("a", "z", "b")], start="a", ends=["c"])
    assert drawn.splitlines() == [
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> a",
        "    a --> b: x, z",
        "    b --> c: y",
        "    c --> [*]",
        "```",
    ]


def test_a_bar_in_a_cell_does_not_break_the_table() -> None:
    assert table(("a",), [("x|y",)]) == "| a |\n| --- |\n| x\\|y |\n"
