"""What a stored case says of one contact attempt."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cases.domain.call import Call
from cases.domain.case import Case
from cases.domain.policy import Policy
from cases.domain.triage import assess
from cases.domain.vocabulary import Disposition
from cases.store import StoredEvent, encode_event
from evals.errors import RecordingError
from evals.recording.model import Source
from evals.text_mode import told

_PURPOSE = b"riskcall recording"


def source_of(case: Case, events: Sequence[StoredEvent], policy: Policy, attempt: int | None = None) -> Source:
    """One contact attempt of a case.

    Args:
        case: The case.
        events: All its events.
        policy: Concludes an attempt that another one followed.
        attempt: Its number, or None for the latest one in which somebody was spoken with, else the latest.

    Raises:
        RecordingError: There is no such attempt, or it is under way.
    """
    number = _number(case, attempt)
    disposition, call = _contact(case, number)
    assessment = case.assessment if number == len(case.attempts) else None
    if assessment is None:
        seen = call.verification if call else None
        assessment = assess(case.alert, seen, policy, disposition=disposition, ending=call.ending if call else None)
    key = hashlib.sha256(_PURPOSE)
    for stored in events:
        # Bodies hold more than anybody could guess, so that nobody without the case finds its key.
        key.update(encode_event(stored.event)[2].encode())
    return Source(
        alert=case.alert,
        disposition=disposition,
        call=call,
        outcome=assessment.outcome,
        effect=told(assessment)[-1],
        escalated=assessment.escalate,
        digest=events[-1].leaf_hash,
        key=key.digest(),
    )


def _number(case: Case, attempt: int | None) -> int:
    if attempt is not None:
        return attempt
    if case.calls:
        return max(record.attempt for record in case.calls)
    return len(case.attempts)


def _contact(case: Case, number: int) -> tuple[Disposition, Call | None]:
    record = case.call_of(number)
    if record is not None:
        return record.disposition, record.call
    if not 1 <= number <= len(case.attempts):
        raise RecordingError(f"the case has {len(case.attempts)} contact attempts; choose one of them with --attempt")
    disposition = case.attempts[number - 1].disposition
    if disposition is None:
        raise RecordingError("this contact attempt is still under way; record it once it has ended")
    return disposition, None
