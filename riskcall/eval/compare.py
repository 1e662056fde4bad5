"""Compares two reports for the command line."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from evals.comparison import compare
from evals.reports.html import comparison_page
from evals.reports.store import read_report, write_whole
from evals.reports.terminal import show_comparison


def run_compare(before: Path, after: Path, html: Path | None) -> int:
    """Print what changed, and write it as HTML where that was asked for.

    Returns:
        1 where scenarios fail that did not, or a metric that must be 0 rose; else 0.

    Raises:
        ReportError: A report cannot be read.
    """
    comparison = compare(read_report(before), read_report(after))
    console = Console(highlight=False)
    show_comparison(console, comparison)
    if html is not None:
        write_whole(html, comparison_page(comparison))
        console.print(f"   {html}", markup=False, soft_wrap=True)
    return 1 if comparison.worse else 0
