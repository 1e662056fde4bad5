"""What an OpenAI-compatible server accepts, found out from the errors with which it refuses the rest.

Most servers take everything. Seen elsewhere: llama.cpp before late 2024 answers 500 to `json_schema`; LM Studio takes
`json_schema` or `text` and answers 400 to `json_object`; vLLM before 0.6.4 forbids `max_completion_tokens`; reasoning
models of OpenAI refuse a temperature. Servers that take a field and pass over it have to be named in the settings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from agent.brains.reading import json_schema


class Format(StrEnum):
    """How a server is asked for JSON, strictest first."""

    JSON_SCHEMA = "json_schema"
    """The server holds the model to the schema."""
    JSON_OBJECT = "json_object"
    """The server holds the model to JSON; the schema stands in the prompt."""
    TEXT = "text"
    """The schema stands in the prompt; nothing but the prompt holds the model to it."""


class TokensField(StrEnum):
    """What a server calls the cap on a reply."""

    NEW = "max_completion_tokens"
    OLD = "max_tokens"


_WEAKER: dict[Format, Format] = {Format.JSON_SCHEMA: Format.JSON_OBJECT, Format.JSON_OBJECT: Format.TEXT}
_OF_FORMAT = ("response_format", "json_schema", "json_object", "grammar", "guided")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a server is sent beside model and messages.

    Attributes:
        format: How it is asked for JSON.
        tokens_field: What the cap on a reply is called.
        temperature: Whether it takes a temperature.
    """

    format: Format = Format.JSON_SCHEMA
    tokens_field: TokensField = TokensField.NEW
    temperature: bool = True

    def without(self, complaint: str) -> Dialect | None:
        """The dialect that leaves out what a server complains of, or None where it complains of something else."""
        said = complaint.lower()
        if self.tokens_field is TokensField.NEW and TokensField.NEW.value in said:
            return replace(self, tokens_field=TokensField.OLD)
        if self.format in _WEAKER and any(word in said for word in _OF_FORMAT):
            return replace(self, format=_WEAKER[self.format])
        if self.temperature and "temperature" in said:
            return replace(self, temperature=False)
        return None

    def fields(
        self, reply_tokens: int, *, name: str = "reading", schema: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The fields of a request that differ between servers.

        Args:
            reply_tokens: Most tokens of the reply.
            name: What the reply is called.
            schema: Its JSON schema; that of a Reading when None.
        """
        fields: dict[str, Any] = {self.tokens_field.value: reply_tokens}
        if self.format is Format.JSON_SCHEMA:
            named = {"name": name, "strict": True, "schema": schema or json_schema()}
            fields["response_format"] = {"type": self.format.value, "json_schema": named}
        elif self.format is Format.JSON_OBJECT:
            fields["response_format"] = {"type": self.format.value}
        if self.temperature:
            fields["temperature"] = 0
        return fields
