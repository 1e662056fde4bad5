"""Tells for the command line how often people are taken for machines, and machines for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from cases.domain.vocabulary import Language
from evals.greetings import Part, errors
from evals.reports.words import LANGUAGES
from evals.statistics import Rate


def run_greetings(*, wrong: bool) -> int:
    """Judge the corpus of first words, print rates by part and language, and return the status to end with.

    Args:
        wrong: Whether to show what was taken for something else, of the development part alone.
    """
    console = Console(highlight=False)
    table = Table(title="Who answers, told by the first words", title_justify="left", box=None, pad_edge=False)
    for name in ("part", "language", "people taken for machines", "for screeners", "machines for people", "for others"):
        table.add_column(name, justify="left" if name in ("part", "language") else "right")
    for part in Part:
        for language in Language:
            found = errors(part, language)
            rates = (found.hung_up, found.screened, found.missed, found.mistaken)
            table.add_row(part.value, LANGUAGES[language], *map(_told, rates))
    console.print(table)
    if wrong:
        for language in Language:
            for one in errors(Part.DEV, language).wrong:
                console.print(f"{language}: {one.right} taken for {one.taken_for}: {one.text}")
    return int(any(errors(Part.DEV, language).hung_up.hits for language in Language))


def _told(found: Rate) -> str:
    share = 0.0 if found.share is None else found.share
    return f"{found.hits} of {found.of}: {share:.1%} ({found.low:.1%} to {found.high:.1%})"
