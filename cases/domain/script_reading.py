"""How words of the customer enter the record: which answers count, what contradicts, what the script reacts to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum

from cases.domain.call import Answer, Confirmation, Identity, ObservedSignal
from cases.domain.findings import UNSURE
from cases.domain.identity import answers_identity
from cases.domain.policy import SignalRoute
from cases.domain.reading import ReadAnswer, Reading, Signal
from cases.domain.script_state import CallPlan, ScriptState
from cases.domain.triage import weigh
from cases.domain.vocabulary import QUESTION_OF_ACT, Intent, Question, SignalCode, Stage


class Cue(StrEnum):
    """What the script reacts to: the columns of its table."""

    ANSWERED = "answered"
    """The open question got an answer that counts."""
    NOT_ANSWERED = "not_answered"
    """Nothing that answers it was understood, or the customer is unsure."""
    BACK = "back"
    """The customer speaks again after a silence or a wait."""
    SCAM_SIGN = "scam_sign"
    """A hard finding stands and the customer was not warned yet."""
    PERSON_NEEDED = "person_needed"
    """Distress, vulnerability, a language that the script does not speak, or readings that disagree again."""
    UNTRUSTED_VOICE = "untrusted_voice"
    """The voice is not trusted to be the customer's."""
    ASK_WHO = "ask_who"
    ASK_DETAILS = "ask_details"
    ASK_HUMAN = "ask_human"
    ASK_REPEAT = "ask_repeat"
    ASK_WAIT = "ask_wait"
    CALLBACK = "callback"
    REFUSE = "refuse"
    WRONG_PERSON = "wrong_person"
    THIRD_PARTY = "third_party"
    GOODBYE = "goodbye"
    DISPUTED = "disputed"
    """The customer says no to what they were just told about the payment."""
    SILENCE = "silence"
    """The customer said nothing."""
    SECRET = "secret"
    """The customer begins to read out a secret."""
    MACHINE = "machine"
    """A machine answered."""
    WAITED = "waited"
    """The customer has been on hold for a while."""
    PERSON_JOINED = "person_joined"
    """A person comes to speak with the customer: they were called for, or take over."""
    PERSON_DONE = "person_done"
    """The person has said goodbye."""
    HANDED_BACK = "handed_back"
    """The person hands the call back."""
    NOBODY_FREE = "nobody_free"
    """Nobody takes the customer in time."""
    PERSON_LOST = "person_lost"
    """The person's line broke."""
    SCREENER = "screener"
    """A call screener asks who calls and why."""
    SCREENER_WAITS = "screener_waits"
    """A call screener passes the call on."""
    PICKED_UP = "picked_up"
    """A person speaks where a machine was spoken to."""
    ASK_KEYS = "ask_keys"
    KEY_MADE = "key_made"
    """The key for "it was me", where it answers."""
    KEY_NOT_MADE = "key_not_made"
    """The key for "it was not me", where it answers."""
    KEY_PERSON = "key_person"
    KEY_OTHER = "key_other"
    """A key that answers nothing, after keys were offered."""
    KEY_SEVERAL = "key_several"
    """Several keys in a row."""


_YES_NO_OF_INTENT: dict[Intent, str] = {Intent.CONFIRM: "yes", Intent.DENY: "no", Intent.UNSURE: "unsure"}
_YES_NO = frozenset(_YES_NO_OF_INTENT.values())
_OPPOSITE = {"yes": "no", "no": "yes"}
_CONFIRMATIONS = {"yes": Confirmation.CONFIRMED, "no": Confirmation.DENIED}

_BEFORE_ANSWERS: dict[Intent, Cue] = {
    Intent.ASK_HUMAN: Cue.ASK_HUMAN,
    Intent.WRONG_PERSON: Cue.WRONG_PERSON,
    Intent.THIRD_PARTY: Cue.THIRD_PARTY,
    Intent.CALLBACK: Cue.CALLBACK,
}
_AFTER_ANSWERS: dict[Intent, Cue] = {
    Intent.REFUSE: Cue.REFUSE,
    Intent.GOODBYE: Cue.GOODBYE,
    Intent.ASK_WHO: Cue.ASK_WHO,
    Intent.ASK_DETAILS: Cue.ASK_DETAILS,
    Intent.ASK_REPEAT: Cue.ASK_REPEAT,
    Intent.ASK_WAIT: Cue.ASK_WAIT,
    Intent.ASK_KEYS: Cue.ASK_KEYS,
}


def free(plan: CallPlan, question: Question) -> bool:
    """Whether a question is answered by a free value rather than yes, no or unsure."""
    return question is Question.IDENTITY or question in plan.policy.probes.free


def adds_risk(plan: CallPlan, question: Question, value: str) -> bool:
    """Whether an answer can only speak against a release."""
    if question is Question.MADE:
        return value != "yes"
    if question is Question.PROCEED:
        return True
    return any(rule.question is question and value in rule.values for rule in plan.policy.scorecard.answers)


def settled(plan: CallPlan, state: ScriptState, question: Question) -> bool:
    """Whether a required question needs no further asking."""
    answer = state.answer(question)
    if answer is None or answer.value in UNSURE:
        return False
    return question in state.heard or free(plan, question)


def next_question(plan: CallPlan, state: ScriptState) -> Question | None:
    """The first required question that still has to be asked once identity has passed, or None."""
    return next((question for question in _unsettled(plan, state) if question not in state.left_open), None)


def anything_open(plan: CallPlan, state: ScriptState) -> bool:
    """Whether a required question has no answer that settles it."""
    return any(_unsettled(plan, state))


def _unsettled(plan: CallPlan, state: ScriptState) -> Iterator[Question]:
    rest = (question for question in plan.required if question is not Question.IDENTITY)
    return (question for question in rest if not settled(plan, state, question))


def hard_finding(plan: CallPlan, state: ScriptState) -> bool:
    """Whether anything said so far holds the payment whatever the score."""
    return any(finding.hard for finding in weigh(plan.alert, state.verification(plan), plan.policy))


def score(plan: CallPlan, state: ScriptState) -> int:
    """Points so far."""
    return sum(finding.points for finding in weigh(plan.alert, state.verification(plan), plan.policy))


def absorb(plan: CallPlan, state: ScriptState, reading: Reading, turn: int) -> ScriptState:
    """Record what a reading says: signals, then every answer that counts."""
    observed = tuple(ObservedSignal(signal, turn) for signal in reading.signals)
    noted = replace(state, signals=state.signals + observed, last_turn=turn, silences=0)
    if noted.identity is not Identity.PASSED:
        return _identify(plan, noted, reading, turn)
    for answer in _proposed(plan, state, reading):
        if _counts(plan, state, answer, complete=reading.complete):
            noted = record(plan, noted, answer, turn)
    return noted


def _identify(plan: CallPlan, state: ScriptState, reading: Reading, turn: int) -> ScriptState:
    """Compare an identity answer with the expected one; a match counts as soon as it is heard, a miss when complete."""
    if state.stage is not Stage.IDENTITY:
        return state
    given = [answer for answer in reading.answers if answer.question is Question.IDENTITY]
    if not given or given[-1].value.strip().lower() in UNSURE:
        return state
    answer = given[-1]
    matches = answers_identity(plan.identity, answer.value)
    counts = matches or (reading.complete and Question.IDENTITY in state.heard)
    if not counts:
        return state
    noted = replace(state, answers=(*state.answers, Answer(Question.IDENTITY, answer.value, answer.quote, turn)))
    if matches:
        return replace(noted, identity=Identity.PASSED)
    tries = state.identity_tries + 1
    return replace(noted, identity_tries=tries, identity=Identity.FAILED if tries > 1 else Identity.UNKNOWN)


def _proposed(plan: CallPlan, state: ScriptState, reading: Reading) -> list[ReadAnswer]:
    """Answers of a reading with normalised values; a bare yes or no answers the open question."""
    answers = [_tidied(plan, answer) for answer in reading.answers if answer.question is not Question.IDENTITY]
    question, meant = state.question, _YES_NO_OF_INTENT.get(reading.intent)
    if question is None or meant is None or free(plan, question):
        return answers
    explicit = [answer for answer in answers if answer.question is question]
    if not explicit:
        return [*answers, ReadAnswer(question, meant, "")] if reading.complete else answers
    if explicit[-1].value == _OPPOSITE.get(meant):
        return [*(a for a in answers if a.question is not question), replace(explicit[-1], value="unsure")]
    return answers


def _tidied(plan: CallPlan, answer: ReadAnswer) -> ReadAnswer:
    value = answer.value.strip()
    if free(plan, answer.question):
        return replace(answer, value=value)
    value = value.lower()
    return replace(answer, value=value if value in _YES_NO else "unsure")


def _counts(plan: CallPlan, state: ScriptState, answer: ReadAnswer, *, complete: bool) -> bool:
    """Whether an answer is recorded: risk always, the rest only where the question was understood."""
    question = answer.question
    if question is Question.PROCEED:
        return state.question is Question.PROCEED
    if question is Question.MADE and question not in state.asked:
        return False
    if adds_risk(plan, question, answer.value):
        return True
    if not complete or not answer.value:
        return False
    asking = not state.paused and state.stage is not Stage.ON_HOLD
    return free(plan, question) or (question in state.heard and asking)


def record(plan: CallPlan, state: ScriptState, answer: ReadAnswer, turn: int) -> ScriptState:
    """Note an answer that counts; where it turns an earlier one round, that is a contradiction."""
    before = state.answer(answer.question)
    noted = replace(state, answers=(*state.answers, Answer(answer.question, answer.value, answer.quote, turn)))
    if before is not None and not free(plan, answer.question) and before.value == _OPPOSITE.get(answer.value):
        flip = ObservedSignal(Signal(SignalCode.CONTRADICTION, answer.quote), turn)
        noted = replace(noted, signals=(*noted.signals, flip))
    if answer.question is Question.MADE:
        noted = replace(noted, confirmation=_CONFIRMATIONS.get(answer.value, Confirmation.UNKNOWN))
    return noted


def cue_of(plan: CallPlan, before: ScriptState, after: ScriptState, reading: Reading) -> Cue:
    """What the script reacts to in a reading, most pressing first.

    Args:
        plan: The call's plan.
        before: The state the customer spoke in.
        after: The same with the reading absorbed.
        reading: What was understood.
    """
    routes = {plan.policy.signals[signal.code].route for signal in reading.signals}
    if SignalRoute.CLOSE in routes:
        return Cue.UNTRUSTED_VOICE
    if reading.intent in _BEFORE_ANSWERS:
        return _BEFORE_ANSWERS[reading.intent]
    if reading.language is None or SignalRoute.PERSON in routes or _disagree_again(before, reading):
        return Cue.PERSON_NEEDED
    if before.stage is Stage.OPENING and before.screened:
        return Cue.PICKED_UP
    warnable = after.identity is Identity.PASSED and Question.PROCEED not in after.asked
    if warnable and Question.MADE in after.asked and hard_finding(plan, after):
        return Cue.SCAM_SIGN
    if reading.intent is Intent.DENY and before.stage is Stage.OPENING and not before.paused:
        return Cue.WRONG_PERSON
    if reading.intent is Intent.DENY and before.stage is Stage.RESOLVE:
        return Cue.DISPUTED
    if _answered(before, after, reading):
        return Cue.ANSWERED
    if reading.intent in _AFTER_ANSWERS:
        return _AFTER_ANSWERS[reading.intent]
    return Cue.BACK if before.paused else Cue.NOT_ANSWERED


def _disagree_again(before: ScriptState, reading: Reading) -> bool:
    """Whether model and rules read opposite things for the second time in the call."""
    now = any(signal.code is SignalCode.READINGS_DISAGREE for signal in reading.signals)
    return now and any(one.signal.code is SignalCode.READINGS_DISAGREE for one in before.signals)


def _answered(before: ScriptState, after: ScriptState, reading: Reading) -> bool:
    if before.stage is Stage.OPENING:
        return reading.intent in (Intent.CONFIRM, Intent.ANSWER) and reading.complete
    if after.confirmation is Confirmation.DENIED and before.confirmation is not Confirmation.DENIED:
        return True
    if before.pending is None:
        return False
    open_question = QUESTION_OF_ACT.get(before.pending)
    new = after.answers[len(before.answers) :]
    return any(answer.question is open_question and answer.value not in UNSURE for answer in new)
