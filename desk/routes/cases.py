"""The desk's pages: the queue, one case, taking a case, deciding it."""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from cases.domain.case import Case, CaseState
from cases.domain.errors import IllegalEventError
from cases.domain.events import DecisionMade, Event, ReviewClaimed
from cases.domain.ruling import Decision
from cases.domain.vocabulary import HARD_SIGNALS, BankAction
from desk.auth import Auth, visitor_of
from desk.case_view import CaseView, case_view, contradicts
from desk.deps import DeskDeps
from desk.errors import CaseUnknownError, DecisionRefusedError, FormRefusedError
from desk.evidence import Evidence
from desk.headers import voice_headers
from desk.log_view import event_row
from desk.pages import Pages
from desk.people_view import PeopleView, people_view
from desk.queue import QueueRows
from desk.queue_view import queue_view

MIN_REASON = 10
"""Shortest reason of a decision, in columns: a Chinese character counts two."""
MAX_REASON = 2_000
"""Longest reason of a decision, characters."""
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
LIVE_LABELS = ("act", "intent", "signal", "question", "value", "phase")
"""Families of words that the live view needs in the browser."""


class CasePages:
    """Handlers of the desk's pages; the router lets only signed-in visitors through."""

    def __init__(self, deps: DeskDeps, auth: Auth, pages: Pages, evidence: Evidence) -> None:
        """Use the application's store, intake, sessions and pages."""
        self._deps = deps
        self._auth = auth
        self._pages = pages
        self._evidence = evidence
        self._rows = QueueRows(deps.store)

    async def queue(self, request: Request) -> Response:
        """Cases by risk."""
        self._seen(request)
        store = self._deps.store
        rows = (*await self._rows.open(), *await self._rows.closed())
        live = {
            case_id: phase.value for case_id in self._deps.live.running() if (phase := self._deps.live.phase(case_id))
        }
        counts = await store.counts()
        waiting, closed = counts[CaseState.REVIEW], counts[CaseState.CLOSED]
        totals = {"waiting": waiting, "closed": closed, "active": sum(counts.values()) - waiting - closed}
        queue = queue_view(rows, live, self._deps.clock.now())
        return self._pages.page(request, "queue.html", queue=queue, counts=totals)

    async def case(self, request: Request, case_id: str) -> Response:
        """One case in one glance; that it was looked at is recorded first."""
        await self._find(case_id)
        self._seen(request)
        await self._evidence.viewed(request, case_id, "case")
        return await self._case_page(request, case_id)

    async def claim(self, request: Request, case_id: str) -> Response:
        """Take a case, so that others see who is on it."""
        fields = await self._auth.reviewer_form(request)
        await self._find(case_id)
        await self._record(case_id, ReviewClaimed(visitor_of(request).account.name), "claim", _nonce(fields))
        return self._pages.redirect(request, f"/cases/{case_id}#decide")

    async def propose(self, request: Request, case_id: str) -> Response:
        """Check a ruling and ask whether it is meant."""
        fields = await self._auth.reviewer_form(request)
        case = await self._find(case_id)
        view = self._view(request, case)
        if not view.panel.open:
            raise DecisionRefusedError(f"Case {case_id} takes no decision of yours now.")
        action, problem = self._check(request, fields)
        if action is None or problem:
            return await self._case_page(request, case_id, 422, fields=fields, problem=problem)
        return self._confirm(request, case, action, fields)

    async def decide(self, request: Request, case_id: str) -> Response:
        """Record a ruling; the same form twice is one ruling."""
        fields = await self._auth.reviewer_form(request)
        case = await self._find(case_id)
        action, problem = self._check(request, fields)
        if action is None or problem:
            return await self._case_page(request, case_id, 422, fields=fields, problem=problem)
        if contradicts(case, action) and fields.get("against") != "yes":
            texts = self._pages.texts(visitor_of(request).language)
            return self._confirm(request, case, action, fields, 422, texts("decide.contradicts_missing"))
        name = visitor_of(request).account.name
        decision = Decision(action, name, fields["reason"].strip(), self._deps.clock.now())
        await self._record(case_id, DecisionMade(decision), "decision", _nonce(fields))
        return self._pages.redirect(request, f"/cases/{case_id}")

    async def _find(self, case_id: str) -> Case:
        case = await self._deps.store.case(case_id)
        if case is None:
            raise CaseUnknownError("There is no such case.")
        return case

    async def _record(self, case_id: str, event: Event, what: str, nonce: str) -> None:
        try:
            await self._deps.intake.record(
                case_id, event, event_id=f"{case_id}:{what}:{nonce}", at=self._deps.clock.now()
            )
        except IllegalEventError as error:
            raise DecisionRefusedError(str(error)) from error

    def _view(self, request: Request, case: Case) -> CaseView:
        visitor = visitor_of(request)
        return case_view(
            case,
            account=visitor.account.name,
            language=visitor.language,
            release_line=self._deps.policy.scorecard.release_line,
            live=self._live(case.id),
        )

    def _live(self, case_id: str) -> str:
        phase = self._deps.live.phase(case_id)
        return phase.value if phase else ""

    def _check(self, request: Request, fields: dict[str, str]) -> tuple[BankAction | None, str]:
        """The ruling of a form and what is wrong with it."""
        texts = self._pages.texts(visitor_of(request).language)
        action = fields.get("action", "")
        if action not in tuple(BankAction):
            return None, texts("decide.action_missing")
        reason = fields.get("reason", "").strip()
        problem = texts("decide.reason_short") if columns(reason) < MIN_REASON or len(reason) > MAX_REASON else ""
        return BankAction(action), problem

    def _confirm(
        self,
        request: Request,
        case: Case,
        action: BankAction,
        fields: dict[str, str],
        status: int = 200,
        problem: str = "",
    ) -> Response:
        return self._pages.page(
            request,
            "confirm.html",
            status,
            view=self._view(request, case),
            action=action.value,
            reason=fields.get("reason", "").strip(),
            nonce=_nonce(fields),
            contradicts=contradicts(case, action),
            problem=problem,
        )

    async def _case_page(
        self, request: Request, case_id: str, status: int = 200, fields: dict[str, str] | None = None, problem: str = ""
    ) -> Response:
        case = await self._find(case_id)
        fields = fields or {}
        texts = self._pages.texts(visitor_of(request).language)
        values: dict[str, Any] = {
            "view": self._view(request, case),
            "events": [event_row(one) for one in await self._deps.store.events(case_id)],
            "anchors": {record.call.id: f"call-{record.attempt}" for record in case.calls},
            "hard_signals": HARD_SIGNALS,
            "live": self._live(case_id),
            "live_labels": sorted(key for key in texts.keys() if key.split(".")[0] in LIVE_LABELS),
            "live_hard": {f"signal.{code}" for code in HARD_SIGNALS},
            "nonce": secrets.token_urlsafe(18),
            "chosen": fields.get("action", ""),
            "reason": fields.get("reason", ""),
            "problem": problem,
            "people": self._people(request, case),
            "summons": visitor_of(request).may_decide
            and self._deps.links is not None
            and self._deps.links.offered(case),
            "in_room": bool(self._deps.people and self._deps.people.calls.in_room(case_id)),
            "phone": bool(self._deps.people and self._deps.people.phones and visitor_of(request).account.phone),
        }
        response = self._pages.page(request, "case.html", status, **values)
        if self._deps.people is not None:
            response.headers.update(voice_headers(self._deps.origins, self._deps.people.rooms_at))
        return response

    def _seen(self, request: Request) -> None:
        """A reviewer is at the desk."""
        if self._deps.people is not None and visitor_of(request).may_decide:
            self._deps.people.calls.seen(visitor_of(request).account.name)

    def _people(self, request: Request, case: Case) -> PeopleView | None:
        people, visitor = self._deps.people, visitor_of(request)
        return people_view(
            case,
            account=visitor.account.name,
            may_join=visitor.may_decide,
            reachable=people is not None and people.calls.reachable(case.id),
        )


def router(deps: DeskDeps, auth: Auth, pages: Pages, evidence: Evidence) -> APIRouter:
    """Routes of the desk's pages, for signed-in visitors only."""
    desk = CasePages(deps, auth, pages, evidence)
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(auth.signed_in)])
    routes.add_api_route("/", desk.queue, methods=["GET"], response_model=None)
    routes.add_api_route("/cases/{case_id}", desk.case, methods=["GET"], response_model=None)
    routes.add_api_route("/cases/{case_id}/claim", desk.claim, methods=["POST"], response_model=None)
    routes.add_api_route("/cases/{case_id}/decision", desk.propose, methods=["POST"], response_model=None)
    routes.add_api_route("/cases/{case_id}/decision/confirm", desk.decide, methods=["POST"], response_model=None)
    return routes


def columns(text: str) -> int:
    """Width of a text: wide characters (Unicode East Asian Width W and F) count two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _nonce(fields: dict[str, str]) -> str:
    nonce = fields.get("nonce", "")
    if not _NONCE.fullmatch(nonce):
        raise FormRefusedError("This form is too old. Load the page again and repeat.")
    return nonce
