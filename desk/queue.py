"""Rows of the queue, read once per change of a case."""

from __future__ import annotations

from collections import OrderedDict

from cases.domain.case import CaseState
from cases.store import CaseSummary, Store
from desk.queue_view import QueueRow, queue_row

OPEN_SHOWN = 300
"""Open cases on the page, at most."""
CLOSED_SHOWN = 30
"""Closed cases on the page, at most."""
_KEPT = 2_000


class QueueRows:
    """Rows of cases, kept until their case changes."""

    def __init__(self, store: Store) -> None:
        """Read from a store."""
        self._store = store
        self._rows: OrderedDict[str, tuple[int, QueueRow]] = OrderedDict()

    async def open(self) -> tuple[QueueRow, ...]:
        """Rows of the riskiest open cases."""
        states = frozenset(CaseState) - {CaseState.CLOSED}
        return await self._of(await self._store.cases(states=states, limit=OPEN_SHOWN))

    async def closed(self) -> tuple[QueueRow, ...]:
        """Rows of closed cases."""
        return await self._of(await self._store.cases(states={CaseState.CLOSED}, limit=CLOSED_SHOWN))

    async def _of(self, summaries: tuple[CaseSummary, ...]) -> tuple[QueueRow, ...]:
        return tuple([row for summary in summaries if (row := await self._row(summary)) is not None])

    async def _row(self, summary: CaseSummary) -> QueueRow | None:
        kept = self._rows.get(summary.case_id)
        if kept is not None and kept[0] == summary.seq:
            self._rows.move_to_end(summary.case_id)
            return kept[1]
        case = await self._store.case(summary.case_id)
        if case is None:
            return None
        row = queue_row(case)
        self._rows[summary.case_id] = (case.seq, row)
        while len(self._rows) > _KEPT:
            self._rows.popitem(last=False)
        return row
