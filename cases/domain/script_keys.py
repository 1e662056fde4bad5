"""What a key of the customer's telephone means to the script, and what of it is recorded."""

from __future__ import annotations

from dataclasses import replace

from cases.domain.reading import ReadAnswer
from cases.domain.script_reading import Cue, record
from cases.domain.script_state import CallPlan, ScriptState
from cases.domain.vocabulary import Act, Key, Question, Stage

ANSWERS: dict[Key, str] = {Key.MADE: "yes", Key.NOT_MADE: "no"}
"""Keys that answer whether the customer made the payment, and no other question."""
_CUES = {Key.MADE: Cue.KEY_MADE, Key.NOT_MADE: Cue.KEY_NOT_MADE}


def cue_of_key(state: ScriptState, key: Key) -> Cue | None:
    """What the script reacts to in a key; None where it means nothing.

    A yes counts where question and keys were both heard to their end, and nothing else was asked since; a no always
    counts once the keys were offered with the question.

    Args:
        state: The state the customer pressed it in.
        key: The key.
    """
    if state.stage is Stage.WITH_PERSON:
        return None
    if key is Key.PERSON:
        return Cue.KEY_PERSON
    if key is Key.SEVERAL:
        return Cue.KEY_SEVERAL
    if not state.keys_offered:
        return None
    if state.ended:
        return Cue.KEY_OTHER if key is not Key.MADE else None
    if state.pending is Act.ASK_MADE and key is Key.NOT_MADE:
        return Cue.KEY_NOT_MADE
    if state.paused:
        return Cue.BACK
    understood = state.keys_heard and Question.MADE in state.heard
    if state.pending is Act.ASK_MADE and key is Key.MADE and understood:
        return Cue.KEY_MADE
    return Cue.KEY_OTHER


def absorb_key(plan: CallPlan, state: ScriptState, key: Key, quote: str, turn: int) -> ScriptState:
    """Record a key: the answer that it gives, if it gives one.

    Args:
        plan: The call's plan.
        state: Where it stands.
        key: The key.
        quote: How the turn shows it.
        turn: Index of the customer's turn in the call.
    """
    noted = replace(state, last_turn=turn, silences=0)
    if key not in ANSWERS or cue_of_key(state, key) is not _CUES[key]:
        return noted
    return record(plan, noted, ReadAnswer(Question.MADE, ANSWERS[key], quote), turn)
