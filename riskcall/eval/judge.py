"""Lets a language model judge how the agent spoke: first on talk that people labelled, then on a report."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import httpx2
from openai import AsyncOpenAI
from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table

from agent.brains.dialect import Dialect, Format, TokensField
from cases.domain.vocabulary import Language
from evals.errors import JudgeError
from evals.judging.agreement import ENOUGH_KAPPA, Agreement
from evals.judging.calibration import (
    Calibration,
    calibrate,
    read_calibration,
    write_calibration,
)
from evals.judging.judge import LIMIT_S, REPLY_TOKENS, Judge, judge_all
from evals.judging.labelled import labelled_set
from evals.judging.manner import FORMAT, Manner, MannerReport, Note, judged_runs, manner, talk_of
from evals.judging.model import Criterion, Judgement, Label, Spoken
from evals.reports.store import read_report, write_whole
from evals.suites import SuiteName
from prompts import Prompts
from prompts import load as load_prompts
from riskcall.brains import model_name, model_transport, replays
from riskcall.errors import SettingsInvalidError
from riskcall.settings import Settings, load_settings

JUDGE_FILE = "judge.json"
"""What a judge made of a report, beside it."""
_MOST_SHOWN = 20
_SHOWN_PAIRS = (
    (Label.GOOD, Label.GOOD),
    (Label.GOOD, Label.BAD),
    (Label.BAD, Label.BAD),
    (Label.BAD, Label.GOOD),
)
Talk = tuple[Sequence[Spoken], Language]


def run_calibrate() -> int:
    """Judge the labelled set, say how far the judge agrees with people, and keep its cuts.

    Returns:
        0 where its marks count for every criterion in both languages, else 1.

    Raises:
        SettingsInvalidError: No model is set up.
        JudgeError: Not one excerpt was judged.
    """
    settings, prompts, console = load_settings(), load_prompts(), Console(highlight=False)
    excerpts = labelled_set()
    judge = build_judge(settings, prompts)
    judgements = _judged(judge, [(one.talk, one.language) for one in excerpts])
    calibration, agreements = calibrate(excerpts, judgements, judge.model, prompts)
    file = calibration_file(settings)
    write_calibration(calibration, file)
    for language in Language:
        console.print(_agreement_table(language, [one for one in agreements if one.language is language]))
    failed = sum(bool(one.error) for one in judgements)
    dropped = sum(len(one.dropped) for one in judgements)
    told = f"{len(excerpts)} excerpts, {failed} without an answer, {dropped} false quotes"
    _say(console, f"   model {judge.model}: {told}; agreement is that on the check half")
    _say(console, f"   marks count from kappa {ENOUGH_KAPPA} on, above chance and better than the commonest label")
    _say(console, f"   {file}")
    return 0 if all(one.calibrated for one in agreements) else 1


def run_judge(path: Path) -> int:
    """Judge the runs of a report, and keep what was said beside it; the report stays as it is.

    Returns:
        1 where a mark that counts lowers a run, else 0.

    Raises:
        ReportError: The report cannot be read.
        SettingsInvalidError: No model is set up.
        JudgeError: Not one run was judged, or the calibration cannot be read.
    """
    settings, prompts, console = load_settings(), load_prompts(), Console(highlight=False)
    runs = judged_runs(read_report(path))
    if not runs:
        raise JudgeError(f"{path}: the agent spoke in no run of this report; there is nothing to judge")
    judge = build_judge(settings, prompts)
    calibration = _calibration(settings, judge, prompts)
    judgements = _judged(judge, [(talk_of(run), Language(run.language)) for _, run in runs])
    manners = tuple(
        manner(suite, run, judgement, calibration) for (suite, run), judgement in zip(runs, judgements, strict=True)
    )
    file = (path if path.is_dir() else path.parent) / JUDGE_FILE
    made = MannerReport(FORMAT, judge.model, calibration is not None, manners)
    write_whole(file, TypeAdapter(MannerReport).dump_json(made, indent=1).decode())
    _show(console, manners, calibration)
    _say(console, f"   {file}")
    return 1 if any(one.note is Note.LOWERED for one in manners) else 0


def build_judge(settings: Settings, prompts: Prompts) -> Judge:
    """The judge of the settings: the model's endpoint or cassette.

    Raises:
        SettingsInvalidError: Neither is set up.
    """
    model = settings.judge_model or model_name(settings)
    if not (replays(settings) or (model and (settings.openai_base_url or settings.openai_api_key))):
        raise SettingsInvalidError(
            "a judge needs RISKCALL_JUDGE_MODEL or RISKCALL_OPENAI_MODEL, and RISKCALL_OPENAI_BASE_URL or "
            "RISKCALL_OPENAI_API_KEY, or RISKCALL_LLM_CASSETTE with recorded judgements"
        )
    transport = model_transport(settings)
    client = AsyncOpenAI(
        api_key=settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none",
        base_url=settings.openai_base_url or None,
        max_retries=2 if transport is None else 0,
        timeout=LIMIT_S,
        http_client=httpx2.AsyncClient(transport=transport, timeout=LIMIT_S) if transport is not None else None,
    )
    return Judge(
        model=model,
        client=client,
        prompts=prompts,
        dialect=Dialect(Format(settings.llm_format), TokensField(settings.llm_tokens_field)),
        reply_tokens=max(REPLY_TOKENS, settings.llm_reply_tokens),
    )


def calibration_file(settings: Settings) -> Path:
    """Where the calibration of the settings' judge is kept."""
    return settings.data_dir / "judge" / "calibration.json"


def _calibration(settings: Settings, judge: Judge, prompts: Prompts) -> Calibration | None:
    """The calibration, where it was found for this model and these rubrics."""
    known = read_calibration(calibration_file(settings))
    return known if known is not None and known.holds_for(judge.model, prompts) else None


def _judged(judge: Judge, talks: Sequence[Talk]) -> tuple[Judgement, ...]:
    async def run() -> tuple[Judgement, ...]:
        try:
            return await judge_all(judge, talks)
        finally:
            await judge.aclose()

    judgements = asyncio.run(run())
    if all(one.error for one in judgements):
        raise JudgeError(f"nothing was judged: {judgements[0].error}")
    return judgements


def _agreement_table(language: Language, agreements: Sequence[Agreement]) -> Table:
    table = Table(title=f"Agreement with people, {language.value}", title_justify="left", box=None, pad_edge=False)
    for name in ("criterion", "n", "accuracy", "commonest label", "kappa", "95 %", "good→good", "good→bad"):
        table.add_column(name, justify="left" if name == "criterion" else "right")
    for name in ("bad→bad", "bad→good", "no mark"):
        table.add_column(name, justify="right")
    table.add_column("")
    for one in agreements:
        cells = [one.confusion.get(pair, 0) for pair in _SHOWN_PAIRS]
        unmarked = one.count - sum(cells)
        table.add_row(
            one.criterion.value,
            str(one.count),
            f"{one.accuracy:.2f}",
            f"{one.majority:.2f}",
            f"{one.kappa:.2f}",
            f"{one.kappa_low:.2f}–{one.kappa_high:.2f}",
            *map(str, [*cells, unmarked]),
            "" if one.calibrated else "not calibrated",
        )
    return table


def _show(console: Console, manners: Sequence[Manner], calibration: Calibration | None) -> None:
    table = Table(title="How the agent spoke", title_justify="left", box=None, pad_edge=False)
    for name in ("criterion", "language", "good", "bad", "no mark", ""):
        table.add_column(name, justify="right" if name in ("good", "bad", "no mark") else "left")
    for criterion in Criterion:
        for language in Language:
            those = [one for one in manners if one.language is language]
            marks = [mark for one in those if (mark := one.marks.get(criterion)) is not None]
            labels = Counter(mark.label for mark in marks)
            known = calibration.of(criterion, language) if calibration else None
            counts = "" if known is not None and known.calibrated else "not calibrated"
            unmarked = len(those) - labels[Label.GOOD] - labels[Label.BAD]
            if those:
                good, bad = labels[Label.GOOD], labels[Label.BAD]
                table.add_row(criterion.value, language.value, str(good), str(bad), str(unmarked), counts)
    console.print(table)
    notes = Counter(one.note for one in manners)
    told = ", ".join(f"{notes[note]} {note.value}" for note in Note)
    _say(console, f"   {told}; grades stay as they are")
    lowered = [one for one in manners if one.note is Note.LOWERED]
    # Which held-out scenarios do badly is nobody's to know who tunes the agent.
    named = [f"{one.id}#{one.number}" for one in lowered if one.suite != SuiteName.HELDOUT]
    for name in named[:_MOST_SHOWN]:
        _say(console, f"   lowered: {name}")
    if calibration is None:
        _say(console, "   this model was not calibrated with this rubric: run `riskcall eval judge` without a report")


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
