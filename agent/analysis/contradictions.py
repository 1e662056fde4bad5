"""What in a call does not fit together: answers with answers, with signals, and with the alert's own facts."""

from __future__ import annotations

from collections.abc import Iterator

from agent import numbers
from agent.analysis.pen import Pen, both, quotable
from cases.domain.alert import Alert
from cases.domain.analysis import Ground, Section, Statement
from cases.domain.call import Answer, CustomerRequest, Identity, ObservedSignal, Turn
from cases.domain.vocabulary import Intent, Language, Question, SignalCode, Speaker

AGAINST: dict[tuple[Question, str], frozenset[SignalCode]] = {
    (Question.CONTACTED, "no"): frozenset(
        {
            SignalCode.CALLER_CLAIMS_BANK,
            SignalCode.CALLER_CLAIMS_POLICE,
            SignalCode.REFUND_AGENT,
            SignalCode.FAMILY_EMERGENCY,
            SignalCode.TOLD_WHAT_TO_SAY,
            SignalCode.OTHER_CALL_IN_PROGRESS,
        }
    ),
    (Question.TOLD_WHAT_TO_SAY, "no"): frozenset({SignalCode.TOLD_WHAT_TO_SAY, SignalCode.TOLD_TO_KEEP_SECRET}),
    (Question.REMOTE_ACCESS, "no"): frozenset({SignalCode.REMOTE_ACCESS, SignalCode.SCREEN_SHARE}),
    (Question.MET_IN_PERSON, "yes"): frozenset({SignalCode.PAYEE_MET_ONLINE}),
    (Question.SEEN_GOODS, "yes"): frozenset({SignalCode.GOODS_UNSEEN, SignalCode.RENTAL_UNSEEN}),
    (Question.RETURNS, "no"): frozenset({SignalCode.INVESTMENT_PROMISE}),
    (Question.INVOICE_CHECKED, "yes"): frozenset({SignalCode.INVOICE_CHANGED}),
    (Question.FEE_UPFRONT, "no"): frozenset({SignalCode.ADVANCE_FEE, SignalCode.LOAN_FEE, SignalCode.TASK_REWARD}),
}
"""Signals that speak against an answer."""
SAME_AMOUNT = 0.1
"""Amounts closer than this share of the payment are taken for the payment, said roughly."""
_OPPOSITE = {"yes": "no", "no": "yes"}
_SECTION = Section.CONTRADICTIONS


def contradictions(pen: Pen) -> Iterator[Statement]:
    """What does not fit together, most telling first."""
    taken: set[int] = set()
    for statement in (*_changed(pen), *_against_answers(pen)):
        taken.update(statement.turns)
        yield statement
    yield from _against_identity(pen)
    for observed in pen.dossier.call.verification.signals:
        if observed.signal.code is SignalCode.CONTRADICTION and observed.turn not in taken:
            taken.add(observed.turn)
            words = pen.said(observed.turn, observed.signal.quote)
            yield pen.write(_SECTION, "observed", [observed.turn], quotes=[words])
    yield from _against_alert(pen)


def _changed(pen: Pen) -> Iterator[Statement]:
    """Answers that were taken back."""
    latest: dict[Question, Answer] = {}
    told: set[Question] = set()
    for answer in pen.dossier.call.verification.answers:
        before = latest.get(answer.question)
        latest[answer.question] = answer
        if before is None or answer.question in told or before.turn == answer.turn:
            continue
        if answer.question is Question.IDENTITY:
            if pen.dossier.call.verification.identity is Identity.PASSED and before.value != answer.value:
                told.add(answer.question)
                yield pen.write(_SECTION, "changed_identity", [before.turn, answer.turn])
        elif _OPPOSITE.get(answer.value) == before.value:
            told.add(answer.question)
            first, second = (pen.quoted(pen.said(one.turn, one.quote)) for one in (before, answer))
            question = pen.question(answer.question)
            turns = [before.turn, answer.turn]
            slots = {"question": question, "first": first, "second": second}
            yield pen.write(_SECTION, "changed", turns, slots=slots)


def _against_answers(pen: Pen) -> Iterator[Statement]:
    """Answers that what was said elsewhere speaks against."""
    seen = pen.dossier.call.verification
    for answer in seen.answers:
        codes = AGAINST.get((answer.question, answer.value), frozenset())
        other = next((one for one in seen.signals if one.signal.code in codes and one.turn != answer.turn), None)
        if other is None:
            continue
        first = pen.quoted(pen.said(answer.turn, answer.quote))
        second = pen.quoted(pen.said(other.turn, other.signal.quote))
        question = pen.question(answer.question)
        turns = [answer.turn, other.turn]
        slots = {"question": question, "first": first, "second": second}
        yield pen.write(_SECTION, "against_answer", turns, slots=slots)


def _against_identity(pen: Pen) -> Iterator[Statement]:
    """Words after a passed identity question that sound like somebody else."""
    seen = pen.dossier.call.verification
    if seen.identity is not Identity.PASSED:
        return
    passed = max((one.turn for one in seen.answers if one.question is Question.IDENTITY), default=-1)
    for observed in seen.signals:
        if observed.signal.code is SignalCode.IDENTITY_MISMATCH and observed.turn > passed:
            yield _doubted(pen, observed)
            return
    if seen.request in (CustomerRequest.WRONG_PERSON, CustomerRequest.THIRD_PARTY):
        for turn in reversed(pen.dossier.call.turns):
            if turn.reading is not None and turn.reading.intent in (Intent.WRONG_PERSON, Intent.THIRD_PARTY):
                yield pen.write(_SECTION, "against_identity", [turn.index], quotes=[turn.heard_text])
                return


def _doubted(pen: Pen, observed: ObservedSignal) -> Statement:
    words = pen.said(observed.turn, observed.signal.quote)
    return pen.write(_SECTION, "against_identity", [observed.turn], quotes=[words])


def _against_alert(pen: Pen) -> Iterator[Statement]:
    """Words that the alert's own facts speak against."""
    alert = pen.dossier.alert
    if pen.dossier.call.verification.identity is not Identity.PASSED:
        return
    name = "paid_before" if alert.transaction.first_time_payee else "never_paid"
    cue, language = pen.prompts.cues[name], pen.dossier.language
    spoken = [turn for turn in pen.dossier.call.turns if turn.speaker is Speaker.CUSTOMER]
    for turn in spoken:
        found = cue.pattern[language].search(turn.heard_text)
        clause = _clause(turn.heard_text, found.start()) if found else ""
        if found and not cue.unless[language].search(clause):
            yield pen.write(_SECTION, name, [turn.index], grounds=(Ground.ALERT,), quotes=[found[0]])
            break
    for turn in spoken:
        if other := _other_amount(turn, alert, pen):
            slots = {"amount": both(str(alert.transaction.amount))}
            grounds = (Ground.ALERT,)
            yield pen.write(_SECTION, "other_amount", [turn.index], grounds=grounds, quotes=[other], slots=slots)
            break


def _clause(text: str, place: int) -> str:
    """The clause around a place of a text, up to 12 characters after it."""
    start = max(text.rfind(mark, 0, place) for mark in ",.;!?，。；！？")
    return text[start + 1 : place + 12]


def _other_amount(turn: Turn, alert: Alert, pen: Pen) -> str:
    """Words by which the customer names another amount where they answer whether they made the payment, or empty."""
    answers = {one.question for one in turn.reading.answers} if turn.reading else set()
    if Question.MADE not in answers:
        return ""
    amount = alert.transaction.amount
    locale = alert.locale if pen.dossier.language is not Language.ZH else "zh-CN"
    for found in numbers.find_money(turn.heard_text, locale):
        same = found.value.currency == amount.currency
        if same and abs(found.value.minor - amount.minor) > SAME_AMOUNT * amount.minor:
            return quotable(turn.heard_text[found.start : found.end])
    return ""
