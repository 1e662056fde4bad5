"""Reading a YAML file strictly: every value is asked for by name and kind, what nobody asked for is an error."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import TypeVar

import yaml

from cases.domain.policy import Text
from cases.fast_yaml import SAFE_LOADER
from cases.policies.errors import PolicyError

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class _StrictLoader(SAFE_LOADER):  # type: ignore[misc, valid-type]
    """Safe YAML in which a key that stands twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        """Refuse a repeated key instead of taking the last."""
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        mapping: dict[object, object] = super().construct_mapping(node, deep)
        return mapping


class Node:
    """A value of a file with the place where it stands."""

    def __init__(self, file: str, key: str, value: object) -> None:
        """Hold a value; `Node.parse` makes the first one of a file."""
        self.file = file
        self.key = key
        self.value = value

    @classmethod
    def parse(cls, file: str, text: str) -> Node:
        """The whole of a file.

        Raises:
            PolicyError: The text is no YAML, or holds a key twice.
        """
        try:
            return cls(file, "", yaml.load(text, Loader=_StrictLoader))
        except yaml.YAMLError as problem:
            raise PolicyError(file, "", f"is no valid YAML: {problem}") from problem

    def error(self, problem: str) -> PolicyError:
        """An error at this place."""
        return PolicyError(self.file, self.key, problem)

    def mapping(self, required: Collection[str] = (), optional: Collection[str] = ()) -> dict[str, Node]:
        """The entries of a mapping, with exactly these keys; without any given, all keys are taken."""
        if not isinstance(self.value, dict) or not all(isinstance(key, str) for key in self.value):
            raise self.error("must be a mapping with words as keys; quote yes, no, on and off")
        if required or optional:
            for key in required:
                if key not in self.value:
                    raise self.error(f"{str(key)!r} is missing")
            unknown = [key for key in self.value if key not in required and key not in optional]
            if unknown:
                known = ", ".join([*required, *optional])
                raise self.error(f"{unknown[0]!r} is unknown; known are {known}")
        return {key: self._child(key, value) for key, value in self.value.items()}

    def items(self) -> list[Node]:
        """The entries of a list."""
        if not isinstance(self.value, list):
            raise self.error("must be a list")
        return [Node(self.file, f"{self.key}[{place}]", value) for place, value in enumerate(self.value)]

    def _child(self, key: str, value: object) -> Node:
        return Node(self.file, f"{self.key}.{key}" if self.key else key, value)

    def text(self) -> str:
        """A text that is not blank."""
        if isinstance(self.value, bool):
            raise self.error("must be a text; put quotes around yes and no")
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.error("must be a text that is not blank")
        return self.value

    def both(self) -> Text:
        """The same words in English and Chinese."""
        parts = self.mapping(("en", "zh"))
        return Text(parts["en"].text(), parts["zh"].text())

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self.error("must be true or false")
        return self.value

    def whole(self, least: int = 0) -> int:
        """A whole number, not below the least."""
        if isinstance(self.value, bool) or not isinstance(self.value, int) or self.value < least:
            raise self.error(f"must be a whole number, {least} or more")
        return self.value

    def number(self, least: float = 0.0) -> float:
        """A number, not below the least."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float) or not self.value >= least:
            raise self.error(f"must be a number, {least:g} or more")
        return float(self.value)

    def one_of(self, words: type[E]) -> E:
        """A word of the vocabulary."""
        try:
            return words(self.text())
        except ValueError as problem:
            raise self.error(f"{self.value!r} is none of {', '.join(words)}") from problem

    def each(self, read: Callable[[Node], T]) -> tuple[T, ...]:
        """A list, read entry by entry, in which nothing stands twice."""
        found: list[T] = []
        for node in self.items():
            value = read(node)
            if value in found:
                raise node.error(f"{node.value!r} stands twice")
            found.append(value)
        return tuple(found)

    def by_word(self, words: type[E], read: Callable[[E, Node], T]) -> Mapping[E, T]:
        """A mapping that has an entry for every word of the vocabulary, in the vocabulary's order."""
        entries = self.mapping(tuple(words))
        return {word: read(word, entries[word]) for word in words}
