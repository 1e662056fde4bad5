"""Caps on one conversation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ModelBudget:
    """What a language model may cost one call; once any of it is spent, the rules read the rest of the call.

    Attributes:
        turns: Most customer turns that it is asked about.
        tokens: Most tokens of requests and replies together.
        seconds: How long after the first turn it may still be asked.
    """

    turns: int
    tokens: int
    seconds: int


@dataclass(frozen=True, slots=True)
class DoubtLimits:
    """When a confirmation that was heard is asked for again in other words before it may help to release.

    Attributes:
        confidence: The recognizer's confidence below which it is.
        snr_db: Level of the speech over the noise behind it, decibels, below which it is.
        loses_sounds: Recognizers that take "that wasn't me" for "that was me"; of them only a clear yes is believed.
    """

    confidence: float
    snr_db: float
    loses_sounds: frozenset[str]


class KeysOffered(StrEnum):
    """When the customer is told that they may answer by a key of their telephone."""

    NEVER = "never"
    AFTER_FAILURES = "after_failures"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """When keys answer; the key for a person always works.

    Attributes:
        offered: When they are offered; unless it is `never`, also to whoever asks for them.
        failures: How often an answer must not have been understood, or not have come, before they are offered.
    """

    offered: KeysOffered
    failures: int


@dataclass(frozen=True, slots=True)
class ScreenerLimits:
    """How long a call screener is borne with.

    Attributes:
        answers: How often it is told who calls and why.
        wait_seconds: How long a person is waited for after its last words.
    """

    answers: int
    wait_seconds: float


@dataclass(frozen=True, slots=True)
class TransferLimits:
    """How a customer is put through to a person.

    Attributes:
        wait_seconds: How long the customer stays on hold before a call back is offered.
        reassure_seconds: How often the customer is told meanwhile that somebody is being looked for.
        ring_seconds: How long a reviewer's line rings.
        talk_seconds: Longest talk with a person.
    """

    wait_seconds: float
    reassure_seconds: float
    ring_seconds: float
    talk_seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on one conversation.

    Attributes:
        max_agent_turns: Most utterances of the agent; the last one closes the call.
        max_call_seconds: Longest call.
        reasks: How often one question is asked again; then a person takes over, or a probe is left open.
        probe_reasks: How often probes are asked again, all together.
        silences: How often in a row silence is answered before the call ends.
        silence_seconds: Silence after our question that counts as one.
        wait_seconds: Patience when the customer asked to hold on.
        side_questions: How many questions of the customer the agent answers in one call.
        sim_swap_days: A SIM swap this many days before the alert, or fewer, is recent.
        model: What a language model may cost one call.
        doubt: When a confirmation that was heard is doubted.
        transfer: How a customer is put through to a person.
        keys: When the customer may answer by a key.
        screener: How long a call screener is borne with.
    """

    max_agent_turns: int
    max_call_seconds: int
    reasks: int
    probe_reasks: int
    silences: int
    silence_seconds: float
    wait_seconds: float
    side_questions: int
    sim_swap_days: int
    model: ModelBudget
    doubt: DoubtLimits
    transfer: TransferLimits
    keys: KeyLimits
    screener: ScreenerLimits
