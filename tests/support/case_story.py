"""A case told event by event, with what the lifecycle asks for along the way."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases.domain import events as ev
from cases.domain.alert import Alert
from cases.domain.call import Verification
from cases.domain.case import Case, CaseState
from cases.domain.lifecycle import Analyse, Decided, InstructBank, KeepPicture, PlaceDial, RecordPicture, decide
from cases.domain.rules import CaseRules
from cases.domain.ruling import Decision
from cases.domain.vocabulary import BankAction, Disposition
from tests.support import case_facts as facts
from tests.support.case_policy import ZONES, small_policy

RULES = CaseRules(small_policy(), ZONES)


class Story:
    """A case as events come in."""

    def __init__(self, alert: Alert | None = None, rules: CaseRules = RULES) -> None:
        self.alert = alert or facts.example_alert()
        self.rules = rules
        self.case: Case | None = None
        self.now = self.alert.raised_at
        self.timers: dict[str, datetime] = {}
        self.instructions: list[tuple[str, BankAction]] = []
        self.dials: list[int] = []
        self.analyses: list[int] = []
        self.recorded: list[tuple[int, int]] = []
        self.kept: list[tuple[int, int]] = []
        self.log: list[tuple[ev.Event, datetime]] = []

    def on(self, event: ev.Event, after: timedelta = timedelta(seconds=1)) -> Decided:
        self.now += after
        decided = decide(self.case, event, case_id=self.alert.id, at=self.now, rules=self.rules)
        self.case = decided.case
        self.log.extend((one, self.now) for one in decided.events)
        for timer in decided.timers:
            self.timers.pop(timer.name, None)
            if timer.due_at is not None:
                self.timers[timer.name] = timer.due_at
        for effect in decided.effects:
            match effect:
                case InstructBank(instruction=instruction):
                    self.instructions.append((instruction.key, instruction.action))
                case PlaceDial(attempt=attempt):
                    self.dials.append(attempt)
                case Analyse(attempt=attempt):
                    self.analyses.append(attempt)
                case RecordPicture(attempt=attempt, number=number):
                    self.recorded.append((attempt, number))
                case KeepPicture(attempt=attempt, number=number):
                    self.kept.append((attempt, number))
        return decided

    def ack(self, key: str) -> Decided:
        assert self.case is not None
        instruction = self.case.instruction(key)
        assert instruction is not None
        return self.on(ev.BankAcknowledged(instruction.action, key, "ref"))

    def end(self, seen: Verification, attempt: int = 1, disposition: Disposition = Disposition.ANSWERED) -> Decided:
        return self.on(ev.CallEnded(attempt, disposition, facts.call(self.alert.id, attempt, seen, self.now)))

    def decision(self, action: BankAction, by: str = "rosa", reason: str = "spoke with the customer") -> Decided:
        return self.on(ev.DecisionMade(Decision(action, by, reason, self.now)))

    @property
    def state(self) -> CaseState:
        assert self.case is not None
        return self.case.state


def dialled(rules: CaseRules = RULES) -> Story:
    story = Story(rules=rules)
    story.on(ev.AlertReceived(story.alert))
    story.ack("a-1:hold")
    return story


def in_review(rules: CaseRules = RULES) -> Story:
    story = dialled(rules)
    story.end(facts.HANGS_UP)
    assert story.state is CaseState.REVIEW
    return story
