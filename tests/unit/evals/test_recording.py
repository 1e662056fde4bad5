"""A real case as a scenario: nothing personal is left, and the agent does what it did."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent import numbers
from agent.brains.rules import RulesBrain
from cases import policies
from cases.domain.alert import Alert, Contact, ContactKind, IdentityQuestion, IdentityQuestionKind
from cases.domain.call import Call, CallEnding, CustomerRequest, Turn, Verification
from cases.domain.findings import FACTS
from cases.domain.money import Money
from cases.domain.policy import Fact
from cases.domain.reading import Reading
from cases.domain.vocabulary import Act, BankAction, Disposition, Intent, Language, Outcome, Speaker
from evals.errors import RecordingError, ScenarioError
from evals.loader import load_scenarios, parse_scenarios
from evals.recording import Expected, Recording, Source, record
from evals.suites import SHIPPED
from evals.text_mode import run_in_text
from tests.support import eval_runs as hand
from tests.support.case_facts import example_alert

POLICY = policies.load()
DIGEST = "c0ffee" * 10 + "cafe"
EN, ZH = example_alert(), example_alert(name="zh-new-payee")
READ = Reading(Intent.ANSWER)
DEVELOPMENT = load_scenarios([SHIPPED / name for name in ("coached", "deniers", "handover", "identity", "interaction")])


def said(index: int, text: str, at: int | None = None) -> Turn:
    start = index * 10_000 if at is None else at
    return Turn(index, Speaker.CUSTOMER, text, text, start, start + 900, reading=READ, brain="rules")


def asks(index: int, *acts: Act, interrupted: bool = False) -> Turn:
    turn = hand.agent(index, "…", *acts, interrupted=interrupted)
    return replace(turn, started_ms=index * 10_000, ended_ms=index * 10_000 + 3_000)


def exchanges(*texts: str, act: Act = Act.ASK_PURPOSE) -> list[Turn]:
    return [turn for n, text in enumerate(texts) for turn in (asks(2 * n, act), said(2 * n + 1, text))]


def held(turns: Sequence[Turn], ending: CallEnding = CallEnding.COMPLETED, **changes: Any) -> Call:
    return replace(hand.call(turns, Verification(**changes)), ending=ending, leg=changes.get("leg", "simulated"))


def source(
    alert: Alert, call: Call | None, disposition: Disposition = Disposition.ANSWERED, key: bytes = b"k"
) -> Source:
    return Source(alert, disposition, call, Outcome.INCONCLUSIVE, BankAction.HOLD, True, DIGEST, key)


def lines(alert: Alert, *texts: str, act: Act = Act.ASK_PURPOSE) -> list[str]:
    recording = record(source(alert, held(exchanges(*texts, act=act))), POLICY)
    found = yaml.safe_load(recording.runnable)["customer"]["answers"][act.value]
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize(
    "text",
    [
        "This is Alex Morgan.", "this is alex morgan speaking", "Mr Morgan's wife, Alex's mother", "M O R G A N",
        "alec morgen", "It's for brightside", "bright side home improvements", "my account ends 4821, no, 7316",
        "it ends seven three one six", "double check: seventy-three sixteen",
        "two thousand four hundred and fifty pounds",
        "£2,450", "2450", "about 2.45k", "two four five zero", "call me on 07700 900123",
        "oh double seven double oh nine hundred one two three", "born on the twelfth of March nineteen eighty-six",
        "12/03/1986", "mail alex dot morgan at example dot com", "invoice one one eight", "FPS-20260302-0002",
    ],
)  # fmt: skip
def test_english_speech_keeps_nothing_of_the_alert(text: str) -> None:
    (line,) = lines(EN, text)
    plain = line.casefold()
    for value in ("alex", "alec", "morgan", "morgen", "brightside", "4821", "2450", "2,450", "1986", "900123"):
        assert value not in plain
    for value in (
        "four eight two one",
        "forty-eight",
        "two thousand four hundred",
        "twelfth of march",
        "one one eight",
    ):
        assert value not in plain


@pytest.mark.parametrize(
    "text",
    [
        "我是陈晓雨。", "我姓陈", "陈女士说的", "晓雨在家", "陈晓玉", "转给王建国了", "建国让我转的", "王先生",
        "尾号六六零八",
        "尾号6608", "八千六百块", "八千六", "8千6", "8600元", "一三八零零一三八零零零", "13800138000", "三月十二号",
        "一九九零年三月十二",
        "0312", "零三一二", "chenxiaoyu",
    ],
)  # fmt: skip
def test_chinese_speech_keeps_nothing_of_the_alert(text: str) -> None:
    (line,) = lines(ZH, text)
    for value in (
        "晓雨", "晓玉", "陈", "建国", "王", "6608", "六六零八", "八千六", "8600", "138", "一三八",
        "三月十二", "零三一二", "0312", "chen", "xiaoyu", "一九九零",
    ):  # fmt: skip
        assert value not in line


def test_what_names_nobody_stays() -> None:
    kept = "No, nobody told me what to say, I just want two of them, and my home needs improvements."
    assert lines(EN, kept) == [kept]
    assert lines(ZH, "没有，就我一个人，两三天的事。") == ["没有，就我一个人，两三天的事。"]


def test_numbers_are_replaced_alike_everywhere() -> None:
    first, again, amount = lines(EN, "It's 73915.", "As I said, 73915.", "I sent 2450 pounds.")
    assert first.removeprefix("It's ") == again.removeprefix("As I said, ")
    document = yaml.safe_load(record(source(EN, None, Disposition.NO_ANSWER), POLICY).runnable)
    minor = document["alert"]["document"]["transaction"]["amount"]["minor"]
    assert numbers.say_money(Money(minor, "GBP"), "en-GB") in amount


@pytest.mark.parametrize("alert", [EN, ZH], ids=["en", "zh"])
def test_a_right_identity_answer_stays_right_and_a_wrong_one_wrong(alert: Alert) -> None:
    right, wrong = (
        ("三月十二号。", "五月三号。") if alert.language is Language.ZH else ("The twelfth of March.", "May 3rd.")
    )
    new = lines(alert, right, wrong, act=Act.ASK_IDENTITY)
    document = yaml.safe_load(record(source(alert, None, Disposition.BUSY), POLICY).runnable)
    expected = document["alert"]["document"]["customer"]["identity_question"]["expected"]
    found = [numbers.find_days(line, alert.locale)[0].value for line in new]
    assert [f"{month:02d}-{day:02d}" for month, day in found].count(expected) == 1
    assert f"{found[0][0]:02d}-{found[0][1]:02d}" == expected


def test_a_day_is_said_as_people_say_it() -> None:
    (line,) = lines(EN, "It's the twelfth of March.")
    assert re.fullmatch(r"It's the [a-z-]+ of [A-Z][a-z]+\.", line) and "twelfth of March" not in line


def test_a_postcode_answer_stays_right() -> None:
    asked = IdentityQuestion(IdentityQuestionKind.POSTCODE, "SW1A")
    alert = replace(EN, customer=replace(EN.customer, identity_question=asked))
    (line,) = lines(alert, "It's S W one A.", act=Act.ASK_IDENTITY)
    document = yaml.safe_load(record(source(alert, None, Disposition.BUSY), POLICY).runnable)
    assert line.replace(" ", "") == document["alert"]["document"]["customer"]["identity_question"]["expected"] != "SW1A"


@pytest.mark.parametrize("alert", [EN, ZH], ids=["en", "zh"])
def test_what_triage_looks_at_is_as_it_was(alert: Alert) -> None:
    swapped = replace(alert.customer.contacts[1], sim_swapped_at=alert.raised_at - timedelta(days=2), forwarding=True)
    before = replace(alert, customer=replace(alert.customer, contacts=(swapped,)), tier=None)
    after = parse_scenarios(record(source(before, None, Disposition.BUSY), POLICY).runnable, "r")[0].alert
    for fact, read in FACTS.items():
        assert fact is Fact.PAYEE_ACCOUNT_AGE_DAYS or read(before) == read(after), fact
    assert POLICY.tier_of(after) is POLICY.tier_of(before)
    assert after.customer.contacts[0].forwarding
    assert after.raised_at - after.customer.contacts[0].sim_swapped_at == timedelta(days=2)  # type: ignore[operator]
    assert after.customer.consent == before.customer.consent


def test_a_voice_call_keeps_its_timing() -> None:
    turns = (
        asks(0, Act.GREET), said(1, "Yes."),
        replace(asks(2, Act.EXPLAIN_WHO, Act.ASK_IDENTITY, interrupted=True), ended_ms=21_500),
        said(3, "Wait, who are you?", at=20_700),
        asks(4, Act.ASK_PURPOSE),
        Turn(5, Speaker.CUSTOMER, "mm-hm", "mm-hm", 40_500, 40_800),
        said(6, "A car."),
        replace(asks(7, Act.ASK_CONTACTED), ended_ms=73_000), asks(8, Act.STILL_THERE),
        said(9, "Yes, no, nobody.", at=82_000),
        replace(asks(10, Act.WARN), ended_ms=106_000),
    )  # fmt: skip
    recording = record(source(EN, held(turns, CallEnding.CUSTOMER_HUNG_UP)), POLICY)
    customer = yaml.safe_load(recording.runnable)["customer"]
    assert customer["events"] == [
        {"on": "ask_identity", "after_ms": 700, "say": "Wait, who are you?"},
        {"on": "ask_purpose", "after_ms": 500, "backchannel": "mm-hm"},
        {"on": "ask_contacted", "silence_ms": 9000},
        {"on": "warn", "hang_up": True, "after_ms": 6000},
    ]
    assert customer["answers"] == {"greet": "Yes.", "ask_purpose": "A car.", "ask_contacted": "Yes, no, nobody."}
    assert recording.notes == ()


def test_what_scenarios_cannot_say_is_noted() -> None:
    turns = (asks(0, Act.GREET), asks(1, Act.TRANSFER_TO_HUMAN, Act.GOODBYE))
    pressed = record(source(EN, held(turns, request=CustomerRequest.HUMAN)), POLICY)
    assert (
        "pressed the button" in pressed.notes[0]
        and "person" in yaml.safe_load(pressed.text)["customer"]["answers"]["greet"]
    )
    turns = (asks(0, Act.ASK_MADE), said(1, "What?"), asks(2, Act.ASK_MADE))
    hung_up = record(source(EN, held(turns, CallEnding.CUSTOMER_HUNG_UP)), POLICY)
    assert yaml.safe_load(hung_up.text)["customer"]["answers"] == {"ask_made": ["What?", ""]}
    assert "Unlike the call: the customer hung up" in hung_up.text


def test_a_secret_that_was_removed_is_read_out_again() -> None:
    (line,) = lines(EN, "It's [removed].")
    assert line == "It's 4111 1111 1111 1111."


@pytest.mark.parametrize("ending", [CallEnding.LEG_FAILED, CallEnding.ENGINE_FAILED, CallEnding.WORKER_LOST])
def test_a_call_that_broke_off_is_refused(ending: CallEnding) -> None:
    with pytest.raises(RecordingError, match="broke off"):
        record(source(EN, held((asks(0, Act.GREET),), ending)), POLICY)


def test_a_dial_that_no_customer_can_cause_is_refused() -> None:
    with pytest.raises(RecordingError, match="voicemail"):
        record(source(EN, None, Disposition.FAILED), POLICY)


def test_what_cannot_be_replaced_is_refused_by_its_field_alone() -> None:
    alert = replace(EN, reason_codes=("alex_morgan_watchlist",))
    with pytest.raises(RecordingError) as caught:
        record(source(alert, None, Disposition.BUSY), POLICY)
    assert "reason_codes" in str(caught.value) and "customer.name" in str(caught.value)
    assert "morgan" not in str(caught.value).casefold()


@pytest.mark.parametrize(
    ("alert", "text", "name"),
    [
        (EN, "My friend Sophie told me about it.", "Sophie"),
        (EN, "it was mr henderson from the branch", "henderson"),
        (EN, "I met her in Manchester, through a friend.", "Manchester"),
        (EN, "my daughter called sophie rang", "sophie"),
        (ZH, "是我儿子李小龙让我转的。", "李小龙"),
        (ZH, "一个叫刘强的客服打来的", "刘强"),
        (ZH, "是赵经理告诉我的", "赵"),
    ],
)
def test_names_of_others_are_marked_and_strict_refuses_them(alert: Alert, text: str, name: str) -> None:
    call = held((asks(0, Act.ASK_PURPOSE), said(1, text)))
    found = record(source(alert, call), POLICY)
    assert any(name in left.words for left in found.names_left), found.names_left
    assert "# Look at: customer.answers.ask_purpose[0]" in found.text
    with pytest.raises(RecordingError, match="ask_purpose") as caught:
        record(source(alert, call), POLICY, strict=True)
    assert name not in str(caught.value)


@pytest.mark.parametrize(
    ("alert", "texts"),
    [
        (
            EN,
            (
                "Yes, that was me.",
                "No. Nobody told me what to say, I decided on my own.",
                "I'm buying a car.",
                "Oh, OK.",
            ),
        ),
        (ZH, ("是我转的。", "没有，没人教我怎么说。", "马上要用钱，我方便的时候再说。", "我妈在家。")),
    ],
    ids=["en", "zh"],
)
def test_plain_answers_are_not_taken_for_names(alert: Alert, texts: tuple[str, ...]) -> None:
    assert record(source(alert, held(exchanges(*texts))), POLICY, strict=True).names_left == ()


def test_left_to_be_edited_the_file_is_refused_until_it_is() -> None:
    edited = record(source(EN, None, Disposition.BUSY), POLICY, expected=Expected.EDIT)
    with pytest.raises(ScenarioError, match="outcome"):
        parse_scenarios(edited.text, "r")
    assert "#   outcome: inconclusive" in edited.text
    filled = re.sub(r"outcome:$", "outcome: unreached", edited.text, flags=re.MULTILINE)
    assert parse_scenarios(filled, "r")[0].expect.outcomes == (Outcome.UNREACHED,)


def test_the_same_case_gives_the_same_file_and_another_key_another() -> None:
    first = record(source(EN, None, Disposition.BUSY), POLICY)
    assert record(source(EN, None, Disposition.BUSY), POLICY) == first
    assert record(source(EN, None, Disposition.BUSY, key=b"l"), POLICY).text != first.text
    assert first.text.startswith(f"# Recorded from a case whose latest event has the hash {DIGEST}.")
    assert EN.id not in first.text


@pytest.mark.parametrize("scenario", DEVELOPMENT, ids=lambda one: one.id)
async def test_a_recorded_call_ends_as_the_call_did(scenario: Any) -> None:
    brain = RulesBrain()
    run = await run_in_text(scenario, POLICY, brain)
    assessed = run.assessment
    made = Source(
        scenario.alert, run.disposition, run.call, assessed.outcome, run.effects[-1], assessed.escalate, DIGEST, b"k"
    )
    again = await run_in_text(parse_scenarios(record(made, POLICY).text, "r")[0], POLICY, brain)
    assert (again.assessment.outcome, again.effects, again.assessment.escalate, again.faults) == (
        assessed.outcome, run.effects, assessed.escalate, (),
    )  # fmt: skip


GIVEN = ["Alexandra", "Bogdan", "Chidinma", "Siobhan", "Wei", "Li", "Mark", "Grace", "Ngozi", "Zoë"]
FAMILY = ["Morgan", "O'Brien", "Okonkwo", "Featherstone", "Wu", "Young", "Müller", "Price", "Drăgulescu"]
FIRMS = ["Brightside Home Improvements", "Velocity Electronics", "Qadir & Sons Ltd", "TRX Exchange 24"]
PEOPLE = ["陈晓雨", "王伟", "欧阳建国", "李娜", "马上封", "高兴国"]
ZH_FIRMS = ["江城贸易有限公司", "宏图投资", "老李超市"]


@st.composite
def cases(draw: st.DrawFn) -> tuple[Alert, tuple[str, ...]]:
    """An alert with values of all kinds, and lines that name them in every way."""
    chinese = draw(st.booleans())
    base, locale = (ZH, "zh-CN") if chinese else (EN, "en-GB")
    name = (
        draw(st.sampled_from(PEOPLE)) if chinese else f"{draw(st.sampled_from(GIVEN))} {draw(st.sampled_from(FAMILY))}"
    )
    payee = draw(st.sampled_from([*PEOPLE, *ZH_FIRMS] if chinese else [*FIRMS, "Priya Natarajan"]))
    tail = draw(st.from_regex(r"[0-9]{4}", fullmatch=True))
    phone = draw(st.from_regex(r"\+(44|86|1|49)[1-9][0-9]{9}", fullmatch=True))
    memo = f"{'订单' if chinese else 'Invoice'} {draw(st.integers(100, 99_999))}"
    amount = Money(draw(st.integers(10_000, 99_999_999)), base.transaction.amount.currency)
    born = date(2000, 1, 1) + timedelta(draw(st.integers(0, 365)))
    paid = replace(
        base.transaction,
        amount=amount,
        memo=memo,
        creditor=replace(base.transaction.creditor, name=payee, account_masked=f"**** {tail}"),
        debtor=replace(base.transaction.debtor, name=name),
    )
    customer = replace(
        base.customer,
        name=name,
        contacts=(Contact(ContactKind.PHONE, phone),),
        identity_question=IdentityQuestion(IdentityQuestionKind.BIRTHDAY, f"{born:%m-%d}"),
        date_of_birth=born.replace(year=draw(st.integers(1930, 2005)), day=min(born.day, 28)),
    )
    forms = [
        name, name.upper(), name.split()[-1], payee, payee.lower(), memo, tail, numbers.say_digits(tail, locale),
        phone, numbers.say_digits(phone[-10:], locale), str(amount.major), numbers.say_money(amount, locale),
        numbers.say_number(amount.major, locale), str(amount), numbers.say_day(born, locale),
    ]  # fmt: skip
    said = draw(st.lists(st.sampled_from(forms), min_size=1, max_size=6))
    frame = draw(
        st.sampled_from(["{}", "是{}吧", "就是 {} 啊"] if chinese else ["{}", "it's {}, I think", "yes {} yes"])
    )
    return replace(base, transaction=paid, customer=customer), tuple(frame.format(form) for form in said)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases(), st.binary(min_size=4, max_size=4))
def test_nothing_personal_survives_or_nothing_is_written(case: tuple[Alert, tuple[str, ...]], key: bytes) -> None:
    alert, texts = case
    try:
        recording = record(source(alert, held(exchanges(*texts)), key=key), POLICY)
    except RecordingError:
        return
    _, _, body = recording.text.partition("\n")
    for value in _personal(alert):
        assert not _stands_in(value, body), value
    parse_scenarios(recording.text, "r")


def _personal(alert: Alert) -> Iterator[str]:
    """Personal values, by a list of its own."""
    paid, customer = alert.transaction, alert.customer
    birthday = date.fromisoformat(f"2000-{customer.identity_question.expected}")
    tail = (paid.creditor.account_masked or "")[-4:]
    yield from (
        customer.name,
        paid.creditor.name,
        paid.memo or "",
        customer.contacts[0].address,
        str(paid.amount.minor),
    )
    yield from (part for part in re.split(r"[ ']", customer.name) if len(part) >= 3)
    for locale in ("en-GB", "zh-CN"):
        yield from (numbers.say_digits(tail, locale), numbers.say_digits(customer.contacts[0].address[-10:], locale))
        yield from (numbers.say_money(paid.amount, locale), numbers.say_day(birthday, locale))


def _stands_in(value: str, body: str) -> bool:
    wanted, text = (unicodedata.normalize("NFKC", one).casefold() for one in (value, body))
    return re.search(rf"(?<![a-z0-9]){re.escape(wanted)}(?![a-z0-9])", text) is not None


def test_a_recording_tells_what_it_is() -> None:
    recording = record(source(EN, None, Disposition.VOICEMAIL), POLICY)
    assert isinstance(recording, Recording)
    scenario = parse_scenarios(recording.text, "r")[0]
    assert scenario.tags == ("recorded",) and scenario.customer.answered_by is Disposition.VOICEMAIL
    assert (scenario.expect.outcomes, scenario.expect.effects) == ((Outcome.INCONCLUSIVE,), (BankAction.HOLD,))
    assert (scenario.expect.escalated, scenario.expect.disclosed) == (True, False)
