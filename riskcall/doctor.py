"""`riskcall doctor`: what is installed, what would be chosen and why, what is missing and how to get it."""

from __future__ import annotations

import platform
import shutil
from importlib.metadata import PackageNotFoundError, version

from rich.console import Console
from rich.table import Table

from agent.speech.selection import LANGUAGE_NAMES, Considered
from riskcall.brains import brain_choice
from riskcall.engines import LanguageEngines, choose
from riskcall.settings import Settings

PACKAGES = ("livekit-agents", "dbos", "aiortc", "fastapi", "openai")


def run(settings: Settings) -> int:
    """Print the findings; 0 where at least English can be spoken and heard, else 1.

    Raises:
        SettingsInvalidError: A named engine or model is missing; the message says how to get it.
    """
    console = Console()
    chosen = choose(settings)
    _installed(console)
    console.print("\n[bold]What would be chosen[/bold]")
    for language, one in chosen.items():
        console.print(f"  {LANGUAGE_NAMES[language]}", style="bold")
        console.print(f"    hears:  {one.hears.why}", highlight=False)
        console.print(f"    speaks: {one.speaks.why}", highlight=False)
    brain, why = brain_choice(settings)
    console.print(f"  understands: {brain}, because {why}.", highlight=False)
    first = next(iter(chosen.values()))
    _engines(console, "Engines that hear", first.hears.considered)
    _engines(console, "Engines that speak", first.speaks.considered)
    _serve(console, settings)
    return 0 if any(_complete(one) for one in chosen.values()) else 1


def _complete(one: LanguageEngines) -> bool:
    return one.hears.engine is not None and one.speaks.engine is not None


def _installed(console: Console) -> None:
    console.print("[bold]Installed[/bold]")
    console.print(f"  Python {platform.python_version()} on {platform.system()} {platform.machine()}", highlight=False)
    for package in PACKAGES:
        console.print(f"  {package} {_version(package)}", highlight=False)
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    console.print(f"  browser for tests: {browser or 'none; get one with `apt-get install chromium`'}", highlight=False)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing; get it with `make demo` or `pip install -e .`"


def _engines(console: Console, title: str, considered: tuple[Considered, ...]) -> None:
    table = Table(title=title, title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    for column in ("engine", "here", "languages", "worth", "how to get it"):
        table.add_column(column, overflow="fold")
    for one in considered:
        languages = ", ".join(LANGUAGE_NAMES[language] for language in one.languages)
        table.add_row(one.name, "no" if one.lacks else "yes", languages, one.worth, one.lacks)
    console.print()
    console.print(table)


def _serve(console: Console, settings: Settings) -> None:
    missing = settings.missing_for_serve()
    console.print("\n[bold]Settings for `riskcall serve`[/bold]")
    console.print(
        "  complete" if not missing else f"  missing: {', '.join(missing)} (see .env.example)", highlight=False
    )
