"""Reads scenario files strictly: what is wrong is told with file, line, key and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from cases.alerts.document import LOCALES
from cases.domain.vocabulary import Act, BankAction, Language, Outcome, SignalCode
from evals.alert_building import read_alert
from evals.errors import ScenarioError
from evals.located import Located, compose
from evals.scenario import Channel, Codec, Expectation, Noise, NoiseKind, Place, Scenario
from telephony.customer_speech import DEFAULT_VOICE
from telephony.persona import ANSWERED_BY, Persona, PersonaEvent

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_VOICE = re.compile(r"[a-z0-9-]+:\S+")
_DTMF = re.compile(r"[0-9*#A-D]")
_DEEDS = ("say", "backchannel", "silence_ms", "hang_up", "dtmf")
_HOUR_MS = 3_600_000

_SCENARIO_KEYS = ("id", "title", "locale", "tags", "alert", "channel", "customer", "expect")
_CHANNEL_KEYS = ("codec", "noise", "loss", "jitter_ms")
_CUSTOMER_KEYS = ("voice", "answers", "default", "events", "answered_by")
_EVENT_KEYS = ("on", "after_ms", *_DEEDS)
_EXPECT_KEYS = ("outcome", "effect", "escalated", "disclosed", "signals", "said", "never_said", "max_agent_turns")


def load_scenarios(paths: Iterable[Path]) -> tuple[Scenario, ...]:
    """Scenarios of files and of folders with all that is in them, in the order of paths and names.

    Raises:
        ScenarioError: A path does not exist, a folder holds no scenario, a file is wrong, or two scenarios share an
            id.
    """
    found: dict[str, Scenario] = {}
    seen: set[Path] = set()
    for path in paths:
        for file in _files(path):
            if file.resolve() in seen:
                continue
            seen.add(file.resolve())
            for scenario in parse_scenarios(_read(file), str(file)):
                _add(found, scenario)
    return tuple(found.values())


def parse_scenarios(text: str, source: str) -> tuple[Scenario, ...]:
    """The scenario, or the list of scenarios, of one YAML text.

    Raises:
        ScenarioError: Something in it is wrong.
    """
    top = compose(text, source)
    found: dict[str, Scenario] = {}
    for item in top.items() if top.is_list else [top]:
        # Keys are told from the top of the scenario, not of the file; the line says which scenario it is.
        _add(found, _scenario(item.as_top()))
    if not found:
        top.fail("the list is empty; write at least one scenario")
    return tuple(found.values())


def _add(found: dict[str, Scenario], scenario: Scenario) -> None:
    earlier = found.setdefault(scenario.id, scenario)
    if earlier is not scenario:
        raise ScenarioError(
            scenario.place.source,
            scenario.place.line,
            "id",
            f"{scenario.id!r} is already taken by {earlier.place}; give each scenario an id of its own",
        )


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


def _required(entries: dict[str, Located], name: str, parent: Located, hint: str) -> Located:
    if name not in entries:
        parent.child_name(name).fail(f"is missing; {hint}")
    return entries[name]


def _scenario(top: Located) -> Scenario:
    entries = top.known(_SCENARIO_KEYS)
    scenario_id = _required(entries, "id", top, "give the scenario a unique name such as safe-account-coached-en")
    if not _ID.fullmatch(scenario_id.text()):
        scenario_id.fail("use small letters, digits and hyphens, at most 80, such as safe-account-coached-en")
    locale = _required(entries, "locale", top, f"give one of {', '.join(LOCALES)}").one_of(LOCALES)
    alert = _required(entries, "alert", top, "give `example: NAME` or `document:` with a whole alert")
    expect = _required(entries, "expect", top, "say at least which `outcome` is right")
    expectation = _expectation(expect)
    customer = _required(entries, "customer", top, "say who answers and what they say")
    return Scenario(
        id=scenario_id.text(),
        title=entries["title"].filled_text() if "title" in entries else scenario_id.text(),
        locale=locale,
        tags=tuple(dict.fromkeys(tag.filled_text() for tag in entries["tags"].items())) if "tags" in entries else (),
        alert=read_alert(alert, locale),
        channel=_channel(entries["channel"]) if "channel" in entries else Channel(),
        customer=_customer(customer, scenario_id.text(), locale),
        answers_everything="default" in customer.entries(),
        expect=expectation,
        place=Place(top.source, top.line),
    )


def _channel(block: Located) -> Channel:
    entries = block.known(_CHANNEL_KEYS)
    noise = None
    if "noise" in entries:
        parts = entries["noise"].known(("kind", "snr_db"))
        kind = _required(parts, "kind", entries["noise"], f"give one of {', '.join(NoiseKind)}")
        level = _required(parts, "snr_db", entries["noise"], "give the signal-to-noise ratio in decibels, such as 15")
        noise = Noise(kind.choice(NoiseKind), level.number(-20, 80))
    return Channel(
        codec=entries["codec"].choice(Codec) if "codec" in entries else Codec.NONE,
        noise=noise,
        loss=entries["loss"].number(0, 1) if "loss" in entries else 0.0,
        jitter_ms=entries["jitter_ms"].whole(0, 2000, "milliseconds") if "jitter_ms" in entries else 0,
    )


def _customer(block: Located, name: str, locale: str) -> Persona:
    entries = block.known(_CUSTOMER_KEYS)
    voice = entries["voice"].text() if "voice" in entries else DEFAULT_VOICE
    if not _VOICE.fullmatch(voice):
        entries["voice"].fail("write the voice as engine:name, such as flite:slt")
    answered_by = entries["answered_by"].one_of(ANSWERED_BY) if "answered_by" in entries else "person"
    answers: dict[Act, tuple[str, ...]] = {}
    if "answers" in entries:
        for act, words in entries["answers"].known(tuple(Act)).items():
            answers[Act(act)] = tuple(one.text() for one in words.one_or_more())
    return Persona(
        name=name,
        title=name,
        language=Language.ZH if locale.startswith("zh") else Language.EN,
        voice=voice,
        answers=answers,
        default=entries["default"].text() if "default" in entries else "",
        events=tuple(_event(item) for item in entries["events"].items()) if "events" in entries else (),
        answered_by=ANSWERED_BY[answered_by],
    )


def _event(block: Located) -> PersonaEvent:
    entries = block.known(_EVENT_KEYS)
    on = _required(entries, "on", block, "name the act at which it happens").choice(Act)
    deeds = [name for name in _DEEDS if name in entries]
    if not deeds:
        block.fail(f"says nothing to do; give one of {', '.join(_DEEDS)}")
    if ("say" in entries or "backchannel" in entries) and "after_ms" not in entries:
        block.child_name("after_ms").fail("is missing; say how many milliseconds into the agent's words to speak")
    dtmf = str(entries["dtmf"].plain()) if "dtmf" in entries else ""
    if "dtmf" in entries and not _DTMF.fullmatch(dtmf):
        entries["dtmf"].fail("must be one key of a telephone: 0 to 9, * or #")
    return PersonaEvent(
        on=on,
        after_ms=entries["after_ms"].whole(0, _HOUR_MS, "milliseconds") if "after_ms" in entries else None,
        say=entries["say"].filled_text() if "say" in entries else "",
        backchannel=entries["backchannel"].filled_text() if "backchannel" in entries else "",
        silence_ms=entries["silence_ms"].whole(0, _HOUR_MS, "milliseconds") if "silence_ms" in entries else 0,
        hang_up=entries["hang_up"].flag() if "hang_up" in entries else False,
        dtmf=dtmf,
    )


def _expectation(block: Located) -> Expectation:
    entries = block.known(_EXPECT_KEYS)
    outcome = _required(entries, "outcome", block, f"give one or a list of {', '.join(Outcome)}")
    signals = entries["signals"].known(("include", "exclude")) if "signals" in entries else {}
    include = tuple(one.choice(SignalCode) for one in signals["include"].items()) if "include" in signals else ()
    exclude = tuple(one.choice(SignalCode) for one in signals["exclude"].items()) if "exclude" in signals else ()
    for code in include:
        if code in exclude:
            signals["exclude"].fail(f"{code.value!r} is also in `include`; keep it in one of the two")
    return Expectation(
        outcomes=tuple(one.choice(Outcome) for one in outcome.one_or_more()),
        effects=tuple(one.choice(BankAction) for one in entries["effect"].one_or_more()) if "effect" in entries else (),
        escalated=entries["escalated"].flag() if "escalated" in entries else None,
        disclosed=entries["disclosed"].flag() if "disclosed" in entries else None,
        include=include,
        exclude=exclude,
        said=tuple(one.pattern() for one in entries["said"].one_or_more()) if "said" in entries else (),
        never_said=tuple(one.pattern() for one in entries["never_said"].one_or_more())
        if "never_said" in entries
        else (),
        max_agent_turns=entries["max_agent_turns"].whole(1, 1000) if "max_agent_turns" in entries else None,
    )
