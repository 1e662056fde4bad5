"""What is wrong with lines as a customer would hear them: with the facts of alerts put in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from agent.dialogue.guard import Guard, sentences
from agent.dialogue.lines import Lines, SpokenFacts, facts_of, form_of
from agent.wording.limits import Limits
from agent.wording.measures import seconds, sentences_of, size
from agent.wording.written import Book, Written
from cases.domain.alert import Alert, IdentityQuestion, IdentityQuestionKind, Party
from cases.domain.money import Money
from cases.domain.script import DISCLOSING_ACTS
from cases.domain.vocabulary import Act, Language, PaymentChannel, Rail, SignalCode, Typology
from prompts import DEFAULT_FORM, Problem, Prompts, fill

Forbidden = Callable[[str], tuple[str, ...]]
"""Codes of what is forbidden in a text, judged apart from the guard."""
MATCH_CODE = "47"
"""The digits of the bank's app in a sample."""
MARKERS = {Language.EN: "Marker Payee Limited", Language.ZH: "记号收款公司"}
"""A payee that nothing but a disclosed fact can name."""
_MARKER_MINOR = 98765432
"""An amount that nothing but a disclosed fact can name."""


@dataclass(frozen=True, slots=True)
class Sample:
    """An alert that wording is tried on.

    Attributes:
        name: What it is called.
        alert: The alert.
        zone: IANA time zone in which its times are said.
    """

    name: str
    alert: Alert
    zone: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A wording as the customer of a sample hears it.

    Attributes:
        written: The wording.
        sample: The sample.
        verified: Whether the right person is known to be on the line.
        text: The line.
    """

    written: Written
    sample: Sample
    verified: bool
    text: str


def variants(sample: Sample) -> tuple[Sample, ...]:
    """A sample as it is, and changed so that every form of an act is said."""
    alert = sample.alert
    card = replace(alert.transaction, rail=Rail.CARD, channel=PaymentChannel.ECOMMERCE)
    cash = replace(alert.transaction, rail=Rail.ATM, channel=PaymentChannel.CASH_MACHINE)
    transfer = replace(alert.transaction, rail=Rail.BOOK_TRANSFER, channel=PaymentChannel.MOBILE_APP)
    postcode = IdentityQuestion(IdentityQuestionKind.POSTCODE, "SW1A")
    changed = {
        "": alert,
        "by card": replace(alert, transaction=card),
        "in cash": replace(alert, transaction=cash),
        "by transfer": replace(alert, transaction=transfer),
        "with a postcode": replace(alert, customer=replace(alert.customer, identity_question=postcode)),
        "for a home": replace(alert, typologies=(Typology.PROPERTY_RENTAL,)),
    }
    return tuple(replace(sample, name=f"{sample.name} {how}".strip(), alert=one) for how, one in changed.items())


def marked(sample: Sample) -> Sample:
    """A sample whose amount and payee can be told from all other words."""
    transaction = replace(
        sample.alert.transaction,
        amount=Money(_MARKER_MINOR, sample.alert.transaction.amount.currency),
        creditor=Party(MARKERS[sample.alert.language]),
    )
    return replace(sample, name=f"{sample.name} with markers", alert=replace(sample.alert, transaction=transaction))


class Voice:
    """Says wordings with the facts of one sample."""

    def __init__(self, sample: Sample, prompts: Prompts) -> None:
        """Bind sample and wording."""
        self.sample = sample
        self.facts: SpokenFacts = facts_of(sample.alert, MATCH_CODE, prompts, sample.zone)
        self._lines = Lines(sample.alert, self.facts, prompts)
        self._prompts = prompts

    def says(self, written: Written, *, verified: bool) -> bool:
        """Whether a call about this sample may come to these words."""
        if written.language is not self.sample.alert.language:
            return False
        if not isinstance(written.of, Act):
            return verified
        if not verified and written.of in DISCLOSING_ACTS:
            return False
        forms = self._prompts.acts[written.language][written.of]
        fitting = form_of(written.of, self.sample.alert, verified=verified)
        return written.form == next((form for form in fitting if form in forms), None)

    def say(self, written: Written, *, verified: bool) -> Heard:
        """A wording with the facts put in.

        Raises:
            PromptError: A variable has no value.
        """
        return Heard(written, self.sample, verified, self._text(written, verified))

    def _text(self, written: Written, verified: bool) -> str:
        if isinstance(written.of, Act):
            return self._lines.say(written.of, times=written.index, verified=verified)
        if isinstance(written.of, Typology):
            signals = () if written.form == DEFAULT_FORM else (SignalCode(written.form),)
            return self._lines.warning(written.of, times=written.index, signals=signals)
        return fill(written.text, self.facts.variables)


def heard_lines(book: Book, sample: Sample) -> Iterator[Heard]:
    """Every line that a call about a sample may come to.

    Raises:
        PromptError: A variable has no value.
    """
    return _lines(book, Voice(sample, book.prompts))


def _lines(book: Book, voice: Voice) -> Iterator[Heard]:
    for written in book.written:
        for verified in (False, True):
            if voice.says(written, verified=verified):
                yield voice.say(written, verified=verified)


def rendering_problems(
    book: Book, samples: tuple[Sample, ...], limits: Limits, forbidden: Forbidden
) -> Iterator[Problem]:
    """Everything that is wrong with lines once facts are put in, each fault of a wording once."""
    found: dict[Problem, None] = {}
    longest: dict[Written, Heard] = {}
    for sample in samples:
        done: set[tuple[Written, bool, str]] = set()
        for variant in variants(sample):
            voice = Voice(variant, book.prompts)
            guard = Guard(variant.alert, voice.facts.variables)
            for heard in _lines(book, voice):
                key = (heard.written, heard.verified, heard.text)
                if key in done:
                    continue
                done.add(key)
                found.update(dict.fromkeys(_spoken(heard, guard, forbidden)))
                best = longest.get(heard.written)
                if best is None or _measured_size(heard) > _measured_size(best):
                    longest[heard.written] = heard
        found.update(dict.fromkeys(_disclosures(book, marked(sample))))
    reasons = {language: _longest_reason(longest, language) for language in Language}
    for written, heard in longest.items():
        found.update(dict.fromkeys(_too_long(written, heard, reasons[written.language], limits)))
    languages = {sample.alert.language for sample in samples}
    for written in book.written:
        if written.language in languages and written not in longest:
            found[written.problem("no sample alert ever comes to it", "a form that a call can come to")] = None
    yield from found


def _spoken(heard: Heard, guard: Guard, forbidden: Forbidden) -> Iterator[Problem]:
    """What the guard, and the list of forbidden things that evaluations judge by, find in a line."""
    for sentence in sentences(heard.text):
        finding = guard.check(sentence, verified=heard.verified, fixed=True).finding
        if finding:
            yield heard.written.problem(f"the guard refuses {sentence.strip()!r}: {finding}", "words that it lets pass")
    for code in forbidden(heard.text):
        yield heard.written.problem(f"forbidden, {code}: {heard.text!r}", "words that ask for and promise nothing")


def _disclosures(book: Book, sample: Sample) -> Iterator[Problem]:
    voice = Voice(sample, book.prompts)
    for written in book.written:
        if voice.says(written, verified=False):
            text = voice.say(written, verified=False).text
            for name in ("amount", "payee", "when", "deadline"):
                if voice.facts.variables[name] in text:
                    yield written.problem(f"tells the {name} to anybody", "a neutral act names no fact of the payment")


def _measured(heard: Heard) -> str:
    """A line without the warning that it leads to, which has its own limit."""
    return heard.written.text.replace("{warning}", "") if heard.written.of is Act.WARN else heard.text


def _measured_size(heard: Heard) -> int:
    return size(_measured(heard), heard.written.language)


def _longest_reason(longest: Mapping[Written, Heard], language: Language) -> int:
    reasons = [heard for one, heard in longest.items() if one.of is None and one.language is language]
    return max(map(_measured_size, reasons), default=0)


def _too_long(written: Written, heard: Heard, longest_reason: int, limits: Limits) -> Iterator[Problem]:
    language, text = written.language, _measured(heard)
    unit = "words" if language is Language.EN else "characters"
    most = limits.sentence[language]
    for sentence in sentences_of(text):
        if size(sentence, language) > most:
            yield written.problem(f"a sentence of {size(sentence, language)} {unit}: {sentence}", f"at most {most}")
    if written.of is None:
        return
    lasts, limit = seconds(text, language, limits.per_minute[language]), limits.warning_seconds
    if isinstance(written.of, Act):
        limit = limits.seconds_of(written.of)
    elif "{why}" in written.text:
        template = size(written.text.replace("{why}", "").replace("{likelihood}", "is very likely"), language)
        lasts = max(lasts, (template + longest_reason) * 60 / limits.per_minute[language])
    if lasts > limit:
        yield written.problem(f"lasts {lasts:.1f} seconds", f"at most {limit:g}")
