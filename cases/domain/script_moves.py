"""The moves of the call script: each takes a state with the customer's words absorbed and makes the next step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cases.domain.call import CallEnding, Confirmation, CustomerRequest, Identity
from cases.domain.limits import KeysOffered
from cases.domain.policy import PROBES
from cases.domain.reading import Reading
from cases.domain.script_reading import anything_open, hard_finding, next_question, score
from cases.domain.script_state import ACT_OF_QUESTION, CallPlan, ScriptState, Step
from cases.domain.triage import assess
from cases.domain.vocabulary import QUESTION_OF_ACT, Act, BankAction, Intent, Question, Stage

Move = Callable[[CallPlan, ScriptState, Reading | None], Step]
"""A move: plan, state with the input absorbed, the reading or None -> the next step."""

ACT_OF_ACTION: dict[BankAction, Act] = {
    BankAction.RELEASE: Act.RELEASE_CONFIRMED,
    BankAction.BLOCK: Act.REASSURE_DENIED,
    BankAction.HOLD: Act.HOLD_FOR_REVIEW,
}
"""What is said about the payment: always what is done with it."""

STAGE_OF_QUESTION: dict[Question, Stage] = {
    question: Stage.PROBE
    for question in Question
    if question not in (Question.IDENTITY, Question.MADE, Question.PROCEED)
} | {Question.IDENTITY: Stage.IDENTITY, Question.MADE: Stage.TRANSACTION, Question.PROCEED: Stage.WARN}
"""The stage that each question is put in."""

_CONTENT = frozenset(
    {Intent.CONFIRM, Intent.ANSWER, Intent.GOODBYE, Intent.ASK_WHO, Intent.ASK_DETAILS, Intent.ASK_KEYS}
)
"""Intents of a customer who lets stand that the payment goes ahead."""
_ASIDES: dict[Intent, Act] = {Intent.ASK_WHO: Act.EXPLAIN_WHO, Intent.ASK_DETAILS: Act.ANSWER_QUESTION}


def _put(plan: CallPlan, state: ScriptState, act: Act, *before: Act) -> Step:
    """Put a question, after what else is said in the same breath."""
    question = QUESTION_OF_ACT[act]
    again = state.pending is act
    asked = state.asked if question in state.asked else (*state.asked, question)
    moved = replace(
        state,
        stage=STAGE_OF_QUESTION[question],
        pending=act,
        paused=False,
        asked=asked,
        reasks=state.reasks if again else 0,
    )
    return Step(moved, (*before, *_keys(plan, moved), act), False, question)


def _again(plan: CallPlan, state: ScriptState, *before: Act) -> Step:
    """Put the open question again."""
    moved = replace(state, paused=False)
    return Step(moved, (*before, *_keys(plan, moved), *state.pending_acts), False, moved.question)


def _keys(plan: CallPlan, state: ScriptState) -> tuple[Act, ...]:
    """The offer of keys, where the question being put can be answered by them and it is time to say so."""
    keys = plan.limits.keys
    if state.pending is not Act.ASK_MADE or keys.offered is KeysOffered.NEVER:
        return ()
    due = state.keys_wanted or state.reasks + state.silences >= keys.failures
    return (Act.OFFER_KEYS,) if due or (keys.offered is KeysOffered.ALWAYS and not state.keys_offered) else ()


def _end(state: ScriptState, stage: Stage, *acts: Act) -> Step:
    moved = replace(state, stage=stage, pending=None, paused=False, ended=True)
    return Step(moved, acts, True, None)


def _action(plan: CallPlan, state: ScriptState) -> BankAction:
    """What triage would tell the bank if the call ended now, as the script means it to."""
    return assess(
        plan.alert,
        state.verification(plan),
        plan.policy,
        disposition=plan.disposition,
        ending=CallEnding.COMPLETED,
    ).action


def _conclude(plan: CallPlan, state: ScriptState) -> Step:
    """Say what happens to the payment now, which is what triage tells the bank, and close."""
    action = _action(plan, state)
    return _end(replace(state, said=action), Stage.RESOLVE, ACT_OF_ACTION[action], Act.GOODBYE)


def leave(plan: CallPlan, state: ScriptState) -> Step:
    """Close before the script is through: neutrally to whoever is not known to be the customer."""
    left = replace(state, completed=False)
    if left.identity is not Identity.PASSED:
        return _end(left, Stage.CLOSE, Act.GOODBYE)
    return _conclude(plan, left)


def to_person(plan: CallPlan, state: ScriptState) -> Step:
    """Hand over to a person, within the call where one can join it; a denied payment is settled in the same breath."""
    left = replace(state, completed=False)
    before: tuple[Act, ...] = ()
    if left.identity is Identity.PASSED and _action(plan, left) is BankAction.BLOCK:
        left, before = replace(left, said=BankAction.BLOCK), (Act.REASSURE_DENIED,)
    if plan.transfers:
        return Step(lay_aside(left, Stage.ON_HOLD), (*before, Act.PUT_THROUGH), False, None)
    return _end(left, Stage.RESOLVE, *before, Act.TRANSFER_TO_HUMAN, Act.GOODBYE)


def lay_aside(state: ScriptState, stage: Stage) -> ScriptState:
    """Go to a stage in which nothing is asked, and keep the open question for when the agent goes on."""
    held = state.pending or state.held
    return replace(state, stage=stage, pending=None, held=held, paused=False, ended=False, silences=0)


def advance(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Go on once the customer is identified: settle a denial, warn at a scam sign, ask what is left, conclude."""
    if state.confirmation is Confirmation.DENIED:
        return _conclude(plan, replace(state, completed=True))
    warned = Question.PROCEED in state.asked
    if not warned and Question.MADE in state.asked and hard_finding(plan, state):
        return _put(plan, state, Act.ASK_PROCEED, Act.WARN)
    question = next_question(plan, state)
    if question is not None and not warned:
        return _ask(plan, state, ACT_OF_QUESTION[question], reading)
    if not warned and score(plan, state) >= plan.policy.scorecard.warn_line:
        return _put(plan, state, Act.ASK_PROCEED, Act.WARN)
    if not warned and anything_open(plan, state):
        return to_person(plan, state)
    return _conclude(plan, replace(state, completed=True))


def _ask(plan: CallPlan, state: ScriptState, act: Act, reading: Reading | None) -> Step:
    """Put the next question; where the words before it also asked something, answer that first."""
    if state.pending is act:
        return clarify(plan, state, reading)
    aside = None if reading is None else _ASIDES.get(reading.intent)
    if aside is Act.ANSWER_QUESTION and state.side_questions < plan.limits.side_questions:
        return _put(plan, replace(state, side_questions=state.side_questions + 1), act, aside)
    if aside is Act.EXPLAIN_WHO:
        return _put(plan, replace(state, doubts=state.doubts + 1), act, aside)
    return _put(plan, state, act)


def identify(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Go on after an answer to the identity question: once more after a first miss, neutrally away after a second."""
    if state.identity is Identity.PASSED:
        return advance(plan, state, reading)
    if state.identity is Identity.FAILED:
        return _end(state, Stage.CLOSE, Act.CLOSE_WRONG_PARTY)
    return _put(plan, state, Act.RETRY_IDENTITY)


def met(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Ask the identity question once somebody speaks who heard the greeting; else greet again."""
    return _put(plan, state, Act.ASK_IDENTITY) if state.greeted else _reask(plan, state)


def clarify(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Put the open question again in other words; after too many times go on without it, or to a person."""
    return _reask(plan, state, Act.CLARIFY, reading=reading)


def repeat(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Repeat what was asked; the warning is repeated with its question."""
    if state.pending is Act.ASK_PROCEED:
        return _reask(plan, state, Act.REPEAT, *((Act.WARN,) if state.warned else ()))
    return _reask(plan, state, Act.REPEAT, reading=reading)


def refuse_secret(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Stop the customer from reading out a secret, then go on with the open question."""
    return _reask(plan, state, Act.REFUSE_SECRET, reading=reading)


def _reask(plan: CallPlan, state: ScriptState, *before: Act, reading: Reading | None = None) -> Step:
    """Put the open question again as often as policy says; then a probe is left open, any other needs a person."""
    question = state.question
    probe = question in PROBES
    if state.reasks >= plan.limits.reasks or (probe and state.probe_reasks >= plan.limits.probe_reasks):
        if question is None or not probe:
            return to_person(plan, state)
        return advance(plan, replace(state, left_open=state.left_open | {question}), reading)
    return _again(plan, replace(state, reasks=state.reasks + 1, probe_reasks=state.probe_reasks + probe), *before)


def explain(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Say who calls and how to check it: first in words, then by the code in the app, then like any re-ask.

    Where the greeting was cut off, it says who calls: it is given again, in other words.
    """
    if state.stage is Stage.OPENING and not state.greeted:
        return _reask(plan, state)
    if state.doubts >= 2:
        return clarify(plan, state, reading)
    act = Act.EXPLAIN_WHO if state.doubts == 0 else Act.SHOW_CODE
    return _aside(plan, replace(state, doubts=state.doubts + 1), act)


def answer_question(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Answer a question of the customer within limits, then go on with the open one."""
    if state.stage is Stage.OPENING and not state.greeted:
        return _reask(plan, state)
    if state.side_questions >= plan.limits.side_questions:
        return clarify(plan, state, reading)
    return _aside(plan, replace(state, side_questions=state.side_questions + 1), Act.ANSWER_QUESTION)


def _aside(plan: CallPlan, state: ScriptState, act: Act) -> Step:
    """Say something beside the script and go on; from the opening, with the identity question."""
    return _put(plan, state, Act.ASK_IDENTITY, act) if state.stage is Stage.OPENING else _again(plan, state, act)


def resume(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Put the open question again after a silence or a wait."""
    return _again(plan, state)


def wait(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Wait for the customer."""
    return Step(replace(state, paused=True), (Act.WAIT,), False, None)


def still_there(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Ask whether the customer is there; after too many silences, or where a screener lets nobody through, close."""
    if state.silences >= plan.limits.silences or state.screened:
        return leave(plan, state)
    noted = replace(state, silences=state.silences + 1)
    if _keys(plan, noted):
        return _again(plan, noted, Act.STILL_THERE)
    return Step(replace(noted, paused=True), (Act.STILL_THERE,), False, None)


def ask_human(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Hand over because the customer wants a person."""
    return to_person(plan, replace(state, request=CustomerRequest.HUMAN))


def person_needed(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Hand over because the customer needs a person."""
    return to_person(plan, state)


def callback(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Offer the call back that the customer wants."""
    left = replace(state, request=CustomerRequest.CALLBACK, completed=False)
    return _end(left, Stage.RESOLVE, Act.OFFER_CALLBACK, Act.GOODBYE)


def refuse(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Close because the customer does not want to go on."""
    return leave(plan, replace(state, request=CustomerRequest.REFUSED))


def refuse_identity(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Say once who calls to a customer who will not identify themselves; a second no, or a button, is taken as one."""
    return refuse(plan, state, reading) if state.doubts or reading is None else explain(plan, state, reading)


def wrong_person(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Close neutrally: this is not the customer."""
    left = replace(state, request=CustomerRequest.WRONG_PERSON, completed=False)
    return _end(left, Stage.CLOSE, Act.CLOSE_WRONG_PARTY)


def third_party(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Close neutrally: somebody else speaks for the customer."""
    left = replace(state, request=CustomerRequest.THIRD_PARTY, completed=False)
    return _end(left, Stage.CLOSE, Act.CLOSE_WRONG_PARTY)


def untrusted_voice(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Close neutrally: the voice is not trusted to be the customer's."""
    return _end(replace(state, completed=False), Stage.CLOSE, Act.CLOSE_WRONG_PARTY)


def goodbye(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Let the customer go."""
    return leave(plan, state)


def machine(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Leave the neutral message."""
    return _end(replace(state, messaged=True), Stage.CLOSE, Act.LEAVE_VOICEMAIL)


def want_keys(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """The customer would rather press a key: say which, or that none answers what is asked now; once, that is free."""
    noted = replace(state, keys_wanted=True)
    offered = noted.pending is Act.ASK_MADE and plan.limits.keys.offered is not KeysOffered.NEVER
    told = () if offered else (Act.EXPLAIN_KEYS,)
    return _reask(plan, noted, *told, reading=reading) if state.keys_wanted else _again(plan, noted, *told)


def refuse_digits(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Ask the customer to type no number, then go on with the open question."""
    return _reask(plan, state, Act.REFUSE_DIGITS)


def part_refusing_digits(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Ask the customer to type no number while the call closes; a key that answered may have been one of it."""
    if state.keys_offered and state.said is not None:
        step = dispute(plan, state, None)
        return replace(step, acts=(Act.REFUSE_DIGITS, *step.acts))
    return _end(state, state.stage, Act.REFUSE_DIGITS, Act.GOODBYE)


def screened(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Tell a call screener who calls and why; after too many times leave."""
    if state.screened >= plan.limits.screener.answers:
        return leave(plan, state)
    waiting = replace(state, screened=state.screened + 1, greeted=False, pending=Act.GREET, paused=False)
    return Step(replace(waiting, stage=Stage.OPENING), (Act.ANSWER_SCREENER,), False, None)


def wait_screened(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Wait for the person whom a call screener asks."""
    return Step(state, (Act.WAIT,), False, None)


def picked_up(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """A person speaks where a machine was spoken to: begin the call."""
    fresh = replace(
        state, stage=Stage.OPENING, pending=Act.GREET, paused=False, greeted=False, screened=0, reasks=0, ended=False
    )
    return Step(fresh, (Act.GREET,), False, None)


def part(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Say goodbye again after a neutral close."""
    return _end(state, Stage.CLOSE, Act.GOODBYE)


def part_refusing(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """Refuse a secret while the call closes."""
    return _end(state, state.stage, Act.REFUSE_SECRET, Act.GOODBYE)


def recheck(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """While the call closes: correct what was said about the payment where the customer's words change it."""
    if state.said is not None and _action(plan, state) is not state.said:
        return _conclude(plan, state)
    if (
        reading is not None
        and reading.intent is Intent.ASK_DETAILS
        and state.side_questions < plan.limits.side_questions
    ):
        asked = replace(state, side_questions=state.side_questions + 1)
        return _end(asked, state.stage, Act.ANSWER_QUESTION, Act.GOODBYE)
    if state.said is not None and reading is not None and reading.intent is Intent.ASK_REPEAT:
        return _conclude(plan, state)
    if state.said is BankAction.RELEASE and reading is not None and reading.intent not in _CONTENT:
        return reopen(plan, state, reading)
    return _end(state, state.stage, Act.GOODBYE)


def reopen(plan: CallPlan, state: ScriptState, reading: Reading) -> Step:
    """After hearing that the payment goes ahead the customer is not done: nothing is confirmed until they say so again.

    A second time a person decides.
    """
    if state.reopened:
        return _conclude(plan, replace(state, completed=False))
    unsettled = replace(
        state, confirmation=Confirmation.UNKNOWN, said=None, completed=False, ended=False, reopened=True
    )
    if reading.intent is Intent.ASK_WAIT:
        put = _put(plan, unsettled, Act.ASK_MADE).state
        return wait(plan, put, reading)
    return _put(plan, unsettled, Act.ASK_MADE, Act.CLARIFY)


def dispute(plan: CallPlan, state: ScriptState, reading: Reading | None) -> Step:
    """While the call closes: a no takes back what was concluded, so that a person decides."""
    return recheck(plan, replace(state, completed=False), reading)
