"""Who a simulated customer is: answers by the act the agent just performed, and timed events; strict YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from cases.domain.vocabulary import Act, Disposition, Language
from telephony.customer_speech import DEFAULT_VOICE
from telephony.leg import LegError

RE_ASKS = frozenset({Act.REPEAT, Act.CLARIFY, Act.STILL_THERE})
"""Acts that put the last question again: without an answer of their own they get that question's answer."""
FAREWELLS = frozenset({Act.GOODBYE, Act.CLOSE_WRONG_PARTY, Act.LEAVE_VOICEMAIL})
"""Acts that expect no answer: without one of their own the customer stays silent."""

ANSWERED_BY: dict[str, Disposition] = {
    "person": Disposition.ANSWERED,
    "voicemail": Disposition.VOICEMAIL,
    "screener": Disposition.SCREENER,
    "no_answer": Disposition.NO_ANSWER,
    "busy": Disposition.BUSY,
    "reject": Disposition.REJECTED,
}
"""What picks up, and the disposition of the dial."""

_PERSONA_KEYS = {"title", "language", "voice", "answers", "default", "events", "answered_by"}
_EVENT_KEYS = {"on", "after_ms", "say", "backchannel", "silence_ms", "hang_up", "dtmf", "ask_human"}
_KEYS = frozenset("0123456789*#ABCD")
_DEEDS = ("say", "backchannel", "silence_ms", "hang_up", "dtmf", "ask_human")


class PersonaError(LegError):
    """A persona does not exist or its file is wrong; the message names file and key and what would be right."""

    code = "persona"


@dataclass(frozen=True, slots=True)
class PersonaEvent:
    """One timed deed of the customer; happens once, at the next utterance of the agent that holds `on`.

    Attributes:
        on: The act it belongs to.
        after_ms: Delay from the first sound of that utterance; with None it happens in place of, or with
            `silence_ms` before, the answer.
        say: Words spoken over the agent: a barge-in; the utterance then gets no other answer.
        backchannel: "Mm-hm" over the agent; the utterance is answered as usual.
        silence_ms: How much longer than usual the customer waits before the answer.
        hang_up: Whether the customer hangs up.
        dtmf: Keys that the customer presses one after the other.
        ask_human: Whether the customer presses the button for a person.
    """

    on: Act
    after_ms: int | None = None
    say: str = ""
    backchannel: str = ""
    silence_ms: int = 0
    hang_up: bool = False
    dtmf: str = ""
    ask_human: bool = False


@dataclass(frozen=True, slots=True)
class Persona:
    """A simulated customer.

    Attributes:
        name: File name without its ending.
        title: Who this is, in words.
        language: Language spoken.
        voice: `engine:name` of the voice.
        answers: Act to answers, used in order; the last repeats. An empty answer is silence.
        default: Answer to an act that has none.
        events: Timed deeds.
        answered_by: How a dial to this customer ends.
        literal: Whether a re-ask without an answer of its own gets the default like any other act, in place of the
            answer to what was asked before.
    """

    name: str
    title: str
    language: Language
    voice: str = DEFAULT_VOICE
    answers: Mapping[Act, tuple[str, ...]] = field(default_factory=dict)
    default: str = ""
    events: tuple[PersonaEvent, ...] = ()
    answered_by: Disposition = Disposition.ANSWERED
    literal: bool = False

    def lines(self) -> tuple[str, ...]:
        """Every line that this customer can say, each once."""
        said = [line for answers in self.answers.values() for line in answers]
        said += [self.default] + [words for event in self.events for words in (event.say, event.backchannel)]
        return tuple(dict.fromkeys(line for line in said if line))


class PersonaReplies:
    """What a persona answers as a call goes on; counts how often each act was answered."""

    def __init__(self, persona: Persona) -> None:
        """Begin a call."""
        self._persona = persona
        self._given: dict[Act, int] = {}
        self._last: str | None = None

    def answer(self, acts: tuple[Act, ...]) -> str:
        """The answer to an utterance with these acts; empty for silence.

        The last act that has an answer of its own counts. A re-ask without one gets the answer to what was asked
        before, unless the persona is literal; a farewell without one gets silence; everything else gets the default.
        """
        for act in reversed(acts):
            answers = self._persona.answers.get(act)
            if answers:
                count = self._given.get(act, 0)
                self._given[act] = count + 1
                self._last = answers[min(count, len(answers) - 1)]
                return self._last
        if FAREWELLS.intersection(acts):
            return ""
        if self._last is not None and not self._persona.literal and RE_ASKS.intersection(acts):
            return self._last
        return self._persona.default


def persona_names() -> tuple[str, ...]:
    """Names of the personas that come with the package."""
    folder = resources.files("telephony") / "personas"
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def load_persona(name: str) -> Persona:
    """A persona that comes with the package.

    Raises:
        PersonaError: There is none of this name, or its file is wrong.
    """
    if name not in persona_names():
        raise PersonaError(f"There is no customer {name!r}; choose one of {', '.join(persona_names())}.")
    text = (resources.files("telephony") / "personas" / f"{name}.yaml").read_text(encoding="utf-8")
    return parse_persona(text, name=name, source=f"telephony/personas/{name}.yaml")


def read_persona(path: Path) -> Persona:
    """A persona from a file of one's own.

    Raises:
        PersonaError: The file is missing or wrong.
    """
    if not path.is_file():
        raise PersonaError(f"{path}: no such file")
    return parse_persona(path.read_text(encoding="utf-8"), name=path.stem, source=str(path))


class _Loader(yaml.SafeLoader):
    """YAML 1.2 truth values: `on` is a word here, not true."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def yaml_document(text: str) -> object:
    """Parse YAML in which `on`, `yes` and `no` are words.

    Raises:
        yaml.YAMLError: It is not YAML.
    """
    return yaml.load(text, _Loader)  # a SafeLoader: builds plain values only


def parse_persona(text: str, *, name: str, source: str) -> Persona:
    """A persona from YAML.

    Raises:
        PersonaError: The text is wrong; the message names source and key.
    """
    try:
        document = yaml_document(text)
    except yaml.YAMLError as error:
        raise PersonaError(f"{source}: not YAML: {' '.join(str(error).split())}") from error
    return persona_from(document, name=name, source=source)


def persona_from(document: object, *, name: str, source: str) -> Persona:
    """A persona from a parsed mapping, such as the `customer` block of a scenario.

    Raises:
        PersonaError: A key is unknown, missing or holds the wrong kind of value.
    """
    data = _mapping(document, source)
    _known(data, _PERSONA_KEYS, source)
    language = data.get("language", Language.EN.value)
    if language not in {item.value for item in Language}:
        raise PersonaError(f"{source}: language: {language!r} is not one of en, zh")
    answered_by = data.get("answered_by", "person")
    if answered_by not in ANSWERED_BY:
        raise PersonaError(f"{source}: answered_by: {answered_by!r} is not one of {', '.join(ANSWERED_BY)}")
    answers = _mapping(data.get("answers", {}), f"{source}: answers")
    events = data.get("events", [])
    if not isinstance(events, list):
        raise PersonaError(f"{source}: events: must be a list")
    return Persona(
        name=name,
        title=_text(data.get("title", name), f"{source}: title"),
        language=Language(language),
        voice=_text(data.get("voice", DEFAULT_VOICE), f"{source}: voice"),
        answers={
            _act(key, f"{source}: answers"): _answers(value, f"{source}: answers.{key}")
            for key, value in answers.items()
        },
        default=_text(data.get("default", ""), f"{source}: default"),
        events=tuple(_event(item, f"{source}: events[{index}]") for index, item in enumerate(events)),
        answered_by=ANSWERED_BY[answered_by],
    )


def _event(document: object, source: str) -> PersonaEvent:
    data = _mapping(document, source)
    _known(data, _EVENT_KEYS, source)
    if "on" not in data:
        raise PersonaError(f"{source}: `on` is missing: it names the act at which the event happens")
    if not any(key in data for key in _DEEDS):
        raise PersonaError(f"{source}: says nothing to do; give one of {', '.join(_DEEDS)}")
    event = PersonaEvent(
        on=_act(data["on"], f"{source}: on"),
        after_ms=None if "after_ms" not in data else _count(data["after_ms"], f"{source}: after_ms"),
        say=_text(data.get("say", ""), f"{source}: say"),
        backchannel=_text(data.get("backchannel", ""), f"{source}: backchannel"),
        silence_ms=_count(data.get("silence_ms", 0), f"{source}: silence_ms"),
        hang_up=_flag(data.get("hang_up", False), f"{source}: hang_up"),
        dtmf=_keys(data.get("dtmf", ""), f"{source}: dtmf"),
        ask_human=_flag(data.get("ask_human", False), f"{source}: ask_human"),
    )
    if (event.say or event.backchannel) and event.after_ms is None:
        raise PersonaError(f"{source}: after_ms is missing: it says when over the agent's words to speak")
    return event


def _mapping(value: object, source: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise PersonaError(f"{source}: must be a mapping of names to values")
    return value


def _known(data: Mapping[str, object], keys: set[str], source: str) -> None:
    for key in data:
        if key not in keys:
            raise PersonaError(f"{source}: unknown key {key!r}; known are {', '.join(sorted(keys))}")


def _act(value: object, source: str) -> Act:
    if value not in {act.value for act in Act}:
        raise PersonaError(f"{source}: there is no act {value!r}")
    return Act(value)


def _text(value: object, source: str) -> str:
    if not isinstance(value, str):
        raise PersonaError(f"{source}: must be text; put it in quotes")
    return value


def _keys(value: object, source: str) -> str:
    keys = _text(value, source)
    if not set(keys) <= _KEYS:
        raise PersonaError(f"{source}: must be keys of a telephone: 0 to 9, * or #")
    return keys


def _answers(value: object, source: str) -> tuple[str, ...]:
    if isinstance(value, list) and value:
        return tuple(_text(item, source) for item in value)
    return (_text(value, source),)


def _count(value: object, source: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise PersonaError(f"{source}: must be a whole number of milliseconds, zero or more")
    return value


def _flag(value: object, source: str) -> bool:
    if not isinstance(value, bool):
        raise PersonaError(f"{source}: must be true or false")
    return value
