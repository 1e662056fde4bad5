"""Scenarios and calls made by hand, right unless a test changes something."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from cases.domain.call import (
    Answer,
    Call,
    CallEnding,
    CallVersions,
    Confirmation,
    Engines,
    Identity,
    ObservedSignal,
    Turn,
    Verification,
)
from cases.domain.reading import Signal
from cases.domain.ruling import Assessment
from cases.domain.vocabulary import Act, BankAction, Disposition, Language, Outcome, Question, SignalCode, Speaker
from evals.graders import Run
from evals.loader import parse_scenarios
from evals.scenario import Scenario

START = datetime(2026, 3, 2, 10, 31, tzinfo=UTC)
HELLO = "Good morning, this is Northbank's automated assistant."
QUESTION = (
    "There is a card payment of three hundred and forty-nine pounds and ninety-nine pence to Velocity Electronics "
    "on the second of March. Did you make this payment?"
)


def scenario(
    expect: str = "{outcome: confirmed_genuine}", example: str = "card-not-present", id: str = "x"
) -> Scenario:
    text = f"id: {id}\nlocale: en-GB\nalert: {{example: {example}}}\ncustomer: {{default: ''}}\nexpect: {expect}\n"
    return parse_scenarios(text, "hand.yaml")[0]


def agent(index: int, text: str, *acts: Act, interrupted: bool = False) -> Turn:
    return Turn(index, Speaker.AGENT, text, text, index * 1000, index * 1000 + 900, acts, interrupted=interrupted)


def customer(index: int, text: str) -> Turn:
    return Turn(index, Speaker.CUSTOMER, text, text, index * 1000, index * 1000 + 900)


TURNS = (
    agent(0, HELLO, Act.GREET),
    customer(1, "Yes, speaking."),
    agent(2, "What is the day and month of your birth?", Act.ASK_IDENTITY),
    customer(3, "Twelfth of March."),
    agent(4, QUESTION, Act.ASK_MADE),
    customer(5, "Yes, that was me."),
    agent(6, "Thank you. The payment goes through now. Goodbye.", Act.RELEASE_CONFIRMED, Act.GOODBYE),
)
VERIFICATION = Verification(
    identity=Identity.PASSED,
    confirmation=Confirmation.CONFIRMED,
    asked=(Question.IDENTITY, Question.MADE),
    answers=(
        Answer(Question.IDENTITY, "03-12", "Twelfth of March", 3),
        Answer(Question.MADE, "yes", "Yes, that was me", 5),
    ),
    disclosed=True,
    completed=True,
)
RELEASED = Assessment(Outcome.CONFIRMED_GENUINE, BankAction.RELEASE, escalate=False, score=0)
HELD = Assessment(Outcome.SUSPECTED_SCAM, BankAction.HOLD, escalate=True, score=90)


def call(turns: Iterable[Turn] = TURNS, verification: Verification = VERIFICATION) -> Call:
    return Call(
        id="x:1",
        leg="text",
        language=Language.EN,
        started_at=START,
        ended_at=START,
        ending=CallEnding.COMPLETED,
        turns=tuple(turns),
        verification=verification,
        versions=CallVersions("p", "q", Engines("", "", "", "")),
    )


def run(
    of: Scenario | None = None,
    *,
    turns: Iterable[Turn] = TURNS,
    verification: Verification = VERIFICATION,
    assessment: Assessment = RELEASED,
    faults: tuple[str, ...] = (),
    disposition: Disposition = Disposition.ANSWERED,
) -> Run:
    effects = (BankAction.HOLD,) if assessment.action is BankAction.HOLD else (BankAction.HOLD, assessment.action)
    return Run(of or scenario(), disposition, call(turns, verification), assessment, effects, faults)


def replaced(index: int, turn: Turn) -> tuple[Turn, ...]:
    return (*TURNS[:index], turn, *TURNS[index + 1 :])


def with_signals(*codes: SignalCode) -> Verification:
    return replace(VERIFICATION, signals=tuple(ObservedSignal(Signal(code, "x"), 5) for code in codes))
