"""What understands the customer, chosen from the settings."""

from __future__ import annotations

from agent.brains.brain import Brain
from agent.brains.fallback import FallbackBrain
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
    reachable = bool(settings.openai_model and (settings.openai_base_url or settings.openai_api_key))
    if settings.brain == "rules":
        return "rules", "the rules were asked for"
    if reachable:
        return "llm", f"model {settings.openai_model} is set up; the rules take any turn in which it stalls or errs"
    if settings.brain == "llm":
        raise SettingsInvalidError(
            "RISKCALL_BRAIN=llm needs RISKCALL_OPENAI_MODEL and RISKCALL_OPENAI_BASE_URL or RISKCALL_OPENAI_API_KEY"
        )
    return "rules", "no model is set up: RISKCALL_OPENAI_MODEL and RISKCALL_OPENAI_BASE_URL would give one"


def build_brain(settings: Settings) -> tuple[Brain, str]:
    """The brain and its `name model` for the record.

    Raises:
        SettingsInvalidError: The model was asked for and is not set up.
    """
    kind, _ = brain_choice(settings)
    if kind == "rules":
        return RulesBrain(), "rules"
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"
    model = LlmBrain(
        model=settings.openai_model, api_key=key, base_url=settings.openai_base_url or None, prompts=load_prompts()
    )
    return FallbackBrain(model), f"llm {settings.openai_model}"
