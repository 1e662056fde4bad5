"""What understands the customer, chosen from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from agent.brains.brain import Brain
from agent.brains.llm import LlmBrain
from agent.brains.rules import RulesBrain
from evals.runner import BrainMaker, rules_brain
from prompts import load as load_prompts
from riskcall.errors import SettingsInvalidError
from riskcall.settings import Settings

BRAINS = ("rules", "llm")
"""Names that `brain_maker` knows."""


def brain_choice(settings: Settings) -> tuple[str, str]:
    """`llm` or `rules`, and why, in plain words.

    Raises:
        SettingsInvalidError: The model was asked for and is not set up.
    """
    if settings.brain == "rules":
        return "rules", "the rules were asked for"
    if _reachable(settings):
        return "llm", f"model {settings.openai_model} is set up; the rules take any turn in which it stalls or errs"
    if settings.brain == "llm":
        raise SettingsInvalidError(f"RISKCALL_BRAIN=llm needs {_NEEDED}")
    return "rules", "no model is set up: RISKCALL_OPENAI_MODEL and RISKCALL_OPENAI_BASE_URL would give one"


def build_brain(settings: Settings) -> tuple[Brain, str]:
    """The brain and its `name model` for the record.

    Raises:
        SettingsInvalidError: The model was asked for and is not set up.
    """
    kind, _ = brain_choice(settings)
    return (RulesBrain(), "rules") if kind == "rules" else (_model(settings), f"llm {settings.openai_model}")


def brain_maker(settings: Settings, name: str) -> BrainMaker:
    """What makes the brain of an evaluation's worker process; it can be pickled.

    Args:
        settings: Where the model is.
        name: `rules` or `llm`, whatever the settings choose for calls.

    Raises:
        SettingsInvalidError: The name is unknown, or the model is not set up; the message says what to set.
    """
    if name not in BRAINS:
        raise SettingsInvalidError(f"there is no brain {name!r}; use {' or '.join(BRAINS)}")
    if name == "rules":
        return rules_brain
    if not _reachable(settings):
        raise SettingsInvalidError(f"the brain llm needs {_NEEDED}")
    return _ModelMaker(settings)


@dataclass(frozen=True, slots=True)
class _ModelMaker:
    """Makes the model brain in a worker process."""

    settings: Settings

    def __call__(self) -> Brain:
        return _model(self.settings)


_NEEDED = "RISKCALL_OPENAI_MODEL and RISKCALL_OPENAI_BASE_URL or RISKCALL_OPENAI_API_KEY"


def _reachable(settings: Settings) -> bool:
    return bool(settings.openai_model and (settings.openai_base_url or settings.openai_api_key))


def _model(settings: Settings) -> LlmBrain:
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"
    return LlmBrain(
        model=settings.openai_model, api_key=key, base_url=settings.openai_base_url or None, prompts=load_prompts()
    )
