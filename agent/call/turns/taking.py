"""How a call takes turns: one strategy for each decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from agent.call.turns.bystanders import AnswerEverybody, Bystanders, IgnoreBystanders
from agent.call.turns.duck_and_listen import DuckAndListen
from agent.call.turns.ending import TurnEnd
from agent.call.turns.fixed_silence import FixedSilence
from agent.call.turns.overlap import BargeIn
from agent.call.turns.preparing import PrepareEarly, PrepareInSilence, PrepareNever, Preparing
from agent.call.turns.question_aware import QuestionAware
from agent.call.turns.stop_at_once import StopAtOnce

TURN_ENDS: Mapping[str, Callable[[], TurnEnd]] = MappingProxyType(
    {"question-aware": QuestionAware, "fixed-silence": FixedSilence}
)
"""Ways to decide that the customer's turn has ended, by the name that settings use."""
BARGE_INS: Mapping[str, Callable[[], BargeIn]] = MappingProxyType(
    {"duck-and-listen": DuckAndListen, "stop-at-once": StopAtOnce}
)
"""Ways to treat speech over the agent, by the name that settings use."""
BYSTANDERS: Mapping[str, Callable[[], Bystanders]] = MappingProxyType(
    {"ignore": IgnoreBystanders, "answer": AnswerEverybody}
)
"""Ways to treat talk that may not be meant for the agent, by the name that settings use."""
PREPARINGS: Mapping[str, Callable[[], Preparing]] = MappingProxyType(
    {"early": PrepareEarly, "in-silence": PrepareInSilence, "never": PrepareNever}
)
"""Ways to prepare replies ahead, by the name that settings use."""
ECHOES: Mapping[str, bool] = MappingProxyType({"guard": True, "off": False})
"""Whether the echo is guarded against, by the name that settings use."""


@dataclass(frozen=True, slots=True)
class TurnTaking:
    """The strategies of a call; each is a value without state, so that calls share them.

    Attributes:
        turn_end: When the customer's turn has ended.
        barge_in: What to do about speech over the agent's.
        bystanders: Whom the agent answers.
        preparing: When replies are prepared.
        guards_echo: Whether the agent's own voice in the microphone is told from the customer's.
    """

    turn_end: TurnEnd = QuestionAware()
    barge_in: BargeIn = DuckAndListen()
    bystanders: Bystanders = IgnoreBystanders()
    preparing: Preparing = PrepareEarly()
    guards_echo: bool = True


DEFAULT = TurnTaking()
"""What a call does that is told nothing else."""


def turn_taking(turn_end: str, barge_in: str, bystanders: str, preparing: str, echo: str = "guard") -> TurnTaking:
    """The strategies of these names; `echo` is `guard` or `off`.

    Raises:
        KeyError: There is no strategy of a name.
    """
    return TurnTaking(
        TURN_ENDS[turn_end](), BARGE_INS[barge_in](), BYSTANDERS[bystanders](), PREPARINGS[preparing](), ECHOES[echo]
    )
