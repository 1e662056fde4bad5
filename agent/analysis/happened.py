"""What happened in a call, in the order in which it went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.analysis.pen import Pen, both, payee, quotable
from cases.domain.analysis import Ground, Section, Statement
from cases.domain.call import Answer, CallEnding, Confirmation, CustomerRequest, Identity, Turn
from cases.domain.findings import UNSURE
from cases.domain.triage import OTHER_PERSON, REACHED
from cases.domain.vocabulary import QUESTION_OF_ACT, Act, Disposition, Intent, Question, Speaker

LONGEST_CUT = 80
"""Longest part of a cut utterance that is shown as heard, or as not heard, characters."""
UNCLEAR_TURNS = 2
"""From so many turns that nothing could be made of, the analysis says so."""
_FREE = (Question.PURPOSE, Question.PAYEE_SOURCE)
_OF_THE_PAYMENT = (Question.IDENTITY, Question.MADE, Question.PROCEED, *_FREE)
_SECTION = Section.WHAT_HAPPENED
_REQUESTS = {
    CustomerRequest.WRONG_PERSON: ("wrong_person", Intent.WRONG_PERSON),
    CustomerRequest.THIRD_PARTY: ("third_party", Intent.THIRD_PARTY),
    CustomerRequest.HUMAN: ("human", Intent.ASK_HUMAN),
    CustomerRequest.CALLBACK: ("callback", Intent.CALLBACK),
    CustomerRequest.REFUSED: ("refused", Intent.REFUSE),
}


def what_happened(pen: Pen) -> Iterator[Statement]:
    """The call in short sentences."""
    disposition = pen.dossier.disposition
    if disposition not in REACHED:
        key = "screener" if disposition is Disposition.SCREENER else "voicemail"
        yield pen.write(_SECTION, key, pen.last, grounds=(Ground.CALL,))
        return
    yield from _who(pen)
    yield from _payment(pen)
    yield from _answers(pen)
    yield from _secrets(pen)
    yield from _warnings(pen)
    seen = pen.dossier.call.verification
    if seen.identity is Identity.PASSED or seen.request not in OTHER_PERSON:
        yield from _request(pen)
    yield from _gaps(pen)
    ending = pen.dossier.call.ending
    if ending is not CallEnding.COMPLETED:
        yield pen.write(_SECTION, ending.value, pen.last, grounds=(Ground.CALL,))


def _who(pen: Pen) -> Iterator[Statement]:
    seen = pen.dossier.call.verification
    if seen.identity is not Identity.PASSED and seen.request in OTHER_PERSON:
        yield from _request(pen)
        return
    key = {Identity.PASSED: "identity_passed", Identity.FAILED: "identity_failed", Identity.UNKNOWN: "identity_open"}
    given = [answer.turn for answer in seen.answers if answer.question is Question.IDENTITY]
    yield pen.write(_SECTION, key[seen.identity], given)


def _payment(pen: Pen) -> Iterator[Statement]:
    seen = pen.dossier.call.verification
    if not seen.disclosed:
        yield pen.write(_SECTION, "not_disclosed", _agent_turns(pen)[-1:], grounds=(Ground.CALL,))
        return
    asked = [turn.index for turn in pen.turns.values() if Act.ASK_MADE in turn.acts][:1]
    facts = {"amount": both(str(pen.dossier.alert.transaction.amount)), "payee": payee(pen.dossier.alert)}
    made = [answer for answer in seen.answers if answer.question is Question.MADE and answer.value not in UNSURE]
    if seen.confirmation is Confirmation.UNKNOWN or not made:
        replies = [index + 1 for index in asked]
        yield pen.write(_SECTION, "not_settled", [*asked, *replies], grounds=(Ground.ALERT,), slots=facts)
        return
    key = "confirmed" if seen.confirmation is Confirmation.CONFIRMED else "denied"
    last = made[-1]
    words = [pen.said(last.turn, last.quote)]
    yield pen.write(_SECTION, key, [*asked, last.turn], grounds=(Ground.ALERT,), quotes=words, slots=facts)


def _answers(pen: Pen) -> Iterator[Statement]:
    latest = {answer.question: answer for answer in pen.dossier.call.verification.answers}
    for question in _FREE:
        words = [one for one in pen.dossier.call.verification.answers if one.question is question and one.quote.strip()]
        if words:
            quotes = list(dict.fromkeys(pen.said(one.turn, one.quote) for one in words))[-2:]
            yield pen.write(_SECTION, question.value, [one.turn for one in words], quotes=quotes)
    for value, key in (("yes", "answered_yes"), ("no", "answered_no")):
        given = [one for one in latest.values() if one.value == value and one.question not in _OF_THE_PAYMENT]
        if given:
            questions = pen.list_of([pen.question(one.question) for one in given])
            yield pen.write(_SECTION, key, [one.turn for one in given], slots={"questions": questions})


def _secrets(pen: Pen) -> Iterator[Statement]:
    """Turns after which the agent refused a secret."""
    order = list(pen.turns.values())
    begun = [
        before.index
        for before, after in zip(order, order[1:], strict=False)
        if before.speaker is Speaker.CUSTOMER and Act.REFUSE_SECRET in after.acts
    ]
    if begun:
        yield pen.write(_SECTION, "secret", begun)


def _warnings(pen: Pen) -> Iterator[Statement]:
    seen = pen.dossier.call.verification
    for turn in _cut_turns(pen, {Act.WARN})[:2]:
        heard, rest = _halves(turn)
        slots = {"heard": pen.quoted(heard), "unheard": pen.quoted(rest)}
        yield pen.write(_SECTION, "warning_cut", [turn.index], slots=slots)
    for turn in _cut_turns(pen, set(QUESTION_OF_ACT) - {Act.WARN})[:2]:
        if Act.WARN not in turn.acts:
            rest = _halves(turn)[1]
            yield pen.write(_SECTION, "question_cut", [turn.index], slots={"unheard": pen.quoted(rest)})
    if seen.warned:
        played = [turn.index for turn in pen.turns.values() if Act.WARN in turn.acts]
        yield pen.write(_SECTION, "warned", played[-1:])
    chosen = [answer for answer in seen.answers if answer.question is Question.PROCEED and answer.value not in UNSURE]
    if chosen:
        yield _proceeds(pen, chosen[-1])


def _proceeds(pen: Pen, chosen: Answer) -> Statement:
    key = "proceed_yes" if chosen.value == "yes" else "proceed_no"
    return pen.write(_SECTION, key, [chosen.turn], quotes=[pen.said(chosen.turn, chosen.quote)])


def _cut_turns(pen: Pen, acts: Iterable[Act]) -> list[Turn]:
    """The agent's utterances with these acts that were cut with words left to say."""
    wanted = set(acts)
    return [turn for turn in pen.turns.values() if turn.interrupted and wanted & set(turn.acts) and _halves(turn)[1]]


def _halves(turn: Turn) -> tuple[str, str]:
    """The end of what was heard of a cut utterance, and the beginning of what was not; empty where they do not fit."""
    heard = turn.heard_text.rstrip(" …—-")
    if not turn.text.startswith(heard):
        return "", ""
    rest = turn.text[len(heard) :].strip(" ,，.。…")
    if not any(character.isalnum() for character in rest):
        return "", ""
    return _tail(heard), quotable(rest)[:LONGEST_CUT].strip()


def _tail(text: str) -> str:
    """The end of a text, from the beginning of a word on."""
    if len(text) <= LONGEST_CUT:
        return text
    tail = text[-LONGEST_CUT:]
    starts = [place for mark in " ,，。；、" if 0 <= (place := tail.find(mark)) < LONGEST_CUT // 2]
    return tail[min(starts) + 1 :].strip() if starts else tail


def _request(pen: Pen) -> Iterator[Statement]:
    request = pen.dossier.call.verification.request
    if request is None:
        return
    key, intent = _REQUESTS[request]
    asked = [turn for turn in pen.turns.values() if turn.reading is not None and turn.reading.intent is intent]
    if asked:
        yield pen.write(_SECTION, key, [asked[-1].index], quotes=[asked[-1].heard_text])
    elif f"what_happened.{key}_pressed" in pen.prompts.lines[pen.dossier.language]:
        yield pen.write(_SECTION, f"{key}_pressed", pen.last, grounds=(Ground.CALL,))


def _gaps(pen: Pen) -> Iterator[Statement]:
    unclear = [t.index for t in pen.turns.values() if t.reading is not None and t.reading.intent is Intent.UNCLEAR]
    if len(unclear) >= UNCLEAR_TURNS:
        yield pen.write(_SECTION, "unclear", unclear)
    if questions := open_questions(pen):
        asked = [t.index for t in pen.turns.values() if {QUESTION_OF_ACT.get(act) for act in t.acts} & set(questions)]
        listed = pen.list_of([pen.question(one) for one in questions])
        yield pen.write(_SECTION, "open", asked or pen.last, grounds=(Ground.CALL,), slots={"questions": listed})


def open_questions(pen: Pen) -> tuple[Question, ...]:
    """Questions that policy asks for and that nobody answered clearly, once the right person is on the line."""
    seen = pen.dossier.call.verification
    if seen.identity is not Identity.PASSED or seen.confirmation is Confirmation.DENIED:
        return ()
    latest = {answer.question: answer.value for answer in seen.answers}
    return tuple(one for one in seen.required if latest.get(one, "") in UNSURE and one is not Question.IDENTITY)


def _agent_turns(pen: Pen) -> list[int]:
    return [turn.index for turn in pen.turns.values() if turn.speaker is Speaker.AGENT]
