"""Errors of evaluations; each message says what would be right."""

from __future__ import annotations


class EvalError(Exception):
    """Base of what goes wrong with an evaluation.

    Attributes:
        code: Stable identifier for programs.
    """

    code = "eval"


class ScenarioError(EvalError):
    """A scenario file is wrong.

    Attributes:
        source: The file.
        line: Line in the file, from 1; 0 where the file itself is missing.
        key: Dotted path of the key, or empty for the file as a whole.
        problem: What is wrong and what would be right.
    """

    code = "scenario"

    def __init__(self, source: str, line: int, key: str, problem: str) -> None:
        """Keep where the problem is and put it in front of the message."""
        self.source = source
        self.line = line
        self.key = key
        self.problem = problem
        place = f"{source}:{line}" if line else source
        super().__init__(f"{place}: {key}: {problem}" if key else f"{place}: {problem}")


class SuiteError(EvalError):
    """A suite or example that was asked for does not exist."""

    code = "suite"


class ReportError(EvalError):
    """A report cannot be read; the message says which and what to do."""

    code = "report"


class RecordingError(EvalError):
    """A case cannot become a scenario; the message says why and what to do, and holds no personal data."""

    code = "recording"


class JudgeError(EvalError):
    """A judge cannot be asked, or its labelled set is wrong; the message says what to do."""

    code = "judge"
