"""What a conversation knows of who answered: a person, or what in place of one."""

from __future__ import annotations

from functools import partial

from agent.dialogue.answering import ANSWERED, Answered, Answerer, answered_as, speaks_on, who_answers
from agent.dialogue.reply import Considered
from cases.domain import script
from cases.domain.call import Identity
from cases.domain.script import CallPlan, ScriptState, Step
from cases.domain.vocabulary import Act, Disposition, Language, Stage

NO_BEEP = Answered(Disposition.VOICEMAIL, "no_beep")
"""A machine that takes messages and never said from when on: nothing was said to it."""
_SPOKEN_TO: dict[Act, Answered] = {
    Act.LEAVE_VOICEMAIL: answered_as(Answerer.VOICEMAIL),
    Act.ANSWER_SCREENER: answered_as(Answerer.SCREENER),
    Act.GREET: ANSWERED,
}
"""Whom an act takes to be on the line; the latest counts."""


class Reception:
    """Who answered one call.

    Attributes:
        answered: Who did, as far as is known.
    """

    def __init__(self, language: Language) -> None:
        """Take a person to have answered until something shows otherwise."""
        self._language = language
        self.answered = ANSWERED

    def open_to(self, state: ScriptState) -> bool:
        """Whether something else than the customer may be on the line.

        Nobody is identified, no reviewer spoke with whoever is there, and nothing closes.
        """
        unknown = state.identity is not Identity.PASSED and not state.person_spoke
        return unknown and state.stage in (Stage.OPENING, Stage.IDENTITY)

    def hears(self, text: str, state: ScriptState) -> Answerer:
        """Who says these words; a person, once anybody is identified. Cheap enough for every turn."""
        if not self.open_to(state):
            return Answerer.PERSON
        return who_answers(text, self._language, screened=state.screened > 0)

    def speaks_on(self, text: str, *, over_message: bool = False) -> bool:
        """Whether a person says this where a machine was thought to be.

        Args:
            text: The words.
            over_message: Whether a message is being left: machines keep silent then, so that any words are a person's.
        """
        if over_message:
            return bool(text) and who_answers(text, self._language) is Answerer.PERSON
        return speaks_on(text, self._language)

    def screener(self, plan: CallPlan, state: ScriptState, turn: int, said: str, *, waits: bool) -> Considered:
        """The step to a call screener's words: who calls and why, or that the agent waits."""

        def again(state: ScriptState, turn: int) -> Step:
            return script.on_screener(plan, state, waits=waits)

        return Considered(state, again(state, turn), turn, said, findings=("call screener",), again=again)

    def machine(
        self, plan: CallPlan, state: ScriptState, told_by: str, turn: int | None, said: str | None
    ) -> Considered:
        """The step to a machine: the message.

        Args:
            plan: The call's plan.
            state: Where it stands.
            told_by: What gave it away.
            turn: Index of the turn that it replies to, or None.
            said: The words of that turn, redacted, or None.
        """
        found = (f"answering machine: {told_by}",)
        return Considered(state, script.on_machine(plan, state), turn, said, findings=found)

    def picked_up(self, plan: CallPlan, state: ScriptState, turn: int, said: str) -> Considered:
        """The step to a person who speaks while a message is being left: the greeting."""
        again = partial(script.on_pick_up, plan)
        return Considered(state, again(state, turn), turn, said, findings=("a person picked up",), again=again)

    def spoke(self, acts: tuple[Act, ...]) -> None:
        """Note to whom an utterance was said."""
        self.answered = next((_SPOKEN_TO[act] for act in reversed(acts) if act in _SPOKEN_TO), self.answered)

    def nobody(self, answered: Answered) -> None:
        """Note that no person came, and what answered."""
        self.answered = answered
