"""What is graded and what a grade is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cases.domain.call import Call, Engines
from cases.domain.ruling import Assessment
from cases.domain.vocabulary import BankAction, Disposition
from evals.scenario import Scenario


@dataclass(frozen=True, slots=True)
class VoiceRun:
    """What a call by voice adds: its audio, and what was measured on its waveform.

    Attributes:
        recording: Ogg Opus, left channel the customer, right channel the agent; None where nobody was spoken to.
        engines: What heard and spoke for the agent.
        customer_voice: `engine:name` of the voice that really spoke for the customer.
        channel: The line in plain words, such as `pcmu, babble 15 dB, loss 2 %`.
        word_errors: Words of the customer that the agent heard wrong, missed or added (edit distance).
        words: Words that the customer really spoke.
        response_ms: Customer's last voiced sample to the agent's first one, for each answer.
        yield_ms: First voiced sample of a barge-in to the agent's silence, for each barge-in that was heeded.
        false_cut_ins: How often the agent began before the customer's line was over.
        barge_ins: Lines that the customer began while the agent spoke, to take the floor.
        ignored_barge_ins: Of those, lines after which the agent spoke on.
        backchannels: Backchannels that fell on the agent's speech.
        backchannel_stops: Of those, after which the agent stopped.
        dead_air: Silences of more than 3 s that the customer did not keep on purpose.
        length_ms: Length of the call.
        notes: What else the reader must know, such as a voice that was replaced.
    """

    recording: Path | None
    engines: Engines
    customer_voice: str
    channel: str
    word_errors: int = 0
    words: int = 0
    response_ms: tuple[int, ...] = ()
    yield_ms: tuple[int, ...] = ()
    false_cut_ins: int = 0
    barge_ins: int = 0
    ignored_barge_ins: int = 0
    backchannels: int = 0
    backchannel_stops: int = 0
    dead_air: int = 0
    length_ms: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a scenario.

    Attributes:
        scenario: What was run.
        disposition: How the dial ended.
        call: The conversation, or None where nobody was spoken to.
        assessment: What triage made of it.
        effects: What the bank was told before a person decides, in order; begins with the hold.
        faults: What went wrong with the simulated customer; any makes the run invalid.
        voice: What voice adds; None in text.
    """

    scenario: Scenario
    disposition: Disposition
    call: Call | None
    assessment: Assessment
    effects: tuple[BankAction, ...]
    faults: tuple[str, ...] = ()
    voice: VoiceRun | None = None


class Status(StrEnum):
    """What a run is worth."""

    PASSED = "passed"
    FAILED = "failed"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: `outcome`, `effect`, …, `said[0]`, or a veto such as `false_release`.
        passed: Whether it held.
        detail: What was expected and what was found where it did not.
        turns: Turns it cites.
    """

    name: str
    passed: bool
    detail: str = ""
    turns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FactReadBack:
    """Whether the facts of the payment were read back as stored where the agent asked about it.

    None: the agent did not ask about the payment, or the alert lacks the fact.
    """

    amount: bool | None = None
    payee: bool | None = None
    date: bool | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The grade of a run.

    Attributes:
        scenario_id: Which scenario.
        status: What it is worth.
        checks: Everything that was looked at, final state first.
        false_release: The bank was told to release where that was wrong.
        missed_escalation: A person should have decided and does not.
        false_escalation: A person decides where that was not needed.
        disclosure_breach: Transaction facts were spoken before the right person was known to be on the line.
        forbidden: Codes of forbidden utterances.
        identity_error: The wrong person passed as the customer, or the customer as the wrong person.
        read_back: Facts as read back.
        agent_turns: Utterances of the agent.
    """

    scenario_id: str
    status: Status
    checks: tuple[Check, ...]
    false_release: bool
    missed_escalation: bool
    false_escalation: bool
    disclosure_breach: bool
    forbidden: tuple[str, ...]
    identity_error: bool
    read_back: FactReadBack
    agent_turns: int

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that did not hold."""
        return tuple(check for check in self.checks if not check.passed)
