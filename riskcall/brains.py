"""What understands the customer, chosen from the settings."""

from __future__ import annotations

import httpx2

from agent.brains.brain import Brain
from agent.brains.cassette import CassetteError, RecordTransport, ReplayTransport, read_cassette
from agent.brains.dialect import Dialect, Format, TokensField
from agent.brains.llm import LlmBrain
from agent.brains.rules import RulesBrain
from prompts import load as load_prompts
from riskcall.errors import SettingsInvalidError
from riskcall.settings import Settings


def brain_choice(settings: Settings) -> tuple[str, str]:
    """`llm` or `rules`, and why, in plain words.

    Raises:
        SettingsInvalidError: The model was asked for and is not set up.
    """
    if settings.brain == "rules":
        return "rules", "the rules were asked for"
    if replays(settings):
        return "llm", f"answers of model {model_name(settings)} are replayed; the rules take any other turn"
    if endpoint_set(settings):
        return "llm", f"model {settings.openai_model} is set up; the rules take any turn in which it stalls or errs"
    if settings.brain == "llm":
        raise SettingsInvalidError(f"RISKCALL_BRAIN=llm needs {NEEDED}")
    return "rules", "no model is set up: RISKCALL_OPENAI_MODEL and RISKCALL_OPENAI_BASE_URL would give one"


def build_brain(settings: Settings) -> tuple[Brain, str]:
    """The brain and its `name model` for the record.

    Raises:
        SettingsInvalidError: The model was asked for and is not set up.
    """
    kind, _ = brain_choice(settings)
    if kind == "rules":
        return RulesBrain(), "rules"
    model = build_model(settings)
    return model, f"llm {model.model}"


NEEDED = (
    "RISKCALL_OPENAI_MODEL and RISKCALL_OPENAI_BASE_URL or RISKCALL_OPENAI_API_KEY, "
    "or RISKCALL_LLM_CASSETTE with recorded answers"
)
"""What gives riskcall a model, in plain words."""


def replays(settings: Settings) -> bool:
    """Whether a model's answers come from a cassette."""
    return settings.llm_cassette is not None and settings.llm_cassette_mode != "record"


def endpoint_set(settings: Settings) -> bool:
    """Whether the settings name a model and where it is."""
    return bool(settings.openai_model and (settings.openai_base_url or settings.openai_api_key))


def model_name(settings: Settings) -> str:
    """The model's name; that of the recording where only a cassette is named.

    Raises:
        SettingsInvalidError: The cassette cannot be read, or is empty.
    """
    if settings.openai_model or settings.llm_cassette is None:
        return settings.openai_model
    try:
        entries = read_cassette(settings.llm_cassette)
    except CassetteError as error:
        raise SettingsInvalidError(f"RISKCALL_LLM_CASSETTE: {error}") from error
    if not entries:
        raise SettingsInvalidError(f"RISKCALL_LLM_CASSETTE: {settings.llm_cassette} is empty; record it first")
    return next(iter(entries.values())).model


def model_transport(settings: Settings) -> httpx2.AsyncBaseTransport | None:
    """What carries requests in place of the network.

    Raises:
        SettingsInvalidError: The cassette cannot be read.
    """
    if settings.llm_cassette is None:
        return None
    if settings.llm_cassette_mode == "record":
        return RecordTransport(settings.llm_cassette)
    try:
        return ReplayTransport(settings.llm_cassette, paced=settings.llm_cassette_mode == "paced")
    except CassetteError as error:
        raise SettingsInvalidError(f"RISKCALL_LLM_CASSETTE: {error}") from error


def build_model(settings: Settings) -> LlmBrain:
    """The model brain, on an endpoint or on a cassette.

    Raises:
        SettingsInvalidError: The cassette cannot be read, or is empty.
    """
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"
    return LlmBrain(
        model=model_name(settings),
        api_key=key,
        base_url=settings.openai_base_url or None,
        prompts=load_prompts(),
        dialect=Dialect(Format(settings.llm_format), TokensField(settings.llm_tokens_field)),
        reply_tokens=settings.llm_reply_tokens,
        transport=model_transport(settings),
    )
