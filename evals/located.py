"""YAML with line numbers: every value knows its file, line and dotted key, and says so when it is wrong."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

import yaml

from evals.errors import ScenarioError

Choice = TypeVar("Choice", bound=StrEnum)
Value = TypeVar("Value")

_EMPTY = "is empty; give a value or leave the key out"
_TAG = "tag:yaml.org,2002:"


class Located:
    """One YAML node with the place it stands at.

    Attributes:
        source: The file.
        key: Dotted path from the top of the scenario.
        problems: What is wrong so far, so that a reader of the file learns of everything at once.
    """

    def __init__(
        self, node: yaml.Node, source: str, key: str = "", problems: list[ScenarioError] | None = None
    ) -> None:
        """Wrap a composed node; values inside it share its list of problems."""
        self._node = node
        self.source = source
        self.key = key
        self.problems: list[ScenarioError] = [] if problems is None else problems

    @property
    def line(self) -> int:
        """Line in the file, from 1."""
        return int(self._node.start_mark.line) + 1

    @property
    def is_list(self) -> bool:
        """Whether this is a list."""
        return isinstance(self._node, yaml.SequenceNode)

    @property
    def is_mapping(self) -> bool:
        """Whether this is a mapping."""
        return isinstance(self._node, yaml.MappingNode)

    def fail(self, problem: str) -> NoReturn:
        """Say what is wrong here.

        Raises:
            ScenarioError: Always.
        """
        raise ScenarioError(self.source, self.line, self.key, problem)

    def attempt(self, read: Callable[[], Value], otherwise: Value) -> Value:
        """Read a part; what is wrong with it is noted, once, and the reading goes on with a stand-in."""
        try:
            return read()
        except ScenarioError as error:
            self._keep(error)
            return otherwise

    def note(self, problem: str) -> None:
        """Say what is wrong here and go on."""
        self._keep(ScenarioError(self.source, self.line, self.key, problem))

    def _keep(self, error: ScenarioError) -> None:
        if str(error) not in map(str, self.problems):
            self.problems.append(error)

    def child(self, name: str | int, node: yaml.Node) -> Located:
        """A value inside this one."""
        step = f"[{name}]" if isinstance(name, int) else f".{name}" if self.key else name
        return Located(node, self.source, f"{self.key}{step}", self.problems)

    def child_name(self, name: str) -> Located:
        """The place where an entry of this name would stand."""
        return self.child(name, self._node)

    def as_top(self) -> Located:
        """The same value, from which keys are told and problems noted anew."""
        return Located(self._node, self.source)

    def entries(self) -> dict[str, Located]:
        """The entries of a mapping by name; names are taken as written, so that `on` and `no` are words."""
        if not isinstance(self._node, yaml.MappingNode):
            self.fail("must be a mapping of names to values")
        found: dict[str, Located] = {}
        for key_node, value_node in self._node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.child("?", key_node).fail("names must be plain words")
            name = str(key_node.value)
            entry = self.child(name, value_node)
            if name in found:
                Located(key_node, self.source, entry.key).fail("stands here twice; keep one")
            found[name] = entry
        return found

    def known(self, names: Collection[str]) -> dict[str, Located]:
        """The entries of a mapping that may hold only these names; others, and empty ones, are noted and left out."""
        found = self.entries()
        for name in [name for name, entry in found.items() if name not in names or entry.is_null]:
            del found[name]
            if name in names:
                self._at_name(name).note(_EMPTY)
            else:
                self._at_name(name).note(f"unknown key{_meant(name, names)}; known are {', '.join(sorted(names))}")
        return found

    def required(self, entries: Mapping[str, Located], name: str, hint: str) -> Located:
        """An entry of this mapping that must be there.

        Args:
            entries: What `known` gave.
            name: Its name.
            hint: What to write.

        Raises:
            ScenarioError: It is missing or empty.
        """
        if name in entries:
            return entries[name]
        if name in self.entries():
            self._at_name(name).fail(_EMPTY)
        self.child_name(name).fail(f"is missing; {hint}")

    def _at_name(self, name: str) -> Located:
        assert isinstance(self._node, yaml.MappingNode)
        key_node = next(key for key, _ in self._node.value if key.value == name)
        return self.child(name, key_node)

    @property
    def is_null(self) -> bool:
        """Whether nothing stands here."""
        return isinstance(self._node, yaml.ScalarNode) and self._node.tag == f"{_TAG}null"

    def items(self) -> Iterator[Located]:
        """The items of a list."""
        if not isinstance(self._node, yaml.SequenceNode):
            self.fail("must be a list")
        for index, node in enumerate(self._node.value):
            yield self.child(index, node)

    def one_or_more(self) -> list[Located]:
        """This value, or the items of a list of at least one."""
        if not self.is_list:
            return [self]
        items = list(self.items())
        if not items:
            self.fail("the list is empty; give at least one value")
        return items

    def text(self) -> str:
        """Text; the words that YAML 1.1 takes for true and false (`yes`, `no`, `on`) are words here."""
        if not isinstance(self._node, yaml.ScalarNode) or self._node.tag not in (f"{_TAG}str", f"{_TAG}bool"):
            self.fail("must be text; put it in quotes")
        return str(self._node.value)

    def filled_text(self) -> str:
        """Text that is not blank."""
        text = self.text()
        if not text.strip():
            self.fail("must not be blank")
        return text

    def flag(self) -> bool:
        """True or false."""
        value = self.plain()
        if not isinstance(value, bool):
            self.fail("must be true or false")
        return value

    def whole(self, low: int, high: int, unit: str = "") -> int:
        """A whole number within bounds."""
        value = self.plain()
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fail(f"must be a whole number{unit and ' of ' + unit} from {low} to {high}")
        return value

    def number(self, low: float, high: float) -> float:
        """A number within bounds."""
        value = self.plain()
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.fail(f"must be a number from {low:g} to {high:g}")
        return float(value)

    def choice(self, kind: type[Choice]) -> Choice:
        """A word of a vocabulary."""
        return kind(self.one_of([item.value for item in kind]))

    def one_of(self, words: Iterable[str]) -> str:
        """One of some words."""
        allowed = list(words)
        value = self._node.value if isinstance(self._node, yaml.ScalarNode) else None
        if value not in allowed:
            shown = f"{value!r}" if isinstance(value, str) else "this"
            self.fail(f"{shown} does not exist{_meant(value, allowed)}; known are {', '.join(allowed)}")
        return str(value)

    def pattern(self) -> re.Pattern[str]:
        """A regular expression, ignoring case."""
        text = self.filled_text()
        try:
            return re.compile(text, re.IGNORECASE)
        except re.error as error:
            self.fail(f"{text!r} is not a regular expression: {error}; escape signs that are meant literally with \\")

    def plain(self) -> Any:
        """The value without its places; times stay text, so that it can become JSON."""
        if isinstance(self._node, yaml.MappingNode):
            return {name: entry.plain() for name, entry in self.entries().items()}
        if isinstance(self._node, yaml.SequenceNode):
            return [item.plain() for item in self.items()]
        if self._node.tag == f"{_TAG}timestamp":
            return self._node.value
        try:
            return yaml.constructor.SafeConstructor().construct_object(self._node)
        except (yaml.constructor.ConstructorError, ValueError):
            self.fail("is not a plain value; write text, a number, true or false without a tag")


def compose(text: str, source: str) -> Located:
    """The one document of a YAML text.

    Raises:
        ScenarioError: It is not YAML, or empty.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ScenarioError(source, line, "", f"not YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise ScenarioError(source, 1, "", f"not YAML: {' '.join(str(error).split())}") from error
    if node is None:
        raise ScenarioError(source, 1, "", "the file is empty; write one scenario or a list of them")
    _no_cycle(node, source, ())
    return Located(node, source)


def _no_cycle(node: yaml.Node, source: str, above: tuple[int, ...]) -> None:
    """Refuse an alias to something that holds the alias."""
    if id(node) in above:
        raise ScenarioError(source, node.start_mark.line + 1, "", "holds itself through an alias; write it out")
    inside: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        inside = [part for pair in node.value for part in pair]
    elif isinstance(node, yaml.SequenceNode):
        inside = list(node.value)
    for part in inside:
        _no_cycle(part, source, (*above, id(node)))


def _meant(word: object, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(word), [str(one) for one in known], n=1)
    return f", did you mean {close[0]!r}?" if close else ""
