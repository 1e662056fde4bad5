"""A conversation with the script by hand: readings in, acts out, everything played to its end unless told otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from cases.domain import script
from cases.domain.alert import (
    Alert,
    Contact,
    ContactKind,
    Customer,
    IdentityQuestion,
    IdentityQuestionKind,
    Party,
    Transaction,
)
from cases.domain.call import CallEnding, CustomerRequest, Verification
from cases.domain.money import Money
from cases.domain.policy import Policy
from cases.domain.reading import ReadAnswer, Reading, Signal
from cases.domain.ruling import Assessment
from cases.domain.script_reading import Cue
from cases.domain.triage import assess
from cases.domain.vocabulary import (
    Act,
    Disposition,
    Intent,
    Key,
    Language,
    PaymentChannel,
    Question,
    Rail,
    SignalCode,
    Stage,
    Tier,
    Typology,
)
from cases.policies import load

POLICY: Policy = load()
NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
BIRTHDAY = "03-12"
PHONE = Contact(ContactKind.PHONE, "+447700900123")


def make_alert(
    *typologies: Typology,
    rail: Rail = Rail.FASTER_PAYMENTS,
    tier: Tier | None = Tier.MEDIUM,
    score: float = 0.7,
    minor: int = 245_000,
    contact: Contact = PHONE,
    locale: str = "en-GB",
) -> Alert:
    """A scam-shaped transfer alert; facts of it add no points beyond the first-time payee's."""
    return Alert(
        id="alert-1",
        bank_name="Northbank",
        transaction=Transaction(
            end_to_end_id="E2E-1",
            rail=rail,
            channel=PaymentChannel.MOBILE_APP,
            amount=Money(minor, "GBP"),
            debtor=Party("Alex Morgan", country="GB"),
            creditor=Party("Brightside", country="GB"),
            first_time_payee=True,
            initiated_at=NOW - timedelta(minutes=3),
            creditor_account_age_days=400,
        ),
        customer=Customer(
            reference="alex",
            name="Alex Morgan",
            contacts=(contact,),
            identity_question=IdentityQuestion(IdentityQuestionKind.BIRTHDAY, BIRTHDAY),
            date_of_birth=date(1986, 3, 12),
        ),
        score=score,
        reason_codes=("first_time_payee",),
        typologies=typologies or (Typology.BANK_IMPOSTER,),
        jurisdiction="GB",
        locale=locale,
        hold_deadline=NOW + timedelta(days=4),
        raised_at=NOW,
        tier=tier,
    )


def card_alert() -> Alert:
    """An alert of unauthorised card use, which needs no probes."""
    return make_alert(Typology.UNAUTHORISED_USE, rail=Rail.CARD)


def reading(
    intent: Intent,
    *signals: SignalCode,
    complete: bool = True,
    language: Language | None = Language.EN,
    **answers: str,
) -> Reading:
    """A reading; answers by question name."""
    return Reading(
        intent=intent,
        answers=tuple(ReadAnswer(Question(name), value, value) for name, value in answers.items()),
        signals=tuple(Signal(code, code.value) for code in signals),
        language=language,
        complete=complete,
    )


CLEAN: dict[Question, str] = {
    Question.PURPOSE: "rent",
    Question.PAYEE_SOURCE: "my landlord",
    Question.CONTACTED: "no",
    Question.TOLD_WHAT_TO_SAY: "no",
    Question.REMOTE_ACCESS: "no",
    Question.MET_IN_PERSON: "yes",
    Question.SEEN_GOODS: "yes",
    Question.RETURNS: "no",
    Question.INVOICE_CHECKED: "yes",
    Question.FEE_UPFRONT: "no",
}
"""Answers that no rule weighs."""


class Talk:
    """A call about an alert, one input at a time."""

    def __init__(
        self,
        alert: Alert | None = None,
        *,
        policy: Policy = POLICY,
        disposition: Disposition = Disposition.ANSWERED,
        transfers: bool = False,
    ) -> None:
        self.alert = alert if alert is not None else make_alert()
        self.policy = policy
        self.disposition = disposition
        self.plan = script.plan_call(self.alert, policy, disposition=disposition, transfers=transfers)
        self.turn = -1
        self.step = script.begin(self.plan)
        self.state = self.step.state
        self.heard()

    @property
    def acts(self) -> tuple[Act, ...]:
        return self.step.acts

    def heard(self, *, complete: bool = True) -> None:
        """Play the latest step."""
        self.state = script.on_played(self.plan, self.state, self.step.acts, complete)

    def _take(self, step: script.Step, complete: bool) -> tuple[Act, ...]:
        self.step, self.state = step, step.state
        self.heard(complete=complete)
        return step.acts

    def say(
        self,
        intent: Intent,
        *signals: SignalCode,
        played: bool = True,
        complete: bool = True,
        language: Language | None = Language.EN,
        **answers: str,
    ) -> tuple[Act, ...]:
        """Say something; `played` tells whether the reply to it is heard to its end."""
        self.turn += 2
        words = reading(intent, *signals, complete=complete, language=language, **answers)
        return self._take(script.on_reading(self.plan, self.state, words, self.turn), played)

    def silence(self) -> tuple[Act, ...]:
        return self._take(script.on_silence(self.plan, self.state), True)

    def secret(self) -> tuple[Act, ...]:
        return self._take(script.on_secret(self.plan, self.state), True)

    def machine(self) -> tuple[Act, ...]:
        return self._take(script.on_machine(self.plan, self.state), True)

    def press(self, request: CustomerRequest) -> tuple[Act, ...]:
        return self._take(script.on_request(self.plan, self.state, request), True)

    def person(self, cue: Cue) -> tuple[Act, ...]:
        return self._take(script.on_person(self.plan, self.state, cue), True)

    def key(self, key: Key, *, played: bool = True) -> tuple[Act, ...] | None:
        """Press a key; None where it means nothing."""
        step = script.on_key(self.plan, self.state, key, self.turn + 2, f"[key {key}]")
        if step is None:
            return None
        self.turn += 2
        return self._take(step, played)

    def identified(self) -> Talk:
        """Go on until the payment is asked about."""
        self.say(Intent.CONFIRM)
        self.say(Intent.ANSWER, identity=BIRTHDAY)
        return self

    def confirmed(self) -> Talk:
        """Go on until the payment is confirmed."""
        self.identified().say(Intent.CONFIRM)
        return self

    def answer_probes(self, **answers: str) -> Talk:
        """Answer every probe cleanly but for the ones given, until something else than a probe is put."""
        while (question := self.step.question) in CLEAN:
            assert question is not None
            self.say(Intent.ANSWER, **{question.value: answers.get(question.value, CLEAN[question])})
        return self

    def close(self, ending: CallEnding = CallEnding.COMPLETED) -> Verification:
        return script.close(self.plan, self.state, ending)

    def assess(self, ending: CallEnding = CallEnding.COMPLETED) -> Assessment:
        return assess(self.alert, self.close(ending), self.policy, disposition=self.disposition, ending=ending)


def ended(talk: Talk, *acts: Act) -> bool:
    """Whether the call ends after just these acts."""
    return talk.step.ends and talk.acts == acts


def at(stage: Stage) -> Talk:
    """A call that stands in this stage."""
    talk = Talk()
    if stage is Stage.OPENING:
        return talk
    if stage is Stage.IDENTITY:
        talk.say(Intent.CONFIRM)
    elif stage is Stage.TRANSACTION:
        talk.identified()
    elif stage is Stage.PROBE:
        talk.confirmed()
    elif stage is Stage.WARN:
        talk.confirmed().say(Intent.ANSWER, SignalCode.SAFE_ACCOUNT)
    elif stage is Stage.RESOLVE:
        talk.confirmed().answer_probes()
    else:
        talk.say(Intent.WRONG_PERSON)
    assert talk.state.stage is stage
    return talk


def with_release_line(line: int) -> Policy:
    """The policy with another release line, and its warn line at most that."""
    card = replace(POLICY.scorecard, release_line=line, warn_line=min(line, POLICY.scorecard.warn_line))
    return replace(POLICY, scorecard=card)
