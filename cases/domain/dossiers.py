"""From a case to what the analysis of one of its calls may rest on."""

from __future__ import annotations

from cases.domain.analysis import Dossier
from cases.domain.case import Case
from cases.domain.fold import POLICY
from cases.domain.rules import CaseRules
from cases.domain.vocabulary import BankAction


def dossier_of(case: Case, attempt: int, rules: CaseRules) -> Dossier | None:
    """What an analysis of this attempt's call may rest on, or None where the case has no such call.

    A release is proposed only where policy itself released: what triage found clean and a doubt of the case kept from
    being released is proposed to stay held.
    """
    record = case.call_of(attempt)
    if record is None:
        return None
    assessment = rules.assess(case.alert, record.disposition, record.call)
    proposal = assessment.action
    released = case.decision is not None and (case.decision.by, case.decision.action) == (POLICY, BankAction.RELEASE)
    if proposal is BankAction.RELEASE and not released:
        proposal = BankAction.HOLD
    return Dossier(case.alert, record.disposition, record.call, assessment, proposal, rules.policy)
