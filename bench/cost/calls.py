"""Whole calls with simulated customers, by the session that real calls have."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

from agent.call.session import Recording, VoiceSession
from agent.dialogue.conversation import Conversation
from bench.cost.kit import Kit
from bench.cost.leg import StopwatchLeg
from bench.cost.usage import CountedProbe, Share
from cases.adapters.blobs_file import FileBlobs
from cases.adapters.clock import SystemClock
from cases.alerts import parse_alert
from cases.domain.alert import Alert
from cases.domain.call import CallEnding, CallVersions
from cases.domain.policy import Policy
from cases.policies import load as load_policy
from evals import alerts
from telephony.customer_speech import CustomerVoice
from telephony.leg import Invitation
from telephony.persona import load_persona

MATCH_CODE = "4207"
_SHOPS = ("Sam's Cars", "Blue Door Lettings", "Harbour Electronics", "Miller and Sons", "Oak Street Dental")


@dataclass(frozen=True, slots=True)
class CallPlan:
    """One call that is to be held.

    Attributes:
        persona: Who answers, by name.
        alert: Which example alert.
        lost_after_ms: When the line breaks, or None.
        ears_fail_at: Which utterance of the customer a stub recogniser breaks at, or None.
        mouth_fails: Whether a stub voice breaks off once.
    """

    persona: str
    alert: str
    lost_after_ms: int | None = None
    ears_fail_at: int | None = None
    mouth_fails: bool = False


SHORT = CallPlan("denies", "card-not-present")
"""A call of about half a minute, in which both sides speak about as much as in a real one."""
LONG = CallPlan("genuine", "new-payee-transfer")
"""A call through all questions, about two minutes."""


@dataclass(frozen=True, slots=True)
class HeldCall:
    """What one call cost and how fast it was.

    Attributes:
        ending: How it ended.
        seconds: Length, on the clock of its event loop.
        responses_ms: Last sound of each answer of the customer to the first sound of the agent after it.
        unanswered: Answers of the customer that were not answered within 5 s.
        customer_s: Processor time of the simulated customer.
        vad_s: Processor time of voice activity detection.
    """

    ending: CallEnding
    seconds: float
    responses_ms: tuple[float, ...]
    unanswered: int
    customer_s: float
    vad_s: float


@dataclass(slots=True)
class CallMaker:
    """Holds calls with a kit of engines.

    Attributes:
        kit: The engines.
        folder: Where recordings grow and are thrown away once they are whole.
        customers: Speaks for the customers.
    """

    kit: Kit
    folder: Path
    customers: CustomerVoice = field(default_factory=CustomerVoice)
    _policy: Policy = field(default_factory=load_policy, init=False)
    _alerts: dict[str, Alert] = field(default_factory=dict, init=False)

    async def rehearse(self, plan: CallPlan) -> None:
        """Have the alert read and the customer's lines spoken once, so that no call pays for them."""
        now = SystemClock().now()
        self._alerts[plan.alert] = parse_alert(alerts.load(plan.alert, now=now))
        persona = load_persona(plan.persona)
        for line in persona.lines():
            await self.customers.speak(line, persona.voice)

    async def hold(self, number: int, plan: CallPlan = SHORT, *, most_s: float | None = None) -> HeldCall:
        """Hold one call to its end; its plan was rehearsed.

        Args:
            number: Draws amount, payee and the customer's reaction times.
            plan: Which call.
            most_s: When the customer hangs up at the latest, seconds from the answer; None for the call's own end.
        """
        alert = _alert(self._alerts[plan.alert], number)
        leg = StopwatchLeg(
            load_persona(plan.persona), voice=self.customers, seed=number, lost_after_ms=plan.lost_after_ms
        )
        await leg.ring(_invitation(alert, number))
        conversation = Conversation(alert=alert, policy=self._policy, brain=self.kit.brain, match_code=MATCH_CODE)
        if plan.mouth_fails:
            self.kit.break_mouth()
        vad, blobs = Share(), FileBlobs(self.folder)
        session = VoiceSession(
            call_id=f"cost-{number}:1",
            conversation=conversation,
            recognizer=self.kit.ears(leg, fails_at=plan.ears_fail_at),
            synthesizer=self.kit.voice,
            spare=self.kit.spare,
            leg=leg,
            clock=SystemClock(),
            versions=CallVersions(conversation.prompts_version, conversation.policy_version, self.kit.names),
            recording=Recording(blobs, f"calls/{number}.ogg", self.folder / "growing"),
            new_probe=lambda: CountedProbe(vad),
        )
        hanging_up = asyncio.create_task(_hang_up(leg, most_s)) if most_s is not None else None
        try:
            call = await session.run()
        finally:
            if hanging_up is not None:
                hanging_up.cancel()
        if call.recording is not None:
            (self.folder / call.recording.key).unlink()
        return HeldCall(
            ending=call.ending,
            seconds=leg.lasted_s,
            responses_ms=tuple(leg.responses_ms()),
            unanswered=leg.unanswered(),
            customer_s=leg.cost_s,
            vad_s=vad.seconds,
        )


def _alert(alert: Alert, number: int) -> Alert:
    """An alert with an amount and a payee of its own, as every alert of a bank has."""
    paid = alert.transaction
    shop = _SHOPS[int(hashlib.sha256(str(number).encode()).hexdigest(), 16) % len(_SHOPS)]
    amount = replace(paid.amount, minor=paid.amount.minor + number * 137 % 90_000)
    transaction = replace(paid, amount=amount, creditor=replace(paid.creditor, name=shop))
    return replace(alert, id=f"cost-{number}", transaction=transaction)


async def _hang_up(leg: StopwatchLeg, after_s: float) -> None:
    await asyncio.sleep(after_s)
    await leg.hang_up()


def _invitation(alert: Alert, number: int) -> Invitation:
    return Invitation(
        attempt_id=f"cost-{number}:1",
        bank_name=alert.bank_name,
        customer_reference=alert.customer.reference,
        language=alert.language,
        match_code=MATCH_CODE,
        ring_seconds=10.0,
    )
