"""The call script: which act follows what the customer said or did, in which stage; pure and table-driven."""

from __future__ import annotations

from cases.domain.alert import Alert
from cases.domain.call import CallEnding, CustomerRequest, Verification
from cases.domain.policy import Policy
from cases.domain.reading import Reading
from cases.domain.script_state import DISCLOSING_ACTS, CallPlan, ScriptState, Step
from cases.domain.vocabulary import Act, Disposition

__all__ = [
    "DISCLOSING_ACTS",
    "CallPlan",
    "ScriptState",
    "Step",
    "begin",
    "close",
    "on_machine",
    "on_played",
    "on_reading",
    "on_request",
    "on_secret",
    "on_silence",
    "plan_call",
]


def plan_call(alert: Alert, policy: Policy, *, disposition: Disposition = Disposition.ANSWERED) -> CallPlan:
    """Fix what a call about this alert is to find out.

    Args:
        alert: What to verify.
        policy: What policy asks for.
        disposition: What answered: `answered` or `forwarded`.
    """
    raise NotImplementedError


def begin(plan: CallPlan, *, machine: bool = False) -> Step:
    """The greeting; or, where a machine is known to have answered, the neutral message that ends the call."""
    raise NotImplementedError


def on_reading(plan: CallPlan, state: ScriptState, reading: Reading, turn: int) -> Step:
    """The step after words of the customer.

    Args:
        plan: The call's plan.
        state: Where it stands.
        reading: What was understood.
        turn: Index of the customer's turn in the call; grows with every reading.

    Raises:
        IllegalInputError: The turn is not after the last one; nothing changed.
    """
    raise NotImplementedError


def on_silence(plan: CallPlan, state: ScriptState) -> Step:
    """The step after the customer stayed silent: asks whether they are there, in the end says goodbye.

    Raises:
        IllegalInputError: The call already closes; nothing changed.
    """
    raise NotImplementedError


def on_request(plan: CallPlan, state: ScriptState, request: CustomerRequest) -> Step:
    """The step after a button of the customer."""
    raise NotImplementedError


def on_secret(plan: CallPlan, state: ScriptState) -> Step:
    """The step when the customer begins to read out a secret: refuses it and puts the open question again."""
    raise NotImplementedError


def on_machine(plan: CallPlan, state: ScriptState) -> Step:
    """The step once a machine turns out to have answered: the neutral message that ends the call.

    Raises:
        IllegalInputError: Somebody was already identified; nothing changed.
    """
    raise NotImplementedError


def on_played(plan: CallPlan, state: ScriptState, acts: tuple[Act, ...], complete: bool) -> ScriptState:
    """Note what the customer really heard of an utterance; call it for every utterance, before its reply is read.

    Args:
        plan: The call's plan.
        state: Where it stands.
        acts: The acts of the utterance.
        complete: Whether it was heard to its end, or so nearly that its question was understood. A question cut
            off before that is put again before its answer can help to release the payment.

    Raises:
        IllegalInputError: There are no acts; nothing changed.
    """
    raise NotImplementedError


def close(plan: CallPlan, state: ScriptState, ending: CallEnding) -> Verification:
    """What the conversation leaves to triage, once it ended this way."""
    raise NotImplementedError
