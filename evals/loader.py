"""Reads scenario files strictly: what is wrong is told with file, line, key and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from cases.alerts.document import LOCALES
from cases.domain.alert import Alert
from cases.domain.vocabulary import Act, BankAction, Disposition, Language, Outcome, SignalCode
from evals.alert_building import read_alert
from evals.errors import ScenarioError
from evals.located import Located, compose
from evals.scenario import Channel, Codec, Echo, Expectation, Noise, NoiseKind, Place, Scenario
from telephony.customer_speech import DEFAULT_VOICE
from telephony.persona import ANSWERED_BY, Persona, PersonaEvent

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_VOICE = re.compile(r"[a-z0-9-]+:\S+")
_DTMF = re.compile(r"[0-9*#A-D]{1,20}")
_DEEDS = ("say", "backchannel", "silence_ms", "hang_up", "dtmf")
_HOUR_MS = 3_600_000

_SCENARIO_KEYS = ("id", "title", "locale", "tags", "alert", "channel", "customer", "expect")
_CHANNEL_KEYS = ("codec", "noise", "loss", "jitter_ms", "echo")
_CUSTOMER_KEYS = ("voice", "answers", "default", "events", "answered_by")
_EVENT_KEYS = ("on", "after_ms", *_DEEDS)
_EXPECT_KEYS = (
    "outcome",
    "effect",
    "escalated",
    "disclosed",
    "signals",
    "said",
    "never_said",
    "max_agent_turns",
    "disposition",
)


def load_scenarios(paths: Iterable[Path]) -> tuple[Scenario, ...]:
    """Scenarios of files and of folders with all that is in them, in the order of paths and names.

    Raises:
        ScenarioError: A path does not exist, a folder holds no scenario, a file is wrong, or two scenarios share an
            id; the first of what is wrong.
    """
    found, problems = read_scenarios(paths)
    if problems:
        raise problems[0]
    return found


def read_scenarios(paths: Iterable[Path]) -> tuple[tuple[Scenario, ...], list[ScenarioError]]:
    """The same, with everything that is wrong with the files; scenarios that are wrong are left out."""
    found: dict[str, Scenario] = {}
    problems: list[ScenarioError] = []
    seen: set[Path] = set()
    for path in paths:
        try:
            files = _files(path)
        except ScenarioError as error:
            problems.append(error)
            continue
        for file in files:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                problems += _read_file(file, found)
    return tuple(found.values()), problems


def _read_file(file: Path, found: dict[str, Scenario]) -> list[ScenarioError]:
    """Add the scenarios of a file to those found, and tell what is wrong with it."""
    try:
        scenarios, problems = _parse(_read(file), str(file))
    except ScenarioError as error:
        return [error]
    for scenario in scenarios:
        problems += _add(found, scenario)
    return problems


def parse_scenarios(text: str, source: str) -> tuple[Scenario, ...]:
    """The scenario, or the list of scenarios, of one YAML text.

    Raises:
        ScenarioError: Something in it is wrong; the first of it.
    """
    found: dict[str, Scenario] = {}
    scenarios, problems = _parse(text, source)
    for scenario in scenarios:
        problems += _add(found, scenario)
    if problems:
        raise problems[0]
    return tuple(found.values())


def _parse(text: str, source: str) -> tuple[list[Scenario], list[ScenarioError]]:
    top = compose(text, source)
    scenarios: list[Scenario] = []
    problems: list[ScenarioError] = []
    for item in top.items() if top.is_list else [top]:
        # Keys are told from the top of the scenario, not of the file; the line says which scenario it is.
        block = item.as_top()
        scenario = block.attempt(partial(_scenario, block), None)
        if scenario is not None and not block.problems:
            scenarios.append(scenario)
        problems += sorted(block.problems, key=lambda one: one.line)
    if not scenarios and not problems:
        top.fail("the list is empty; write at least one scenario")
    return scenarios, problems


def _add(found: dict[str, Scenario], scenario: Scenario) -> list[ScenarioError]:
    earlier = found.setdefault(scenario.id, scenario)
    if earlier is scenario:
        return []
    taken = f"{scenario.id!r} is already taken by {earlier.place}; give each scenario an id of its own"
    return [ScenarioError(scenario.place.source, scenario.place.line, "id", taken)]


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(file for ending in ("*.yaml", "*.yml") for file in path.rglob(ending))
        if not files:
            raise ScenarioError(str(path), 0, "", "the folder holds no .yaml file")
        return files
    if not path.is_file():
        raise ScenarioError(str(path), 0, "", "no such file or folder")
    return [path]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ScenarioError(str(path), line, "", "not UTF-8 text; save the file as UTF-8") from error
    except OSError as error:
        raise ScenarioError(str(path), 0, "", f"cannot be read: {error.strerror}") from error


def _scenario(top: Located) -> Scenario | None:
    """The scenario, or None where a part without which there is none is missing or wrong; problems are noted."""
    entries = top.known(_SCENARIO_KEYS)
    scenario_id = top.attempt(lambda: _id(entries, top), "")
    locale = top.attempt(lambda: _locale(entries, top), LOCALES[0])
    title = top.attempt(lambda: entries["title"].filled_text() if "title" in entries else scenario_id, "")
    untagged: tuple[str, ...] = ()
    tags = top.attempt(lambda: _tags(entries), untagged)
    alert = top.attempt(lambda: _alert(entries, top, locale), None)
    channel = top.attempt(lambda: _channel(entries["channel"]) if "channel" in entries else Channel(), Channel())
    customer = top.attempt(lambda: _customer(entries, top, scenario_id, locale), None)
    expect = top.attempt(lambda: _expectation(entries, top), None)
    if alert is None or customer is None or expect is None:
        return None
    return Scenario(
        id=scenario_id,
        title=title,
        locale=locale,
        tags=tags,
        alert=alert,
        channel=channel,
        customer=customer,
        answers_everything="default" in entries["customer"].entries(),
        expect=expect,
        place=Place(top.source, top.line),
    )


def _id(entries: dict[str, Located], top: Located) -> str:
    block = top.required(entries, "id", "give the scenario a unique name such as safe-account-coached-en")
    if not _ID.fullmatch(block.text()):
        block.fail("use small letters, digits and hyphens, at most 80, such as safe-account-coached-en")
    return block.text()


def _locale(entries: dict[str, Located], top: Located) -> str:
    return top.required(entries, "locale", f"give one of {', '.join(LOCALES)}").one_of(LOCALES)


def _tags(entries: dict[str, Located]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.filled_text() for one in entries["tags"].items())) if "tags" in entries else ()


def _alert(entries: dict[str, Located], top: Located, locale: str) -> Alert:
    return read_alert(top.required(entries, "alert", "give `example: NAME` or `document:` with a whole alert"), locale)


def _channel(block: Located) -> Channel:
    entries = block.known(_CHANNEL_KEYS)
    return Channel(
        codec=block.attempt(lambda: entries["codec"].choice(Codec), Codec.NONE) if "codec" in entries else Codec.NONE,
        noise=block.attempt(lambda: _noise(entries["noise"]), None) if "noise" in entries else None,
        loss=block.attempt(lambda: entries["loss"].number(0, 1), 0.0) if "loss" in entries else 0.0,
        jitter_ms=entries["jitter_ms"].whole(0, 2000, "milliseconds") if "jitter_ms" in entries else 0,
        echo=block.attempt(lambda: _echo(entries["echo"]), None) if "echo" in entries else None,
    )


def _echo(block: Located) -> Echo:
    parts = block.known(("level_db", "delay_ms", "room_ms"))
    level = block.required(parts, "level_db", "give the echo's level over the agent's voice in decibels, such as -20")
    delay = block.required(parts, "delay_ms", "say how late it comes back, such as 150")
    return Echo(
        level.number(-80, 0),
        delay.whole(0, 500, "milliseconds"),
        parts["room_ms"].whole(0, 1000, "milliseconds") if "room_ms" in parts else 0,
    )


def _noise(block: Located) -> Noise:
    parts = block.known(("kind", "snr_db"))
    kind = block.required(parts, "kind", f"give one of {', '.join(NoiseKind)}")
    level = block.required(parts, "snr_db", "give the signal-to-noise ratio in decibels, such as 15")
    return Noise(kind.choice(NoiseKind), level.number(-20, 80))


def _customer(parts: dict[str, Located], top: Located, name: str, locale: str) -> Persona:
    block = top.required(parts, "customer", "say who answers and what they say")
    entries = block.known(_CUSTOMER_KEYS)
    answered_by = (
        block.attempt(lambda: entries["answered_by"].one_of(ANSWERED_BY), "") if "answered_by" in entries else ""
    )
    return Persona(
        name=name,
        title=name,
        language=Language.ZH if locale.startswith("zh") else Language.EN,
        voice=block.attempt(lambda: _voice(entries["voice"]), "") if "voice" in entries else DEFAULT_VOICE,
        answers=block.attempt(lambda: _answers(entries["answers"]), {}) if "answers" in entries else {},
        default=block.attempt(lambda: entries["default"].text(), "") if "default" in entries else "",
        events=_events(entries["events"]) if "events" in entries else (),
        answered_by=ANSWERED_BY[answered_by or "person"],
        literal=True,
    )


def _voice(block: Located) -> str:
    if not _VOICE.fullmatch(block.text()):
        block.fail("write the voice as engine:name, such as flite:slt")
    return block.text()


def _answers(block: Located) -> dict[Act, tuple[str, ...]]:
    return {Act(act): block.attempt(partial(_lines, words), ()) for act, words in block.known(tuple(Act)).items()}


def _lines(block: Located) -> tuple[str, ...]:
    return tuple(one.text() for one in block.one_or_more())


def _events(block: Located) -> tuple[PersonaEvent, ...]:
    found = [block.attempt(partial(_event, item), None) for item in block.items()]
    return tuple(event for event in found if event is not None)


def _event(block: Located) -> PersonaEvent:
    entries = block.known(_EVENT_KEYS)
    on = block.required(entries, "on", "name the act at which it happens").choice(Act)
    deeds = [name for name in _DEEDS if name in entries]
    if not deeds:
        block.fail(f"says nothing to do; give one of {', '.join(_DEEDS)}")
    if ("say" in entries or "backchannel" in entries) and "after_ms" not in entries:
        block.child_name("after_ms").fail("is missing; say how many milliseconds into the agent's words to speak")
    dtmf = str(entries["dtmf"].plain()) if "dtmf" in entries else ""
    if "dtmf" in entries and not _DTMF.fullmatch(dtmf):
        entries["dtmf"].fail("must be keys of a telephone, pressed one after the other: 0 to 9, * or #, in quotes")
    return PersonaEvent(
        on=on,
        after_ms=entries["after_ms"].whole(0, _HOUR_MS, "milliseconds") if "after_ms" in entries else None,
        say=entries["say"].filled_text() if "say" in entries else "",
        backchannel=entries["backchannel"].filled_text() if "backchannel" in entries else "",
        silence_ms=entries["silence_ms"].whole(0, _HOUR_MS, "milliseconds") if "silence_ms" in entries else 0,
        hang_up=entries["hang_up"].flag() if "hang_up" in entries else False,
        dtmf=dtmf,
    )


def _expectation(parts: dict[str, Located], top: Located) -> Expectation:
    block = top.required(parts, "expect", "say at least which `outcome` is right")
    entries = block.known(_EXPECT_KEYS)
    include, exclude = _signals(block, entries)

    def flag(name: str) -> bool | None:
        return block.attempt(entries[name].flag, None) if name in entries else None

    def patterns(name: str) -> tuple[re.Pattern[str], ...]:
        return block.attempt(lambda: tuple(one.pattern() for one in entries[name].one_or_more()), ())

    return Expectation(
        outcomes=block.attempt(lambda: _outcomes(entries, block), ()),
        effects=block.attempt(lambda: tuple(one.choice(BankAction) for one in entries["effect"].one_or_more()), ())
        if "effect" in entries
        else (),
        escalated=flag("escalated"),
        disclosed=flag("disclosed"),
        include=include,
        exclude=exclude,
        said=patterns("said") if "said" in entries else (),
        never_said=patterns("never_said") if "never_said" in entries else (),
        max_agent_turns=block.attempt(lambda: entries["max_agent_turns"].whole(1, 1000), None)
        if "max_agent_turns" in entries
        else None,
        disposition=block.attempt(lambda: entries["disposition"].choice(Disposition), None)
        if "disposition" in entries
        else None,
    )


def _outcomes(entries: dict[str, Located], block: Located) -> tuple[Outcome, ...]:
    outcome = block.required(entries, "outcome", f"give one or a list of {', '.join(Outcome)}")
    return tuple(one.choice(Outcome) for one in outcome.one_or_more())


def _signals(block: Located, entries: dict[str, Located]) -> tuple[tuple[SignalCode, ...], tuple[SignalCode, ...]]:
    """Signals that must be observed, and those that must not be."""
    if "signals" not in entries:
        return (), ()
    none: dict[str, Located] = {}
    lists = block.attempt(lambda: entries["signals"].known(("include", "exclude")), none)

    def codes(name: str) -> tuple[SignalCode, ...]:
        empty: list[Located] = []
        items = block.attempt(lambda: list(lists[name].items()), empty) if name in lists else empty
        read = [block.attempt(partial(one.choice, SignalCode), None) for one in items]
        return tuple(code for code in read if code is not None)

    include, exclude = codes("include"), codes("exclude")
    for code in include:
        if code in exclude:
            lists["exclude"].note(f"{code.value!r} is also in `include`; keep it in one of the two")
    return include, exclude
