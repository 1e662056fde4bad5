"""The call script: which act follows what the customer said or did, in which stage; pure and table-driven.

The table stands in script_table, its moves in script_moves, what counts as an answer in script_reading.
"""

from __future__ import annotations

from dataclasses import replace

from cases.domain.alert import Alert
from cases.domain.call import CallEnding, CustomerRequest, Verification
from cases.domain.errors import IllegalInputError
from cases.domain.policy import Policy
from cases.domain.reading import Reading
from cases.domain.script_keys import absorb_key, cue_of_key
from cases.domain.script_moves import leave
from cases.domain.script_reading import Cue, absorb, cue_of
from cases.domain.script_state import DISCLOSING_ACTS, CallPlan, ScriptState, Step
from cases.domain.script_table import TABLE
from cases.domain.triage import COMPLETE_ENDINGS
from cases.domain.vocabulary import QUESTION_OF_ACT, Act, Disposition, Key, Question, Stage, Typology

__all__ = [
    "AWAY",
    "DISCLOSING_ACTS",
    "PERSON_CUES",
    "CallPlan",
    "ScriptState",
    "Step",
    "begin",
    "close",
    "on_key",
    "on_machine",
    "on_person",
    "on_pick_up",
    "on_played",
    "on_reading",
    "on_request",
    "on_screener",
    "on_secret",
    "on_silence",
    "plan_call",
]


def plan_call(
    alert: Alert, policy: Policy, *, disposition: Disposition = Disposition.ANSWERED, transfers: bool = False
) -> CallPlan:
    """Fix what a call about this alert is to find out.

    Args:
        alert: What to verify.
        policy: What policy asks for.
        disposition: What answered: `answered` or `forwarded`.
        transfers: Whether a person can be brought into the call.
    """
    required = (Question.IDENTITY, Question.MADE, *_probes(alert, policy))
    return CallPlan(
        alert=alert,
        policy=policy,
        language=alert.language,
        required=required,
        identity=alert.customer.identity_question,
        tier=policy.tier_of(alert),
        typologies=alert.typologies,
        disposition=disposition,
        limits=policy.limits,
        transfers=transfers,
    )


def begin(plan: CallPlan, *, machine: bool = False) -> Step:
    """The greeting; or, where a machine is known to have answered, the neutral message that ends the call."""
    state = ScriptState()
    if machine:
        return on_machine(plan, state)
    return Step(replace(state, agent_turns=1), (Act.GREET,), False, None)


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
    _check_turn(state, turn)
    absorbed = absorb(plan, state, reading, turn)
    return _move(plan, absorbed, cue_of(plan, state, absorbed, reading), reading)


def on_silence(plan: CallPlan, state: ScriptState) -> Step:
    """The step after the customer stayed silent: asks whether they are there, in the end says goodbye.

    Raises:
        IllegalInputError: The call already closes; nothing changed.
    """
    return _move(plan, state, Cue.SILENCE)


def on_request(plan: CallPlan, state: ScriptState, request: CustomerRequest) -> Step:
    """The step after a button of the customer."""
    return _move(plan, replace(state, silences=0), _CUE_OF_REQUEST[request])


def on_secret(plan: CallPlan, state: ScriptState) -> Step:
    """The step when the customer begins to read out a secret: refuses it and puts the open question again."""
    return _move(plan, replace(state, silences=0), Cue.SECRET)


def on_key(plan: CallPlan, state: ScriptState, key: Key, turn: int, quote: str) -> Step | None:
    """The step after a key of the customer's telephone; None where the key means nothing, and nothing changes.

    Args:
        plan: The call's plan.
        state: Where it stands.
        key: The key.
        turn: Index of the customer's turn in the call, as for words.
        quote: How the turn shows the key; what an answer quotes.

    Raises:
        IllegalInputError: The turn is not after the last one; nothing changed.
    """
    _check_turn(state, turn)
    cue = cue_of_key(state, key)
    return None if cue is None else _move(plan, absorb_key(plan, state, key, quote, turn), cue)


def on_screener(plan: CallPlan, state: ScriptState, *, waits: bool = False) -> Step:
    """The step once a call screener asks who calls and why.

    Args:
        plan: The call's plan.
        state: Where it stands.
        waits: Whether it only says that it passes the call on.

    Raises:
        IllegalInputError: Somebody was already identified, or it says that it passes on what it was never told;
            nothing changed.
    """
    return _move(plan, replace(state, silences=0), Cue.SCREENER_WAITS if waits else Cue.SCREENER)


def on_pick_up(plan: CallPlan, state: ScriptState, turn: int) -> Step:
    """The step once a person speaks to whom a message was being left: the call begins.

    Raises:
        IllegalInputError: No message was being left, or the turn is not after the last one; nothing changed.
    """
    _check_turn(state, turn)
    if state.stage is not Stage.CLOSE or not state.messaged:
        raise IllegalInputError("no message is being left; a person who speaks is read like any other")
    return _move(plan, replace(state, last_turn=turn, messaged=False), Cue.PICKED_UP)


def on_machine(plan: CallPlan, state: ScriptState) -> Step:
    """The step once a machine turns out to have answered: the neutral message that ends the call.

    Raises:
        IllegalInputError: Somebody was already identified; nothing changed.
    """
    return _move(plan, state, Cue.MACHINE)


def on_person(plan: CallPlan, state: ScriptState, cue: Cue) -> Step:
    """The step after what becomes of a person who is to speak with the customer.

    Args:
        plan: The call's plan.
        state: Where it stands.
        cue: One of PERSON_CUES.

    Raises:
        IllegalInputError: It has no place here; nothing changed.
    """
    return _move(plan, state, cue)


def on_played(
    plan: CallPlan, state: ScriptState, acts: tuple[Act, ...], complete: bool, whole: tuple[Act, ...] = ()
) -> ScriptState:
    """Note what the customer really heard of an utterance; call it for every utterance, before its reply is read.

    Args:
        plan: The call's plan.
        state: Where it stands.
        acts: The acts of the utterance.
        complete: Whether it was heard to its end, or so nearly that its question was understood. A question cut
            off before that is put again before its answer can help to release the payment.
        whole: Those of the acts that were heard to their end, where the utterance was not.

    Raises:
        IllegalInputError: There are no acts; nothing changed.
    """
    if not acts:
        raise IllegalInputError("an utterance has at least one act")
    noted = replace(
        state,
        disclosed=state.disclosed or not DISCLOSING_ACTS.isdisjoint(acts),
        keys_offered=state.keys_offered or Act.OFFER_KEYS in acts,
        keys_heard=state.keys_heard or Act.OFFER_KEYS in whole,
    )
    if not complete:
        return noted
    return replace(
        noted,
        greeted=state.greeted or Act.GREET in acts,
        keys_heard=state.keys_heard or Act.OFFER_KEYS in acts,
        warned=state.warned or Act.WARN in acts,
        heard=state.heard | {QUESTION_OF_ACT[act] for act in acts if act in QUESTION_OF_ACT},
    )


def close(plan: CallPlan, state: ScriptState, ending: CallEnding) -> Verification:
    """What the conversation leaves to triage, once it ended this way."""
    recorded = state.verification(plan)
    return recorded if ending in COMPLETE_ENDINGS else replace(recorded, completed=False)


PERSON_CUES: frozenset[Cue] = frozenset(
    {Cue.WAITED, Cue.PERSON_JOINED, Cue.PERSON_DONE, Cue.HANDED_BACK, Cue.NOBODY_FREE, Cue.PERSON_LOST}
)
"""What becomes of a person who is to speak with the customer."""
AWAY: frozenset[Stage] = frozenset({Stage.ON_HOLD, Stage.WITH_PERSON})
"""Stages in which the script asks nothing; what is said in them counts towards no cap."""

_CUE_OF_REQUEST: dict[CustomerRequest, Cue] = {
    CustomerRequest.HUMAN: Cue.ASK_HUMAN,
    CustomerRequest.CALLBACK: Cue.CALLBACK,
    CustomerRequest.REFUSED: Cue.REFUSE,
    CustomerRequest.WRONG_PERSON: Cue.WRONG_PERSON,
    CustomerRequest.THIRD_PARTY: Cue.THIRD_PARTY,
}


def _check_turn(state: ScriptState, turn: int) -> None:
    if turn <= state.last_turn:
        raise IllegalInputError(f"turn {turn} was read already; turns grow, the last one is {state.last_turn}")


def _probes(alert: Alert, policy: Policy) -> tuple[Question, ...]:
    """The probes of a call: none for unauthorised use of a card, else the general ones and those that fit."""
    scams = [one for one in alert.typologies if policy.typologies[one].authorised]
    known = set(alert.typologies) <= {Typology.UNAUTHORISED_USE}
    if known and alert.transaction.rail in policy.probes.rails_without:
        return ()
    fitting = (question for one in scams for question in policy.typologies[one].probes)
    return tuple(dict.fromkeys((*policy.probes.general, *fitting)))[: policy.probes.most]


def _move(plan: CallPlan, state: ScriptState, cue: Cue, reading: Reading | None = None) -> Step:
    """Make the move that the table lists; at the cap on turns, close instead of going on."""
    row = TABLE[state.stage].get(cue)
    if row is None:
        raise IllegalInputError(f"{cue} has no place in stage {state.stage}; nothing changed")
    step = row.move(plan, state, reading)
    if step.state.stage in AWAY:
        return step
    turns = state.agent_turns + 1
    if turns >= plan.limits.max_agent_turns and not step.ends:
        step = leave(plan, state)
    return replace(step, state=replace(step.state, agent_turns=turns))
