"""Reviewers of a call in a worker: orders come down the link, news go up with numbered keys."""

from __future__ import annotations

import pytest

from agent.remote.handover import LinkHandover
from cases.domain import events as ev
from cases.domain.call import Verification
from cases.domain.transfer import LeftReason, ReviewerPart, TransferCause, TransferFailure
from telephony.people.handover import LineKind, Order, OrderKind
from telephony.remote.documents import event_document, event_of, key_of
from telephony.remote.errors import EventRefusedError
from telephony.remote.link import Duty, Ordered, server_says
from tests.support.people_setting import ReviewerLeg


@pytest.mark.parametrize(
    "message", [Duty(True), Ordered(Order(OrderKind.ACCEPT, "rosa", LineKind.PHONE), "+442079460000")], ids=repr
)
def test_what_comes_down_is_read_as_it_was_said_and_shows_no_number(message: Duty | Ordered) -> None:
    assert server_says.read(server_says.write(message)) == message
    assert "+44" not in repr(message)


async def test_an_order_brings_the_number_of_who_gave_it() -> None:
    asked: list[tuple[Order, str]] = []

    def line(order: Order, phone: str) -> ReviewerLeg:
        asked.append((order, phone))
        return ReviewerLeg()

    told: list[tuple[str, ev.Event, str]] = []

    async def tell(case_id: str, event: ev.Event, event_id: str) -> None:
        told.append((case_id, event, event_id))

    handover = LinkHandover("case:7:2", tell=tell, new_line=line)
    assert not handover.on_duty
    handover.hear(Duty(True))
    order = Order(OrderKind.TAKE_OVER, "rosa", LineKind.PHONE)
    handover.hear(Ordered(order, "+442079460000"))
    handover.close()
    assert handover.on_duty and [one async for one in handover.orders()] == [order]
    handover.line(order)
    assert asked == [(order, "+442079460000")]
    await handover.tell(ev.TransferAccepted(2, "rosa"), 3)
    assert told == [("case:7", ev.TransferAccepted(2, "rosa"), "case:7:2:people:3")]


EVENTS = [
    ev.TransferRequested(1, TransferCause.PERSON_NEEDED, Verification()),
    ev.TransferAccepted(1, "rosa"),
    ev.TransferFailed(1, TransferFailure.NOBODY_FREE),
    ev.CallReferred(1),
    ev.ReviewerJoined(1, "rosa", ReviewerPart.TALKING),
    ev.ReviewerLeft(1, "rosa", ReviewerPart.TALKING, LeftReason.DONE),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_news_of_persons_go_up_under_their_number(event: ev.Event) -> None:
    document = event_document(event, "people:12")
    assert event_of(document, 1) == event and key_of(document, event) == "people:12"
    for key in ("", "people:0", "people:1:2", "ended", None):
        with pytest.raises(EventRefusedError):
            key_of({**document, "key": key}, event)


def test_other_events_keep_their_only_key() -> None:
    document = event_document(ev.CallAnswered(1), "people:1")
    assert "key" not in document and key_of({**document, "key": "people:1"}, ev.CallAnswered(1)) == "answered"
