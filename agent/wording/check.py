"""The check of all wording."""

from __future__ import annotations

from collections.abc import Mapping

from agent.wording.limits import load_contents, load_limits
from agent.wording.rendering import Forbidden, Sample, rendering_problems
from agent.wording.style import style_problems
from agent.wording.written import Book
from prompts import Problem, PromptError, parse


def check(texts: Mapping[str, str], samples: tuple[Sample, ...], forbidden: Forbidden) -> tuple[Problem, ...]:
    """Everything that is wrong with wording, by file and line.

    Files that cannot be read as wording are told of first; the words themselves are looked at once they can.

    Args:
        texts: File contents by name.
        samples: Alerts that every line is tried on, of both languages.
        forbidden: Finds what is forbidden in a line, apart from the guard.
    """
    try:
        prompts = parse(texts)
    except PromptError as error:
        return _sorted(error.problems)
    book, limits = Book(texts, prompts), load_limits()
    problems = list(style_problems(book, limits, load_contents()))
    unknown = any("is not known here" in one.problem for one in problems)
    if not unknown:
        problems += rendering_problems(book, samples, limits, forbidden)
    return _sorted(tuple(problems))


def _sorted(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda one: (one.file, one.line, one.key)))
