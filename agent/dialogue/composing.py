"""Puts the words of a step together as a reply: fixed lines, the model's free wording among them, what was cut off."""

from __future__ import annotations

from collections import Counter

from agent.brains.brain import BrainTurn
from agent.dialogue.reply import Considered, Reply, Wording
from agent.dialogue.resuming import Cut
from cases.domain.alert import Alert
from cases.domain.call import Identity
from cases.domain.policy import Policy
from cases.domain.script import ScriptState, Step
from cases.domain.triage import likely_typologies
from cases.domain.vocabulary import Act, Typology

FAREWELLS = frozenset({Act.GOODBYE, Act.CLOSE_WRONG_PARTY})
"""Acts that are said to their end, where nothing else is said with them."""


class Composer:
    """Composes the replies of one call.

    Attributes:
        spoken: How often each act was heard; a repeat gets other words.
    """

    def __init__(self, wording: Wording, alert: Alert, policy: Policy) -> None:
        """Bind the wording of a call."""
        self._wording = wording
        self._alert = alert
        self._policy = policy
        self.spoken: Counter[Act] = Counter()

    def reply(self, considered: Considered, free_from: BrainTurn | None = None) -> Reply:
        """A step in words.

        Args:
            considered: The step, and what it was made from.
            free_from: The model's turn whose reply words `answer_question`, or None.
        """
        step = considered.step
        verified, typology = step.state.identity is Identity.PASSED, self._typology(step.state)
        signals = [observed.signal.code for observed in step.state.signals]
        parts: list[list[str]] = []
        findings: tuple[str, ...] = ()
        for act in step.acts:
            said, refused = self._wording.fixed(
                act, times=self.spoken[act], verified=verified, typology=typology, signals=signals
            )
            parts.append(said)
            findings += refused
        place = step.acts.index(Act.ANSWER_QUESTION) if free_from is not None else len(parts)
        return Reply(
            considered,
            self._wording,
            before=[sentence for part in parts[:place] for sentence in part],
            free_from=free_from,
            instead=parts[place] if free_from is not None else [],
            after=[sentence for part in parts[place + 1 :] for sentence in part],
            findings=findings,
            interruptible=Act.REFUSE_SECRET not in step.acts and not FAREWELLS.issuperset(step.acts),
            patience=self._patience(step),
            lengths=tuple(map(len, parts)) if free_from is None else (),
        )

    def resumed(self, considered: Considered, cut: Cut) -> Reply:
        """The rest of an utterance that was cut off, from the sentence that was not heard to its end."""
        return Reply(
            considered,
            self._wording,
            before=list(cut.rest),
            free_from=None,
            instead=[],
            after=[],
            findings=(),
            interruptible=True,
            patience=1.0,
        )

    def _typology(self, state: ScriptState) -> Typology | None:
        likely = likely_typologies(self._alert, state.signals, self._policy)
        return likely[0] if likely else None

    def _patience(self, step: Step) -> float:
        """How much longer than usual the customer is waited for."""
        limits = self._policy.limits
        waits = {Act.WAIT: limits.wait_seconds, Act.ANSWER_SCREENER: limits.screener.wait_seconds}
        longest = max((waits[act] for act in step.acts if act in waits), default=limits.silence_seconds)
        if step.state.screened and step.acts == (Act.WAIT,):
            longest = limits.screener.wait_seconds
        return max(1.0, longest / limits.silence_seconds)
