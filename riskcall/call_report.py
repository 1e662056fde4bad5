"""The demo's result as one JSON document, made from the case as it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from agent.record.waveform import percentiles
from cases.domain.call import Call, Turn
from cases.domain.case import CallRecord, Case
from cases.domain.policy import Policy
from cases.domain.ruling import Assessment
from cases.domain.vocabulary import Language, Speaker


def spread(values: Sequence[int]) -> dict[str, int | None]:
    """Median, 95th percentile and count."""
    figures = percentiles(values)
    return {"p50": figures.p50, "p95": figures.p95, "n": figures.n}


def call_report(
    case: Case,
    assessment: Assessment,
    policy: Policy,
    bank_messages: Sequence[dict[str, Any]],
    *,
    alert_at: datetime,
    ringing_at: datetime | None,
    recording: str | None,
    transcript: str | None,
) -> dict[str, Any]:
    """Everything a caller of `riskcall demo --json` wants to know of one case.

    Args:
        case: The case after its call.
        assessment: Triage's result.
        policy: Gives the release line.
        bank_messages: What the bank was told, in order.
        alert_at: When the alert was accepted, UTC.
        ringing_at: When the customer's side rang, or None where it never did.
        recording: Path of the recording, or None.
        transcript: Path of the transcript, or None.
    """
    record = case.calls[-1] if case.calls else None
    call = record.call if record else None
    turns = call.turns if call else ()
    ringing_ms = round((ringing_at - alert_at).total_seconds() * 1000) if ringing_at else None
    effects = [message["action"] for message in bank_messages]
    return {
        "case_id": case.id,
        "state": case.state.value,
        "outcome": assessment.outcome.value,
        "effect": effects[-1] if effects else None,
        "escalated": case.review is not None,
        "next_attempt": case.next_attempt.due_at.isoformat() if case.next_attempt else None,
        "disposition": _disposition(case),
        "ending": call.ending.value if call else None,
        "leg": call.leg if call else None,
        "language": case.alert.language.value,
        "turns": [_turn(turn) for turn in turns],
        "answers": _answers(call),
        "signals": _signals(call),
        "score": assessment.score,
        "release_line": policy.scorecard.release_line,
        "reasons": _reasons(case, assessment),
        "typologies": [typology.value for typology in assessment.typologies],
        "engines": _engines(call),
        "latency": {
            "response_ms": spread([t.response_ms for t in turns if t.response_ms is not None]),
            "yield_ms": spread([t.yield_ms for t in turns if t.yield_ms is not None]),
            "alert_to_ringing_ms": ringing_ms,
        },
        "recording": recording,
        "transcript": transcript,
        "bank_messages": list(bank_messages),
        "analysis": _analysis(record),
    }


def transcript_text(case: Case) -> str:
    """The last call of a case as lines of text, what was cut off in brackets, and its first analysis below."""
    lines = [f"case {case.id}"]
    record = case.calls[-1] if case.calls else None
    for turn in record.call.turns if record else ():
        cut = turn.text.removeprefix(turn.heard_text).strip() if turn.speaker is Speaker.AGENT else ""
        tail = f" [cut off: {cut}]" if turn.interrupted and cut else ""
        lines.append(f"{turn.started_ms / 1000:8.2f} s  {turn.speaker.value:8}  {turn.heard_text}{tail}")
    for row in _analysis_lines(record):
        lines.append(f"{row['section']:14}  {row['text']}  [{', '.join(row['at']) or ', '.join(row['grounds'])}]")
    return "\n".join(lines) + "\n"


def _analysis(record: CallRecord | None) -> dict[str, Any] | None:
    """The first analysis in the language of the call."""
    analysis = record.analysis if record else None
    if analysis is None:
        return None
    return {
        "written_by": " ".join(filter(None, (analysis.writer.value, analysis.model))),
        "proposal": analysis.proposal.value,
        "statements": _analysis_lines(record),
        "findings": list(analysis.findings),
        "version": analysis.version,
    }


def _analysis_lines(record: CallRecord | None) -> list[dict[str, Any]]:
    if record is None or record.analysis is None:
        return []
    starts = {turn.index: turn.started_ms for turn in record.call.turns}
    return [
        {
            "section": one.section.value,
            "text": one.text.get(record.call.language),
            "turns": list(one.turns),
            "at": [_clock(starts[index]) for index in one.turns],
            "grounds": [ground.value for ground in one.grounds],
        }
        for one in record.analysis.statements
    ]


def _clock(offset_ms: int) -> str:
    seconds = offset_ms // 1000
    return f"{seconds // 60}:{seconds % 60:02d}"


def _disposition(case: Case) -> str | None:
    if case.calls:
        return case.calls[-1].disposition.value
    ended = [attempt.disposition for attempt in case.attempts if attempt.disposition is not None]
    return ended[-1].value if ended else None


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "speaker": turn.speaker.value,
        "act": "+".join(act.value for act in turn.acts) or None,
        "text": turn.text,
        "heard_text": turn.heard_text,
        "interrupted": turn.interrupted,
        "started_ms": turn.started_ms,
        "ended_ms": turn.ended_ms,
        "reading": _reading(turn),
        "brain": turn.brain,
        "response_ms": turn.response_ms,
        "yield_ms": turn.yield_ms,
        "audio_sha256": turn.audio_sha256,
        "findings": list(turn.findings),
    }


def _reading(turn: Turn) -> dict[str, Any] | None:
    reading = turn.reading
    if reading is None:
        return None
    return {
        "intent": reading.intent.value,
        "answers": {a.question.value: {"value": a.value, "quote": a.quote} for a in reading.answers},
        "signals": [{"code": s.code.value, "quote": s.quote} for s in reading.signals],
        "language": reading.language.value if reading.language else None,
        "complete": reading.complete,
    }


def _answers(call: Call | None) -> list[dict[str, Any]]:
    answers = call.verification.answers if call else ()
    return [{"question": a.question.value, "value": a.value, "quote": a.quote, "turn": a.turn} for a in answers]


def _signals(call: Call | None) -> list[str]:
    observed = call.verification.signals if call else ()
    return list(dict.fromkeys(item.signal.code.value for item in observed))


def _reasons(case: Case, assessment: Assessment) -> list[dict[str, Any]]:
    chinese = case.alert.language is Language.ZH
    return [
        {
            "rule": finding.rule,
            "points": finding.points,
            "hard": finding.hard,
            "reason": finding.reason_zh if chinese else finding.reason_en,
            "turns": list(finding.turns),
        }
        for finding in assessment.findings
    ]


def _engines(call: Call | None) -> dict[str, str]:
    if call is None:
        return {"asr": "", "tts": "", "llm": "", "vad": ""}
    engines = call.versions.engines
    return {"asr": engines.asr, "tts": engines.tts, "llm": engines.llm, "vad": engines.vad}
