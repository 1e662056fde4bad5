"""The desk's pages: what they show, escape and refuse, and how a decision is made once."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from cases.domain import events as ev
from cases.domain.case import CaseState
from cases.domain.vocabulary import BankAction, DialRefusal, Disposition
from cases.store import StoreUnavailableError
from desk.headers import CONTENT_POLICY, voice_headers
from desk.texts import load_texts
from tests.support.desk_cases import alert, coached_call
from tests.support.desk_harness import Desk, form_value

REASON = "Rang the customer, they know the payee."


async def event_types(bench: Desk, case_id: str = "alert-1") -> list[str]:
    return [type(stored.event).__name__ for stored in await bench.store.events(case_id)]


async def decide(bench: Desk, action: str, **fields: str) -> int:
    answer = await bench.post("/cases/alert-1/decision/confirm", action=action, reason=REASON, **fields)
    return answer.status_code


async def test_the_queue_lists_what_needs_a_person_first(bench: Desk) -> None:
    await bench.open_case(alert("alert-2", transaction__creditor__name="Quiet Books", customer__reference="c-2"))
    await bench.review_case()
    await bench.sign_in()
    page = (await bench.client.get("/")).text
    assert page.index("Needs your decision") < page.index("Harbour Secure Holdings") < page.index("In progress")
    assert page.index("In progress") < page.index("Quiet Books") < page.index("Closed")
    assert "Suspected scam" in page and "Told to keep it secret" in page


async def test_an_empty_desk_says_so(bench: Desk) -> None:
    await bench.sign_in()
    page = (await bench.client.get("/")).text
    assert "Nothing waits for a decision." in page


async def test_one_case_shows_what_was_said_heard_cut_and_why(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    page = (await bench.client.get("/cases/alert-1")).text
    assert "Likely a scam" in page
    assert "Has anybody told you what to say</span>" in page
    assert re.search(r"<del [^>]*> to the bank, or asked you to keep this quiet\?</del>", page)
    assert '<mark class="is-hard">should not mention it to the branch</mark>' in page
    assert '<mark class="is-answer">that was me</mark>' in page
    assert "release line 50" in page
    # Hard reasons: a score under the line must not look safe.
    assert '<svg viewBox="0 0 200 14" preserveAspectRatio="none" aria-hidden="true" class="over">' in page
    assert "Hard reasons hold it whatever the score." in page
    assert 'href="#call-1-turn-9"' in page and 'id="call-1-turn-9"' in page
    for stored in await bench.store.events("alert-1"):
        assert stored.leaf_hash in page


async def test_a_silenced_secret_is_said_so(bench: Desk) -> None:
    call = coached_call()
    silenced = replace(call.turns[1], muted=((1000, 2500),))
    await bench.review_case(call=replace(call, turns=(call.turns[0], silenced, *call.turns[2:])))
    await bench.sign_in()
    assert "secret removed: 1.5 s of audio are silent" in (await bench.client.get("/cases/alert-1")).text
    await bench.client.get("/language/zh")
    assert "敏感信息已消音 1.5 秒" in (await bench.client.get("/cases/alert-1")).text


async def test_the_same_case_reads_in_chinese(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    await bench.client.get("/language/zh")
    page = (await bench.client.get("/cases/alert-1")).text
    assert "很可能是诈骗" in page and "放行线 50" in page and "被要求保密" in page
    assert "Likely a scam" not in page


@pytest.mark.parametrize("path", ["/login", "/", "/cases/alert-1", "/cases/nobody", "/nothing/here"])
async def test_every_page_carries_a_strict_policy_and_no_inline_code(bench: Desk, path: str) -> None:
    await bench.review_case()
    if path != "/login":
        await bench.sign_in()
    answer = await bench.client.get(path)
    spoken = voice_headers(bench.deps.origins)["Content-Security-Policy"]
    expected = spoken if path == "/cases/alert-1" else CONTENT_POLICY
    assert answer.headers["content-security-policy"] == expected
    assert "unsafe" not in CONTENT_POLICY and "default-src 'none'" in CONTENT_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    for script in re.findall(r"<script[^>]*>", answer.text):
        assert 'src="/static/' in script
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", answer.text)
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text)


async def test_text_of_strangers_is_never_markup(bench: Desk) -> None:
    nasty = "<script>alert(1)</script>"
    one = alert(transaction__creditor__name=nasty, transaction__memo='"><img src=x onerror=alert(1)>')
    call = coached_call()
    turns = tuple(replace(turn, text=nasty, heard_text=nasty) for turn in call.turns)
    await bench.review_case(one, replace(call, turns=turns))
    await bench.sign_in()
    for path in ("/", "/cases/alert-1"):
        page = (await bench.client.get(path)).text
        assert nasty not in page and "<img src=x" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


async def test_looking_at_a_case_is_recorded_once_a_session_and_before_it_is_shown(
    bench: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.review_case()
    await bench.sign_in()
    for _ in range(2):
        await bench.client.get("/cases/alert-1")
    viewed = [s.event for s in await bench.store.events("alert-1") if isinstance(s.event, ev.EvidenceViewed)]
    assert viewed == [ev.EvidenceViewed("m.lindqvist", "case")]
    await bench.sign_in("r.okafor", other := bench.another())

    async def locked(*_: object, **__: object) -> None:
        raise StoreUnavailableError("locked")

    monkeypatch.setattr(bench.intake, "record", locked)
    answer = await other.get("/cases/alert-1")
    assert answer.status_code == 503 and "Harbour" not in answer.text


async def test_a_claim_is_seen_by_others_and_keeps_them_out(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    other = await bench.sign_in("r.okafor", bench.another())
    before = await other.get("/cases/alert-1")
    tokens = {name: form_value(before.text, name) for name in ("form_token", "nonce")}
    answer = await bench.post("/cases/alert-1/claim")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases/alert-1#decide")
    assert "You are on this case." in (await bench.client.get("/cases/alert-1")).text
    assert "with m.lindqvist" in (await other.get("/")).text
    page = (await other.get("/cases/alert-1")).text
    assert "m.lindqvist is on this case." in page and 'id="decision-form"' not in page
    for path in ("claim", "decision", "decision/confirm"):
        fields = {**tokens, "action": "hold", "reason": REASON}
        refused = await other.post(f"/cases/alert-1/{path}", data=fields)
        assert refused.status_code == 409, path
    assert "DecisionMade" not in await event_types(bench)


async def test_an_overdue_claim_may_be_taken_over(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    await bench.post("/cases/alert-1/claim")
    bench.clock.advance(timedelta(hours=3))
    await bench.record("alert-1", ev.TimerFired("review_sla"), "sla")
    other = await bench.sign_in("r.okafor", bench.another())
    assert "You may take it over." in (await other.get("/cases/alert-1")).text
    assert (await bench.post("/cases/alert-1/claim", other)).status_code == 303
    case = await bench.store.case("alert-1")
    assert case is not None and case.review is not None and case.review.claimed_by == "r.okafor"


async def test_a_decision_is_proposed_confirmed_and_recorded_with_its_reason(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    proposal = await bench.post("/cases/alert-1/decision", action="block", reason=f"  {REASON} ")
    assert proposal.status_code == 200 and "Block this payment?" in proposal.text and REASON in proposal.text
    assert "DecisionMade" not in await event_types(bench)
    names = ("form_token", "nonce", "action", "reason")
    fields = {name: form_value(proposal.text, name) for name in names}
    answer = await bench.client.post("/cases/alert-1/decision/confirm", data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases/alert-1")
    case = await bench.store.case("alert-1")
    assert case is not None and case.state is CaseState.SETTLING and case.decision is not None
    assert (case.decision.action, case.decision.by, case.decision.reason) == (BankAction.BLOCK, "m.lindqvist", REASON)
    again = await bench.client.post("/cases/alert-1/decision/confirm", data=fields)
    assert again.status_code == 303
    assert (await event_types(bench)).count("DecisionMade") == 1
    assert "m.lindqvist decided: Block" in (await bench.client.get("/cases/alert-1")).text


async def test_the_same_form_ten_times_at_once_is_one_decision(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    page = await bench.client.get("/cases/alert-1")
    fields = {name: form_value(page.text, name) for name in ("form_token", "nonce")}
    data = {**fields, "action": "hold", "reason": REASON}
    answers = await asyncio.gather(
        *(bench.client.post("/cases/alert-1/decision/confirm", data=data) for _ in range(10))
    )
    assert {answer.status_code for answer in answers} == {303}
    assert (await event_types(bench)).count("DecisionMade") == 1


async def test_a_second_decision_is_a_clear_conflict_and_changes_nothing(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    await bench.sign_in("r.okafor", other := bench.another())
    page = await other.get("/cases/alert-1")
    fields = {name: form_value(page.text, name) for name in ("form_token", "nonce")}
    assert await decide(bench, "hold") == 303
    seq = (await bench.store.case("alert-1")).seq  # type: ignore[union-attr]
    answer = await other.post(
        "/cases/alert-1/decision/confirm", data={**fields, "action": "release", "reason": REASON, "against": "yes"}
    )
    assert answer.status_code == 409
    assert "Nothing was changed." in answer.text and 'href="/cases/alert-1"' in answer.text
    assert (await bench.store.case("alert-1")).seq == seq  # type: ignore[union-attr]


async def test_a_case_that_is_no_persons_takes_no_decision(bench: Desk) -> None:
    await bench.open_case()
    await bench.sign_in()
    for path in ("claim", "decision", "decision/confirm"):
        answer = await bench.post(f"/cases/alert-1/{path}", action="release", reason=REASON)
        assert answer.status_code == 409, path


async def test_a_release_against_hard_reasons_needs_its_own_tick(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    proposal = await bench.post("/cases/alert-1/decision", action="release", reason=REASON)
    assert 'name="against"' in proposal.text
    assert await decide(bench, "release") == 422
    assert "DecisionMade" not in await event_types(bench)
    assert await decide(bench, "release", against="yes") == 303


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"action": "hold", "reason": ""}, "at least 10 characters"),
        ({"action": "hold", "reason": "  short   "}, "at least 10 characters"),
        ({"action": "hold", "reason": "x" * 2001}, "at least 10 characters"),
        ({"action": "", "reason": REASON}, "Choose what happens"),
        ({"action": "refund", "reason": REASON}, "Choose what happens"),
        ({"reason": REASON}, "Choose what happens"),
    ],
)
async def test_what_is_missing_is_said_and_what_was_typed_is_kept(
    bench: Desk, fields: dict[str, str], said: str
) -> None:
    await bench.review_case()
    await bench.sign_in()
    for path in ("decision", "decision/confirm"):
        answer = await bench.post(f"/cases/alert-1/{path}", **fields)
        assert answer.status_code == 422
        assert said in answer.text and fields["reason"][:100] in answer.text
    assert "DecisionMade" not in await event_types(bench)


async def test_a_short_chinese_reason_is_long_enough(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    answer = await bench.post("/cases/alert-1/decision", action="hold", reason="已致电客户")
    assert answer.status_code == 200


async def test_a_bad_nonce_is_refused(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    for nonce in ("", "short", "x" * 65, "a:b" * 8):
        answer = await bench.post("/cases/alert-1/decision/confirm", action="hold", reason=REASON, nonce=nonce)
        assert answer.status_code == 403


async def test_an_auditor_looks_but_does_not_decide(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in("a.auditor")
    page = await bench.client.get("/cases/alert-1")
    assert page.status_code == 200 and 'id="decision-form"' not in page.text
    token = form_value(page.text, "form_token")
    for path in ("claim", "decision", "decision/confirm"):
        data = {"form_token": token, "nonce": "n" * 20, "action": "hold", "reason": REASON}
        assert (await bench.client.post(f"/cases/alert-1/{path}", data=data)).status_code == 403
    assert not {"ReviewClaimed", "DecisionMade"} & set(await event_types(bench))


async def test_an_unknown_case_and_a_closed_one(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    for path in ("/cases/nobody", "/cases/nobody/calls/1/recording", "/cases/alert-1/calls/x/recording"):
        answer = await bench.client.get(path)
        assert answer.status_code == 404 and "<h1>" in answer.text
    await decide(bench, "hold")
    case = await bench.store.case("alert-1")
    assert case is not None
    last = case.instructions[-1]
    await bench.record("alert-1", ev.BankAcknowledged(last.action, last.key, "NB-2"), "done")
    page = (await bench.client.get("/cases/alert-1")).text
    assert "This case is closed." in page and 'id="decision-form"' not in page


async def test_an_oversized_form_is_refused(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    answer = await bench.post("/cases/alert-1/decision", action="hold", reason="x" * 70_000)
    assert answer.status_code == 413


async def test_static_files_may_be_kept_and_are_asked_for_again(bench: Desk) -> None:
    answer = await bench.client.get("/static/desk/page.js")
    assert answer.headers["cache-control"] == "no-cache"
    again = await bench.client.get("/static/desk/page.js", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    assert (await bench.client.get("/static/../main.py")).status_code in (303, 404)


async def test_a_refused_dial_is_told_in_words(bench: Desk) -> None:
    case = await bench.open_case(alert())
    refused = ev.DialEnded(1, Disposition.FAILED, DialRefusal.COUNTRY_NOT_ALLOWED.value)
    await bench.intake.record(case.id, refused, event_id=f"{case.id}:1:refused", at=bench.clock.now())
    await bench.sign_in()
    assert "the number&#39;s country is not among those allowed" in (await bench.client.get(f"/cases/{case.id}")).text
    await bench.client.get("/language/zh")
    assert "号码所属国家或地区不在允许范围内" in (await bench.client.get(f"/cases/{case.id}")).text


def test_every_refusal_has_words_in_every_language() -> None:
    for texts in load_texts().values():
        assert all(texts.has(f"dial_detail.{refusal.value}") for refusal in DialRefusal)
