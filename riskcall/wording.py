"""The wording commands: check what copywriters wrote, say a line as a customer would hear it, show what is loaded."""

from __future__ import annotations

from pathlib import Path

import typer

from agent.wording import Book, Heard, Sample, check, heard_lines, variants
from agent.wording.limits import load_limits
from agent.wording.measures import seconds
from cases import policies
from cases.alerts import parse_alert
from cases.domain.vocabulary import Act, Language, Typology
from evals.alert_examples import example_document, example_names
from evals.graders.forbidden import forbidden_in
from prompts import PromptError, parse, read_texts
from riskcall.errors import WordingUnknownError


def samples() -> tuple[Sample, ...]:
    """The example alerts, each with the time zone in which its customer is called."""
    policy = policies.load()
    alerts = {name: parse_alert(example_document(name)) for name in example_names()}
    return tuple(
        Sample(name, alert, policy.jurisdiction(alert.jurisdiction).time_zones[alert.jurisdiction][0])
        for name, alert in alerts.items()
    )


def run_check(folder: Path | None) -> int:
    """Print everything that is wrong with wording.

    Args:
        folder: A folder laid out like `prompts`; the package's own when None.

    Returns:
        0 where nothing is wrong, else 1.
    """
    shown = folder or Path("prompts")
    try:
        texts = read_texts(folder)
    except PromptError as error:
        typer.echo(str(error))
        return 1
    problems = check(texts, samples(), forbidden_in)
    for one in problems:
        typer.echo(f"{shown / one.file}:{one.line}: {one.key and one.key + ': '}{one.problem}")
        typer.echo(f"    right: {one.right}")
    if problems:
        typer.echo(f"\n{len(problems)} {'fault' if len(problems) == 1 else 'faults'}.")
        return 1
    book = Book(texts, parse(texts))
    counts = ", ".join(f"{sum(one.language is language for one in book.written)} {language}" for language in Language)
    typer.echo(
        f"{len(book.written)} wordings ({counts}) in version {book.prompts.version[:12]}: nothing wrong with them."
    )
    return 0


def run_show(name: str, *, language: str, alert: str, folder: Path | None) -> int:
    """Print the lines of an act, or the warnings against a kind of fraud, as a customer hears them.

    Args:
        name: The act or the kind of fraud.
        language: `en` or `zh`.
        alert: The example alert whose facts are put in; empty takes the first of the language.
        folder: A folder laid out like `prompts`; the package's own when None.

    Returns:
        0 where there was something to show, else 1.

    Raises:
        WordingUnknownError: There is no such act, language or alert, the alert is of the other language, or the
            folder holds wording that cannot be read.
    """
    wanted, sample = _wanted(name), _sample(language, alert)
    book, shown = _book(folder), set()
    typer.echo(f"{wanted.value}, about the alert {sample.name}")
    for variant in variants(sample):
        for heard in heard_lines(book, variant):
            if heard.written.of is wanted and (heard.written, heard.verified) not in shown:
                shown.add((heard.written, heard.verified))
                _print(heard, to_both=not heard.written.disclosing)
    return 0 if shown else 1


def run_list(folder: Path | None) -> int:
    """Print the hash of every file and the version over all of them, which every call records.

    Args:
        folder: A folder laid out like `prompts`; the package's own when None.

    Raises:
        WordingUnknownError: The folder holds wording that cannot be read.
    """
    prompts = _book(folder).prompts
    for name, file_hash in prompts.hashes.items():
        typer.echo(f"{name:24} {file_hash}")
    typer.echo(f"{'version':24} {prompts.version}")
    return 0


def _book(folder: Path | None) -> Book:
    try:
        texts = read_texts(folder)
        return Book(texts, parse(texts))
    except PromptError as error:
        raise WordingUnknownError(f"The wording cannot be read: {error}") from error


def _print(heard: Heard, *, to_both: bool) -> None:
    written = heard.written
    lasts = seconds(heard.text, written.language, load_limits().per_minute[written.language])
    to = "identity passed" if heard.verified else "identity open"
    typer.echo(f"\n  {written.key}  {lasts:.0f} s" + (f"  ({to})" if to_both else "") + f"\n    {heard.text}")


def _wanted(name: str) -> Act | Typology:
    known: dict[str, Act | Typology] = {one.value: one for kind in (Act, Typology) for one in kind}
    if name not in known:
        raise WordingUnknownError(f"There is no act or kind of fraud {name!r}; known are {', '.join(sorted(known))}.")
    return known[name]


def _sample(language: str, alert: str) -> Sample:
    if language not in list(Language):
        raise WordingUnknownError(f"There is no language {language!r}; choose one of {', '.join(Language)}.")
    fitting = {one.name: one for one in samples() if one.alert.language == language}
    if not alert:
        return next(iter(fitting.values()))
    if alert not in fitting:
        raise WordingUnknownError(
            f"There is no example alert {alert!r} in {language}; choose one of {', '.join(fitting)}."
        )
    return fitting[alert]
