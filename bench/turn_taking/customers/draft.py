"""What happens in which call, before anything is rendered: drawn from a material and a seed alone.

A full plan says every answer of the material once and some twice, in another voice; events, kinds of answers and pauses
are dealt evenly to the calls, and the calls are every line crossed with every voice.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from bench.turn_taking.customers.clips import Mouth, Order
from bench.turn_taking.customers.flite import PITCH_HZ, Manner
from bench.turn_taking.customers.material import AnswerKind, Material, Topic
from bench.turn_taking.customers.sounds import CONDITIONS
from bench.turn_taking.customers.speech import pause_marks
from bench.turn_taking.stage.script import Kind
from cases.domain.vocabulary import Question

EXCHANGES = 111
"""Answers of a full plan; each reply to one carries one of a deal's overlays."""


@dataclass(frozen=True, slots=True)
class Deal:
    """How often customers do what in a full plan.

    Attributes:
        overlays: What they do while the agent speaks; EXCHANGES in all.
        asides: Talk not meant for the agent while it is silent.
    """

    overlays: Mapping[Kind, int]
    asides: int


EVEN = Deal({Kind.BARGE_IN: 40, Kind.BACKCHANNEL: 40, Kind.BYSTANDER: 16, Kind.COUGH: 15}, asides=16)
"""What is compared with other systems."""
DEALS = {
    "even": EVEN,
    "barge-ins": Deal({Kind.BARGE_IN: 111}, asides=0),
    "room": Deal({Kind.BYSTANDER: 64, Kind.BACKCHANNEL: 47}, asides=64),
}
"""Deals by name; all but the even one are for work on a single strategy."""
PAUSE_S = (0.4, 1.5)
"""Shortest and longest pause within a turn; their lengths are spread evenly between."""
WARM_UP = "warm-up"
"""Name of the first call of every plan: short, and no part of what is measured."""
_QUICK = (3, 3)
_QUICK_OVERLAYS = (Kind.BARGE_IN, Kind.BACKCHANNEL, Kind.BYSTANDER, Kind.COUGH, Kind.BACKCHANNEL)
_LEVEL_DB = (-4.0, 2.0)
_REACT_S = (0.25, 0.5)
_SHORT_LINE = 30
_SCRIPT_ORDER = list(Question)
_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True)
class Turn:
    """An answer of the material and where it stands there."""

    topic: Topic
    kind: AnswerKind
    line: str


@dataclass(frozen=True, slots=True)
class OverlayDraft:
    """What the customer does during a reply.

    Attributes:
        kind: What.
        order: Its clip.
        share: How late in the time that is open to it, 0 to 1.
        reply: What the agent says to a barge-in before it asks again.
    """

    kind: Kind
    order: Order
    share: float
    reply: str = ""


@dataclass(frozen=True, slots=True)
class ExchangeDraft:
    """One exchange; attributes as in bench.turn_taking.stage.script.Exchange."""

    id: str
    question: Question
    ask: str
    answer: Order
    react_s: float
    aside: Order | None = None
    overlay: OverlayDraft | None = None


@dataclass(frozen=True, slots=True)
class BlockDraft:
    """One call.

    Attributes:
        name: Its folder's name.
        condition: Its line.
        exchanges: What happens.
        seed: Draws the agent's wordings and the noise.
    """

    name: str
    condition: str
    exchanges: tuple[ExchangeDraft, ...]
    seed: int


@dataclass(slots=True)
class _Call:
    """A call while it is being dealt."""

    name: str
    condition: str
    manner: Manner
    turns: list[Turn] = field(default_factory=list)
    overlays: list[Kind] = field(default_factory=list)
    asides: int = 0


def draft(material: Material, *, quick: bool, seed: int, deal: Deal = EVEN) -> list[BlockDraft]:
    """Draw a plan; its first call is the warm-up.

    Args:
        material: What is said.
        quick: Two short calls that hold every kind of event, instead of all.
        seed: The same seed draws the same plan.
        deal: How often what happens in a full plan.
    """
    random = np.random.default_rng(seed)
    calls = _quick_calls(material, random) if quick else _full_calls(material, random, deal)
    warm_up = _Call(WARM_UP, "clean", _manner("slt", random), _shortest(material, 1), [Kind.BARGE_IN])
    return _Drawing(material, random, seed).blocks([warm_up, *calls])


def _full_calls(material: Material, random: np.random.Generator, deal: Deal) -> list[_Call]:
    pairs = list(itertools.product(CONDITIONS, PITCH_HZ))
    calls = [_Call("", condition, _manner(voice, random)) for condition, voice in _shuffled(pairs, random)]
    calls = [replace(call, name=f"{place:02}-{call.condition}") for place, call in enumerate(calls, 1)]
    once = _turns(material)
    paused = [turn for turn in once if pause_marks(turn.line)]
    twice = _shuffled(paused, random)[: max(0, EXCHANGES - len(once))]
    by_sort = sorted(_shuffled(once, random), key=lambda turn: (bool(pause_marks(turn.line)), turn.kind))
    for place, turn in enumerate([*by_sort, *twice]):
        rotated = (calls[(place + step) % len(calls)] for step in range(len(calls)))
        next(call for call in rotated if turn not in call.turns).turns.append(turn)
    ring = itertools.cycle(calls)
    for kind in (kind for kind, count in deal.overlays.items() for _ in range(count)):
        next(call for call in ring if len(call.overlays) < len(call.turns)).overlays.append(kind)
    for place in range(deal.asides):
        calls[place % len(calls)].asides += 1
    for call in calls:
        call.overlays = _shuffled(call.overlays, random)
    return calls


def _quick_calls(material: Material, random: np.random.Generator) -> list[_Call]:
    turns = sorted(_turns(material), key=lambda turn: len(turn.line))
    still = [turn for turn in turns if not pause_marks(turn.line)]
    opened = [turn for turn in turns if pause_marks(turn.line) == ("open",)]
    ended = [turn for turn in turns if pause_marks(turn.line) == ("could_end",)]
    chosen = iter([opened[0], still[0], ended[0], still[1], opened[1], still[2]])
    overlays = iter(_QUICK_OVERLAYS)
    calls = []
    for place, (condition, voice, count) in enumerate(zip(("clean", "g711"), ("slt", "rms"), _QUICK, strict=True), 1):
        call = _Call(f"{place:02}-{condition}", condition, _manner(voice, random), asides=int(place == 1))
        call.turns = list(itertools.islice(chosen, count))
        call.overlays = list(itertools.islice(overlays, count))
        calls.append(call)
    return calls


class _Drawing:
    """Draws what the calls leave open, so that each kind of thing is spread evenly over the whole plan."""

    def __init__(self, material: Material, random: np.random.Generator, seed: int) -> None:
        self._random = random
        self._seed = seed
        self._barge_ins = self._cycled([(line, group.reply) for group in material.barge_ins for line in group.says])
        self._backchannels = self._cycled(material.backchannels)
        self._asides = {
            Mouth.TURNED_AWAY: self._cycled(material.asides.self),
            Mouth.OTHER: self._cycled(material.asides.other),
        }
        self._bystanders = {
            Mouth.TURNED_AWAY: self._cycled([line for line in material.asides.self if len(line) <= _SHORT_LINE]),
            Mouth.OTHER: self._cycled([line for line in material.asides.other if len(line) <= _SHORT_LINE]),
        }
        self._mouths = {kind: itertools.cycle((Mouth.OTHER, Mouth.TURNED_AWAY)) for kind in Kind}
        self._soft = {kind: itertools.cycle((False, True)) for kind in Kind}
        self._pauses: dict[str, Iterator[float]] = {}
        self._shares: dict[Kind, Iterator[float]] = {}

    def blocks(self, calls: Sequence[_Call]) -> list[BlockDraft]:
        """Draw all calls."""
        marks = [mark for call in calls for turn in call.turns for mark in pause_marks(turn.line)]
        self._pauses = {mark: self._spread(*PAUSE_S, marks.count(mark)) for mark in set(marks)}
        kinds = [kind for call in calls for kind in call.overlays]
        self._shares = {kind: self._spread(0.0, 1.0, kinds.count(kind)) for kind in set(kinds)}
        return [self._block(call) for call in calls]

    def _block(self, call: _Call) -> BlockDraft:
        turns = sorted(call.turns, key=lambda turn: _SCRIPT_ORDER.index(turn.topic.question))
        overlays = [*call.overlays, *[None] * (len(turns) - len(call.overlays))]
        aside_at = set(_shuffled(range(len(turns)), self._random)[: call.asides])
        exchanges = []
        for place, (turn, kind) in enumerate(zip(turns, overlays, strict=True)):
            name = f"{call.name}-{place + 1:02}"
            exchanges.append(
                ExchangeDraft(
                    id=name,
                    question=turn.topic.question,
                    ask=str(self._random.choice(turn.topic.asks)),
                    answer=self._answer(f"{name}-answer", turn, call.manner),
                    react_s=round(float(self._random.uniform(*_REACT_S)), 2),
                    aside=self._aside(f"{name}-aside", Kind.ASIDE, call.manner) if place in aside_at else None,
                    overlay=None if kind is None else self._overlay(f"{name}-{kind}", kind, call.manner),
                )
            )
        return BlockDraft(call.name, call.condition, tuple(exchanges), int(self._random.integers(2**31)))

    def _answer(self, name: str, turn: Turn, manner: Manner) -> Order:
        marks = pause_marks(turn.line)
        lengths = tuple(round(next(self._pauses[mark]), 3) for mark in marks)
        return self._order(name, turn.line, manner, {"kind": turn.kind.value, "pauses": list(marks)}, lengths)

    def _overlay(self, name: str, kind: Kind, manner: Manner) -> OverlayDraft:
        share = next(self._shares[kind])
        if kind is Kind.BARGE_IN:
            line, reply = next(self._barge_ins)
            return OverlayDraft(kind, self._sudden(name, kind, line, manner), share, reply)
        if kind is Kind.BACKCHANNEL:
            return OverlayDraft(kind, self._sudden(name, kind, next(self._backchannels), manner), share)
        if kind is Kind.COUGH:
            return OverlayDraft(kind, self._order(name, "", manner, {}), share)
        return OverlayDraft(kind, self._aside(name, kind, manner), share)

    def _sudden(self, name: str, kind: Kind, line: str, manner: Manner) -> Order:
        """Speech into the agent's line, begun at once or softly."""
        soft = next(self._soft[kind])
        order = self._order(name, line, manner, {"onset": "soft" if soft else "hard"})
        return replace(order, soft=soft)

    def _aside(self, name: str, kind: Kind, manner: Manner) -> Order:
        mouth = next(self._mouths[kind])
        line = next((self._asides if kind is Kind.ASIDE else self._bystanders)[mouth])
        if mouth is Mouth.OTHER:
            manner = _manner(
                str(self._random.choice([voice for voice in PITCH_HZ if voice != manner.voice])), self._random
            )
        return replace(self._order(name, line, manner, {"by": mouth.value}), mouth=mouth)

    def _order(
        self, name: str, line: str, manner: Manner, tags: dict[str, object], pauses_s: tuple[float, ...] = ()
    ) -> Order:
        varied = replace(
            manner,
            stretch=round(manner.stretch * self._random.uniform(0.93, 1.07), 3),
            pitch_hz=round(manner.pitch_hz * self._random.uniform(0.96, 1.04), 1),
        )
        level_db = round(float(self._random.uniform(*_LEVEL_DB)), 1)
        told = {"voice": manner.voice, "text": line, "stretch": varied.stretch, "level_db": level_db}
        return Order(name, line, varied, pauses_s, level_db, tags={**told, **tags}, seed=self._seed)

    def _cycled(self, things: Sequence[_Thing]) -> Iterator[_Thing]:
        return itertools.cycle(_shuffled(things, self._random))

    def _spread(self, low: float, high: float, count: int) -> Iterator[float]:
        """So many values spread evenly over a range, in random order."""
        places = (np.arange(count) + self._random.uniform(size=count)) / max(1, count)
        return iter([float(low + (high - low) * place) for place in self._random.permutation(places)])


def _turns(material: Material) -> list[Turn]:
    return [
        Turn(topic, kind, line) for topic in material.topics for kind, lines in topic.answers.items() for line in lines
    ]


def _shortest(material: Material, count: int) -> list[Turn]:
    """The shortest answers without a pause."""
    still = [turn for turn in _turns(material) if not pause_marks(turn.line)]
    return sorted(still, key=lambda turn: len(turn.line))[:count]


def _manner(voice: str, random: np.random.Generator) -> Manner:
    """A customer; people's pitch spreads by 2 to 4 semitones when they talk."""
    pitch_hz = PITCH_HZ[voice] * float(random.uniform(0.88, 1.18))
    return Manner(
        voice,
        stretch=round(float(random.uniform(0.86, 1.06)), 3),
        pitch_hz=round(pitch_hz, 1),
        liveliness_hz=round(pitch_hz * float(random.uniform(0.12, 0.24)), 1),
        size=round(float(random.uniform(0.95, 1.06)), 3),
    )


def _shuffled(things: Sequence[_Thing], random: np.random.Generator) -> list[_Thing]:
    return [things[place] for place in random.permutation(len(things))]
