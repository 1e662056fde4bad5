"""A report, or a comparison of two, as one HTML file that opens offline and asks the network for nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import zip_longest
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from cases.domain.money import Money
from evals.comparison import SURE, Change, Comparison
from evals.metrics import METRICS, OUTCOME, PASS
from evals.reports import words
from evals.reports.goals import goals
from evals.reports.model import Figure, Report, RunRecord, SuiteRecord
from evals.reports.talk import TurnRecord

_MEDIA = {True: "blob: file: 'self'", False: "blob:"}


@dataclass(frozen=True, slots=True)
class Recordings:
    """How a page has its recordings.

    Attributes:
        folder: The report's folder, from which they are put into the page; None puts none into it.
        linked: Whether the page names the files beside it.
    """

    folder: Path | None = None
    linked: bool = False

    def audio(self, run: RunRecord) -> str | None:
        """A recording in base64, or None."""
        if self.folder is None or run.voice is None or run.voice.recording is None:
            return None
        file = self.folder / run.voice.recording
        return base64.b64encode(file.read_bytes()).decode() if file.is_file() else None

    def link(self, run: RunRecord) -> str | None:
        """Where the page finds a recording, or None."""
        return run.voice.recording if self.linked and run.voice is not None else None


def report_page(report: Report, comparison: Comparison | None = None, recordings: Recordings | None = None) -> str:
    """The page of a report.

    Args:
        report: What to show.
        comparison: What changed against a baseline, or None.
        recordings: How it has its recordings; None leaves them out.
    """
    changes: dict[str, Change] = {}
    for suite in comparison.suites if comparison else ():
        changes |= {one.id: one for one in (*suite.broken, *suite.fixed, *suite.changed, *suite.reworded)}
    return _render(
        "report.html",
        recordings or Recordings(),
        report=report,
        comparison=comparison,
        compared={suite.name: suite for suite in comparison.suites} if comparison else {},
        changes=changes,
    )


def comparison_page(comparison: Comparison) -> str:
    """The page of a comparison."""
    return _render("comparison.html", Recordings(), report=comparison.after, comparison=comparison)


def _render(name: str, recordings: Recordings, **values: Any) -> str:
    script = _part("script.js")
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src 'unsafe-inline'; img-src data:; "
        f"media-src {_MEDIA[recordings.linked]}; base-uri 'none'; form-action 'none'"
    )
    return (
        _environment()
        .get_template(name)
        .render(
            **values,
            recordings=recordings,
            policy=policy,
            # The files of this package are its own: they go into the page as they are.
            style=Markup(_part("style.css")),
            script=Markup(script),
        )
    )


def _digest(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def _part(name: str) -> str:
    return (resources.files("evals") / "reports" / "page" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        autoescape=True, undefined=StrictUndefined, loader=FunctionLoader(_part), trim_blocks=True, lstrip_blocks=True
    )
    named = (
        goals, words.figure_words, words.interval_words, words.count_words, words.difference_words, words.points,
        words.place, words.duration,
    )  # fmt: skip
    made.globals.update({one.__name__: one for one in named})
    made.globals.update(SURE=SURE, METRICS=METRICS, PASS=PASS, OUTCOME=OUTCOME)
    made.globals.update(MARKS=words.MARKS, SUITES=words.SUITES, LANGUAGES=words.LANGUAGES)
    made.globals.update(money=_money, marked=_marked, unheard=_unheard, unique=_unique, anchor=_anchor, pairs=_pairs)
    made.globals.update(share=_share, right_of=_right_of, worst_first=_worst_first)
    return made


def _money(run: RunRecord) -> str:
    return str(Money(run.alert.amount_minor, run.alert.currency))


def _marked(turn: TurnRecord) -> Markup:
    """A customer's words with the quotes of what was read from them marked; everything is escaped."""
    reading = turn.reading
    if reading is None:
        return escape(turn.text)
    quotes = {one.quote for one in reading.signals} | {one.quote for one in reading.answers}
    quotes.discard("")
    if not quotes:
        return escape(turn.text)
    pattern = "|".join(re.escape(quote) for quote in sorted(quotes, key=len, reverse=True))
    pieces = re.split(f"({pattern})", turn.text)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(piece) if place % 2 else escape(piece) for place, piece in enumerate(pieces)
    )


def _unheard(turn: TurnRecord) -> str:
    """What the agent was cut off before saying."""
    return turn.text.removeprefix(turn.heard_text).strip() if turn.interrupted else ""


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _anchor(suite: str, run: RunRecord) -> str:
    return f"{suite}-{run.id}-{run.number}"


def _pairs(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip_longest(before, after, fillvalue=""))


def _right_of(suite: SuiteRecord, tag: str, language: str) -> str:
    """How many valid runs of a tag and a language ended with a right outcome."""
    runs = [run for run in suite.runs if tag in run.tags and run.language == language and run.status != "invalid"]
    return f"{sum(run.outcome_right for run in runs)} of {len(runs)}" if runs else "–"


def _worst_first(runs: Sequence[RunRecord]) -> list[RunRecord]:
    """False releases, failures, invalid runs, passes; each in the order of the scenarios."""
    return sorted(
        runs, key=lambda run: (not run.grade.false_release, ("failed", "invalid", "passed").index(run.status))
    )


def _share(figure: Figure) -> str:
    """A share as a number of percent for a bar."""
    return f"{100 * (figure.value or 0):.2f}"
