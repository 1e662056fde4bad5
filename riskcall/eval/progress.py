"""How far an evaluation is: a bar on a terminal, a line now and then where nobody watches."""

from __future__ import annotations

from contextlib import AbstractContextManager
from time import perf_counter
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from evals.graders import Status
from evals.runner import Graded

_LINE_EVERY_S = 15.0


class EvalProgress(AbstractContextManager["EvalProgress"]):
    """Counts finished runs as they come."""

    def __init__(self, console: Console, planned: int) -> None:
        """Count up to the planned runs."""
        self._console = console
        self._planned = planned
        self._counts = dict.fromkeys(Status, 0)
        self._began = self._told = perf_counter()
        self._bar = Progress(
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TextColumn("{task.fields[counts]}"),
            TextColumn("{task.fields[rate]}", style="dim"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=planned, counts="", rate="")

    def __enter__(self) -> Self:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        self._bar.stop()

    def tell(self, graded: Graded, done: int, planned: int) -> None:
        """One more run is finished."""
        self._counts[graded.verdict.status] += 1
        counts = self._words()
        if self._console.is_terminal:
            self._bar.update(self._task, completed=done, total=planned, counts=counts, rate=self._rate(done))
        elif done == 1 or (perf_counter() - self._told >= _LINE_EVERY_S and done < planned):
            self._told = perf_counter()
            self._console.print(f"{done} of {planned}: {counts}, {self._rate(done)}", markup=False, soft_wrap=True)

    def _words(self) -> str:
        passed, failed, invalid = (self._counts[one] for one in (Status.PASSED, Status.FAILED, Status.INVALID))
        return f"✓ {passed}  ✗ {failed}" + (f"  ○ {invalid}" if invalid else "")

    def _rate(self, done: int) -> str:
        return f"{60 * done / max(perf_counter() - self._began, 1e-9):.0f} a minute"
