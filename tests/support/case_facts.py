"""Alerts and calls for tests of the case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cases.alerts import parse_alert
from cases.domain.alert import Alert
from cases.domain.analysis import Analysis, Ground, Section, Statement
from cases.domain.call import (
    Answer,
    Call,
    CallEnding,
    CallVersions,
    Confirmation,
    CustomerRequest,
    Engines,
    Identity,
    Verification,
)
from cases.domain.policy import Text
from cases.domain.vocabulary import BankAction, Language, Question
from evals import alerts

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
VERSIONS = CallVersions("p", "q", Engines("a", "t", "l", "v"))


def example_alert(alert_id: str = "a-1", name: str = "new-payee-transfer", now: datetime = NOON) -> Alert:
    return parse_alert(alerts.load(name, now=now, alert_id=alert_id))


def verification(
    confirmation: Confirmation = Confirmation.CONFIRMED,
    identity: Identity = Identity.PASSED,
    request: CustomerRequest | None = None,
    completed: bool = True,
) -> Verification:
    made = "yes" if confirmation is Confirmation.CONFIRMED else "no"
    answered = () if confirmation is Confirmation.UNKNOWN else (Answer(Question.MADE, made, made, 3),)
    return Verification(
        identity=identity,
        confirmation=confirmation,
        asked=(Question.IDENTITY, Question.MADE),
        required=(Question.MADE,),
        answers=answered,
        disclosed=identity is Identity.PASSED,
        request=request,
        completed=completed,
    )


GENUINE = verification()
DENIES = verification(Confirmation.DENIED)
HANGS_UP = verification(Confirmation.UNKNOWN, completed=False)
CALL_BACK = verification(Confirmation.UNKNOWN, request=CustomerRequest.CALLBACK)
WRONG_IDENTITY = verification(Confirmation.UNKNOWN, Identity.FAILED)


def call(case_id: str, attempt: int, seen: Verification = GENUINE, at: datetime = NOON, **changes: object) -> Call:
    made = Call(
        id=f"{case_id}:{attempt}",
        leg="simulated",
        language=Language.EN,
        started_at=at - timedelta(seconds=60),
        ended_at=at,
        ending=CallEnding.COMPLETED,
        turns=(),
        verification=seen,
        versions=VERSIONS,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def analysis(proposal: BankAction = BankAction.HOLD) -> Analysis:
    said = Statement(Section.PROPOSAL, Text("Proposed.", "建议。"), grounds=(Ground.TRIAGE,))
    return Analysis((said,), proposal)
