"""Triage: what was recorded of a conversation becomes findings, a score and an outcome; pure, table-driven."""

from __future__ import annotations

from cases.domain.alert import Alert
from cases.domain.call import CallEnding, Verification
from cases.domain.policy import Policy
from cases.domain.ruling import Assessment
from cases.domain.vocabulary import Disposition


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
    raise NotImplementedError
