"""The state table of a call to a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain.vocabulary import Disposition
from telephony.browser_line import DISPOSITIONS, LINE_TABLE, LineEnd, LineEvent, LineState, line_step

RINGS = [LineEvent.PAGE_OPENED]
TAKEN = [*RINGS, LineEvent.TAKEN]
UP = [*TAKEN, LineEvent.AUDIO_FLOWS]


def walk(events: list[LineEvent]) -> tuple[LineState, LineEnd | None, bool]:
    state, end, was_up = LineState.DIALLED, None, False
    for event in events:
        step = line_step(state, event)
        if step is not None:
            state, end = step.state, step.end or end
            was_up = was_up or state is LineState.UP
    return state, end, was_up


@pytest.mark.parametrize(
    ("events", "end"),
    [
        ([LineEvent.TIME_IS_UP], LineEnd.NO_PAGE),
        ([*RINGS, LineEvent.TIME_IS_UP], LineEnd.MISSED),
        ([*RINGS, LineEvent.LAST_PAGE_CLOSED, LineEvent.TIME_IS_UP], LineEnd.NO_PAGE),
        ([*RINGS, LineEvent.DECLINED], LineEnd.DECLINED),
        ([*RINGS, LineEvent.AGENT_HUNG_UP], LineEnd.CANCELLED),
        ([*TAKEN, LineEvent.NO_MICROPHONE], LineEnd.NO_MICROPHONE),
        ([*TAKEN, LineEvent.BAD_OFFER], LineEnd.BAD_OFFER),
        ([*TAKEN, LineEvent.TIME_IS_UP], LineEnd.NO_CONNECTION),
        ([*TAKEN, LineEvent.TAKER_CLOSED], LineEnd.PAGE_CLOSED),
        ([*UP, LineEvent.CUSTOMER_HUNG_UP], LineEnd.CUSTOMER_HUNG_UP),
        ([*UP, LineEvent.AGENT_HUNG_UP], LineEnd.AGENT_HUNG_UP),
        ([*UP, LineEvent.TAKER_CLOSED], LineEnd.PAGE_CLOSED),
        ([*UP, LineEvent.AUDIO_LOST], LineEnd.AUDIO_LOST),
    ],
)
def test_each_history_has_its_end(events: list[LineEvent], end: LineEnd) -> None:
    assert walk(events)[:2] == (LineState.ENDED, end)


@given(st.lists(st.sampled_from(LineEvent), max_size=30))
def test_any_order_of_events_ends_once_for_one_reason(events: list[LineEvent]) -> None:
    state, end, was_up = walk(events)
    assert (state is LineState.ENDED) == (end is not None)
    for event in LineEvent:
        assert line_step(LineState.ENDED, event) is None
    if end is not None and not was_up:
        assert DISPOSITIONS[end] is not Disposition.ANSWERED


@given(st.lists(st.sampled_from(LineEvent), max_size=30))
def test_our_side_can_always_end_a_call(events: list[LineEvent]) -> None:
    assert walk([*events, LineEvent.AGENT_HUNG_UP])[0] is LineState.ENDED


def test_a_call_comes_up_only_after_one_page_took_it() -> None:
    assert [key for key, step in LINE_TABLE.items() if step.state is LineState.UP] == [
        (LineState.ANSWERING, LineEvent.AUDIO_FLOWS)
    ]
    assert [key for key, step in LINE_TABLE.items() if step.state is LineState.ANSWERING] == [
        (LineState.RINGING, LineEvent.TAKEN)
    ]


def test_no_end_is_an_answer() -> None:
    assert Disposition.ANSWERED not in DISPOSITIONS.values()
    only_of_calls = {LineEnd.CUSTOMER_HUNG_UP, LineEnd.AGENT_HUNG_UP, LineEnd.AUDIO_LOST}
    assert set(DISPOSITIONS) == set(LineEnd) - only_of_calls
