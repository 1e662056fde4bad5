"""Triage: what was recorded of a conversation becomes findings, a score and an outcome; pure, table-driven."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from cases.domain.alert import Alert
from cases.domain.call import CallEnding, Confirmation, CustomerRequest, Identity, ObservedSignal, Verification
from cases.domain.findings import UNSURE, alert_findings, answer_findings, recently_swapped, signal_findings
from cases.domain.policy import Bar, Policy, SignalRoute
from cases.domain.ruling import Assessment, Finding
from cases.domain.vocabulary import BankAction, Disposition, Outcome, Question, Tier, Typology

COMPLETE_ENDINGS: frozenset[CallEnding] = frozenset({CallEnding.COMPLETED, CallEnding.CUSTOMER_HUNG_UP})
"""Endings that leave a finished script finished: the customer may hang up during our goodbye."""

OTHER_PERSON: frozenset[CustomerRequest] = frozenset({CustomerRequest.WRONG_PERSON, CustomerRequest.THIRD_PARTY})
"""Requests of somebody who is not the customer."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the tables below look at.

    Attributes:
        alert: What was to be verified.
        spoken: Whether a person was spoken with.
        verification: What the script recorded; an empty one where nobody was spoken with.
        policy: The policy to conclude under.
        forwarded: Whether the dial was answered on a forwarded line.
        ending: How the conversation ended, or None where there was none.
        findings: What signals, answers and facts add.
    """

    alert: Alert
    spoken: bool
    verification: Verification
    policy: Policy
    forwarded: bool
    ending: CallEnding | None
    findings: tuple[Finding, ...]

    @property
    def score(self) -> int:
        """Points of all findings."""
        return sum(finding.points for finding in self.findings)

    @property
    def identified(self) -> bool:
        """Whether the right person was on the line."""
        return self.verification.identity is Identity.PASSED

    @property
    def suspicious(self) -> bool:
        """Whether a hard finding or the score points to a scam."""
        return any(finding.hard for finding in self.findings) or self.score >= self.policy.scorecard.release_line

    @property
    def other_voice(self) -> bool:
        """Whether a signal says that the voice is not to be trusted as the customer's."""
        routes = (self.policy.signals[observed.signal.code].route for observed in self.verification.signals)
        return SignalRoute.CLOSE in routes


def _made_values(evidence: Evidence) -> dict[str, int]:
    answers = evidence.verification.answers
    return {a.value: a.turn for a in answers if a.question is Question.MADE and a.value not in UNSURE}


def _unanswered(evidence: Evidence) -> bool:
    v = evidence.verification
    latest = {answer.question: answer.value for answer in v.answers}
    for question in v.required:
        put = question in v.asked or question in evidence.policy.probes.free
        if not put or latest.get(question, "") in UNSURE:
            return True
    return False


def _confirmed(evidence: Evidence) -> bool:
    return evidence.identified and evidence.verification.confirmation is Confirmation.CONFIRMED


def _denied(evidence: Evidence) -> bool:
    return evidence.identified and evidence.verification.confirmation is Confirmation.DENIED


def _wrong_party(evidence: Evidence) -> bool:
    return evidence.verification.request in OTHER_PERSON


def _not_completed(evidence: Evidence) -> bool:
    return not evidence.verification.completed or evidence.ending not in COMPLETE_ENDINGS


BARS: dict[Bar, Callable[[Evidence], bool]] = {
    Bar.WRONG_PARTY: lambda e: e.spoken and _wrong_party(e),
    Bar.IDENTITY_FAILED: lambda e: e.spoken and e.verification.identity is Identity.FAILED,
    Bar.NOT_IDENTIFIED: lambda e: e.spoken and e.verification.identity is Identity.UNKNOWN,
    Bar.DENIED: lambda e: _denied(e),
    Bar.NOT_CONFIRMED: lambda e: e.identified and e.verification.confirmation is Confirmation.UNKNOWN,
    Bar.UNANSWERED: lambda e: _confirmed(e) and _unanswered(e),
    Bar.CHANGED_ANSWER: lambda e: e.identified and len(_made_values(e)) > 1,
    Bar.WARNED: lambda e: e.verification.warned or Question.PROCEED in e.verification.asked,
    Bar.SCORE: lambda e: e.score >= e.policy.scorecard.release_line,
    Bar.HIGH_TIER: lambda e: e.policy.tier_of(e.alert) is Tier.HIGH,
    Bar.FORWARDED_LINE: lambda e: e.forwarded or any(contact.forwarding for contact in e.alert.customer.contacts),
    Bar.SIM_SWAPPED: lambda e: recently_swapped(e.alert, e.policy.limits.sim_swap_days),
    Bar.WANTS_PERSON: lambda e: e.verification.request is CustomerRequest.HUMAN,
    Bar.WANTS_CALLBACK: lambda e: e.verification.request is CustomerRequest.CALLBACK,
    Bar.REFUSED: lambda e: e.verification.request is CustomerRequest.REFUSED,
    Bar.NOT_COMPLETED: lambda e: e.spoken and _not_completed(e),
    Bar.PERSON_SPOKE: lambda e: e.verification.person_spoke,
}
"""When each bar stands between a payment and its release; every row is checked."""


def _clear(evidence: Evidence) -> bool:
    if not evidence.spoken or not _confirmed(evidence) or evidence.suspicious:
        return False
    return not any(stands(evidence) for stands in BARS.values())


def _cut_short(evidence: Evidence) -> bool:
    unknown = evidence.verification.identity is Identity.UNKNOWN and evidence.verification.request is None
    return unknown and evidence.ending in evidence.policy.scorecard.unreached_endings


OUTCOMES: tuple[tuple[Outcome, str, Callable[[Evidence], bool]], ...] = (
    (Outcome.UNREACHED, "nobody was spoken with", lambda e: not e.spoken),
    (
        Outcome.WRONG_PARTY,
        "somebody else answered, before identity passed",
        lambda e: _wrong_party(e) and not e.identified,
    ),
    (
        Outcome.IDENTITY_FAILED,
        "the identity answer was wrong, or the voice is not trusted",
        lambda e: e.verification.identity is Identity.FAILED or e.other_voice,
    ),
    (Outcome.DENIED, "the customer says that they did not make the payment", _denied),
    (
        Outcome.SUSPECTED_SCAM,
        "a hard finding, or a score from the release line on",
        lambda e: e.suspicious,
    ),
    (
        Outcome.HUMAN_REQUESTED,
        "the customer asked for a person",
        lambda e: e.verification.request is CustomerRequest.HUMAN,
    ),
    (
        Outcome.CALLBACK_REQUESTED,
        "the customer asked to be called back",
        lambda e: e.verification.request is CustomerRequest.CALLBACK,
    ),
    (Outcome.UNREACHED, "the call broke off before identity", _cut_short),
    (Outcome.CONFIRMED_GENUINE, "no bar stands", _clear),
    (Outcome.INCONCLUSIVE, "anything else", lambda e: True),
)
"""Outcomes with when they hold, in words and in code; the first row that holds decides."""

REACHED: frozenset[Disposition] = frozenset({Disposition.ANSWERED, Disposition.FORWARDED})
"""Dispositions under which a person may have been spoken with."""


def assess(
    alert: Alert,
    verification: Verification | None,
    policy: Policy,
    *,
    disposition: Disposition,
    ending: CallEnding | None,
) -> Assessment:
    """Conclude from one contact attempt.

    Args:
        alert: What was to be verified.
        verification: What the script recorded, or None where nobody was spoken with.
        policy: The policy to conclude under.
        disposition: How the dial ended.
        ending: How the conversation ended, or None where there was none.

    Returns:
        The outcome with every finding, hard ones first. It releases only where identity passed, the payment was
        confirmed, every required question was answered without a hard finding, the score is under the release
        line, the tier is not high, and the line neither forwarded nor recently SIM-swapped.
    """
    spoken = verification is not None and disposition in REACHED
    recorded = verification if verification is not None and spoken else Verification()
    weighed = weigh(alert, recorded, policy)
    evidence = Evidence(alert, spoken, recorded, policy, disposition is Disposition.FORWARDED, ending, weighed)
    outcome = next(outcome for outcome, _, holds in OUTCOMES if holds(evidence))
    rule = policy.scorecard.outcomes[outcome]
    changed = BARS[Bar.CHANGED_ANSWER](evidence)
    findings = sorted((*weighed, *_bar_findings(evidence)), key=lambda finding: not finding.hard)
    return Assessment(
        outcome=outcome,
        action=BankAction.HOLD if changed else rule.action,
        escalate=rule.escalate,
        score=evidence.score,
        findings=tuple(findings),
        typologies=likely_typologies(alert, recorded.signals, policy, denied=outcome is Outcome.DENIED),
    )


def weigh(alert: Alert, verification: Verification, policy: Policy) -> tuple[Finding, ...]:
    """What signals, answers and facts add, without what bars a release."""
    return (
        *signal_findings(verification, policy),
        *answer_findings(verification, policy),
        *alert_findings(alert, policy),
    )


def _bar_findings(evidence: Evidence) -> list[Finding]:
    found = []
    for bar, stands in BARS.items():
        if stands(evidence):
            reason = evidence.policy.scorecard.bars[bar]
            found.append(Finding(bar.value, 0, True, reason.en, reason.zh, _cited(bar, evidence)))
    return found


def _cited(bar: Bar, evidence: Evidence) -> tuple[int, ...]:
    if bar in (Bar.DENIED, Bar.CHANGED_ANSWER):
        return tuple(sorted(set(_made_values(evidence).values())))
    if bar is Bar.WARNED:
        answers = evidence.verification.answers
        return tuple(answer.turn for answer in answers if answer.question is Question.PROCEED)
    return ()


def likely_typologies(
    alert: Alert, signals: tuple[ObservedSignal, ...], policy: Policy, *, denied: bool = False
) -> tuple[Typology, ...]:
    """Kinds of fraud, likeliest first.

    Those that most observed signals point to come first, a signal's first typology counting double; then the
    fraud engine's hypotheses in their order. A denied payment is unauthorised use before anything else.
    """
    votes: Counter[Typology] = Counter()
    for code in dict.fromkeys(observed.signal.code for observed in signals):
        for place, typology in enumerate(policy.signals[code].typologies):
            votes[typology] += 2 if place == 0 else 1
    order = {typology: place for place, typology in enumerate(alert.typologies)}
    ranked = sorted({*votes, *order}, key=lambda one: (-votes[one], order.get(one, len(order)), one.value))
    if denied:
        ranked = [Typology.UNAUTHORISED_USE, *(one for one in ranked if one is not Typology.UNAUTHORISED_USE)]
    return tuple(ranked)
