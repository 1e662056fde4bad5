"""What a reviewer does next, by what was observed, by outcome and by the likeliest kind of fraud."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from agent.analysis.contradictions import contradictions
from agent.analysis.happened import open_questions
from agent.analysis.pen import Pen, both, named
from cases.domain.analysis import Ground, Section, Statement
from cases.domain.findings import recently_swapped
from cases.domain.policy import Text
from cases.domain.vocabulary import Act, BankAction, Outcome, Typology

YOUNG_ACCOUNT_DAYS = 90
"""A payee's account younger than this is worth naming, days."""
_SECTION = Section.NEXT_STEPS
_NO_AGENT = Text("the payee's bank", "收款行")


def stamp(moment: datetime) -> str:
    """A moment as analyses write it, in UTC to the minute."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def next_steps(pen: Pen) -> Iterator[Statement]:
    """The steps in the order in which they are taken, each once; the deadline of the hold comes last."""
    dossier, steps = pen.dossier, pen.prompts.steps
    if dossier.proposal is BankAction.RELEASE:
        yield from _named(pen, steps.released)
        return
    found: dict[tuple[str, str], Statement] = {}
    for statement in _all(pen):
        found.setdefault((statement.text.en, statement.text.zh), statement)
    yield from list(found.values())[: steps.most]
    deadline = both(stamp(dossier.alert.hold_deadline))
    yield pen.write(_SECTION, "deadline", (), grounds=(Ground.ALERT,), slots={"deadline": deadline})


def _all(pen: Pen) -> Iterator[Statement]:
    dossier, steps = pen.dossier, pen.prompts.steps
    assessment = dossier.assessment
    yield from _observed(pen)
    yield from _named(pen, steps.outcomes[assessment.outcome])
    if assessment.outcome is not Outcome.CONFIRMED_GENUINE and assessment.action is BankAction.RELEASE:
        yield from _named(pen, steps.doubted)
    if unfit := [turn for statement in contradictions(pen) for turn in statement.turns]:
        yield pen.write(_SECTION, "put_contradictions", unfit)
    if cut := [t.index for t in pen.turns.values() if Act.WARN in t.acts and t.interrupted]:
        if not dossier.call.verification.warned:
            yield pen.write(_SECTION, "warn_again", cut)
    scam = assessment.outcome in steps.scam_outcomes and assessment.typologies
    if scam:
        yield _of_kind(pen, assessment.typologies[0])
    if open_questions(pen):
        yield pen.write(_SECTION, "ask_open", pen.last, grounds=(Ground.CALL,))
    if _bad_line(pen):
        yield pen.write(_SECTION, "bad_line", (), grounds=(Ground.ALERT,))
    if assessment.outcome in steps.receiving_outcomes:
        yield _receiving_bank(pen)


def _named(pen: Pen, keys: tuple[str, ...]) -> Iterator[Statement]:
    cited = [turn for finding in pen.dossier.assessment.findings for turn in finding.turns]
    for key in keys:
        yield pen.write(_SECTION, key, cited[:2] or pen.last, grounds=(Ground.TRIAGE,))


def _observed(pen: Pen) -> Iterator[Statement]:
    for code, keys in pen.prompts.steps.signals.items():
        turns = [one.turn for one in pen.dossier.call.verification.signals if one.signal.code is code]
        for key in keys if turns else ():
            yield pen.write(_SECTION, key, turns)


def _of_kind(pen: Pen, typology: Typology) -> Statement:
    pointing = [
        one.turn
        for one in pen.dossier.call.verification.signals
        if typology in pen.dossier.policy.signals[one.signal.code].typologies
    ]
    return pen.write(_SECTION, typology.value, pointing, grounds=() if pointing else (Ground.ALERT,))


def _bad_line(pen: Pen) -> bool:
    alert, days = pen.dossier.alert, pen.dossier.policy.limits.sim_swap_days
    return recently_swapped(alert, days) or any(contact.forwarding for contact in alert.customer.contacts)


def _receiving_bank(pen: Pen) -> Statement:
    transaction = pen.dossier.alert.transaction
    creditor, age = transaction.creditor, transaction.creditor_account_age_days
    digits = re.search(r"\d{2,6}$", creditor.account_masked or "")
    grounds = (Ground.ALERT,)
    if digits is None:
        return pen.write(_SECTION, "receiving_bank_plain", (), grounds=grounds)
    slots = {"account": both(f"…{digits[0]}"), "agent": named(creditor.agent or "", _NO_AGENT)}
    if age is not None and age < YOUNG_ACCOUNT_DAYS:
        return pen.write(_SECTION, "receiving_bank_new", (), grounds=grounds, slots={**slots, "days": both(str(age))})
    return pen.write(_SECTION, "receiving_bank", (), grounds=grounds, slots=slots)
