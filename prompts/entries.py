"""YAML whose every value knows its line and key, and in which nothing stands twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from cases import fast_yaml
from prompts.model import Problem


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a YAML file.

    Attributes:
        file: The file.
        line: Line of the value, from 1.
        key: Dotted path of the value.
        value: Text, a mapping, a list, or None where it is empty.
    """

    file: str
    line: int
    key: str
    value: str | dict[str, Entry] | list[Entry] | None

    def problem(self, problem: str, right: str) -> Problem:
        """Something wrong with this value."""
        return Problem(self.file, self.line, self.key, problem, right)

    def walk(self) -> Iterator[Entry]:
        """This value and all values inside it."""
        yield self
        inside = self.value.values() if isinstance(self.value, dict) else self.value
        for entry in inside if not isinstance(inside, str) and inside is not None else ():
            yield from entry.walk()


def read_entries(file: str, text: str, problems: list[Problem]) -> Entry | None:
    """Read a YAML file; what is wrong with it goes to `problems`.

    Returns:
        The top of the file, or None where it is no mapping.
    """
    try:
        node = fast_yaml.compose(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        found = f"not YAML: {' '.join(str(getattr(error, 'problem', None) or error).split())}"
        problems.append(Problem(file, mark.line + 1 if mark else 1, "", found, "put wording with a colon in quotes"))
        return None
    if not isinstance(node, yaml.MappingNode):
        problems.append(Problem(file, 1, "", "must be a mapping", "write `name:` and under it the wordings"))
        return None
    return _entry(file, "", node, problems)


def _entry(file: str, key: str, node: yaml.Node, problems: list[Problem]) -> Entry:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return Entry(file, line, key, _mapping(file, key, node, problems))
    if isinstance(node, yaml.SequenceNode):
        items = [_entry(file, f"{key}[{place}]", item, problems) for place, item in enumerate(node.value)]
        return Entry(file, line, key, items)
    return Entry(file, line, key, str(node.value) if str(node.value).strip() else None)


def _mapping(file: str, key: str, node: yaml.MappingNode, problems: list[Problem]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for name_node, value_node in node.value:
        name = str(name_node.value)
        path = f"{key}.{name}" if key else name
        if name in found:
            line = name_node.start_mark.line + 1
            problems.append(Problem(file, line, path, "stands here twice", "keep one"))
        value = _entry(file, path, value_node, problems)
        found[name] = Entry(file, name_node.start_mark.line + 1, path, value.value)
    return found
