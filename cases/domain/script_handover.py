"""The moves of the call script around a person: on hold for one, with one, back from one."""

from __future__ import annotations

from dataclasses import replace

from cases.domain.reading import Reading
from cases.domain.script_moves import STAGE_OF_QUESTION, lay_aside, leave
from cases.domain.script_state import CallPlan, ScriptState, Step
from cases.domain.vocabulary import QUESTION_OF_ACT, Act, Stage


def keep_waiting(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Say that a person is still being looked for."""
    return Step(state, (Act.STILL_LOOKING,), False, None)


def refuse_on_hold(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Stop the customer from reading out a secret to the music."""
    return Step(state, (Act.REFUSE_SECRET, Act.STILL_LOOKING), False, None)


def refuse_digits_on_hold(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Ask the customer to type no number to the music."""
    return Step(state, (Act.REFUSE_DIGITS, Act.STILL_LOOKING), False, None)


def introduce(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Say that a person is on the line now, and be silent; the open question is kept."""
    joined = replace(lay_aside(state, Stage.WITH_PERSON), person_spoke=True, completed=False)
    return Step(joined, (Act.INTRODUCE,), False, None)


def take_back(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Go on with the question that was open when the person came; where none was, close."""
    back = replace(state, held=None, reasks=0)
    if state.held is None:
        return leave(plan, back)
    question = QUESTION_OF_ACT.get(state.held)
    stage = Stage.OPENING if question is None else STAGE_OF_QUESTION[question]
    back = replace(back, stage=stage, pending=state.held)
    return Step(back, (Act.TAKE_BACK, *back.pending_acts), False, back.question)


def part(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Say goodbye after the person did."""
    return _end(state, Act.GOODBYE)


def nobody_free(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Apologise that nobody is free, and offer a call back by a person."""
    return _end(state, Act.NOBODY_FREE, Act.GOODBYE)


def person_lost(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Apologise that the line to the person broke, and offer a call back by a person."""
    return _end(state, Act.PERSON_LOST, Act.GOODBYE)


def rather_called_back(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Offer a customer who does not want to wait the call back; it is a person's, whom they waited for."""
    return _end(state, Act.OFFER_CALLBACK, Act.GOODBYE)


def _end(state: ScriptState, *acts: Act) -> Step:
    ended = replace(state, stage=Stage.RESOLVE, pending=None, held=None, paused=False, completed=False, ended=True)
    return Step(ended, acts, True, None)
