"""Alerts, conversations and assessments to put in front of the desk."""

from __future__ import annotations

import io
import math
import struct
import wave
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cases.alerts import parse_alert
from cases.domain.alert import Alert
from cases.domain.call import (
    Answer,
    Call,
    CallEnding,
    CallVersions,
    Confirmation,
    Engines,
    Identity,
    MediaRef,
    ObservedSignal,
    Turn,
    Verification,
)
from cases.domain.reading import ReadAnswer, Reading, Signal
from cases.domain.vocabulary import Act, Intent, Language, Question, SignalCode, Speaker

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def alert_document(alert_id: str = "alert-1", **changes: Any) -> dict[str, Any]:
    """A whole alert document; `changes` are dotted paths with `__` for the dot."""
    document: dict[str, Any] = {
        "id": alert_id,
        "bank_name": "Northbank",
        "transaction": {
            "uetr": "7d7d8f1e-5c0b-4a4b-9d3e-0d7a4f6f2a11",
            "end_to_end_id": "INV-20931",
            "rail": "faster_payments",
            "channel": "mobile_app",
            "amount": {"minor": 480_000, "currency": "GBP"},
            "debtor": {"name": "Alex Morgan", "account_masked": "**** 2291", "country": "GB"},
            "creditor": {"name": "Harbour Secure Holdings", "account_masked": "**** 4821", "agent": "FRNTGB2L"},
            "first_time_payee": True,
            "creditor_account_age_days": 6,
            "initiated_at": "2026-03-02T11:58:10Z",
            "memo": "safe keeping",
        },
        "customer": {
            "reference": "cust-1",
            "name": "Alex Morgan",
            "contacts": [{"kind": "app", "address": "device-1", "verified_at": "2026-01-01T00:00:00Z"}],
            "identity_question": {"kind": "birthday", "expected": "03-12"},
        },
        "score": 0.91,
        "reason_codes": ["new_payee", "amount_unusual"],
        "typologies": ["bank_imposter"],
        "jurisdiction": "GB",
        "locale": "en-GB",
        "hold_deadline": "2026-03-05T12:00:00Z",
        "raised_at": "2026-03-02T11:59:00Z",
    }
    for path, value in changes.items():
        part = document
        *parents, last = path.split("__")
        for name in parents:
            part = part[int(name)] if isinstance(part, list) else part[name]
        part[last] = value
    return document


def alert(alert_id: str = "alert-1", **changes: Any) -> Alert:
    """A domain alert from `alert_document`."""
    return parse_alert(alert_document(alert_id, **changes))


Line = tuple[str, Act | Reading, str]
"""What was to be said, what it means, and what was heard of it (empty: all)."""


def _says(text: str, act: Act, heard: str = "") -> Line:
    return text, act, heard


def _replies(text: str, intent: Intent, answer: ReadAnswer | None = None, *signals: Signal) -> Line:
    return text, Reading(intent, (answer,) if answer else (), signals), ""


_COACHED: tuple[Line, ...] = (
    _says("Hello, this is Northbank's automated assistant on a recorded line. Is this Alex Morgan?", Act.GREET),
    _replies("Yes, speaking.", Intent.CONFIRM),
    _says("Thank you. To be sure it is you: what is the day and month of your birth?", Act.ASK_IDENTITY),
    _replies("The twelfth of March.", Intent.ANSWER, ReadAnswer(Question.IDENTITY, "03-12", "twelfth of March")),
    _says(
        "A payment of 4,800 pounds to Harbour Secure Holdings was started in the app. Did you make it?", Act.ASK_MADE
    ),
    _replies("Yes, that was me.", Intent.CONFIRM, ReadAnswer(Question.MADE, "yes", "that was me")),
    _says("What is this payment for, in your own words?", Act.ASK_PURPOSE),
    _replies(
        "To keep my savings safe, they said my account was at risk.",
        Intent.ANSWER,
        ReadAnswer(Question.PURPOSE, "keep savings safe", "keep my savings safe"),
        Signal(SignalCode.SAFE_ACCOUNT, "keep my savings safe"),
        Signal(SignalCode.URGENCY, "my account was at risk"),
    ),
    _says(
        "Has anybody told you what to say to the bank, or asked you to keep this quiet?",
        Act.ASK_TOLD_WHAT_TO_SAY,
        "Has anybody told you what to say",
    ),
    _replies(
        "Um, the man from security said I should not mention it to the branch.",
        Intent.ANSWER,
        ReadAnswer(Question.TOLD_WHAT_TO_SAY, "yes", "said I should not mention it"),
        Signal(SignalCode.TOLD_TO_KEEP_SECRET, "should not mention it to the branch"),
        Signal(SignalCode.CALLER_CLAIMS_BANK, "the man from security"),
    ),
    _says(
        "Thank you for telling me. The payment stays held, and a colleague will look at it with you.",
        Act.HOLD_FOR_REVIEW,
    ),
    _replies("Oh. All right.", Intent.CONFIRM),
    _says("You can end this call and ring the number on your card at any time. Goodbye.", Act.GOODBYE),
)


_ASKED = (Question.IDENTITY, Question.MADE, Question.PURPOSE, Question.TOLD_WHAT_TO_SAY)


def coached_call(case_id: str = "alert-1", attempt: int = 1, recording: MediaRef | None = None) -> Call:
    """A coached victim says yes, and then more."""
    turns, answers, signals = [], [], []
    at = 400
    for index, (text, what, heard) in enumerate(_COACHED):
        length = 300 + 48 * len(heard or text)
        reading = what if isinstance(what, Reading) else None
        turns.append(
            Turn(
                index=index,
                speaker=Speaker.CUSTOMER if reading else Speaker.AGENT,
                text=text,
                heard_text=heard or text,
                started_ms=at,
                ended_ms=at + length,
                acts=(what,) if isinstance(what, Act) else (),
                interrupted=bool(heard),
                reading=reading,
                brain="rules" if reading else None,
                response_ms=None if reading or index == 0 else 410,
                yield_ms=180 if heard else None,
                audio_sha256="ab" * 32,
            )
        )
        if reading:
            answers += [Answer(one.question, one.value, one.quote, index) for one in reading.answers]
            signals += [ObservedSignal(one, index) for one in reading.signals]
        at += length + (120 if heard else 420)
    if recording is not None:
        recording = replace(recording, duration_ms=at)
    return Call(
        id=f"{case_id}:{attempt}",
        leg="simulated",
        language=Language.EN,
        started_at=NOON + timedelta(seconds=30),
        ended_at=NOON + timedelta(seconds=30, milliseconds=at),
        ending=CallEnding.COMPLETED,
        turns=tuple(turns),
        verification=Verification(
            identity=Identity.PASSED,
            confirmation=Confirmation.CONFIRMED,
            asked=_ASKED,
            required=(*_ASKED, Question.REMOTE_ACCESS),
            answers=tuple(answers),
            signals=tuple(signals),
            disclosed=True,
            completed=True,
        ),
        versions=CallVersions("p" * 16, "q" * 16, Engines("pocketsphinx en", "flite slt", "rules", "silero")),
        recording=recording,
    )


@cache
def recording_wav(call: Call, rate: int = 4_000) -> bytes:
    """A stereo recording of a call's length: a low tone where somebody speaks, customer left, agent right."""
    length = max(turn.ended_ms for turn in call.turns) + 400
    samples = [[0, 0] for _ in range(length * rate // 1000)]
    for turn in call.turns:
        side, pitch = (0, 180) if turn.speaker is Speaker.CUSTOMER else (1, 240)
        for place in range(turn.started_ms * rate // 1000, turn.ended_ms * rate // 1000):
            samples[place][side] = int(6000 * math.sin(2 * math.pi * pitch * place / rate))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<hh", *pair) for pair in samples))
    return out.getvalue()


async def stream_of(content: bytes) -> AsyncIterator[bytes]:
    """Content as a blob store takes it."""
    yield content
