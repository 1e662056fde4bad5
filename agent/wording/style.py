"""What is wrong with wordings as they stand: number, likeness, variables, signs, stiff words, what they must say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import combinations

from rapidfuzz import fuzz

from agent.wording.limits import Contents, Limits
from agent.wording.measures import clauses_of, grade, rare_characters
from agent.wording.written import Book, Written
from cases.domain.vocabulary import QUESTION_OF_ACT, Act, Language, Typology
from prompts import Problem
from prompts.model import variables_in

_VARIABLE = re.compile(r"\{\w+\}")
_OPEN = frozenset({Act.ASK_IDENTITY, Act.RETRY_IDENTITY})
"""Acts that may ask with a request in place of a question."""
_SPOKEN = {
    Language.EN: re.compile(r"[^A-Za-z' ,.?!:-]"),
    Language.ZH: re.compile(r"[^\u4e00-\u9fff，。？！：、]"),
}
_HALF_WIDTH = {",": "，", ".": "。", "?": "？", "!": "！", ":": "：", ";": "；"}
_ENDS = {Language.EN: (".", "?", "!"), Language.ZH: ("。", "？", "！")}
_CAPITALS = re.compile(r"\b[A-Z]{2,}\b")
_SPELLED = frozenset({"PIN"})
"""Capitals that a voice reads as a word."""
_SHORTENED = re.compile(r"\b(Mr|Mrs|Ms|Dr|St|Ltd|etc|vs|approx|e\.g|i\.e|no)\.", re.IGNORECASE)
_TWICE = re.compile(r"[,.?!:，。？！：、]{2,}| {2,}")
_PLAIN = {Language.EN: "Bank", Language.ZH: ""}
"""Stands for a variable where the wording around it is measured."""


def style_problems(book: Book, limits: Limits, contents: Contents) -> Iterator[Problem]:
    """Everything that is wrong with wordings before a fact is put in."""
    for forms in book.forms():
        yield from _number(forms, limits)
        yield from _likeness(forms, limits)
    for one in book.written:
        yield from _variables(one)
        yield from _signs(one)
        yield from _end(one)
        yield from _stiff(one, limits)
        yield from _level(one, limits)
        yield from _content(one, contents)
    yield from _twins(book)


def _number(forms: tuple[Written, ...], limits: Limits) -> Iterator[Problem]:
    first = forms[0]
    fewest = limits.fewest_of_questions if first.of in QUESTION_OF_ACT or first.of is Act.GREET else limits.fewest
    if len(forms) < fewest:
        yield first.problem(f"{len(forms)} wording of {fewest}", "say it in other words too: a repeat takes the next")
    if len(forms) > limits.most:
        yield forms[limits.most].problem(f"wording {len(forms)} of {limits.most}", "keep the best ones")


def _likeness(forms: tuple[Written, ...], limits: Limits) -> Iterator[Problem]:
    for one, other in combinations(forms, 2):
        alike = fuzz.ratio(_bare(one).casefold(), _bare(other).casefold()) / 100
        if alike > limits.alike:
            yield other.problem(
                f"{alike:.0%} the same as wording {one.index + 1}", f"other words, at most {limits.alike:.0%} alike"
            )


def _variables(one: Written) -> Iterator[Problem]:
    available = one.available()
    for name in dict.fromkeys(variables_in(one.text)):
        if name not in available:
            known = ", ".join(f"{{{known}}}" for known in sorted(available))
            why = "is not known here" if one.disclosing else "would be told to anybody"
            yield one.problem(f"{{{name}}} {why}", f"here there are {known}")


def _signs(one: Written) -> Iterator[Problem]:
    bare = _bare(one)
    for sign in dict.fromkeys(_SPOKEN[one.language].findall(bare)):
        yield one.problem(f"{sign!r} cannot be read out", _instead(sign, one.language))
    if one.language is Language.EN:
        for match in dict.fromkeys((*_CAPITALS.findall(bare), *(f"{m[0]}" for m in _SHORTENED.finditer(bare)))):
            if match not in _SPELLED:
                yield one.problem(f"{match!r} is an abbreviation", "write the words that are said")
    for found in dict.fromkeys(_TWICE.findall(bare)):
        yield one.problem(f"{found!r} in a row", "one mark, and one space after it in English")


def _instead(sign: str, language: Language) -> str:
    if language is Language.ZH:
        return f"write {_HALF_WIDTH[sign]}" if sign in _HALF_WIDTH else "write Chinese characters and full-width marks"
    return "write the word" if sign.isalnum() or sign in "%&@#/£$€+" else "write letters and . , ? ! : ' -"


def _end(one: Written) -> Iterator[Problem]:
    text = one.text
    if text.endswith("{warning}"):
        return
    if not text.endswith(_ENDS[one.language]):
        yield one.problem("no mark at its end", f"end it with one of {' '.join(_ENDS[one.language])}")
    asks = one.of in QUESTION_OF_ACT and (one.of not in _OPEN or one.language is Language.EN)
    if asks and not text.endswith(("?", "？")):
        yield one.problem("does not end with its question", "ask last, so that what was asked is what is remembered")


def _stiff(one: Written, limits: Limits) -> Iterator[Problem]:
    text = one.text.casefold()
    for stiff in limits.stiff[one.language]:
        rest = text.replace(stiff.unless, "") if stiff.unless else text
        found = re.search(rf"\b{re.escape(stiff.word)}", rest) if one.language is Language.EN else stiff.word in rest
        if found:
            yield one.problem(f"{stiff.word!r} is nothing that people say", f"say {stiff.say!r}")


def _level(one: Written, limits: Limits) -> Iterator[Problem]:
    bare = _bare(one)
    if one.language is Language.EN:
        level = grade(bare)
        if level > limits.grade:
            yield one.problem(
                f"needs {level:.1f} years of school", f"at most {limits.grade:g}: shorter words, sentences"
            )
        return
    rare = rare_characters(bare)
    if rare:
        yield one.problem(f"rare characters {rare}", "characters that everybody knows by ear")
    for clause in clauses_of(bare):
        if len(clause) > limits.clause_characters:
            right = f"at most {limits.clause_characters} characters in one breath"
            yield one.problem(f"{len(clause)} characters without a pause: {clause}", right)


def _content(one: Written, contents: Contents) -> Iterator[Problem]:
    wanted: Iterable[re.Pattern[str]] = ()
    if isinstance(one.of, Act):
        wanted = contents.acts[one.language].get(one.of, ())
    elif isinstance(one.of, Typology):
        wanted = contents.warning[one.language]
        name = contents.names[one.language][one.of].get(one.form)
        if name is None:
            yield one.problem("nobody said what this form calls the fraud", "name it in agent/wording/contents.yaml")
        elif name not in one.text:
            yield one.problem("does not name the fraud", f"say {name!r}")
        if one.index == 0 and "why" not in variables_in(one.text):
            yield one.problem("says no reason", "put {why} after the name of the fraud")
    at = 0
    for pattern in wanted:
        match = pattern.search(one.text, at)
        if match is None:
            yield one.problem(
                f"does not say {pattern.pattern!r}" + (" in its place" if at else ""), "say it in this order"
            )
            return
        at = match.end()


def _twins(book: Book) -> Iterator[Problem]:
    """Forms and variables that only one of the languages has."""
    used: dict[Language, dict[tuple[object, str], tuple[Written, set[str]]]] = {language: {} for language in Language}
    for one in book.written:
        entry = used[one.language].setdefault((one.of, one.form), (one, set()))
        entry[1].update(variables_in(one.text))
    for here, there in ((Language.EN, Language.ZH), (Language.ZH, Language.EN)):
        for key, (first, names) in used[here].items():
            if key not in used[there]:
                yield first.problem(f"form {first.form!r} is missing in {there.value}", "write it there too")
                continue
            for name in sorted(names - used[there][key][1]):
                yield first.problem(
                    f"{{{name}}} is said here and not in {there.value}", "say the same in both languages"
                )


def _bare(one: Written) -> str:
    """A wording without its variables."""
    return _VARIABLE.sub(_PLAIN[one.language], one.text)
