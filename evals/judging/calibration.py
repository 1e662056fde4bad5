"""A judge's calibration: its cuts, how far it agrees with people, and for which model and rubric that was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from cases.domain.vocabulary import Language
from evals.errors import JudgeError
from evals.judging.agreement import Agreement, agreement, fitted, pairs_of
from evals.judging.labelled import Excerpt, Half, labelled_version
from evals.judging.model import Criterion, Cut, Judgement
from prompts import Prompts

FORMAT: Literal["riskcall-judge-calibration/1"] = "riskcall-judge-calibration/1"
"""Names the file's schema."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one criterion in one language.

    Attributes:
        criterion: The criterion.
        language: The language.
        bad_to: Highest score that means bad, fitted on the calibration half.
        kappa: Agreement with people on the check half.
        kappa_low: Lower bound of its 95 % interval.
        calibrated: Whether marks count.
    """

    criterion: Criterion
    language: Language
    bad_to: int
    kappa: float
    kappa_low: float
    calibrated: bool

    @property
    def cut(self) -> Cut:
        """The cut."""
        return Cut(self.criterion, self.language, self.bad_to)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is known of a judge.

    Attributes:
        format: Names the schema.
        model: Name of the model.
        rubrics: SHA-256 of each language's rubric.
        labelled: SHA-256 of the labelled set.
        found: What was found.
    """

    format: Literal["riskcall-judge-calibration/1"]
    model: str
    rubrics: Mapping[Language, str]
    labelled: str
    found: tuple[Found, ...]

    def of(self, criterion: Criterion, language: Language) -> Found | None:
        """What was found of a criterion, or None."""
        return next((one for one in self.found if (one.criterion, one.language) == (criterion, language)), None)

    def holds_for(self, model: str, prompts: Prompts) -> bool:
        """Whether it was found for this model, these rubrics and the labelled set as it is."""
        return (self.model, self.rubrics, self.labelled) == (model, rubric_hashes(prompts), labelled_version())


_ADAPTER = TypeAdapter(Calibration)


def rubric_hashes(prompts: Prompts) -> dict[Language, str]:
    """SHA-256 of each language's rubric."""
    return {language: prompts.hashes[f"judges/{language.value}.md"] for language in Language}


def calibrate(
    excerpts: Sequence[Excerpt], judgements: Sequence[Judgement], model: str, prompts: Prompts
) -> tuple[Calibration, tuple[Agreement, ...]]:
    """Fit cuts on one half of the labelled set and measure agreement on the other."""
    found: list[Found] = []
    agreements: list[Agreement] = []
    for language in Language:
        for criterion in Criterion:
            cut = fitted(excerpts, judgements, criterion, language)
            one = agreement(pairs_of(excerpts, judgements, cut, Half.CHECK), criterion, language)
            agreements.append(one)
            found.append(Found(criterion, language, cut.bad_to, one.kappa, one.kappa_low, one.calibrated))
    made = Calibration(FORMAT, model, rubric_hashes(prompts), labelled_version(), tuple(found))
    return made, tuple(agreements)


def write_calibration(calibration: Calibration, file: Path) -> None:
    """Keep a calibration."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(_ADAPTER.dump_json(calibration, indent=1))


def read_calibration(file: Path) -> Calibration | None:
    """The calibration that is kept in a file, or None where there is none.

    Raises:
        JudgeError: The file is no calibration.
    """
    if not file.is_file():
        return None
    try:
        return _ADAPTER.validate_json(file.read_bytes())
    except ValidationError as error:
        raise JudgeError(f"{file}: is no calibration; remove it and run `riskcall eval judge` again") from error
