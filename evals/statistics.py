"""Figures over many graded runs: rates with intervals, pass^k, counts of what must not happen, en and zh by twin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb, sqrt
from statistics import fmean

from cases.domain.vocabulary import Language
from evals.graders.model import Status, Verdict
from evals.scenario import Scenario

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the standard normal distribution."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its Wilson score interval (Wilson 1927, 95 %).

    Attributes:
        hits: How many.
        of: Out of how many.
        low: Lower bound; 0 where nothing was counted.
        high: Upper bound; 1 where nothing was counted.
    """

    hits: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        """The share itself, or None where nothing was counted."""
        return self.hits / self.of if self.of else None


def rate(hits: int, of: int) -> Rate:
    """A share with its interval.

    Raises:
        ValueError: The counts are negative, or there are more hits than tries.
    """
    if not 0 <= hits <= of:
        raise ValueError(f"hits must be between 0 and {of}, not {hits}")
    if of == 0:
        return Rate(0, 0, 0.0, 1.0)
    share, z2 = hits / of, Z_95**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z_95 / (1 + z2 / of) * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    # At the ends the exact bounds are 0 and 1; floating point leaves a trace of the other side.
    return Rate(hits, of, 0.0 if hits == 0 else middle - half, 1.0 if hits == of else middle + half)


def pass_hat_k(passes_of_runs: Iterable[tuple[int, int]], k: int) -> float | None:
    """Probability that k runs of one scenario all pass, averaged over scenarios (tau-bench's unbiased estimator).

    Args:
        passes_of_runs: For each scenario how many of how many valid runs passed.
        k: How many runs must all pass.

    Returns:
        The average over scenarios with at least k valid runs, or None where there are none.
    """
    if k < 1:
        raise ValueError("k must be at least 1")
    values = [comb(passed, k) / comb(runs, k) for passed, runs in passes_of_runs if runs >= k]
    return fmean(values) if values else None


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of a group of runs; invalid runs are only counted.

    Intervals take runs for independent: over repeated runs of a deterministic brain they are too narrow, and one run
    a scenario gives the honest ones.

    Attributes:
        scenarios: Different scenarios.
        runs: All runs.
        invalid: Runs whose simulated customer went wrong.
        passed: Valid runs that passed.
        outcome: Valid runs that reached an acceptable outcome.
        pass_k: pass^k for each k from 1 to the most runs that every scenario has.
        false_releases: Must be 0.
        missed_escalations: Out of the runs that expect a person.
        false_escalations: Out of the runs that expect none.
        disclosure_breaches: Must be 0.
        forbidden_utterances: Runs with any; must be 0.
        identity_errors: Wrong person passed, or the customer not.
        amount: Read back as stored.
        payee: Read back as stored.
        date: Read back as stored.
        mean_agent_turns: Over runs with a conversation, or None.
    """

    scenarios: int
    runs: int
    invalid: int
    passed: Rate
    outcome: Rate
    pass_k: Mapping[int, float]
    false_releases: int
    missed_escalations: Rate
    false_escalations: Rate
    disclosure_breaches: int
    forbidden_utterances: int
    identity_errors: int
    amount: Rate
    payee: Rate
    date: Rate
    mean_agent_turns: float | None


def summarise(graded: Sequence[tuple[Scenario, Verdict]]) -> Summary:
    """The figures of a group of graded runs.

    False releases, disclosure breaches and forbidden utterances are counted in invalid runs too: a simulated customer
    that goes wrong excuses none of them.
    """
    valid = [(scenario, verdict) for scenario, verdict in graded if verdict.status is not Status.INVALID]
    verdicts = [verdict for _, verdict in valid]
    by_scenario: dict[str, list[bool]] = defaultdict(list)
    for scenario, verdict in valid:
        by_scenario[scenario.id].append(verdict.status is Status.PASSED)
    counts = [(sum(passes), len(passes)) for passes in by_scenario.values()]
    deepest = min((runs for _, runs in counts), default=0)
    turns = [verdict.agent_turns for verdict in verdicts if verdict.agent_turns]
    return Summary(
        scenarios=len({scenario.id for scenario, _ in graded}),
        runs=len(graded),
        invalid=len(graded) - len(valid),
        passed=rate(sum(verdict.status is Status.PASSED for verdict in verdicts), len(verdicts)),
        outcome=rate(sum(_outcome_right(verdict) for verdict in verdicts), len(verdicts)),
        pass_k={k: pass_hat_k(counts, k) or 0.0 for k in range(1, deepest + 1)},
        false_releases=sum(verdict.false_release for _, verdict in graded),
        missed_escalations=_among(valid, True, [verdict.missed_escalation for verdict in verdicts]),
        false_escalations=_among(valid, False, [verdict.false_escalation for verdict in verdicts]),
        disclosure_breaches=sum(verdict.disclosure_breach for _, verdict in graded),
        forbidden_utterances=sum(bool(verdict.forbidden) for _, verdict in graded),
        identity_errors=sum(verdict.identity_error for verdict in verdicts),
        amount=_known([verdict.read_back.amount for verdict in verdicts]),
        payee=_known([verdict.read_back.payee for verdict in verdicts]),
        date=_known([verdict.read_back.date for verdict in verdicts]),
        mean_agent_turns=fmean(turns) if turns else None,
    )


def _outcome_right(verdict: Verdict) -> bool:
    return next(check.passed for check in verdict.checks if check.name == "outcome")


def _among(valid: Sequence[tuple[Scenario, Verdict]], expected: bool, hits: Sequence[bool]) -> Rate:
    return rate(sum(hits), sum(scenario.expect.escalated is expected for scenario, _ in valid))


def _known(values: Sequence[bool | None]) -> Rate:
    known = [value for value in values if value is not None]
    return rate(sum(known), len(known))


def by_language(graded: Sequence[tuple[Scenario, Verdict]]) -> dict[Language, Summary]:
    """The figures of each language."""
    return {
        language: summarise([(scenario, verdict) for scenario, verdict in graded if scenario.language is language])
        for language in Language
    }


def by_tag(graded: Sequence[tuple[Scenario, Verdict]]) -> dict[str, Summary]:
    """The figures of each tag, by name."""
    tags = sorted({tag for scenario, _ in graded for tag in scenario.tags})
    return {tag: summarise([pair for pair in graded if tag in pair[0].tags]) for tag in tags}


@dataclass(frozen=True, slots=True)
class Twins:
    """English and Chinese side by side, over scenarios that exist in both.

    Attributes:
        pairs: Twins with valid runs in both languages.
        en: Acceptable outcomes in English.
        zh: The same in Chinese.
        apart: Twin keys whose shares of acceptable outcomes differ.
        lonely: Ids of scenarios without a twin among the runs.
    """

    pairs: int
    en: Rate
    zh: Rate
    apart: tuple[str, ...]
    lonely: tuple[str, ...]

    @property
    def difference_points(self) -> float | None:
        """Share in English less share in Chinese, in percentage points, or None without pairs."""
        if self.en.share is None or self.zh.share is None:
            return None
        return 100 * (self.en.share - self.zh.share)


def compare_twins(graded: Sequence[tuple[Scenario, Verdict]]) -> Twins:
    """Compare the languages over twins: ids that differ only in their ending -en or -zh."""
    right: dict[str, dict[Language, list[bool]]] = defaultdict(lambda: defaultdict(list))
    ids: dict[str, set[str]] = defaultdict(set)
    for scenario, verdict in graded:
        if verdict.status is not Status.INVALID:
            right[scenario.twin_key][scenario.language].append(_outcome_right(verdict))
            ids[scenario.twin_key].add(scenario.id)
    both = {key: sides for key, sides in right.items() if len(sides) == len(Language)}
    flat = {language: [hit for sides in both.values() for hit in sides[language]] for language in Language}
    return Twins(
        pairs=len(both),
        en=rate(sum(flat[Language.EN]), len(flat[Language.EN])),
        zh=rate(sum(flat[Language.ZH]), len(flat[Language.ZH])),
        apart=tuple(key for key, sides in both.items() if fmean(sides[Language.EN]) != fmean(sides[Language.ZH])),
        lonely=tuple(sorted(one for key in right if key not in both for one in ids[key])),
    )
