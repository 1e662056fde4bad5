"""Makes a scenario of a stored case for the command line, and tries whether it ends as the case did."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.console import Console

from agent.brains.brain import Brain
from cases.domain.policy import Policy
from cases.policies import PolicyError
from cases.policies import load as load_policy
from cases.store import Database, Store
from evals.errors import RecordingError
from evals.loader import parse_scenarios
from evals.recording import Expected, Recording, Source, record
from evals.recording.source import source_of
from evals.text_mode import run_in_text
from riskcall.errors import SettingsInvalidError
from riskcall.eval.brains import brain_maker
from riskcall.settings import Settings, load_settings


def run_record(
    case_id: str, *, data: Path | None, attempt: int | None, to: Path | None, expected: str, strict: bool
) -> int:
    """Write the scenario and say what to look at.

    Args:
        case_id: The case.
        data: Data folder in place of the settings'.
        attempt: Number of the contact attempt, or None for the latest with a conversation.
        to: The file; one named after the scenario when None.
        expected: `happened` or `edit`.
        strict: Whether words that look like names of others are refused.

    Returns:
        0, or 1 where the scenario does not end as the case did.

    Raises:
        RecordingError: There is no such case, it cannot be told, or something personal would be left; nothing is
            written.
    """
    settings = load_settings(**({"data_dir": data} if data is not None else {}))
    policy = _policy(settings)
    source = asyncio.run(_source(settings, policy, case_id, attempt))
    recording = record(source, policy, expected=Expected(expected), strict=strict)
    file = to or Path(f"{recording.scenario_id}.scenario.yaml")
    differs = asyncio.run(_difference(settings, policy, source, recording, str(file)))
    _write(file, recording.text)
    _tell(file, recording, differs)
    return 1 if differs else 0


def _policy(settings: Settings) -> Policy:
    try:
        return load_policy(settings.policies_dir)
    except PolicyError as error:
        raise SettingsInvalidError(str(error)) from error


async def _source(settings: Settings, policy: Policy, case_id: str, attempt: int | None) -> Source:
    path = settings.database_path
    if not path.is_file():
        raise RecordingError(f"{path}: there is no database; name riskcall's data folder with --data")
    database = Database(f"sqlite:///{path}")
    store = Store(database)
    try:
        case = await store.case(case_id)
        if case is None:
            raise RecordingError(f"{path}: there is no case {case_id!r}; the desk shows the ids of cases")
        return source_of(case, await store.events(case_id), policy, attempt)
    finally:
        store.close()
        database.dispose()


async def _difference(settings: Settings, policy: Policy, source: Source, recording: Recording, file: str) -> str:
    """How a run of the scenario in text differs from the case, or empty."""
    brain = _brain(settings, source)
    try:
        run = await run_in_text(parse_scenarios(recording.runnable, file)[0], policy, brain)
    finally:
        await brain.aclose()
    if run.faults:
        return f"in text the agent asks what this customer was not asked ({run.faults[0]})"
    wanted, found = (source.outcome, source.effect, source.escalated), run.assessment
    if wanted == (found.outcome, run.effects[-1], found.escalate):
        return ""
    return f"in text it ends as {found.outcome}, {run.effects[-1]}; the case ended as {source.outcome}, {source.effect}"


def _brain(settings: Settings, source: Source) -> Brain:
    """What understood the customer, or the rules where nobody was understood."""
    name = source.call.versions.engines.llm if source.call else ""
    return brain_maker(settings, "llm" if name.startswith("llm") else "rules")()


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError as error:
        raise RecordingError(f"{file}: is there already; remove it, or name another file with --to") from error
    except OSError as error:
        raise RecordingError(f"{file}: cannot be written ({error.strerror}); name another file with --to") from error


def _tell(file: Path, recording: Recording, differs: str) -> None:
    console = Console(highlight=False)

    def say(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    say(str(file))
    for note in recording.notes:
        say(f"   unlike the call: {note}")
    for left in recording.names_left:
        say(f"   look at {left.place}: words that may name somebody; the file marks them")
    if not recording.names_left:
        say("   no words that look like other names were found; read the customer's lines all the same")
    if differs:
        say(f"   not the same: {differs}; look at it before you keep it")
