"""Links to video sessions as reviewers make them at the desk, for the bank to send by its own channels."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from desk.auth import Auth, visitor_of
from desk.errors import FormRefusedError
from desk.pages import Pages
from desk.summons import SummonsLinks

LASTS = {str(minutes): timedelta(minutes=minutes) for minutes in (15, 60, 1440)}
"""How long a link may be asked to last, by what the form says."""


class LinkPages:
    """Handlers; links are for signed-in reviewers only."""

    def __init__(self, links: SummonsLinks, auth: Auth, pages: Pages) -> None:
        """Use the application's links, sessions and pages."""
        self._links = links
        self._auth = auth
        self._pages = pages

    async def make(self, request: Request, case_id: str) -> Response:
        """Make a link and show it this once; the record says who asked for it and keeps no more than its digest."""
        fields = await self._auth.reviewer_form(request)
        lasts = LASTS.get(fields.get("lasts", ""))
        if lasts is None:
            raise FormRefusedError("This form is too old. Load the page again and repeat.")
        link = await self._links.make(case_id, lasts, by=visitor_of(request).account.name)
        response = self._pages.page(request, "summons.html", 201, link=link, case_id=case_id)
        response.headers["Cache-Control"] = "no-store"
        return response


def router(links: SummonsLinks, auth: Auth, pages: Pages) -> APIRouter:
    """Route `/cases/{case_id}/summons`."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(auth.signed_in)])
    handlers = LinkPages(links, auth, pages)
    routes.add_api_route("/cases/{case_id}/summons", handlers.make, methods=["POST"], response_model=None)
    return routes
