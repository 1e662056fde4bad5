"""Makes a scenario of a real case: personal data is replaced, and nothing is written where any would be left."""

from evals.recording.model import Expected, NameLeft, Recording, Source
from evals.recording.record import record

__all__ = ["Expected", "NameLeft", "Recording", "Source", "record"]
