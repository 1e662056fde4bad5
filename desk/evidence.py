"""Who looked at what: recorded in the case before anything is shown."""

from __future__ import annotations

import hashlib

from fastapi import Request

from cases.domain.events import EvidenceViewed
from desk.auth import visitor_of
from desk.deps import DeskDeps


class Evidence:
    """Records views of evidence, once per session, case and kind."""

    def __init__(self, deps: DeskDeps) -> None:
        """Record through the deps' intake."""
        self._deps = deps

    async def viewed(self, request: Request, case_id: str, what: str) -> None:
        """Record that the visitor looks; whoever cannot be recorded sees nothing.

        Args:
            request: Request of a signed-in visitor.
            case_id: A case that exists.
            what: `case`, `recording`, `still`, `picture` or `export`.

        Raises:
            StoreUnavailableError: It could not be recorded.
        """
        visitor = visitor_of(request)
        session = hashlib.sha256(visitor.session.sid.encode()).hexdigest()[:16]
        await self._deps.intake.record(
            case_id,
            EvidenceViewed(visitor.account.name, what),
            event_id=f"{case_id}:viewed:{what}:{session}",
            at=self._deps.clock.now(),
        )
