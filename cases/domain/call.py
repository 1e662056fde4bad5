"""What a call leaves behind: turns, answers, signals, recording; the input of triage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.domain.reading import Reading, Signal
from cases.domain.vocabulary import Act, Disposition, Language, Question, Speaker


@dataclass(frozen=True, slots=True)
class Answer:
    """The recorded reply to one script question.

    Attributes:
        question: What was asked.
        value: Normalised reply (`yes`, `no`, `unsure`, `03-12`, or a short free value).
        quote: The customer's own words, a substring of the cited turn's text.
        turn: Index of the customer turn it comes from.
    """

    question: Question
    value: str
    quote: str
    turn: int


@dataclass(frozen=True, slots=True)
class ObservedSignal:
    """A signal with the turn it was observed in."""

    signal: Signal
    turn: int


class Identity(StrEnum):
    """Whether the right person is on the line."""

    UNKNOWN = "unknown"
    PASSED = "passed"
    FAILED = "failed"


class Confirmation(StrEnum):
    """What the customer finally said about having made the payment."""

    UNKNOWN = "unknown"
    CONFIRMED = "confirmed"
    DENIED = "denied"


class CustomerRequest(StrEnum):
    """A wish of the customer that ends the script."""

    HUMAN = "human"
    CALLBACK = "callback"
    REFUSED = "refused"
    WRONG_PERSON = "wrong_person"
    THIRD_PARTY = "third_party"


@dataclass(frozen=True, slots=True)
class Verification:
    """What the script recorded of a conversation; the input of triage.

    Attributes:
        identity: Whether the right person was on the line.
        confirmation: What was finally said about the payment.
        asked: Questions put, in order.
        required: Questions that policy asks for in this case.
        answers: The latest answer to each question, earlier contradicted ones before it.
        signals: Everything observed, in order.
        warned: Whether the bespoke warning was heard to its end.
        disclosed: Whether transaction facts were spoken.
        request: What the customer asked for that ends the script, or None.
        completed: Whether the script reached its own end.
        person_spoke: Whether a reviewer spoke with the customer in this call, so that a person decides.
    """

    identity: Identity = Identity.UNKNOWN
    confirmation: Confirmation = Confirmation.UNKNOWN
    asked: tuple[Question, ...] = ()
    required: tuple[Question, ...] = ()
    answers: tuple[Answer, ...] = ()
    signals: tuple[ObservedSignal, ...] = ()
    warned: bool = False
    disclosed: bool = False
    request: CustomerRequest | None = None
    completed: bool = False
    person_spoke: bool = False


class CallEnding(StrEnum):
    """How a connected conversation ended."""

    COMPLETED = "completed"
    TRANSFERRED = "transferred"
    CUSTOMER_HUNG_UP = "customer_hung_up"
    WRONG_PARTY = "wrong_party"
    SILENCE = "silence"
    LENGTH_CAP = "length_cap"
    RECORDING_REFUSED = "recording_refused"
    LEG_FAILED = "leg_failed"
    ENGINE_FAILED = "engine_failed"
    WORKER_LOST = "worker_lost"
    NO_PERSON = "no_person"


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance of either side.

    Attributes:
        index: Place in the call, from 0.
        speaker: Who spoke.
        text: What was to be said (agent) or what was understood (customer).
        heard_text: What was actually played up to an interruption (agent), or `text` (customer).
        started_ms: First voiced sample, milliseconds from the start of the recording.
        ended_ms: Last voiced sample, on the same clock.
        acts: The agent's acts, in speaking order; empty for the customer.
        interrupted: Whether the customer cut the agent off here.
        reading: What was understood of a customer turn, else None.
        brain: Which brain took the customer turn (`llm`, `rules`), with why where it fell back
            (`rules: model stalled`), else None.
        response_ms: Agent turns: customer's last voiced sample to the agent's first, from the waveform.
        yield_ms: Interrupted agent turns: barge-in's first voiced sample to the agent's silence.
        audio_sha256: Hex digest of the turn's span of decoded 16-bit PCM, or None where nothing was recorded.
        findings: What the guard refused or replaced in this turn, and what did not count of the readings before it.
        muted: Spans of the recording, (start_ms, end_ms) in milliseconds from its start, in which the customer's
            channel holds silence in place of a secret.
    """

    index: int
    speaker: Speaker
    text: str
    heard_text: str
    started_ms: int
    ended_ms: int
    acts: tuple[Act, ...] = ()
    interrupted: bool = False
    reading: Reading | None = None
    brain: str | None = None
    response_ms: int | None = None
    yield_ms: int | None = None
    audio_sha256: str | None = None
    findings: tuple[str, ...] = ()
    muted: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Engines:
    """Which engines ran, as `name model` strings."""

    asr: str
    tts: str
    llm: str
    vad: str


@dataclass(frozen=True, slots=True)
class CallVersions:
    """What the conversation was made from (model risk management): content hashes and engine names."""

    prompts: str
    policies: str
    engines: Engines


@dataclass(frozen=True, slots=True)
class MediaRef:
    """A stored recording or still frame.

    Attributes:
        key: Where the blob store keeps it.
        sha256: Hex digest of the file.
        media_type: For instance `audio/ogg`.
        duration_ms: Length, or None for a still.
        offset_ms: For a still: when it was taken.
    """

    key: str
    sha256: str
    media_type: str
    duration_ms: int | None = None
    offset_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A connected conversation, complete or partial.

    Attributes:
        id: `case:attempt`.
        leg: Which kind of leg carried it (`simulated`, `browser`, `text`).
        language: Language spoken.
        started_at: When it was answered, UTC.
        ended_at: When it ended, UTC.
        ending: How it ended.
        turns: What was said.
        verification: What the script recorded.
        versions: What the conversation was made from.
        recording: Stereo recording (left customer, right agent), or None where it was refused or failed.
        stills: Still frames kept with consent.
        answered_by: Who, or what, answered, as it turned out.
        detail: Stable code of why no person was spoken with; empty where there is nothing to add.
    """

    id: str
    leg: str
    language: Language
    started_at: datetime
    ended_at: datetime
    ending: CallEnding
    turns: tuple[Turn, ...]
    verification: Verification
    versions: CallVersions
    recording: MediaRef | None = None
    stills: tuple[MediaRef, ...] = ()
    answered_by: Disposition = Disposition.ANSWERED
    detail: str = ""
