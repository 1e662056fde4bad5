"""What the call script is given and what it keeps: the plan of one call, its state, one step."""

from __future__ import annotations

from dataclasses import dataclass, field

from cases.domain.alert import Alert, IdentityQuestion
from cases.domain.call import Answer, Confirmation, CustomerRequest, Identity, ObservedSignal, Verification
from cases.domain.limits import Limits
from cases.domain.policy import PROBES, Policy
from cases.domain.vocabulary import (
    QUESTION_OF_ACT,
    Act,
    BankAction,
    Disposition,
    Language,
    Question,
    Stage,
    Tier,
    Typology,
)

ACT_OF_QUESTION: dict[Question, Act] = {
    question: act for act, question in QUESTION_OF_ACT.items() if act is not Act.RETRY_IDENTITY
}
"""The act that first puts each question."""

DISCLOSING_ACTS: frozenset[Act] = frozenset(
    {
        Act.ASK_MADE,
        *(ACT_OF_QUESTION[question] for question in PROBES),
        Act.WARN,
        Act.ASK_PROCEED,
        Act.REASSURE_DENIED,
        Act.RELEASE_CONFIRMED,
        Act.HOLD_FOR_REVIEW,
    }
)
"""Acts whose wording speaks of the payment; none is spoken before identity has passed.

Every other act must be worded neutrally, because it may be spoken to anybody.
"""


@dataclass(frozen=True, slots=True)
class CallPlan:
    """What one call is to find out, fixed before it begins.

    Attributes:
        alert: What to verify.
        policy: The policy it was planned under; triage is asked with the same.
        language: Language of the script.
        required: Questions that must be answered before policy may release: identity, made, then the probes.
        identity: The knowledge question and its expected answer.
        tier: How hard the bank tries.
        typologies: Hypotheses, likeliest first.
        disposition: What answered the dial: `answered` or `forwarded`.
        limits: Caps on the conversation.
        transfers: Whether a person can be brought into the call.
    """

    alert: Alert
    policy: Policy
    language: Language
    required: tuple[Question, ...]
    identity: IdentityQuestion
    tier: Tier
    typologies: tuple[Typology, ...]
    disposition: Disposition
    limits: Limits
    transfers: bool = False

    @property
    def probes(self) -> tuple[Question, ...]:
        """The required questions of the probe stage, in asking order."""
        return tuple(question for question in self.required if question in PROBES)


@dataclass(frozen=True, slots=True)
class ScriptState:
    """Where a conversation stands and what it recorded; every change makes a new one.

    Attributes:
        stage: Stage of the script.
        pending: The asking act that is open: what a re-ask puts again; None once the call closes.
        held: The asking act that was open when a person was called for: what is put again when they hand back.
        person_spoke: Whether a person spoke with the customer.
        paused: Whether the customer was only asked whether they are there, or asked us to wait; a yes or no that
            comes next answers no question.
        greeted: Whether the greeting, with what the law wants said first, was heard to its end.
        heard: Questions that were heard to their end; an answer to another one counts only where it adds risk.
        identity: Whether the right person is on the line.
        identity_tries: Wrong answers to the identity question.
        confirmation: What was last said about having made the payment.
        asked: Questions put, in order, each once.
        answers: Every answer, in order; a later one replaces an earlier one.
        signals: Everything observed, in order.
        warned: Whether the warning was heard to its end.
        disclosed: Whether any of an act that speaks of the payment was played.
        request: What the customer asked for that ends the script, or None.
        completed: Whether the script came to its own end.
        reasks: How often the pending question was asked again without an answer.
        probe_reasks: How often probes were asked again, all together.
        left_open: Probes that were not answered and are not asked any more; a person takes the call's case.
        silences: Silences in a row.
        side_questions: Questions of the customer answered so far.
        doubts: How often the customer asked who is calling.
        agent_turns: Steps taken, the greeting included.
        last_turn: Highest customer turn read, -1 before the first.
        said: What the customer was last told about the payment, or None.
        keys_wanted: Whether the customer would rather press a key.
        keys_offered: Whether the keys were offered at all; before that none but the one for a person means anything.
        keys_heard: Whether the offer was heard to its end.
        screened: How often a call screener was told who calls, since somebody last picked up.
        messaged: Whether a message to a machine was begun.
        ended: Whether the latest step ends the call; words that come after it never release the payment.
        reopened: Whether the customer went on after hearing that the payment goes ahead, and was asked once more.
    """

    stage: Stage = Stage.OPENING
    pending: Act | None = Act.GREET
    held: Act | None = None
    person_spoke: bool = False
    paused: bool = False
    greeted: bool = False
    heard: frozenset[Question] = field(default_factory=frozenset)
    identity: Identity = Identity.UNKNOWN
    identity_tries: int = 0
    confirmation: Confirmation = Confirmation.UNKNOWN
    asked: tuple[Question, ...] = ()
    answers: tuple[Answer, ...] = ()
    signals: tuple[ObservedSignal, ...] = ()
    warned: bool = False
    disclosed: bool = False
    request: CustomerRequest | None = None
    completed: bool = False
    reasks: int = 0
    probe_reasks: int = 0
    left_open: frozenset[Question] = field(default_factory=frozenset)
    silences: int = 0
    side_questions: int = 0
    doubts: int = 0
    agent_turns: int = 0
    last_turn: int = -1
    said: BankAction | None = None
    keys_wanted: bool = False
    keys_offered: bool = False
    keys_heard: bool = False
    screened: int = 0
    messaged: bool = False
    ended: bool = False
    reopened: bool = False

    @property
    def objected_to(self) -> Question | None:
        """The question that words may still answer while the call closes: whether the payment goes ahead rightly."""
        return Question.MADE if self.stage is Stage.RESOLVE and self.said is BankAction.RELEASE else None

    @property
    def question(self) -> Question | None:
        """The question that the customer's next words answer, or None."""
        if self.pending is None or self.paused:
            return None
        return QUESTION_OF_ACT.get(self.pending)

    def answer(self, question: Question) -> Answer | None:
        """The latest answer to a question, or None."""
        return next((answer for answer in reversed(self.answers) if answer.question is question), None)

    @property
    def pending_acts(self) -> tuple[Act, ...]:
        """What puts the open question again; the warning is part of it until it was heard to its end."""
        if self.pending is None:
            return ()
        if self.pending is Act.ASK_PROCEED and not self.warned:
            return (Act.WARN, Act.ASK_PROCEED)
        return (self.pending,)

    def verification(self, plan: CallPlan) -> Verification:
        """What triage is told."""
        return Verification(
            identity=self.identity,
            confirmation=self.confirmation,
            asked=self.asked,
            required=plan.required,
            answers=self.answers,
            signals=self.signals,
            warned=self.warned,
            disclosed=self.disclosed,
            request=self.request,
            completed=self.completed,
            person_spoke=self.person_spoke,
        )


@dataclass(frozen=True, slots=True)
class Step:
    """What the script does next.

    Attributes:
        state: The state once this step is taken.
        acts: What the agent says, in this order, as one utterance; never empty.
        ends: Whether the call ends after it.
        question: The question it leaves open, or None.
    """

    state: ScriptState
    acts: tuple[Act, ...]
    ends: bool
    question: Question | None
