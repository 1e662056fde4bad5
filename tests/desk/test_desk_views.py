"""View models: pure functions from a case to what a page shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain import events as ev
from cases.domain.call import Call
from cases.domain.case import CallRecord, Case, CaseState
from cases.domain.lifecycle import TABLE
from cases.domain.ruling import Assessment, Finding
from cases.domain.vocabulary import (
    Act,
    Arrival,
    BankAction,
    Disposition,
    Intent,
    Language,
    Outcome,
    Question,
    SignalCode,
    Typology,
)
from desk.case_view import case_view, contradicts, decision_panel
from desk.pages import clock_time
from desk.queue_view import QueueRow, queue_row, queue_view, risk_order
from desk.texts import load_texts
from desk.transcript import Mark, heard_and_cut, mark, time_line, turn_views
from tests.support.desk_cases import NOON, alert, coached_call

HARD = Finding("told_to_keep_secret", 0, True, "Told to keep it secret.", "被要求保密。", (9,))
SOFT = Finding("new_payee", 18, False, "A new payee.", "首次付款。")
SCAM = Assessment(Outcome.SUSPECTED_SCAM, BankAction.HOLD, True, 78, (HARD, SOFT), (Typology.BANK_IMPOSTER,))


def case(case_id: str = "c-1", *, minor: int = 480_000, opened: datetime = NOON, **changes: object) -> Case:
    made = Case(
        id=case_id,
        alert=alert(case_id, transaction__amount__minor=minor),
        state=CaseState.REVIEW,
        seq=5,
        opened_at=opened,
        updated_at=opened,
        calls=(CallRecord(1, Disposition.ANSWERED, coached_call(case_id)),),
        assessment=SCAM,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def calm(call: Call) -> Call:
    return replace(call, verification=replace(call.verification, signals=(), answers=()))


def quiet(case_id: str, score: int, **changes: object) -> Case:
    record = CallRecord(1, Disposition.ANSWERED, calm(coached_call(case_id)))
    return case(case_id, calls=(record,), assessment=replace(SCAM, score=score, findings=()), **changes)  # type: ignore[arg-type]


@given(st.text(max_size=60), st.lists(st.tuples(st.text(max_size=10), st.sampled_from(list(Mark))), max_size=5))
def test_marked_pieces_add_up_to_the_text(text: str, marks: list[tuple[str, Mark]]) -> None:
    pieces = mark(text, tuple(marks))
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)
    assert all(one.mark is not other.mark for one, other in pairwise(pieces))


@given(st.data())
def test_a_hard_quote_is_marked_hard_wherever_others_overlap_it(data: st.DataObject) -> None:
    text = data.draw(st.text("ab ", min_size=1, max_size=30))
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start : data.draw(st.integers(start + 1, len(text)))]
    pieces = mark(text, ((text, Mark.ANSWER), (quote, Mark.HARD), (text, Mark.SIGNAL)))
    place = text.find(quote)
    levels = [piece.mark for piece in pieces for _ in piece.text]
    assert set(levels[place : place + len(quote)]) == {Mark.HARD}


@given(st.text(max_size=50), st.integers(0, 50))
def test_what_was_cut_follows_what_was_heard(text: str, length: int) -> None:
    pieces = heard_and_cut(text, text[:length])
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.mark is Mark.CUT for piece in pieces[1:])


def test_speech_that_was_reworded_is_shown_beside_what_was_planned() -> None:
    heard, planned = heard_and_cut("I will check that.", "One moment")
    assert (heard.text, heard.mark) == ("One moment", Mark.PLAIN)
    assert (planned.text, planned.mark) == ("I will check that.", Mark.CUT)


@given(st.integers(1, 100_000))
def test_the_time_line_stays_inside_the_recording(duration: int) -> None:
    for span in time_line(turn_views(coached_call()), duration):
        assert 0 <= span.start and span.start + span.width <= 1000.5 and span.width >= 2
    assert time_line(turn_views(coached_call()), 0) == ()


def test_what_was_silenced_is_marked_on_its_turn_and_on_the_time_line() -> None:
    call = coached_call()
    first = replace(call.turns[1], muted=((1000, 1600), (1900, 2000)))
    views = turn_views(replace(call, turns=(call.turns[0], first, *call.turns[2:])))
    assert views[1].muted_ms == 700 and views[0].muted_ms == 0
    spans = time_line(views, 10_000)
    assert spans[1].muted == ((100.0, 60.0), (190.0, 10.0)) and not spans[0].muted


def test_only_hard_signals_make_a_turn_risky() -> None:
    risky = [turn.index for turn in turn_views(coached_call()) if turn.risky]
    assert risky == [7, 9]
    assert not [turn for turn in turn_views(calm(coached_call())) if turn.risky]


def order(*cases: Case) -> list[str]:
    return [row.case_id for row in queue_view([queue_row(one) for one in cases], {}, NOON).waiting]


def test_the_queue_goes_by_hard_signals_then_score_then_amount_then_deadline_then_age() -> None:
    late = NOON + timedelta(minutes=5)
    tight = replace(quiet("tight", 65).alert, hold_deadline=NOON + timedelta(hours=1))
    assert order(
        quiet("young", 65, opened=late),
        quiet("old", 65),
        quiet("tight", 65, alert=tight),
        quiet("large", 61, minor=48_000_000),
        quiet("scored", 95, minor=100),
        case("hard", minor=100),
    ) == ["hard", "scored", "large", "tight", "old", "young"]


@given(st.lists(st.integers(0, 120), min_size=2, max_size=6, unique=True))
def test_the_order_does_not_depend_on_where_rows_come_from(scores: list[int]) -> None:
    rows = [queue_row(quiet(f"c-{score}", score)) for score in scores]
    assert sorted(rows, key=risk_order) == sorted(reversed(rows), key=risk_order)


def test_the_queue_is_in_three_parts_with_live_calls_first() -> None:
    states = {state: case(state.value, state=state) for state in CaseState}
    view = queue_view([queue_row(one) for one in states.values()], {"contacting": "talking"}, NOON)
    assert [row.state for row in view.waiting] == [CaseState.REVIEW]
    assert [row.state for row in view.closed] == [CaseState.CLOSED]
    assert view.active[0].state is CaseState.CONTACTING and len(view.active) == 4


def test_a_row_is_late_only_while_somebody_could_still_act() -> None:
    after = case().alert.hold_deadline + timedelta(seconds=1)
    late = {state: queue_row(case(state=state)).late(after) for state in CaseState}
    assert [state for state, is_late in late.items() if not is_late] == [CaseState.SETTLING, CaseState.CLOSED]
    assert not queue_row(case()).late(NOON)


def test_a_case_without_a_call_counts_by_the_banks_score() -> None:
    row: QueueRow = queue_row(case(calls=(), assessment=None))
    assert (row.score, row.alert_score, row.hard) == (None, 91, ())


def test_reasons_come_in_the_language_of_the_page_and_cite_turns_of_the_call() -> None:
    for language, reason in ((Language.EN, HARD.reason_en), (Language.ZH, HARD.reason_zh)):
        view = case_view(case(), account="m", language=language, release_line=50, live="")
        assert (view.findings[0].reason, view.findings[0].turns, view.findings[0].call) == (reason, (9,), "c-1:1")


def test_an_answer_that_was_taken_back_is_shown_as_such() -> None:
    call = coached_call("c-1")
    made = next(one for one in call.verification.answers if one.question is Question.MADE)
    changed = replace(call.verification, answers=(*call.verification.answers, replace(made, value="no", turn=11)))
    record = CallRecord(1, Disposition.ANSWERED, replace(call, verification=changed))
    view = case_view(case(calls=(record,)), account="m", language=Language.EN, release_line=50, live="")
    answers = [(one.value, one.superseded) for one in view.calls[0].answers if one.question is Question.MADE]
    assert answers == [("yes", True), ("no", False)]
    assert view.calls[0].unasked == (Question.REMOTE_ACCESS,)


@pytest.mark.parametrize("state", list(CaseState))
def test_only_a_case_in_review_is_open_for_a_decision(state: CaseState) -> None:
    assert decision_panel(case(state=state), "m").open is (state is CaseState.REVIEW)


def test_only_a_release_contradicts_hard_reasons() -> None:
    assert [action for action in BankAction if contradicts(case(), action)] == [BankAction.RELEASE]
    assert not contradicts(quiet("q", 10), BankAction.RELEASE)


@pytest.mark.parametrize("outcome", [None, *Outcome])
@pytest.mark.parametrize("state", list(CaseState))
def test_every_verdict_has_words_and_advice(outcome: Outcome | None, state: CaseState) -> None:
    assessment = replace(SCAM, outcome=outcome) if outcome else None
    for live in ("", "ringing", "talking", "ended"):
        view = case_view(
            case(state=state, assessment=assessment), account="m", language=Language.EN, release_line=50, live=live
        )
        for texts in load_texts().values():
            assert texts(view.headline)
            assert all(texts(key) for key in view.advice)
            assert not view.panel.blocked or texts(view.panel.blocked)
    assert bool(view.advice) is (state not in (CaseState.SETTLING, CaseState.CLOSED))


def test_both_languages_say_the_same_things_with_the_same_values() -> None:
    english, chinese = load_texts().values()
    assert english.keys() == chinese.keys()
    for key in english.keys():
        fields = [{name for _, name, _, _ in Formatter().parse(t._words[key]) if name} for t in (english, chinese)]
        assert fields[0] == fields[1], key


def test_every_identifier_has_words() -> None:
    families: dict[str, list[str]] = {
        "act": list(Act),
        "intent": list(Intent),
        "question": list(Question),
        "signal": list(SignalCode),
        "typology": list(Typology),
        "outcome": list(Outcome),
        "disposition": list(Disposition),
        "arrival": list(Arrival),
        "state": list(CaseState),
        "action": list(BankAction),
        "event": [event.__name__ for _, event in TABLE],
    }
    for texts in load_texts().values():
        missing = [
            f"{kind}.{code}" for kind, codes in families.items() for code in codes if not texts.has(f"{kind}.{code}")
        ]
        assert not missing


def test_every_stored_event_has_words() -> None:
    for texts in load_texts().values():
        assert [name for name in ev.EVENT_TYPES if not texts.has(f"event.{name}")] == []


@pytest.mark.parametrize(("milliseconds", "shown"), [(0, "0:00"), (61_900, "1:01"), (-5, "0:00"), (3_600_000, "60:00")])
def test_a_time_in_a_recording(milliseconds: int, shown: str) -> None:
    assert clock_time(milliseconds) == shown
