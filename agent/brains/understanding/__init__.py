"""What a customer's words mean by the lexicon alone: deterministic, the same words give the same Reading.

`heard` holds what goes in and what comes out, `clauses` tells how far negation and idle phrases reach, `cues` finds
signs of yes, no and doubt, `values` makes of them the answer to the open question, `reader` the Reading; `sounds`
reads words that say nothing as they are written by what they sound like.
"""

from __future__ import annotations

from agent.brains.understanding.heard import OPENING_ACTS, POLAR, Heard, Understood, asked_key
from agent.brains.understanding.sounds import by_sound
from agent.brains.understanding.understand import understand

__all__ = ["OPENING_ACTS", "POLAR", "Heard", "Understood", "asked_key", "by_sound", "understand"]
