"""Makes the record of a run for reports, from what was run and graded."""

from __future__ import annotations

from pathlib import Path

from cases.domain.call import Answer, Call, Engines, ObservedSignal, Turn
from cases.domain.reading import Reading
from cases.domain.vocabulary import Language
from evals.graders import Check, Run, Verdict, VoiceRun
from evals.graders.grade import was_disclosed
from evals.reports.model import (
    AlertRecord,
    CheckRecord,
    EnginesRecord,
    ExpectRecord,
    GradeRecord,
    ReasonRecord,
    RunRecord,
    VoiceRecord,
)
from evals.reports.talk import AnswerRecord, ReadingRecord, SignalRecord, TurnRecord
from evals.runner import Graded
from evals.scenario import Expectation, Scenario

_PACKAGE = Path(__file__).parents[2]
_WORD_MS = 380
_CHARACTER_MS = 220
_BETWEEN_TURNS_MS = 600
"""Plain talk, about 160 English words or 270 Chinese characters a minute: what a call in text would last."""

_DECISIVE = ("false_release", "disclosure_before_identity", "forbidden_utterance")
"""Checks that say more than any other where they fail."""


def run_record(graded: Graded, folder: Path) -> RunRecord:
    """The record of one run.

    Args:
        graded: The run with its grade.
        folder: The report's folder, from which recordings are told.
    """
    scenario, run, verdict = graded.scenario, graded.run, graded.verdict
    call = run.call if run else None
    return RunRecord(
        id=scenario.id,
        number=graded.number,
        title=scenario.title,
        locale=scenario.locale,
        language=scenario.language.value,
        tags=scenario.tags,
        twin=scenario.twin_key,
        source=shown_path(scenario.place.source),
        line=scenario.place.line,
        status=verdict.status.value,
        reason=reason_of(graded),
        error=graded.error,
        faults=run.faults if run else (),
        expect=_expect(scenario.expect),
        alert=_alert(scenario),
        disposition=run.disposition.value if run else None,
        ending=call.ending.value if call else None,
        outcome=run.assessment.outcome.value if run else None,
        effects=tuple(effect.value for effect in run.effects) if run else (),
        escalated=run.assessment.escalate if run else None,
        disclosed=was_disclosed(run) if run else None,
        score=run.assessment.score if run else None,
        reasons=_reasons(run, scenario.language) if run else (),
        typologies=tuple(one.value for one in run.assessment.typologies) if run else (),
        checks=tuple(_check(check) for check in verdict.checks),
        grade=_grade(verdict),
        signals=tuple(_observed(one) for one in call.verification.signals) if call else (),
        answers=tuple(_answer(one) for one in call.verification.answers) if call else (),
        turns=tuple(_turn(turn, run.voice is not None) for turn in call.turns) if run and call else (),
        length_ms=_length_ms(run) if run else None,
        voice=_voice(run.voice, folder) if run and run.voice else None,
    )


def shown_path(source: str) -> str:
    """A file without the places of this machine: from the working folder, or from the package, else as it is named."""
    path = Path(source)
    if not path.is_absolute():
        return path.as_posix()
    for root in (Path.cwd(), _PACKAGE):
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.name


def reason_of(graded: Graded) -> str:
    """Why a run did not pass, in one line: its decisive check first; empty where it passed."""
    if graded.error:
        return f"broke off: {graded.error}"
    if graded.run is not None and graded.run.faults:
        return f"invalid: {graded.run.faults[0]}"
    failures = {check.name: check for check in reversed(graded.verdict.failures)}
    if not failures:
        return ""
    name = next((one for one in _DECISIVE if one in failures), graded.verdict.failures[0].name)
    return f"{name}: {failures[name].detail}"


def _expect(expect: Expectation) -> ExpectRecord:
    return ExpectRecord(
        outcome=tuple(one.value for one in expect.outcomes),
        effect=tuple(one.value for one in expect.effects),
        escalated=expect.escalated,
        disclosed=expect.disclosed,
        include=tuple(one.value for one in expect.include),
        exclude=tuple(one.value for one in expect.exclude),
        said=tuple(one.pattern for one in expect.said),
        never_said=tuple(one.pattern for one in expect.never_said),
        max_agent_turns=expect.max_agent_turns,
        disposition=expect.disposition.value if expect.disposition is not None else None,
    )


def _alert(scenario: Scenario) -> AlertRecord:
    alert, payment = scenario.alert, scenario.alert.transaction
    return AlertRecord(
        amount_minor=payment.amount.minor,
        currency=payment.amount.currency,
        payee=payment.creditor.name,
        memo=payment.memo,
        tier=alert.tier.value if alert.tier else None,
        score=alert.score,
        typologies=tuple(one.value for one in alert.typologies),
    )


def _reasons(run: Run, language: Language) -> tuple[ReasonRecord, ...]:
    return tuple(
        ReasonRecord(
            rule=one.rule,
            points=one.points,
            hard=one.hard,
            reason=one.reason_zh if language is Language.ZH else one.reason_en,
            turns=one.turns,
        )
        for one in run.assessment.findings
    )


def _check(check: Check) -> CheckRecord:
    return CheckRecord(check.name, check.passed, check.detail, check.turns)


def _grade(verdict: Verdict) -> GradeRecord:
    return GradeRecord(
        false_release=verdict.false_release,
        missed_escalation=verdict.missed_escalation,
        false_escalation=verdict.false_escalation,
        disclosure_breach=verdict.disclosure_breach,
        forbidden=verdict.forbidden,
        identity_error=verdict.identity_error,
        amount=verdict.read_back.amount,
        payee=verdict.read_back.payee,
        date=verdict.read_back.date,
        agent_turns=verdict.agent_turns,
    )


def _observed(one: ObservedSignal) -> SignalRecord:
    return SignalRecord(one.signal.code.value, one.signal.quote, one.turn)


def _answer(one: Answer) -> AnswerRecord:
    return AnswerRecord(one.question.value, one.value, one.quote, one.turn)


def _turn(turn: Turn, timed: bool) -> TurnRecord:
    return TurnRecord(
        index=turn.index,
        speaker=turn.speaker.value,
        text=turn.text,
        heard_text=turn.heard_text,
        acts=tuple(act.value for act in turn.acts),
        started_ms=turn.started_ms if timed else None,
        ended_ms=turn.ended_ms if timed else None,
        interrupted=turn.interrupted,
        reading=_reading(turn.reading) if turn.reading else None,
        brain=turn.brain,
        response_ms=turn.response_ms,
        yield_ms=turn.yield_ms,
        findings=turn.findings,
    )


def _reading(reading: Reading) -> ReadingRecord:
    return ReadingRecord(
        intent=reading.intent.value,
        answers=tuple(AnswerRecord(one.question.value, one.value, one.quote) for one in reading.answers),
        signals=tuple(SignalRecord(one.code.value, one.quote) for one in reading.signals),
        language=reading.language.value if reading.language else None,
        complete=reading.complete,
    )


def _length_ms(run: Run) -> int | None:
    if run.voice is not None:
        return run.voice.length_ms
    return _estimated_ms(run.call) if run.call else None


def _estimated_ms(call: Call) -> int:
    return sum(_spoken_ms(turn.heard_text) + _BETWEEN_TURNS_MS for turn in call.turns)


def _spoken_ms(text: str) -> int:
    wide = sum("㐀" <= char <= "鿿" for char in text)
    words = "".join(" " if "㐀" <= char <= "鿿" else char for char in text).split()
    return wide * _CHARACTER_MS + sum(any(char.isalnum() for char in word) for word in words) * _WORD_MS


def _voice(voice: VoiceRun, folder: Path) -> VoiceRecord:
    return VoiceRecord(
        recording=_from(folder, voice.recording) if voice.recording else None,
        engines=engines_record(voice.engines),
        customer_voice=voice.customer_voice,
        channel=voice.channel,
        word_errors=voice.word_errors,
        words=voice.words,
        response_ms=voice.response_ms,
        yield_ms=voice.yield_ms,
        false_cut_ins=voice.false_cut_ins,
        barge_ins=voice.barge_ins,
        ignored_barge_ins=voice.ignored_barge_ins,
        backchannels=voice.backchannels,
        backchannel_stops=voice.backchannel_stops,
        dead_air=voice.dead_air,
        notes=voice.notes,
    )


def engines_record(engines: Engines) -> EnginesRecord:
    """Engines as reports name them."""
    return EnginesRecord(engines.asr, engines.tts, engines.llm, engines.vad)


def _from(folder: Path, file: Path) -> str:
    whole, root = file.resolve(), folder.resolve()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else file.name
