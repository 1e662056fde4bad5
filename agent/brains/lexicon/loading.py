"""The lexicon of one language, read strictly from the files of its folder."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from agent.brains.lexicon.patterns import Folded, LexiconError, Matcher, compile_patterns, fold, matcher
from cases import fast_yaml
from cases.domain.vocabulary import COMPARED_SIGNALS, Intent, Language, Question, SignalCode

OPENING = "opening"
"""Key of what is asked before any question: whether the customer speaks."""
OTHER = "other"
"""Key of moments at which nothing is asked."""
_KEYS = {
    "macros", "asking", "fillers", "negators", "adjacent_negators", "subjects", "breaks", "corrections", "polarity",
    "questions", "idle", "intents", "signals", "backchannels", "dangling", "complete_endings", "phrases",
    "traditional", "simplified", "dialect", "beside",
    "unfinished", "half_answers", "elsewhere", "assents", "partings",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class QuestionWords:
    """How replies to one question sound.

    Attributes:
        yes: Whole phrases that mean yes.
        loose_yes: Phrases that mean yes where nothing beside them is denied or limited: they speak of a payment, but
            not plainly of this one ("I bought a sofa").
        limits: What limits a loose yes ("but", "only", "that's it").
        no: Whole phrases that mean no.
        anywhere_no: Phrases that mean no whatever was asked.
        disowned: Where customers say of any part of the deed that it was not theirs, which takes any yes away.
        others: Where somebody of the household did it, or may have: neither yes nor no.
        undercut: Phrases beside which a yes is none: somebody else's deed, a deed only imagined.
        unsaid: Words before a yes in its clause that make it somebody's claim, a guess or denied.
        doubt: Phrases beside which a bare yes is none: a question which payment is meant, other talk.
        alibi: Phrases that make a bare yes, or no answer at all, a doubt.
        topic_yes: What the question is about: yes where it is said, no where it is denied; None for the payment itself.
        topic_no: What is the opposite of it: no where it is said, yes where it is denied.
        risky: The answer that speaks against the payment, which counts where topics of both kinds are said; or None.
        open: Whether the question asks for more than yes or no.
        values: For open questions: short values and the words behind them, first come first served.
        implies_yes: Signals that say yes by themselves.
        implies_no: Signals that say no by themselves.
        yes_signal: Signal that a yes is, or None.
        no_signal: Signal that a no is, or None.
        no_signal_rental: Signal that a no is where a home is rented, or None.
    """

    yes: Matcher | None
    loose_yes: Matcher | None
    limits: re.Pattern[str] | None
    no: Matcher | None
    anywhere_no: Matcher | None
    disowned: Matcher | None
    others: Matcher | None
    undercut: re.Pattern[str] | None
    unsaid: re.Pattern[str] | None
    doubt: re.Pattern[str] | None
    alibi: re.Pattern[str] | None
    topic_yes: Matcher | None
    topic_no: Matcher | None
    risky: str | None
    open: bool
    values: Mapping[str, re.Pattern[str]]
    implies_yes: frozenset[SignalCode]
    implies_no: frozenset[SignalCode]
    yes_signal: SignalCode | None
    no_signal: SignalCode | None
    no_signal_rental: SignalCode | None


@dataclass(frozen=True, slots=True)
class IntentWords:
    """How one intent sounds.

    Attributes:
        matcher: Its patterns.
        yields: Whether an answer in the same utterance goes before it: `never`, to a whole `phrase`, to `any`
            answer, or to a phrase while a `question` is open.
    """

    matcher: Matcher
    yields: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one language, compiled.

    Attributes:
        language: The language.
        version: SHA-256 of the files, hexadecimal.
        polarity: Short words for `yes`, `no`, `unsure`, `hedge`.
        questions: Replies by question.
        idle: Phrases within which nothing of a kind counts: `yes`, `no`, `unsure`, `hedge`, `negator`, `harmless`
            (a negator that leaves a bare yes alone), `asking`, a signal's code, `machine` for requests within the
            greeting of an answering machine, or `any` for all but requests.
        intents: In order of precedence.
        signals: Risk cues.
        fillers: Words without content.
        negators: What turns the words after it around.
        adjacent_negators: What does so only right before them.
        subjects: Words that begin a clause of their own, which an earlier negator does not reach.
        breaks: Where a clause ends.
        asking: What makes a clause a question.
        corrections: What takes back the words before it.
        beside: What a third person directed (`directed`) or said (`reported`), which takes a protective answer away,
            and an answer in a third person's mouth (`dictated`), which takes a yes to the payment away too.
        backchannels: Sounds of listening.
        assents: What is one too where the agent has not finished its line.
        partings: What is said to a call that comes to its end, by somebody who is content with what was said.
        dangling: Last words of an unfinished utterance.
        complete_endings: Endings that are complete although their last word dangles.
        unfinished: Endings that ask for more although their last word could be one: half a noun phrase or number.
        half_answers: What an answer begins with, as long as nothing is answered: a day without its month.
        elsewhere: What is said to somebody else in the room.
        phrases: Expected phrases by question, `any`, `opening`.
        short_forms: Long to short Chinese characters.
        dialect: Dialect words with the standard words for them, in the order in which they are put.
    """

    language: Language
    version: str
    polarity: Mapping[str, Matcher]
    questions: Mapping[str, QuestionWords]
    idle: Mapping[str, Matcher]
    intents: Mapping[Intent, IntentWords]
    signals: Mapping[SignalCode, Matcher]
    fillers: re.Pattern[str]
    negators: re.Pattern[str]
    adjacent_negators: re.Pattern[str]
    subjects: re.Pattern[str]
    breaks: re.Pattern[str]
    asking: re.Pattern[str]
    corrections: re.Pattern[str]
    beside: Mapping[str, Matcher]
    backchannels: re.Pattern[str]
    assents: re.Pattern[str]
    partings: re.Pattern[str]
    dangling: re.Pattern[str]
    complete_endings: re.Pattern[str]
    unfinished: Matcher
    half_answers: Matcher
    elsewhere: Matcher
    phrases: Mapping[str, tuple[str, ...]]
    short_forms: Mapping[str, str]
    dialect: tuple[tuple[re.Pattern[str], str], ...]

    @property
    def chinese(self) -> bool:
        """Whether words are written without spaces."""
        return self.language is Language.ZH

    def fold(self, text: str, names: tuple[str, ...] = ()) -> Folded:
        """Prepare text for matching."""
        short = tuple("".join(self.short_forms.get(character, character) for character in name) for name in names)
        return fold(text, chinese=self.chinese, short_forms=self.short_forms, names=short, dialect=self.dialect)

    def content(self, folded: str) -> str:
        """What is left of folded text without fillers and punctuation, words joined by one space."""
        words = re.sub(r"[^\w']+", " ", self.fillers.sub(" ", folded))
        return words.replace(" ", "") if self.chinese else words.strip()


@cache
def load(language: Language) -> Lexicon:
    """Load and check the lexicon of a language once.

    Raises:
        LexiconError: A file is wrong; the message names file and entry.
    """
    folder = resources.files("agent.brains.lexicon").joinpath(language.value)
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return parse({f"{language.value}/{file.name}": file.read_text(encoding="utf-8") for file in files}, language)


def parse(texts: Mapping[str, str], language: Language) -> Lexicon:
    """Join the files of a lexicon, check and compile them.

    Args:
        texts: What stands in each file, by the name that errors give it.
        language: The language of all of them.

    Raises:
        LexiconError: They are wrong; the message names the file and the entry.
    """
    document: dict[str, Any] = {}
    homes: dict[str, str] = {}
    for name, text in texts.items():
        for key, value in _sections(name, text).items():
            if key in homes:
                raise LexiconError(f"{name}: {key} stands in {homes[key]} already")
            homes[key] = name
            document[key] = value
    missing = _KEYS - {"traditional", "simplified"} - set(document)
    if missing:
        raise LexiconError(f"{', '.join(texts)}: {', '.join(sorted(missing))} missing")
    digest = hashlib.sha256("\0".join(part for item in texts.items() for part in item).encode())
    return _Builder(document, language, homes).build(digest.hexdigest())


def _sections(name: str, text: str) -> dict[str, Any]:
    try:
        sections = fast_yaml.load(text)
    except yaml.YAMLError as error:
        raise LexiconError(f"{name}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(sections, dict) or not set(sections) <= _KEYS:
        raise LexiconError(f"{name}: must be a mapping of {', '.join(sorted(_KEYS))}")
    return sections


class _Builder:
    """Compiles the parts of a lexicon."""

    def __init__(self, document: dict[str, Any], language: Language, homes: Mapping[str, str]) -> None:
        self._document = document
        self._language = language
        self._homes = homes
        self._chinese = language is Language.ZH
        self._macros: dict[str, str] = document["macros"]

    def build(self, version: str) -> Lexicon:
        document = self._document
        return Lexicon(
            language=self._language,
            version=version,
            polarity={str(key): self._matcher(value, f"polarity.{key}") for key, value in document["polarity"].items()},
            questions=self._questions(),
            idle=self._idle(),
            intents=self._intents(),
            signals=self._signals(),
            fillers=self._words("fillers"),
            negators=self._suffix("negators"),
            adjacent_negators=self._words("adjacent_negators", tail=r"\s*$"),
            subjects=self._words("subjects"),
            breaks=re.compile(self._macro(document["breaks"])),
            asking=self._words("asking"),
            corrections=self._words("corrections"),
            beside={
                kind: self._matcher(document["beside"][kind], f"beside.{kind}")
                for kind in ("directed", "reported", "dictated")
            },
            backchannels=self._words("backchannels"),
            assents=self._words("assents"),
            partings=self._words("partings"),
            dangling=self._words("dangling", tail=r"[^\w']*$"),
            complete_endings=self._words("complete_endings", tail=r"[^\w']*$"),
            unfinished=self._matcher(document["unfinished"], "unfinished"),
            half_answers=self._matcher(document["half_answers"], "half_answers"),
            elsewhere=self._matcher(document["elsewhere"], "elsewhere"),
            phrases={str(key): tuple(map(str, value)) for key, value in document["phrases"].items()},
            short_forms=dict(zip(document.get("traditional", ""), document.get("simplified", ""), strict=True)),
            dialect=tuple(
                (self._dialect(str(words)), str(standard)) for words, standard in document["dialect"].items()
            ),
        )

    def _matcher(self, entries: list[object], where: str) -> Matcher:
        return matcher(entries, self._macros, self._place(where), chinese=self._chinese)

    def _place(self, where: str) -> str:
        """File and entry, for messages."""
        return f"{self._homes[where.partition('.')[0]]}: {where}"

    def _patterns(self, patterns: list[str] | None) -> re.Pattern[str] | None:
        return compile_patterns(patterns, self._macros, chinese=self._chinese) if patterns else None

    def _dialect(self, words: str) -> re.Pattern[str]:
        try:
            return re.compile(words if self._chinese else rf"(?<![\w'])(?:{words})(?![\w'])")
        except re.error as error:
            raise LexiconError(f"{self._place('dialect')}: {words!r}: {error}") from error

    def _macro(self, pattern: str) -> str:
        return re.sub(r"\{([a-z]\w*)\}", lambda match: self._macros[match[1]], pattern)

    def _words(self, key: str, tail: str = "") -> re.Pattern[str]:
        value = self._document[key]
        entries = [value] if isinstance(value, str) else sorted(map(str, value), key=len, reverse=True)
        body = compile_patterns(entries, self._macros, chinese=self._chinese).pattern
        return re.compile(f"(?:{body}){tail}")

    def _suffix(self, key: str) -> re.Pattern[str]:
        """Negators may be the end of a word ("didn't"), so they need no boundary before them."""
        body = "|".join(f"(?:{entry})" for entry in self._document[key])
        return re.compile(body if self._chinese else rf"(?<!\w)(?:{body})(?!\w)|n't(?!\w)")

    def _questions(self) -> dict[str, QuestionWords]:
        known = {question.value for question in Question} | {OPENING}
        words = {}
        for name, entry in self._document["questions"].items():
            if name not in known:
                raise LexiconError(f"{self._place('questions')}: there is no question {name!r}")
            words[name] = self._question(name, entry)
        return words

    def _question(self, name: str, entry: dict[str, Any]) -> QuestionWords:
        where = f"questions.{name}"
        values = {
            str(value): compile_patterns(patterns, self._macros, chinese=self._chinese)
            for value, patterns in entry.get("values", {}).items()
        }
        return QuestionWords(
            yes=self._matcher(entry["yes"], where) if entry.get("yes") else None,
            loose_yes=self._matcher(entry["loose_yes"], where) if entry.get("loose_yes") else None,
            limits=self._patterns(entry.get("limits")),
            no=self._matcher(entry["no"], where) if entry.get("no") else None,
            anywhere_no=self._matcher(entry["anywhere_no"], where) if entry.get("anywhere_no") else None,
            disowned=self._matcher(entry["disowned"], where) if entry.get("disowned") else None,
            others=self._matcher(entry["others"], where) if entry.get("others") else None,
            undercut=self._patterns(entry.get("undercut")),
            unsaid=self._patterns(entry.get("unsaid")),
            doubt=self._patterns(entry.get("doubt")),
            alibi=self._patterns(entry.get("alibi")),
            topic_yes=self._matcher(entry["topic_yes"], where) if entry.get("topic_yes") else None,
            topic_no=self._matcher(entry["topic_no"], where) if entry.get("topic_no") else None,
            risky=entry.get("risky"),
            open=bool(entry.get("open", False)),
            values=values,
            implies_yes=frozenset(self._signal(code, where) for code in entry.get("implies_yes", ())),
            implies_no=frozenset(self._signal(code, where) for code in entry.get("implies_no", ())),
            yes_signal=self._signal(entry["yes_signal"], where) if "yes_signal" in entry else None,
            no_signal=self._signal(entry["no_signal"], where) if "no_signal" in entry else None,
            no_signal_rental=self._signal(entry["no_signal_rental"], where) if "no_signal_rental" in entry else None,
        )

    def _signal(self, code: str, where: str) -> SignalCode:
        if code not in {signal.value for signal in SignalCode}:
            raise LexiconError(f"{self._place(where)}: there is no signal {code!r}")
        return SignalCode(code)

    def _idle(self) -> dict[str, Matcher]:
        kinds = {"yes", "no", "unsure", "hedge", "negator", "harmless", "asking", "machine", "any"}
        kinds |= {signal.value for signal in SignalCode} | {intent.value for intent in Intent}
        found = {}
        for kind, patterns in self._document["idle"].items():
            if kind not in kinds:
                raise LexiconError(f"{self._place('idle')}: there is no kind {kind!r}")
            found[kind] = self._matcher(patterns, f"idle.{kind}")
        return found

    def _intents(self) -> dict[Intent, IntentWords]:
        words = {}
        for name, entry in self._document["intents"].items():
            if name not in {intent.value for intent in Intent}:
                raise LexiconError(f"{self._place('intents')}: there is no intent {name!r}")
            if entry.get("yields") not in ("never", "phrase", "question", "any"):
                raise LexiconError(f"{self._place(f'intents.{name}')}: yields is one of never, phrase, question, any")
            words[Intent(name)] = IntentWords(self._matcher(entry["patterns"], f"intents.{name}"), entry["yields"])
        return words

    def _signals(self) -> dict[SignalCode, Matcher]:
        found = {
            self._signal(code, "signals"): self._matcher(entries, f"signals.{code}")
            for code, entries in self._document["signals"].items()
        }
        for code in SignalCode:
            if code not in found and code not in COMPARED_SIGNALS:
                raise LexiconError(f"{self._place('signals')}: {code.value} is missing")
        return found
