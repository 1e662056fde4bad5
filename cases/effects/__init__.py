"""Effects run on DBOS: short workflows, one an effect, queued in the transaction of the event they follow from.

A workflow carries only keys; it looks up in the record what to do, does it with an idempotency key, and brings the
result back as an event through the intake. Steps run at least once: a repeated one meets the same key. DBOS keeps
its own tables in the same database and resumes after a crash what was queued or under way.
"""

from cases.effects.queue import EffectQueue
from cases.effects.runner import EffectLimits, Effects

__all__ = ["EffectLimits", "EffectQueue", "Effects"]
