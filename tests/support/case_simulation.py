"""A case in simulated time: one seed drives the bank, the calls, the reviewer, losses, repeats and delays."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cases.domain import events as ev
from cases.domain.alert import Alert
from cases.domain.call import CallEnding, Confirmation, CustomerRequest, Identity
from cases.domain.case import Case, CaseState, Instruction, InstructionStatus
from cases.domain.dossiers import dossier_of
from cases.domain.errors import IllegalEventError
from cases.domain.lifecycle import STATE_TIMERS, Analyse, InstructBank, decide, evolve
from cases.domain.rules import CaseRules
from cases.domain.ruling import Decision
from cases.domain.transfer import LeftReason, ReviewerPart, TransferCause, TransferFailure
from cases.domain.vocabulary import Arrival, BankAction, Disposition, Outcome
from tests.support import case_facts as facts

NO_CALL = [one for one in Disposition if one is not Disposition.ANSWERED]


@dataclass
class Simulation:
    """One case; `run` lives it to its end and checks what must always hold after every event."""

    seed: int
    rules: CaseRules
    alert: Alert
    case: Case | None = None
    timers: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    at_bank: list[Instruction] = field(default_factory=list)
    on_line: list[int] = field(default_factory=list)
    to_analyse: list[int] = field(default_factory=list)
    told: list[ev.Event] = field(default_factory=list)
    log: list[tuple[ev.Event, datetime]] = field(default_factory=list)
    sent_keys: list[str] = field(default_factory=list)
    dials: list[tuple[int, datetime]] = field(default_factory=list)
    refused: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.now = self.alert.raised_at

    def run(self, chaos: int = 40) -> Case:
        self.tell(ev.AlertReceived(self.alert))
        for _ in range(chaos):
            self.dice.choice(
                (
                    self.bank_answers,
                    self.line_tells,
                    self.customer_comes,
                    self.timer_fires,
                    self.repeats,
                    self.reviewer_acts,
                    self.analyst_writes,
                    self.people_come_and_go,
                )
            )()
        for _ in range(200):
            assert self.case is not None
            if self.case.state is CaseState.CLOSED:
                break
            self.go_on()
        else:
            raise AssertionError(f"seed {self.seed}: the case is stuck in {self.case.state}")
        assert self.case is not None
        return self.case

    def go_on(self) -> None:
        """Without further mishap: the bank answers, timers fire, a reviewer decides."""
        assert self.case is not None
        if self.at_bank:
            one = self.at_bank.pop(0)
            self.tell(ev.BankAcknowledged(one.action, one.key, "ref"))
        elif self.case.state is CaseState.REVIEW:
            self.decide(BankAction.HOLD)
        else:
            self.timer_fires()

    def bank_answers(self) -> None:
        if not self.at_bank:
            return
        one = self.at_bank.pop(self.dice.randrange(len(self.at_bank)))
        match self.dice.random():
            case chance if chance < 0.15:
                return  # The effect is lost for good.
            case chance if chance < 0.3:
                self.tell(ev.BankUnreachable(one.action, one.key, "bank_unavailable"))
            case _:
                self.tell(ev.BankAcknowledged(one.action, one.key, "ref"))

    def analyst_writes(self) -> None:
        if not self.to_analyse:
            return
        attempt = self.to_analyse.pop(0)
        assert self.case is not None
        dossier = dossier_of(self.case, attempt, self.rules)
        assert dossier is not None, f"seed {self.seed}: an analysis was asked for without a call"
        self.tell(ev.AnalysisWritten(attempt, facts.analysis(dossier.proposal)))
        record = self.case.call_of(attempt)
        assert record is not None and record.analysis is not None, f"seed {self.seed}: the analysis was refused"

    def line_tells(self) -> None:
        if not self.on_line:
            return
        number = self.dice.choice(self.on_line)
        match self.dice.random():
            case chance if chance < 0.2:
                self.tell(ev.DialPlaced(number, "simulated", "42"))
            case chance if chance < 0.4:
                self.tell(
                    self.dice.choice((ev.CallClaimed(number, 1), ev.CustomerRinging(number), ev.CallAnswered(number)))
                )
            case chance if chance < 0.6:
                self.on_line.remove(number)
                self.tell(ev.DialEnded(number, self.dice.choice(NO_CALL)))
            case _:
                self.on_line.remove(number)
                disposition = self.dice.choice((Disposition.ANSWERED,) * 5 + tuple(Disposition))
                self.tell(ev.CallEnded(number, disposition, self.random_call(number)))

    def people_come_and_go(self) -> None:
        """News of persons in a call: of the one under way, of an old one, out of order."""
        assert self.case is not None
        numbers = [one.number for one in self.case.attempts]
        if not numbers:
            return
        number, by = self.dice.choice(numbers[-2:]), self.dice.choice(("rosa", "liu"))
        part = self.dice.choice(list(ReviewerPart))
        self.tell(
            self.dice.choice(
                (
                    ev.TransferRequested(number, self.dice.choice(list(TransferCause)), facts.HANGS_UP),
                    ev.TransferAccepted(number, by),
                    ev.TransferFailed(number, self.dice.choice(list(TransferFailure))),
                    ev.CallReferred(number),
                    ev.ReviewerJoined(number, by, part),
                    ev.ReviewerLeft(number, by, part, self.dice.choice(list(LeftReason))),
                )
            )
        )

    def customer_comes(self) -> None:
        if self.dice.random() < 0.5:
            code = self.dice.choice(("", "digest-1", "digest-2"))
            if code and self.dice.random() < 0.5:
                self.tell(ev.CallbackCodeIssued(code, self.now, "bank"))
            arrival, room = self.dice.choice(list(Arrival)), f"room-{self.dice.randrange(10)}"
            self.tell(ev.CustomerArrived(arrival, room, code=code))

    def random_call(self, number: int) -> facts.Call:
        if self.dice.random() < 0.4:
            return facts.call(self.alert.id, number, facts.GENUINE, self.now)
        seen = facts.verification(
            self.dice.choice(list(Confirmation)),
            self.dice.choice(list(Identity)),
            self.dice.choice([None, None, *CustomerRequest]),
            self.dice.random() < 0.5,
        )
        ending = self.dice.choice(list(CallEnding))
        return facts.call(self.alert.id, number, seen, self.now, ending=ending)

    def timer_fires(self) -> None:
        if not self.timers:
            self.now += timedelta(minutes=self.dice.randrange(1, 600))
            return
        name = min(self.timers, key=lambda one: self.timers[one][0])
        due, attempt = self.timers.pop(name)
        self.now = max(self.now, due) + timedelta(seconds=self.dice.randrange(3))
        self.tell(ev.TimerFired(name, attempt))

    def repeats(self) -> None:
        """Something already told comes again, or a timer that was stopped fires all the same."""
        if self.dice.random() < 0.3:
            self.tell(
                ev.TimerFired(self.dice.choice([*STATE_TIMERS.values(), "hold_deadline"]), self.dice.randrange(4))
            )
        else:
            self.tell(self.dice.choice(self.told))

    def reviewer_acts(self) -> None:
        assert self.case is not None
        if self.dice.random() < 0.5:
            self.tell(ev.ReviewClaimed(self.dice.choice(("rosa", "liu"))))
        elif self.dice.random() < 0.5:
            self.decide(self.dice.choice(list(BankAction)))

    def decide(self, action: BankAction) -> None:
        assert self.case is not None
        review = self.case.review
        by = review.claimed_by if review is not None and review.claimed_by else "rosa"
        self.tell(ev.DecisionMade(Decision(action, by, "spoke with the customer", self.now)))

    def tell(self, event: ev.Event) -> None:
        before = self.case
        try:
            decided = decide(before, event, case_id=self.alert.id, at=self.now, rules=self.rules)
        except IllegalEventError:
            self.refused += 1
            assert self.case is before
            return
        self.case = decided.case
        self.told.append(event)
        self.log.extend((one, self.now) for one in decided.events)
        for timer in decided.timers:
            self.timers.pop(timer.name, None)
            if timer.due_at is not None:
                self.timers[timer.name] = (timer.due_at, timer.attempt)
        for effect in decided.effects:
            if isinstance(effect, InstructBank):
                self.sent_keys.append(effect.instruction.key)
                self.at_bank.append(effect.instruction)
            elif isinstance(effect, Analyse):
                self.to_analyse.append(effect.attempt)
            else:
                self.dials.append((effect.attempt, self.now))
                self.on_line.append(effect.attempt)
        self.check(before, event)

    def check(self, before: Case | None, event: ev.Event) -> None:
        case = self.case
        assert case is not None
        where = f"seed {self.seed}, {type(event).__name__} in {case.state}"
        assert len(self.sent_keys) == len(set(self.sent_keys)), f"{where}: an effect was asked for twice"
        sent = [one for one in case.instructions if one.status is InstructionStatus.SENT]
        assert len(sent) <= 1, f"{where}: two instructions at the bank at once"
        decisions = [one for one, _ in self.log if isinstance(one, ev.DecisionMade)]
        ordered = [one for one in case.instructions if ":decision:" in one.key]
        assert len(ordered) == len(decisions), f"{where}: an instruction without a decision"
        attempts = [number for number, _ in self.dials]
        assert attempts == list(range(1, len(attempts) + 1)), f"{where}: an attempt was dialled twice or skipped"
        dialled = [one for one in case.attempts if one.contact is not None]
        assert len(dialled) <= self.rules.contact(self.alert).tier.attempts
        for one in case.attempts:
            assert (one.contact is None) == (one.arrival is not None) == bool(one.room), where
        self.check_release(before, event, where)
        self.check_people(case, where)
        self.check_progress(case, where)

    def check_people(self, case: Case, where: str) -> None:
        """Nobody waits, talks or listens in a call that is over, and at most one person talks."""
        people = case.transfer
        if people is None:
            return
        assert not (people.waiting and people.talking), where
        assert people.talking not in people.listening, where
        if people.over:
            assert not (people.waiting or people.talking or people.listening), where

    def check_release(self, before: Case | None, event: ev.Event, where: str) -> None:
        """A release stands on a reviewer, or on the clean confirmation of the attempt under way."""
        assert self.case is not None
        known = 0 if before is None else len(before.instructions)
        for one in self.case.instructions[known:]:
            if one.action is not BankAction.RELEASE or one.decided_by != "policy":
                continue
            assert isinstance(event, ev.CallEnded), where
            assert before is not None and before.attempt is not None, where
            assert before.attempt.number == event.attempt and before.attempt.ended_at is None, where
            seen = event.call.verification
            assert (seen.identity, seen.confirmation) == (Identity.PASSED, Confirmation.CONFIRMED), where
            assert seen.completed and event.disposition is Disposition.ANSWERED, where
            assessment = self.case.assessment
            assert assessment is not None and assessment.outcome is Outcome.CONFIRMED_GENUINE, where

    def check_progress(self, case: Case, where: str) -> None:
        """Every open case has what moves it: the timer of its state, or a review that waits for a person."""
        if case.state is CaseState.CLOSED:
            assert not self.timers, f"{where}: a timer runs in a closed case"
        elif case.state is CaseState.REVIEW:
            assert case.review is not None, where
            assert case.review.overdue or "review_sla" in self.timers, f"{where}: nobody is reminded of the review"
        else:
            assert STATE_TIMERS[case.state] in self.timers, f"{where}: the case is stuck"

    def replayed(self) -> Case:
        case: Case | None = None
        for seq, (event, at) in enumerate(self.log, 1):
            case = evolve(case, event, case_id=self.alert.id, seq=seq, at=at)
        assert case is not None
        return case


def random_alert(base: Alert, seed: int) -> Alert:
    """The alert at a random hour, sometimes with a short hold, bad lines or no consent."""
    dice = random.Random(seed)
    raised = base.raised_at + timedelta(minutes=dice.randrange(14 * 24 * 60))
    contacts = base.customer.contacts
    if dice.random() < 0.1:
        contacts = tuple(replace(one, forwarding=True) for one in contacts)
    consent = replace(base.customer.consent, ai_voice=dice.random() > 0.05)
    customer = replace(base.customer, contacts=contacts, consent=consent)
    hold = timedelta(minutes=dice.choice((30, 300, 4000)))
    return replace(
        base,
        id=f"a-{seed}",
        raised_at=raised,
        hold_deadline=raised + hold,
        customer=customer,
        jurisdiction=dice.choice(("GB", "US", "CN")),
    )
