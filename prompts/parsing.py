"""Wording out of file contents: everything that is wrong with its shape is found at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cases.domain.vocabulary import Act, Language, PaymentChannel, SignalCode, Typology
from prompts.entries import Entry, read_entries
from prompts.files import hashes, version_of
from prompts.model import (
    DEFAULT_FORM,
    FIRST_TIME_PAYEE,
    LIKELIHOODS,
    VARIABLES,
    VERIFIED_FORM,
    Facts,
    Problem,
    PromptError,
    Prompts,
    forms_of,
    variables_in,
    warning_forms,
)

Forms = dict[str, tuple[str, ...]]
_SYSTEM = ("data", "reading", "schema")
_CLOSED = ("acts/", "facts/", "judges/", "warnings/")
"""Folders that hold no file but the required ones."""
_FACTS = ("channel", "likelihood", "why", "unreadable_payee", "end_of_day")


def required_files() -> tuple[str, ...]:
    """Names of the files that must be there."""
    spoken = [f"{folder}/{language}.yaml" for folder in ("acts", "facts", "warnings") for language in Language]
    judges = [f"judges/{language}.md" for language in Language]
    return tuple(sorted([*spoken, *judges, *(f"system/{name}.md" for name in _SYSTEM)]))


def parse(texts: Mapping[str, str]) -> Prompts:
    """Check and build wording from file contents by name.

    Raises:
        PromptError: Files are wrong; the message names file, line and key of each fault.
    """
    problems: list[Problem] = []
    tops = read_all(texts, problems)
    prompts = Prompts(
        acts={language: _acts(tops.get(f"acts/{language}.yaml"), problems) for language in Language},
        warnings={language: _warnings(tops.get(f"warnings/{language}.yaml"), problems) for language in Language},
        facts={language: _facts(tops.get(f"facts/{language}.yaml"), problems) for language in Language},
        system={name[7:-3]: text for name, text in texts.items() if name.startswith("system/")},
        judges={language: texts.get(f"judges/{language}.md", "") for language in Language},
        hashes=hashes(texts),
        version=version_of(texts),
    )
    if problems:
        raise PromptError("\n".join(map(str, problems)), tuple(problems))
    return prompts


def read_all(texts: Mapping[str, str], problems: list[Problem]) -> dict[str, Entry]:
    """The tops of all YAML files; missing, empty, unknown and broken files go to `problems`."""
    required = required_files()
    for name in required:
        if name not in texts:
            problems.append(Problem(name, 1, "", "the file is missing", "write it after the one of the other language"))
        elif not texts[name].strip():
            problems.append(Problem(name, 1, "", "the file is empty", "write its wording"))
    for name in texts:
        if name.startswith(_CLOSED) and name not in required:
            problems.append(Problem(name, 1, "", "nobody reads this file", f"known are {', '.join(required)}"))
    tops = {
        name: read_entries(name, text, problems)
        for name, text in texts.items()
        if name in required and name.endswith(".yaml") and text.strip()
    }
    return {name: top for name, top in tops.items() if top is not None}


def _entries(entry: Entry | None, problems: list[Problem]) -> dict[str, Entry]:
    if entry is None:
        return {}
    if not isinstance(entry.value, dict):
        problems.append(entry.problem("must be a mapping", "write `name: wording` under it"))
        return {}
    return entry.value


def _exactly(
    entry: Entry | None, wanted: Collection[str], problems: list[Problem], *, allowed: Collection[str] = ()
) -> dict[str, Entry]:
    """The entries of a mapping that has all wanted names and no other than allowed ones."""
    found = _entries(entry, problems)
    if entry is None or not isinstance(entry.value, dict):
        return {}
    for name in wanted:
        if name not in found:
            problems.append(entry.problem(f"{name} is missing", "write it"))
    known = {*wanted, *allowed}
    for name, inside in found.items():
        if name not in known:
            problems.append(inside.problem(f"there is no {name!r}", f"known are {', '.join(sorted(known))}"))
    return {name: inside for name, inside in found.items() if name in known}


def _wording(entry: Entry, problems: list[Problem], *, known: Collection[str] = VARIABLES) -> str:
    if not isinstance(entry.value, str):
        problems.append(entry.problem("must be text", "write a sentence"))
        return ""
    text = entry.value.strip()
    for name in variables_in(text):
        if name not in known:
            right = f"known are {', '.join(sorted(known))}"
            problems.append(entry.problem(f"there is no variable {{{name}}}", right))
    rest = text
    for name in variables_in(text):
        rest = rest.replace(f"{{{name}}}", "", 1)
    if "{" in rest or "}" in rest:
        problems.append(entry.problem("a brace stands alone", "write a variable as {payee}, or take the brace out"))
    return text


def _list(entry: Entry, problems: list[Problem]) -> tuple[str, ...]:
    if not isinstance(entry.value, list) or not entry.value:
        problems.append(entry.problem("must be a list of wordings", "begin each wording with a dash"))
        return ()
    return tuple(_wording(item, problems) for item in entry.value)


def _acts(top: Entry | None, problems: list[Problem]) -> dict[Act, Forms]:
    found = _exactly(top, [act.value for act in Act], problems)
    acts: dict[Act, Forms] = {}
    for name, entry in found.items():
        act = Act(name)
        if not isinstance(entry.value, dict):
            entry = Entry(entry.file, entry.line, entry.key, {DEFAULT_FORM: entry})
        forms = _exactly(entry, sorted(forms_of(act)), problems, allowed=[VERIFIED_FORM])
        acts[act] = {form: _list(inside, problems) for form, inside in forms.items()}
    return acts


def _warnings(top: Entry | None, problems: list[Problem]) -> dict[Typology, Forms]:
    found = _exactly(top, [typology.value for typology in Typology], problems)
    warnings: dict[Typology, Forms] = {}
    for name, entry in found.items():
        if not isinstance(entry.value, dict):
            entry = Entry(entry.file, entry.line, entry.key, {DEFAULT_FORM: entry})
        forms = _exactly(entry, [DEFAULT_FORM], problems, allowed=warning_forms())
        warnings[Typology(name)] = {form: _list(inside, problems) for form, inside in forms.items()}
    return warnings


def _facts(top: Entry | None, problems: list[Problem]) -> Facts:
    found = _exactly(top, _FACTS, problems)

    def phrases(name: str, wanted: Collection[str], allowed: Collection[str] = ()) -> dict[str, str]:
        inside = _exactly(found.get(name), wanted, problems, allowed=allowed)
        return {key: _wording(entry, problems) for key, entry in inside.items()}

    channel = phrases("channel", [item.value for item in PaymentChannel])
    end_of_day, payee = found.get("end_of_day"), found.get("unreadable_payee")
    return Facts(
        channel={PaymentChannel(key): phrase for key, phrase in channel.items()},
        likelihood=phrases("likelihood", LIKELIHOODS),
        why=phrases("why", [FIRST_TIME_PAYEE, DEFAULT_FORM], [code.value for code in SignalCode]),
        unreadable_payee=_wording(payee, problems) if payee is not None else "",
        end_of_day=_wording(end_of_day, problems, known=["day"]) if end_of_day is not None else "",
    )
