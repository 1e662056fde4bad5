"""The demo's terminal: a call as it happens, then what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cases.domain.call import Call, Turn
from cases.domain.reading import Reading
from cases.domain.vocabulary import Act, Language

_AGENT, _CUSTOMER = "cyan", "green"
_NAMES = {Language.EN: "English", Language.ZH: "Chinese"}
_LABEL = 15
_SUMMARY = ("what_happened", "contradictions", "proposal")
"""Sections of the first analysis that the result shows; the desk shows all."""
"""Width of the column that says when and who."""


def describe(reading: Reading) -> str:
    """One line that says what was understood: intent, answers, signals with their quotes."""
    parts = [reading.intent.value]
    parts += [f"{answer.question.value} = {answer.value}" for answer in reading.answers]
    parts += [f"⚑ {signal.code.value} “{signal.quote}”" for signal in reading.signals]
    return " · ".join(parts)


class DemoScreen:
    """Prints the call to a console; satisfies agent.observer.CallObserver."""

    def __init__(self, console: Console) -> None:
        """Print to a console; on a terminal the line being spoken grows in place."""
        self._console = console
        self._live: Live | None = None

    def say(self, text: str, style: str = "dim") -> None:
        """Print one line of news."""
        self._settle()
        self._console.print(text, style=style, highlight=False)

    def address(self, url: str) -> None:
        """Print an address on a line of its own, whole however narrow the terminal is."""
        self._settle()
        self._console.print(url, style="cyan", highlight=False, soft_wrap=True)

    def started(self, call_id: str, language: Language) -> None:
        """Audio flows."""
        self.say(f"☎  answered, in {_NAMES[language]}", "bold")

    def agent_speaking(self, text: str, acts: tuple[Act, ...]) -> None:
        """Let the agent's line grow."""
        self._grow(Text.assemble(("agent     ", _AGENT), (text, _AGENT), ("▌", "blink")))

    def customer_speaking(self, text: str) -> None:
        """Let the customer's line grow."""
        self._grow(Text.assemble(("customer  ", _CUSTOMER), (text, f"italic {_CUSTOMER}"), ("▌", "blink")))

    def agent_spoke(self, turn: Turn) -> None:
        """Print the agent's utterance as it was heard, with what was cut off and how quick it was."""
        self._settle()
        line = Text(turn.heard_text)
        cut = turn.text.removeprefix(turn.heard_text).strip()
        if turn.interrupted and cut:
            line.append(" ╳ ", style="yellow")
            line.append(cut, style="strike dim")
        self._line(f"{_clock(turn.started_ms)} agent", line, _AGENT)
        notes = ["+".join(act.value for act in turn.acts)]
        if turn.response_ms is not None:
            notes.append(f"answered after {turn.response_ms} ms")
        if turn.interrupted:
            silent = f", silent {turn.yield_ms} ms after the customer began" if turn.yield_ms is not None else ""
            notes.append(f"barge-in: cut here{silent}")
        notes += [f"guard: {finding}" for finding in turn.findings]
        self._note(" · ".join(notes))

    def customer_spoke(self, turn: Turn) -> None:
        """Print what was heard and what was understood of it."""
        self._settle()
        self._line(f"{_clock(turn.started_ms)} customer", Text(turn.text), _CUSTOMER)
        if turn.reading is not None:
            self._note(f"understood by {turn.brain}: {describe(turn.reading)}")

    def barged_in(self, at_ms: int) -> None:
        """The customer talks over the agent."""
        self.say(f"{_clock(at_ms)} ⇥ the customer interrupts", "yellow")

    def went_on(self, at_ms: int) -> None:
        """It was no barge-in after all."""
        self.say(f"{_clock(at_ms)} ↻ no interruption after all: the agent goes on", "yellow")

    def prepared_in_vain(self) -> None:
        """Nothing to show: the reply that is spoken follows."""

    def ended(self, call: Call) -> None:
        """The call is over."""
        self.say(f"☎  call ended: {call.ending.value}", "bold")

    def result(self, report: dict[str, Any]) -> None:
        """Print the outcome and why, what the bank was told, the latencies and where the evidence lies."""
        self._settle()
        style = {"release": "green", "hold": "yellow", "block": "red"}.get(report["effect"], "white")
        self._console.rule(f"[bold]{report['outcome']}[/bold] → [{style}]{report['effect']}[/{style}]")
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", justify="right")
        table.add_column(overflow="fold")
        for label, value in _result_rows(report):
            table.add_row(label, value)
        self._console.print(table)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._settle()

    def forget(self) -> None:
        """Drop what a recording console kept so far."""
        self._console.export_text(clear=True)

    def save_svg(self, path: Path, title: str) -> None:
        """Write what a recording console kept since `forget` as a picture."""
        self._settle()
        self._console.save_svg(str(path), title=title)

    def _grow(self, line: Text) -> None:
        if not self._console.is_terminal:
            return
        if self._live is None:
            self._live = Live(line, console=self._console, transient=True, auto_refresh=False)
            self._live.start()
        self._live.update(line, refresh=True)

    def _settle(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _line(self, label: str, text: Text, style: str) -> None:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=_LABEL, style=style)
        grid.add_column(overflow="fold")
        grid.add_row(label, text)
        self._console.print(grid)

    def _note(self, text: str) -> None:
        self._line("", Text(text, style="dim"), "dim")


class QuietScreen(DemoScreen):
    """Prints nothing; for measurements."""

    def __init__(self) -> None:
        """Print to nowhere."""
        super().__init__(Console(quiet=True))


def _result_rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    latency = report["latency"]
    engines = report["engines"]
    rows = [
        (
            "why",
            "\n".join(escape(f"{r['points']:+d}  {r['reason']}") for r in report["reasons"])
            or "nothing speaks against it",
        ),
        ("score", f"{report['score']} (released below {report['release_line']})"),
        ("signals", ", ".join(report["signals"]) or "none"),
        (
            "answers",
            "\n".join(escape(f"{a['question']}: {a['value']} “{a['quote']}”") for a in report["answers"]) or "none",
        ),
        ("first analysis", _analysis(report)),
        ("what next", _next(report)),
        ("the bank was told", "\n".join(f"{m['action']} ({m['reference']})" for m in report["bank_messages"])),
        ("alert to ringing", _ms(latency["alert_to_ringing_ms"])),
        ("response", _spread(latency["response_ms"])),
        ("yield to barge-in", _spread(latency["yield_ms"])),
        (
            "engines",
            f"hears {engines['asr']} · speaks {engines['tts']} · understands {engines['llm']} · {engines['vad']}",
        ),
        ("recording", str(report["recording"] or "none")),
        ("transcript", str(report["transcript"] or "none")),
    ]
    return rows


def _analysis(report: dict[str, Any]) -> str:
    """What happened, what does not fit and what is proposed, each with where it is heard."""
    analysis = report["analysis"]
    if analysis is None:
        return "none: nobody was spoken with"
    shown = [row for row in analysis["statements"] if row["section"] in _SUMMARY]
    lines = [f"written by {analysis['written_by']}"]
    lines += [f"{row['text']} [{', '.join(row['at'][:3]) or ', '.join(row['grounds'])}]" for row in shown]
    return escape("\n".join(lines))


def _next(report: dict[str, Any]) -> str:
    if report["escalated"]:
        return "a person decides: the case waits at the desk"
    if report["next_attempt"]:
        return f"the payment stays held; the customer is called again at {report['next_attempt'][:16]} UTC"
    return "nothing: policy decided"


def _clock(offset_ms: int) -> str:
    seconds = offset_ms / 1000
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"


def _ms(value: int | None) -> str:
    return "not measured" if value is None else f"{value} ms"


def _spread(figures: dict[str, Any]) -> str:
    if not figures["n"]:
        return "none"
    return f"median {figures['p50']} ms, 95th percentile {figures['p95']} ms, n = {figures['n']}"
