"""Suites: the scenarios that come with riskcall, development apart from held-out, and those that a caller names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from evals.errors import ScenarioError, SuiteError
from evals.loader import read_scenarios
from evals.scenario import Scenario

SHIPPED = Path(__file__).parent / "scenarios"
"""Folder of the scenarios that come with riskcall."""
_HELDOUT = SHIPPED / "heldout"


class SuiteName(StrEnum):
    """Suites by name; figures of one are never mixed with another's."""

    DEVELOPMENT = "development"
    HELDOUT = "heldout"
    NAMED = "scenarios"
    ATTACKS = "attacks"


@dataclass(frozen=True, slots=True)
class Suite:
    """Scenarios whose figures are told together.

    Attributes:
        name: Its name.
        scenarios: What is in it.
    """

    name: SuiteName
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which scenarios of the suites are run; empty takes all.

    Attributes:
        ids: Ids, or parts of them.
        tags: Groups, any of which a scenario must have.
        languages: `en`, `zh`.
    """

    ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    def takes(self, scenario: Scenario) -> bool:
        """Whether a scenario is wanted."""
        return (
            (not self.ids or any(part in scenario.id for part in self.ids))
            and (not self.tags or any(tag in scenario.tags for tag in self.tags))
            and (not self.languages or scenario.language.value in self.languages)
        )


def read_suites(paths: Sequence[Path], names: Collection[SuiteName]) -> tuple[tuple[Suite, ...], list[ScenarioError]]:
    """The suites to run, and everything that is wrong with their files.

    Args:
        paths: Files and folders of the caller, who then gets them as one suite; empty takes the shipped ones.
        names: Which of the shipped suites.
    """
    if paths:
        found, problems = read_scenarios(paths)
        return (Suite(SuiteName.NAMED, found),), problems
    suites: list[Suite] = []
    problems = []
    for name in (SuiteName.DEVELOPMENT, SuiteName.HELDOUT):
        if name in names:
            found, wrong = read_scenarios(_shipped(name))
            suites.append(Suite(name, found))
            problems += wrong
    return tuple(suites), problems


def _shipped(name: SuiteName) -> list[Path]:
    if name is SuiteName.HELDOUT:
        return [_HELDOUT]
    return [
        path for path in sorted(SHIPPED.iterdir()) if path != _HELDOUT and (path.is_dir() or path.suffix == ".yaml")
    ]


def choose(suites: Sequence[Suite], wanted: Wanted) -> tuple[Suite, ...]:
    """The suites with only what is wanted.

    Raises:
        SuiteError: Nothing is left to run.
    """
    chosen = [replace(suite, scenarios=tuple(filter(wanted.takes, suite.scenarios))) for suite in suites]
    left = tuple(suite for suite in chosen if suite.scenarios)
    if not left:
        known = sorted({tag for suite in suites for one in suite.scenarios for tag in one.tags})
        raise SuiteError(f"no scenario has these ids, tags and languages; tags are {', '.join(known)}")
    return left
