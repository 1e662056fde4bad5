"""What understands the customer in evaluations: brains that worker processes make for themselves."""

from __future__ import annotations

from dataclasses import dataclass

from agent.brains.brain import Brain
from evals.runner import BrainMaker, rules_brain
from riskcall.brains import NEEDED, build_model, endpoint_set, model_name, replays
from riskcall.errors import SettingsInvalidError
from riskcall.settings import Settings

BRAINS = ("rules", "llm")
"""Names that `brain_maker` knows."""


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
    if not (replays(settings) or endpoint_set(settings)):
        raise SettingsInvalidError(f"the brain llm needs {NEEDED}")
    model_name(settings)
    return _ModelMaker(settings)


@dataclass(frozen=True, slots=True)
class _ModelMaker:
    """Makes the model brain in a worker process."""

    settings: Settings

    def __call__(self) -> Brain:
        return build_model(self.settings)
