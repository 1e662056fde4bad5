"""Signing in and out, and the language of the pages."""

from __future__ import annotations

import math

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from cases.domain.vocabulary import Language
from desk.auth import LANGUAGE_COOKIE, Auth, language_of, local_path
from desk.errors import FormRefusedError
from desk.pages import Pages

_YEAR = 365 * 86_400


class AccountPages:
    """Handlers of the sign-in pages."""

    def __init__(self, auth: Auth, pages: Pages, secure: bool) -> None:
        """Use the application's sessions and pages; `secure` is whether the desk is reached over https."""
        self._auth = auth
        self._pages = pages
        self._secure = secure

    async def sign_in_page(self, request: Request) -> Response:
        """The sign-in form, or the desk for whoever is signed in."""
        session = self._auth.session_of(request)
        next_path = local_path(request.query_params.get("next", "/"))
        if session is not None and self._auth.sessions.account(session) is not None:
            return RedirectResponse(next_path, 303)
        ended = session is None and bool(request.cookies.get(self._auth.cookie_name))
        message = self._pages.texts(language_of(request))("login.ended") if ended else ""
        return self._form(request, next_path, message=message)

    async def sign_in(self, request: Request) -> Response:
        """Check name and password and begin a session."""
        session = self._auth.session_of(request)
        try:
            fields = await self._auth.form(request, session)
        except FormRefusedError:
            # The form's own short session ended while it lay open: offer a fresh one.
            if session is not None or request.headers.get("origin") is None:
                raise
            return self._form(request, "/", status=403)
        texts = self._pages.texts(language_of(request))
        name = fields.get("name", "")
        next_path = local_path(fields.get("next", "/"))
        address = request.client.host if request.client else ""
        result = await self._auth.sign_in(name, fields.get("password", ""), address)
        if not isinstance(result, int):
            response = RedirectResponse(next_path, 303)
            self._auth.keep(response, result)
            return response
        if result == 0:
            return self._form(request, next_path, name=name, message=texts("login.wrong"), status=403)
        message = texts("login.wait", minutes=math.ceil(result / 60))
        refused = self._form(request, next_path, name=name, message=message, status=429)
        refused.headers["Retry-After"] = str(result)
        return refused

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        session = self._auth.session_of(request)
        await self._auth.form(request, session)
        if session is not None:
            self._auth.sessions.end(session)
        response = RedirectResponse("/login", 303)
        response.delete_cookie(self._auth.cookie_name, path="/", secure=self._secure, httponly=True, samesite="lax")
        return response

    async def choose_language(self, request: Request, language: Language) -> Response:
        """Keep the chosen language in this browser and go back."""
        response = RedirectResponse(local_path(request.query_params.get("next", "/")), 303)
        response.set_cookie(
            LANGUAGE_COOKIE, language.value, max_age=_YEAR, httponly=True, secure=self._secure, samesite="lax"
        )
        return response

    def _form(
        self, request: Request, next_path: str, *, name: str = "", message: str = "", status: int = 200
    ) -> Response:
        session = self._auth.sessions.anonymous()
        response = self._pages.page(
            request,
            "login.html",
            status,
            login_token=self._auth.form_token(session),
            next_path=next_path,
            name=name[:64],
            message=message,
            insecure=not self._secure,
        )
        self._auth.keep(response, session)
        return response


def router(auth: Auth, pages: Pages, secure: bool) -> APIRouter:
    """Routes of the sign-in pages; they are open to everybody."""
    account = AccountPages(auth, pages, secure)
    routes = APIRouter(include_in_schema=False)
    routes.add_api_route("/login", account.sign_in_page, methods=["GET"], response_model=None)
    routes.add_api_route("/login", account.sign_in, methods=["POST"], response_model=None)
    routes.add_api_route("/logout", account.sign_out, methods=["POST"], response_model=None)
    routes.add_api_route("/language/{language}", account.choose_language, methods=["GET"], response_model=None)
    return routes
