"""How far the side-by-side bench is: a bar on a terminal, a line for each block where nobody watches."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class BenchProgress(AbstractContextManager["BenchProgress"]):
    """Counts blocks that are over."""

    def __init__(self, console: Console, planned: int) -> None:
        """Count up to the planned blocks of all systems."""
        self._console = console
        self._planned = planned
        self._done = 0
        self._bar = Progress(
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("systems get ready", total=planned)

    def __enter__(self) -> Self:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        self._bar.stop()

    def tell(self, system: str, block: str, why: str) -> None:
        """One more block is over: played, or lost for a reason."""
        self._done += 1
        self._bar.update(self._task, completed=self._done, description=f"{system}, {block}")
        if why:
            self._console.print(f"lost: {block}: {why}", style="red", markup=False, soft_wrap=True)
        elif not self._console.is_terminal:
            self._console.print(f"{self._done} of {self._planned}: {system}, {block}", markup=False, soft_wrap=True)
