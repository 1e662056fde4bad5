"""Signing in and out, sessions in simulated time, and that nothing opens without one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st

from cases.adapters.clock import SimulatedClock
from desk.accounts import Account, Accounts, Role
from desk.auth import local_path
from desk.errors import AccountsInvalidError
from desk.sessions import Sessions
from tests.support.desk_cases import NOON
from tests.support.desk_harness import PASSWORD, Desk, desk, form_value

OPEN_PATHS = {
    "/v1/alerts": "signed",
    "/v1/cases/{case_id}": "key",
    "/healthz": "probe",
    "/readyz": "probe",
    "/login": "sign-in",
    "/logout": "form token",
    "/language/{language}": "sign-in",
}
"""Routes that do not ask for a session, and what stands in its place."""


def routes_of(app: FastAPI) -> list[APIRoute]:
    found: list[APIRoute] = []

    def collect(routes: object) -> None:
        for route in routes if isinstance(routes, list) else list(routes):  # type: ignore[call-overload]
            if isinstance(route, APIRoute):
                found.append(route)
            inner = getattr(route, "original_router", None) or getattr(route, "router", None)
            if inner is not None:
                collect(inner.routes)

    collect(app.routes)
    return found


async def test_every_route_that_is_not_listed_asks_for_a_session(bench: Desk) -> None:
    await bench.review_case()
    routes = routes_of(bench.app)
    assert {route.path for route in routes} >= {"/", "/cases/{case_id}", "/events", *OPEN_PATHS}
    for route in routes:
        if route.path in OPEN_PATHS:
            continue
        path = route.path.format(case_id="alert-1", attempt=1, number=0)
        for method in route.methods - {"OPTIONS"}:
            answer = await bench.client.request(method, path)
            assert answer.status_code in (303, 401), f"{method} {path} answered {answer.status_code}"
            assert answer.headers.get("location", "/login").startswith("/login")
            assert "Alex" not in answer.text
    events = [stored.event for stored in await bench.store.events("alert-1")]
    assert not [
        event for event in events if type(event).__name__ in ("EvidenceViewed", "ReviewClaimed", "DecisionMade")
    ]


async def test_a_page_leads_to_the_sign_in_and_back(bench: Desk) -> None:
    await bench.review_case()
    answer = await bench.client.get("/cases/alert-1")
    assert answer.headers["location"] == "/login?next=/cases/alert-1"
    page = await bench.client.get(answer.headers["location"])
    fields = {name: form_value(page.text, name) for name in ("form_token", "next")}
    done = await bench.client.post("/login", data={**fields, "name": "m.lindqvist", "password": PASSWORD})
    assert done.headers["location"] == "/cases/alert-1"
    assert (await bench.client.get("/cases/alert-1")).status_code == 200


async def test_a_wrong_password_and_an_unknown_name_read_the_same(bench: Desk) -> None:
    pages = []
    for name in ("m.lindqvist", "nobody"):
        page = await bench.client.get("/login")
        token = form_value(page.text, "form_token")
        answer = await bench.client.post("/login", data={"form_token": token, "name": name, "password": "wrong"})
        assert answer.status_code == 403
        pages.append(answer.text.replace(name, "").replace(form_value(answer.text, "form_token"), ""))
    assert pages[0] == pages[1]


async def test_after_five_wrong_passwords_even_the_right_one_waits(bench: Desk) -> None:
    async def attempt(password: str) -> int:
        page = await bench.client.get("/login")
        fields = {"form_token": form_value(page.text, "form_token"), "name": "m.lindqvist", "password": password}
        return (await bench.client.post("/login", data=fields)).status_code

    assert [await attempt("wrong") for _ in range(5)] == [403] * 5
    assert await attempt(PASSWORD) == 429
    bench.clock.advance(timedelta(minutes=15, seconds=1))
    assert await attempt(PASSWORD) == 303


@pytest.mark.parametrize("headers", [{"origin": "https://evil.test"}, {"origin": "null"}, {"origin": ""}])
async def test_a_form_from_elsewhere_is_refused(bench: Desk, headers: dict[str, str]) -> None:
    await bench.review_case()
    await bench.sign_in()
    page = await bench.client.get("/cases/alert-1")
    fields = {name: form_value(page.text, name) for name in ("form_token", "nonce")}
    answer = await bench.client.post("/cases/alert-1/claim", data=fields, headers=headers)
    assert answer.status_code == 403
    assert (await bench.store.case("alert-1")).review.claimed_by is None  # type: ignore[union-attr]


async def test_a_form_without_its_own_session_token_is_refused(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    other = await bench.sign_in("r.okafor", bench.another())
    foreign = await other.get("/cases/alert-1")
    fields = {name: form_value(foreign.text, name) for name in ("form_token", "nonce")}
    for data in (fields, {"nonce": fields["nonce"]}, {**fields, "form_token": "é"}):
        answer = await bench.client.post("/cases/alert-1/claim", data=data)
        assert answer.status_code == 403
    assert (await bench.store.case("alert-1")).review.claimed_by is None  # type: ignore[union-attr]


async def test_signing_out_ends_the_session_even_for_a_kept_cookie(bench: Desk) -> None:
    await bench.sign_in()
    kept = bench.client.cookies["riskcall"]
    page = await bench.client.get("/")
    await bench.client.post("/logout", data={"form_token": form_value(page.text, "form_token")})
    assert (await bench.client.get("/")).status_code == 303
    bench.client.cookies.set("riskcall", kept)
    assert (await bench.client.get("/")).status_code == 303


async def test_a_session_ends_after_fifteen_idle_minutes_and_pages_keep_it(bench: Desk) -> None:
    await bench.sign_in()
    for _ in range(4):
        bench.clock.advance(timedelta(minutes=14))
        assert (await bench.client.get("/")).status_code == 200
    bench.clock.advance(timedelta(minutes=15))
    assert (await bench.client.get("/")).status_code == 303


async def test_a_session_ends_after_eight_hours_whatever_is_done(bench: Desk) -> None:
    await bench.sign_in()
    for _ in range(47):
        bench.clock.advance(timedelta(minutes=10))
        assert (await bench.client.get("/")).status_code == 200
    bench.clock.advance(timedelta(minutes=10))
    assert (await bench.client.get("/")).status_code == 303


async def test_a_new_password_and_a_removed_account_end_sessions(bench: Desk) -> None:
    await bench.sign_in()
    bench.accounts.put(Account("m.lindqvist", "$argon2id$other", Role.REVIEWER))
    assert (await bench.client.get("/")).status_code == 303
    other = await bench.sign_in("r.okafor", bench.another())
    assert bench.accounts.remove("r.okafor") and not bench.accounts.remove("r.okafor")
    assert (await other.get("/")).status_code == 303


async def test_over_https_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    async with desk(tmp_path, origin="https://desk.test") as bench:
        answer = await bench.client.get("/login")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-riskcall=")
        assert "Secure" in cookie and "HttpOnly" in cookie and "SameSite=lax" in cookie and "Domain" not in cookie
        assert "max-age=31536000" in answer.headers["strict-transport-security"]
        await bench.sign_in()
        assert (await bench.client.get("/")).status_code == 200


async def test_over_plain_http_the_page_says_so(bench: Desk) -> None:
    answer = await bench.client.get("/login")
    assert "not https" in answer.text
    assert answer.headers["set-cookie"].startswith("riskcall=") and "HttpOnly" in answer.headers["set-cookie"]


async def test_the_language_is_the_browsers_until_one_is_chosen(bench: Desk) -> None:
    assert 'lang="zh-Hans"' in (await bench.client.get("/login", headers={"accept-language": "zh-CN,en"})).text
    chosen = await bench.client.get("/language/zh?next=/login")
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/login")
    assert 'lang="zh-Hans"' in (await bench.client.get("/login")).text
    assert (await bench.client.get("/language/fr")).status_code == 404


@given(st.text(max_size=40) | st.sampled_from(["//evil.test", "/\\evil.test", "https://evil.test", "/\t/evil.test"]))
def test_no_path_leads_off_the_site(path: str) -> None:
    kept = local_path(path)
    assert kept.startswith("/") and not kept.startswith(("//", "/\\")) and kept.isprintable()


@given(st.binary(max_size=60), st.integers(0, 200), st.integers(1, 255))
def test_a_forged_or_changed_cookie_opens_nothing(noise: bytes, place: int, flip: int) -> None:
    sessions = Sessions(b"k" * 32, SimulatedClock(NOON), Accounts(Path("absent")), 900, 28_800)
    assert sessions.open(noise.decode("latin-1")) is None
    sealed = sessions.seal(sessions.begin(Account("a.b", "hash")))
    assert sessions.open(sealed) is not None
    changed = bytearray(sealed.encode())
    changed[place % len(changed)] ^= flip
    opened = sessions.open(changed.decode("latin-1"))
    assert opened is None
    assert Sessions(b"x" * 32, SimulatedClock(NOON), Accounts(Path("absent")), 900, 28_800).open(sealed) is None


def test_accounts_are_kept_for_the_owner_alone_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "accounts.json"
    accounts = Accounts(path)
    assert accounts.names() == ()
    accounts.save("a.b", PASSWORD, Role.AUDITOR)
    assert path.stat().st_mode & 0o077 == 0
    assert PASSWORD not in path.read_text()
    found = Accounts(path).check("a.b", PASSWORD)
    assert found is not None and found.role is Role.AUDITOR
    assert accounts.check("a.b", "wrong") is None and accounts.check("c", PASSWORD) is None
    for name, password in (("A", PASSWORD), ("a b", PASSWORD), ("a.b", "short")):
        with pytest.raises(AccountsInvalidError):
            accounts.save(name, password)
    path.write_text("[]")
    with pytest.raises(AccountsInvalidError, match="accounts.json"):
        accounts.find("a.b")


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        Sessions(b"short", SimulatedClock(NOON), Accounts(Path("absent")), 900, 28_800)
