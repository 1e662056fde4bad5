"""The bank's API: what is taken, what is refused, and that nothing refused is stored."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.domain.errors import InvalidValueError
from cases.store import StoreUnavailableError
from desk.deps import DeskLimits
from desk.errors import SignatureError
from desk.main import create_app
from desk.signature import SignatureVerifier
from tests.support.desk_cases import NOON, alert_document
from tests.support.desk_harness import API_KEY, SECRETS, Desk, desk, new_client, signed


async def send(bench: Desk, document: Any, *, at: Any = None, **headers: str) -> httpx.Response:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return await bench.client.post(
        "/v1/alerts", content=body, headers={**signed(body, at or bench.clock.now()), **headers}
    )


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["title"] and body["detail"]
    return body


async def test_a_signed_alert_becomes_a_case(bench: Desk) -> None:
    answer = await send(bench, alert_document())
    assert answer.status_code == 202
    body = answer.json()
    assert body["case_id"] == "alert-1"
    assert body["state"] == "holding"
    assert body["links"]["self"] == "http://desk.test/v1/cases/alert-1"
    assert answer.headers["location"] == "/v1/cases/alert-1"
    assert await bench.total() == 1


async def test_the_second_secret_signs_too(bench: Desk) -> None:
    body = json.dumps(alert_document()).encode()
    headers = signed(body, NOON, SECRETS[1])
    assert (await bench.client.post("/v1/alerts", content=body, headers=headers)).status_code == 202


async def test_one_right_signature_among_several_is_enough(bench: Desk) -> None:
    body = json.dumps(alert_document()).encode()
    headers = signed(body, NOON)
    headers["webhook-signature"] = f"v1a,unknown v1,{'A' * 43}= {headers['webhook-signature']}"
    assert (await bench.client.post("/v1/alerts", content=body, headers=headers)).status_code == 202


async def test_the_same_alert_is_the_same_case_and_another_payload_is_refused(bench: Desk) -> None:
    first = await send(bench, alert_document())
    again = await send(bench, dict(reversed(alert_document().items())))
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json()["case_id"] == first.json()["case_id"]
    other = await send(bench, alert_document(transaction__amount__minor=1))
    assert_problem(other, 409, "alert_conflict")
    case = await bench.store.case("alert-1")
    assert case is not None and case.alert.transaction.amount.minor == 480_000 and case.seq == 1


async def test_ten_times_at_once_is_one_case(bench: Desk) -> None:
    answers = await asyncio.gather(*(send(bench, alert_document()) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [202]
    assert await bench.total() == 1
    assert len(await bench.store.events("alert-1")) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"webhook-signature": ""}, "signature_missing"),
        ({"webhook-id": ""}, "signature_missing"),
        ({"webhook-timestamp": ""}, "signature_missing"),
        ({"webhook-signature": "v1," + "A" * 43 + "="}, "signature_invalid"),
        ({"webhook-signature": "v1"}, "signature_invalid"),
        ({"webhook-signature": "v1,not base64!"}, "signature_invalid"),
        ({"webhook-signature": "v2,AAAA"}, "signature_invalid"),
        ({"webhook-signature": "v1," + "A" * 2000}, "signature_invalid"),
        ({"webhook-id": "msg-2"}, "signature_invalid"),
        ({"webhook-timestamp": "yesterday"}, "signature_invalid"),
        ({"webhook-timestamp": "-5"}, "signature_invalid"),
        ({"webhook-timestamp": "9" * 30}, "signature_invalid"),
        ({"webhook-timestamp": "1772452800.5"}, "signature_invalid"),
    ],
)
async def test_what_is_not_rightly_signed_is_refused(bench: Desk, changes: dict[str, str], code: str) -> None:
    assert_problem(await send(bench, alert_document(), **changes), 401, code)
    assert await bench.total() == 0


async def test_a_changed_body_breaks_the_signature(bench: Desk) -> None:
    body = json.dumps(alert_document()).encode()
    answer = await bench.client.post("/v1/alerts", content=body + b" ", headers=signed(body, NOON))
    assert_problem(answer, 401, "signature_invalid")
    assert await bench.total() == 0


@pytest.mark.parametrize("off", [timedelta(minutes=-5, seconds=-1), timedelta(minutes=5, seconds=1)])
async def test_a_stale_or_future_timestamp_is_refused_by_name(bench: Desk, off: timedelta) -> None:
    assert_problem(await send(bench, alert_document(), at=NOON + off), 401, "signature_stale")
    assert await bench.total() == 0


async def test_a_body_that_is_not_utf8_is_refused(bench: Desk) -> None:
    headers = signed(b"{}", NOON)
    assert_problem(
        await bench.client.post("/v1/alerts", content=b"\xff\xfe", headers=headers), 401, "signature_invalid"
    )


@pytest.mark.parametrize("body", [b"", b"not json", b"[1]", b'"text"', b"null", b"[" * 20_000])
async def test_what_is_no_json_object_is_refused(bench: Desk, body: bytes) -> None:
    assert_problem(await send(bench, body), 400, "not_json")
    assert await bench.total() == 0


async def test_an_oversized_body_is_refused_before_it_is_read(bench: Desk) -> None:
    assert_problem(await send(bench, alert_document(transaction__memo="x" * 70_000)), 413, "too_large")

    async def chunks() -> Any:
        for _ in range(70):
            yield b"x" * 1024

    answer = await bench.client.post("/v1/alerts", content=chunks(), headers=signed(b"", NOON))
    assert_problem(answer, 413, "too_large")
    assert await bench.total() == 0


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"score": 1.5}, "score"),
        ({"locale": "fr-FR"}, "locale"),
        ({"transaction__amount__minor": 12.5}, "transaction.amount.minor"),
        ({"transaction__creditor__account_masked": "12345678"}, "transaction.creditor.account_masked"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_a_broken_field_is_named_and_its_value_is_not_repeated(
    bench: Desk, changes: dict[str, Any], where: str
) -> None:
    answer = await send(bench, alert_document(**changes))
    problem = assert_problem(answer, 422, "alert_invalid")
    assert where in [one["where"] for one in problem["errors"]]
    assert "12345678" not in answer.text
    assert await bench.total() == 0


async def test_a_country_without_rules_is_refused(bench: Desk) -> None:
    assert_problem(await send(bench, alert_document(jurisdiction="AQ")), 422, InvalidValueError.code)
    assert await bench.total() == 0


async def test_beyond_the_rate_alerts_must_wait_and_unsigned_ones_use_none_of_it(tmp_path: Path) -> None:
    async with desk(tmp_path, limits=DeskLimits(alert_burst=2, alerts_per_second=0.5)) as bench:
        for _ in range(5):
            await send(bench, alert_document(), **{"webhook-signature": "v1,AAAA"})
        for number in (1, 2):
            assert (await send(bench, alert_document(f"a-{number}"))).status_code == 202
        late = await send(bench, alert_document("a-3"))
        assert_problem(late, 429, "too_many_alerts")
        bench.clock.advance(timedelta(seconds=int(late.headers["retry-after"])))
        assert (await send(bench, alert_document("a-3"))).status_code == 202
        assert await bench.total() == 3


async def test_a_store_that_takes_nothing_acknowledges_nothing(bench: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def locked(*_: object, **__: object) -> None:
        raise StoreUnavailableError("locked")

    monkeypatch.setattr(bench.intake, "receive", locked)
    answer = await send(bench, alert_document())
    assert_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"]


async def test_the_bank_reads_a_case_with_its_key_only(bench: Desk) -> None:
    await send(bench, alert_document())
    for header in ({}, {"authorization": "Bearer wrong"}, {"authorization": API_KEY}, {"authorization": "Bearer "}):
        assert_problem(await bench.client.get("/v1/cases/alert-1", headers=header), 401, "key_invalid")
    right = {"authorization": f"Bearer {API_KEY}"}
    answer = await bench.client.get("/v1/cases/alert-1", headers=right)
    assert answer.status_code == 200 and answer.json()["payment"] is None
    assert "Alex" not in answer.text
    assert_problem(await bench.client.get("/v1/cases/nobody", headers=right), 404, "case_unknown")


async def test_a_signed_in_reviewer_has_no_key(bench: Desk) -> None:
    await bench.review_case()
    await bench.sign_in()
    assert_problem(await bench.client.get("/v1/cases/alert-1"), 401, "key_invalid")


async def test_the_probes_answer(bench: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await bench.client.get("/healthz")).json() == {"status": "ok"}
    assert (await bench.client.get("/readyz")).json() == {"status": "ok"}

    async def gone() -> None:
        raise StoreUnavailableError("gone")

    monkeypatch.setattr(bench.store, "counts", gone)
    assert (await bench.client.get("/healthz")).status_code == 200
    assert (await bench.client.get("/readyz")).status_code == 503


async def test_a_desk_whose_calls_cannot_be_placed_is_not_ready_and_says_why(bench: Desk) -> None:
    app = create_app(replace(bench.deps, unready=lambda: "Effects do not run."))
    async with new_client(app, bench.deps.origins[0]) as client:
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert (answer.json()["code"], answer.json()["detail"]) == ("not_ready", "Effects do not run.")


async def test_the_description_holds_ten_examples_that_fit_its_schema(bench: Desk) -> None:
    document = (await bench.client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    operation = document["paths"]["/v1/alerts"]["post"]
    content = operation["requestBody"]["content"]["application/json"]
    assert content["schema"] == {"$ref": "#/components/schemas/AlertDocument"}
    assert len(content["examples"]) == 10
    jsonschema.Draft202012Validator.check_schema(document["components"]["schemas"]["AlertDocument"])
    validator = jsonschema.Draft202012Validator({"$ref": "#/components/schemas/AlertDocument", **document})
    for name, example in content["examples"].items():
        assert not list(validator.iter_errors(example["value"])), name
        assert (await send(bench, example["value"])).status_code == 202, name
    for status in ("400", "401", "409", "413", "422", "429", "503"):
        assert "application/problem+json" in operation["responses"][status]["content"]
    assert_every_reference_leads_somewhere(document, document)
    assert not [path for path in document["paths"] if not path.startswith(("/v1/", "/healthz", "/readyz"))]


def assert_every_reference_leads_somewhere(part: Any, document: Any) -> None:
    if isinstance(part, dict):
        if isinstance(reference := part.get("$ref"), str):
            here = document
            for step in reference.removeprefix("#/").split("/"):
                here = here[step]
        for value in part.values():
            assert_every_reference_leads_somewhere(value, document)
    elif isinstance(part, list):
        for value in part:
            assert_every_reference_leads_somewhere(value, document)


_HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=80)


@settings(max_examples=150, deadline=None)
@given(message_id=_HEADER, stamp=_HEADER | st.integers().map(str), signature=_HEADER, body=st.binary(max_size=200))
def test_whatever_the_headers_say_a_stranger_is_refused(
    message_id: str, stamp: str, signature: str, body: bytes
) -> None:
    headers = {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": signature}
    with pytest.raises(SignatureError):
        SignatureVerifier(SECRETS).verify(headers, body, NOON)


@settings(max_examples=100, deadline=None)
@given(text=st.text(st.characters(exclude_categories=("Cs",)), max_size=200), flip=st.data())
def test_one_changed_byte_anywhere_is_noticed(text: str, flip: st.DataObject) -> None:
    body = text.encode()
    headers = signed(body, NOON)
    verifier = SignatureVerifier(SECRETS)
    assert verifier.verify(headers, body, NOON) == "msg-1"
    if body:
        place = flip.draw(st.integers(0, len(body) - 1))
        changed = bytearray(body)
        changed[place] ^= flip.draw(st.integers(1, 255))
        with pytest.raises(SignatureError):
            verifier.verify(headers, bytes(changed), NOON)


def test_a_foreign_secret_is_refused() -> None:
    with pytest.raises(SignatureError):
        SignatureVerifier(SECRETS[1:]).verify(signed(b"{}", NOON), b"{}", NOON)
