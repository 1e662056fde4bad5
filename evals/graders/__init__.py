"""Graders: final state first, then checks of the transcript that can only fail a run."""

from evals.graders.grade import grade
from evals.graders.model import Check, FactReadBack, Run, Status, Verdict, VoiceRun

__all__ = ["Check", "FactReadBack", "Run", "Status", "Verdict", "VoiceRun", "grade"]
