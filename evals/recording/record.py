"""From a case to a scenario file: replace, prove that nothing personal is left, write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from agent import numbers
from agent.brains.identity_answers import find_identity
from agent.dialogue.redaction import REDACTED
from cases.domain.alert import IdentityQuestionKind
from cases.domain.call import CallEnding, Turn
from cases.domain.policy import Policy
from cases.domain.vocabulary import Act, Disposition, Language, Speaker
from evals.errors import RecordingError
from evals.recording.document import alert_document
from evals.recording.model import Expected, NameLeft, Recording, Source
from evals.recording.names_left import names_left
from evals.recording.numbers import number_spans
from evals.recording.originals import Originals, originals
from evals.recording.proof import survivors
from evals.recording.spans import put
from evals.recording.stand_in import StandIn, fictitious_start, stand_in
from evals.recording.talk import Talk, talk_of
from evals.recording.words import name_spans
from evals.recording.writing import Facts, written
from telephony.persona import ANSWERED_BY

ATTEMPTS = 300
"""How often replacements are drawn anew where one happens to equal something personal."""
_BROKEN_OFF = frozenset({CallEnding.LEG_FAILED, CallEnding.ENGINE_FAILED, CallEnding.WORKER_LOST})
_IDENTITY = frozenset({Act.ASK_IDENTITY, Act.RETRY_IDENTITY})
_BUTTON = {Language.EN: "I'd like to speak to a person, please.", Language.ZH: "我要转人工。"}
_SECRET = "4111 1111 1111 1111"
"""Stands where a secret was taken out: a card scheme's number for tests, which is redacted wherever it is said."""


def record(
    source: Source, policy: Policy, *, expected: Expected = Expected.HAPPENED, strict: bool = False
) -> Recording:
    """A scenario of what happened, without anything personal.

    Args:
        source: What the case says.
        policy: Under which the scenario is to be run.
        expected: What it asks of an agent.
        strict: Whether words that look like a name of somebody the alert does not know are refused.

    Raises:
        RecordingError: The call cannot be told as a scenario, something personal would be left in it, or, where that
            is strict, a name may be.
    """
    answered_by = _answered_by(source)
    talk = _talk(source)
    name = f"recorded-{source.digest[:8]}-{source.alert.language.value}"
    left: list[str] = []
    for attempt in range(ATTEMPTS):
        stand = stand_in(source.alert, policy, source.key, attempt, name)
        draft = _Draft(stand, talk).replaced()
        left = survivors(_personal(source, stand), draft.places())
        if not left:
            return _recording(source, stand, draft, answered_by, expected, strict)
    raise RecordingError(
        f"nothing was written: {', '.join(dict.fromkeys(left))} would stay as it is in the case; "
        "write this scenario by hand"
    )


def _answered_by(source: Source) -> str:
    names = {disposition: name for name, disposition in ANSWERED_BY.items()}
    if source.disposition not in names:
        raise RecordingError(
            f"a dial that ended as {source.disposition.value} cannot be told as a scenario: "
            f"customers answer as {', '.join(ANSWERED_BY)}"
        )
    if source.call is not None and source.call.ending in _BROKEN_OFF:
        raise RecordingError(
            f"the call broke off ({source.call.ending.value}), which no customer can do; record another attempt"
        )
    return names[source.disposition]


def _talk(source: Source) -> Talk:
    if source.call is None or source.disposition is not Disposition.ANSWERED:
        return Talk()
    return talk_of(source.call, _BUTTON[source.alert.language])


def _personal(source: Source, stand: StandIn) -> Originals:
    turns: tuple[Turn, ...] = source.call.turns if source.call else ()
    said = [(f"turn {turn.index}", turn.text) for turn in turns if turn.speaker is Speaker.CUSTOMER]
    return originals(source.alert, stand.names, said)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A customer's words, by where they stand."""

    stand: StandIn
    talk: Talk

    def replaced(self) -> _Draft:
        """The same with everything replaced that is known."""
        answers = {
            act: [self._line(words, identity=act in _IDENTITY) for words in lines]
            for act, lines in self.talk.answers.items()
        }
        events = [
            {
                key: self._line(value, identity=event["on"] in _IDENTITY) if key in ("say", "backchannel") else value
                for key, value in event.items()
            }
            for event in self.talk.events
        ]
        return replace(self, talk=Talk(answers, events, list(self.talk.notes)))

    def places(self) -> dict[str, str]:
        """Everything that comes from the case and may hold something personal."""
        document = alert_document(self.stand.alert)
        for kept in ("id", "score", "typologies", "jurisdiction", "tier"):
            document.pop(kept, None)
        for contact in document["customer"]["contacts"]:
            # Numbers that nobody has all begin alike, as a customer's own may.
            contact["address"] = contact["address"].removeprefix(fictitious_start(contact["address"]))
        return {**_flat("alert.document", document), **self.lines()}

    def lines(self) -> dict[str, str]:
        """What the customer says."""
        found = {
            f"customer.answers.{act.value}[{place}]": words
            for act, lines in self.talk.answers.items()
            for place, words in enumerate(lines)
        }
        for place, event in enumerate(self.talk.events):
            for key in ("say", "backchannel"):
                if key in event:
                    found[f"customer.events[{place}].{key}"] = event[key]
        return {place: words for place, words in found.items() if words}

    def _line(self, text: str, *, identity: bool) -> str:
        alert = self.stand.original
        asked = alert.customer.identity_question.kind
        birthday = identity and asked is IdentityQuestionKind.BIRTHDAY
        if identity and asked is IdentityQuestionKind.POSTCODE:
            given = find_identity(text, asked, alert.locale)
            if given is not None:
                return self._spelled(given)
        spans = [
            *name_spans(text, self.stand.names),
            *number_spans(text, self.stand, alert.locale, birthday=birthday),
        ]
        new = put(text, spans)
        if birthday:
            new = self._same_birthday(text, new)
        return new.replace(REDACTED[Language.EN], _SECRET).replace(REDACTED[Language.ZH], _SECRET)

    def _spelled(self, given: str) -> str:
        """A postcode answer, character by character: right stays right, wrong stays wrong."""
        new = self.stand.chance.like("postcode", given, letters=True)
        return "".join(new) if self.stand.original.language is Language.ZH else " ".join(new)

    def _same_birthday(self, text: str, new: str) -> str:
        """The line, or the birthday alone where the line would not be read as the day that was meant."""
        locale = self.stand.original.locale
        given = find_identity(text, IdentityQuestionKind.BIRTHDAY, locale)
        if given is None:
            return new
        month, day = self.stand.day(int(given[:2]), int(given[3:]))
        if find_identity(new, IdentityQuestionKind.BIRTHDAY, locale) == f"{month:02d}-{day:02d}":
            return new
        return numbers.say_day(date(2000, month, day), locale)


def _flat(place: str, value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        return {k: v for name, one in value.items() for k, v in _flat(f"{place}.{name}", one).items()}
    if isinstance(value, list):
        return {k: v for at, one in enumerate(value) for k, v in _flat(f"{place}[{at}]", one).items()}
    return {place: str(value)}


def _recording(
    source: Source, stand: StandIn, draft: _Draft, answered_by: str, expected: Expected, strict: bool
) -> Recording:
    known = [name.new for name in stand.names]
    left = tuple(
        NameLeft(place, words)
        for place, line in draft.lines().items()
        for words in names_left(line, source.alert.language, known)
    )
    if left and strict:
        places = ", ".join(dict.fromkeys(one.place for one in left))
        raise RecordingError(
            f"nothing was written: words that look like names of others stand in {places}; "
            "record without --strict and look at what the file marks"
        )
    facts = Facts(source, stand.alert, draft.talk, answered_by, left)
    return Recording(
        scenario_id=stand.alert.id,
        text=written(facts, expected),
        runnable=written(facts, Expected.HAPPENED),
        names_left=left,
        notes=tuple(draft.talk.notes),
    )
