"""Who writes the first analysis of a call, chosen from the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from openai import AsyncOpenAI

from agent.analysis.llm import LIMIT_S, LlmAnalyst
from agent.analysis.template import TemplateAnalyst
from agent.brains.dialect import Dialect, Format, TokensField
from cases.ports import Analyst
from riskcall.brains import brain_choice
from riskcall.settings import Settings


@asynccontextmanager
async def analyst_of(settings: Settings) -> AsyncIterator[Analyst]:
    """The model that understands the calls writes their analyses as well; without one, or on a replay, the template.

    Raises:
        SettingsInvalidError: The model was asked for and is not set up.
    """
    kind, _ = brain_choice(settings)
    if kind == "rules" or settings.llm_cassette is not None:
        yield TemplateAnalyst()
        return
    client = AsyncOpenAI(
        api_key=settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none",
        base_url=settings.openai_base_url or None,
        max_retries=1,
        timeout=LIMIT_S,
    )
    dialect = Dialect(Format(settings.llm_format), TokensField(settings.llm_tokens_field))
    analyst = LlmAnalyst(model=settings.openai_model, client=client, dialect=dialect)
    try:
        yield analyst
    finally:
        await analyst.aclose()
