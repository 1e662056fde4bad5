"""One run of a scenario in text: the conversation and triage of a real call, without audio, store or bank."""

from __future__ import annotations

from datetime import datetime, timedelta

from agent.brains.brain import Brain
from agent.dialogue.conversation import Conversation
from agent.dialogue.text_session import run_text_session
from cases.domain.policy import Policy
from cases.domain.ruling import Assessment
from cases.domain.triage import REACHED, assess
from cases.domain.vocabulary import BankAction, Disposition, Speaker
from evals.customer import ScriptedCustomer
from evals.graders.model import Run
from evals.scenario import Scenario

MATCH_CODE = "47"
"""What the bank's app is taken to show."""
_DIALLED_AFTER = timedelta(minutes=1)
_TURN = timedelta(seconds=4)


class SteppingClock:
    """A clock that moves on each time it is read, so that the same run has the same times."""

    def __init__(self, start: datetime) -> None:
        """Begin at a moment, UTC and aware."""
        self._now = start

    def now(self) -> datetime:
        """The moment, which then moves on."""
        now = self._now
        self._now = now + _TURN
        return now


async def run_in_text(scenario: Scenario, policy: Policy, brain: Brain) -> Run:
    """Run a scenario once."""
    disposition = scenario.customer.answered_by
    if disposition not in REACHED:
        nobody = assess(scenario.alert, None, policy, disposition=disposition, ending=None)
        return Run(scenario, disposition, None, nobody, told(nobody))
    customer = ScriptedCustomer(scenario)
    call = await run_text_session(
        call_id=f"{scenario.id}:1",
        conversation=Conversation(alert=scenario.alert, policy=policy, brain=brain, match_code=MATCH_CODE),
        customer=customer,
        clock=SteppingClock(scenario.alert.raised_at + _DIALLED_AFTER),
    )
    disposition = call.answered_by if disposition is Disposition.ANSWERED else disposition
    result = assess(scenario.alert, call.verification, policy, disposition=disposition, ending=call.ending)
    heard = sum(turn.speaker is Speaker.CUSTOMER for turn in call.turns)
    return Run(scenario, disposition, call, result, told(result), customer.faults(heard))


def told(assessment: Assessment) -> tuple[BankAction, ...]:
    """What the bank is told: the hold that every case begins with, then triage's action where it is another."""
    held = (BankAction.HOLD,)
    return held if assessment.action is BankAction.HOLD else (*held, assessment.action)
