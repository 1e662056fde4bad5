"""What outcomes come to: figures, JSON, the table and the picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.turn_taking.errors import PictureUnavailableError, RecordError
from bench.turn_taking.picture import ERRORS, check_picture, draw
from bench.turn_taking.report import markdown, table
from bench.turn_taking.scoring.measures import MEASURES, Quantile
from bench.turn_taking.scoring.records import Event, Record, read_ear, read_record
from bench.turn_taking.scoring.results import Lost, Machine, Played, Results, SystemResults, as_document, write_json
from bench.turn_taking.scoring.scorer import (
    Aside,
    Floor,
    Outcome,
    Overlay,
    Patience,
    Pause,
    Reply,
    Restraint,
    Turn,
    Yielding,
)
from bench.turn_taking.stage.line import RECORD, TRUTH
from bench.turn_taking.stage.script import Kind, write_wav
from evals.statistics import Rate
from tests.support.agent_sound import event
from tests.support.needs import needs_package

MACHINE = Machine("2026-01-01T00:00:00+00:00", "riskcall bench", "x", "3", 2, (0, 1), 0.1, 0.2, (0.3,), 1, "dev", 0)


def turn(
    response_s: float | None, *pauses: Pause, yielding: Yielding | None = None, yield_s: float | None = None
) -> Turn:
    kind = Kind.ANSWER if yielding is None else Kind.BARGE_IN
    reply = Reply.UNANSWERED if response_s is None else Reply.ANSWERED
    return Turn(event(kind, 1, 2), reply, response_s, pauses, False, yielding, yield_s)


def overlay(kind: Kind, floor: Floor, silence_s: float = 0.0) -> Overlay:
    return Overlay(event(kind, 1, 2), floor, silence_s, -3.0)


def aside(restraint: Restraint) -> Aside:
    return Aside(event(Kind.ASIDE, 1, 2), restraint)


def system(name: str, outcomes: Sequence[Outcome], condition: str = "clean") -> SystemResults:
    record = Record(
        system=name,
        variant="default",
        versions={name: "1.2"},
        block="01",
        condition=condition,
        cpu_s=5,
        wall_s=50,
        rss_mb=200,
        events=(),
    )
    return SystemResults(name, name.title(), (Played(record, tuple(outcomes)),))


OUTCOMES = (
    turn(0.3, Pause(0.4, "open", Patience.HELD, None), Pause(0.5, "could_end", Patience.CUT_IN, 0.4)),
    turn(0.5, Pause(1.3, "open", Patience.HELD, None), Pause(1.31, "open", Patience.CUT_IN, 0.4)),
    turn(None, Pause(0.9, "open", Patience.UNTESTED, None)),
    turn(0.4, yielding=Yielding.YIELDED, yield_s=0.2),
    turn(0.6, yielding=Yielding.IGNORED),
    turn(0.7, yielding=Yielding.NOTHING_TO_YIELD),
    overlay(Kind.BACKCHANNEL, Floor.HELD),
    overlay(Kind.BACKCHANNEL, Floor.RESUMED, 0.3),
    overlay(Kind.BACKCHANNEL, Floor.STOPPED, 2.0),
    overlay(Kind.BACKCHANNEL, Floor.UNTESTED),
    overlay(Kind.COUGH, Floor.STOPPED, 2.0),
    overlay(Kind.BYSTANDER, Floor.HELD),
    aside(Restraint.ANSWERED),
    aside(Restraint.SILENT),
    aside(Restraint.UNTESTED),
)
WANTED = {
    "response_p50": 0.5,
    "response_p95": 0.7,
    "unanswered": (1, 6),
    "overrun": (0, 6),
    "cut_ins": (2, 4),
    "cut_ins_thinking": (1, 2),
    "cut_ins_open": (1, 3),
    "cut_ins_could_end": (1, 1),
    "spoken_into": (0, 6),
    "yield_p50": 0.2,
    "yield_p95": 0.2,
    "ignored": (1, 2),
    "backchannel_stops": (1, 3),
    "backchannel_silence_p50": 0.3,
    "backchannel_silence_p95": 2.0,
    "backchannel_level_p50": -3.0,
    "backchannel_level_p95": -3.0,
    "cough_stops": (1, 1),
    "bystander_stops": (0, 1),
    "aside_answers": (1, 2),
    "response_answer_p50": 0.4,
    "response_answer_p95": 0.5,
    "response_barge_in_p50": 0.6,
    "response_barge_in_p95": 0.7,
    "untested": (4, 17),
}


def results(*systems: SystemResults, lost: tuple[Lost, ...] = ()) -> Results:
    return Results(MACHINE, systems, lost)


@pytest.mark.parametrize("key", [measure.key for measure in MEASURES])
def test_each_figure_counts_what_it_says(key: str) -> None:
    figure = system("riskcall", OUTCOMES).figures()[key]
    if isinstance(figure, Rate):
        assert (figure.hits, figure.of) == WANTED[key]
    else:
        assert figure.value == pytest.approx(WANTED[key])


def test_nothing_played_gives_no_figures_and_no_error() -> None:
    empty = SystemResults("riskcall", "riskcall", ())
    assert all(figure.value is None for figure in empty.figures().values() if isinstance(figure, Quantile))
    assert "| – |" in table(results(empty))


def test_conditions_are_told_apart() -> None:
    both = SystemResults("x", "X", (*system("x", [turn(0.2)]).played, *system("x", [turn(0.8)], "babble").played))
    assert both.conditions == ("all", "clean", "babble")
    medians = [both.figures(condition)["response_p50"] for condition in both.conditions]
    assert [one.value for one in medians if isinstance(one, Quantile)] == pytest.approx([0.5, 0.2, 0.8])


def test_a_condition_that_one_system_lacks() -> None:
    text = markdown(results(system("a", [turn(0.2)]), system("b", [turn(0.8)], "g711")))
    assert "| **0.20 (0.20–0.20) s** | – |" in text.partition("### Clean line")[2]


def test_the_json_holds_every_figure_and_outcome(tmp_path: Path) -> None:
    found = results(system("riskcall", OUTCOMES), lost=(Lost("pipecat", "01", "it ended"),))
    write_json(found, tmp_path / "r.json")
    document = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert document == json.loads(json.dumps(as_document(found)))
    (only,) = document["systems"]
    assert document["schema"] == 1
    assert document["lost"] == [{"system": "pipecat", "block": "01", "why": "it ended"}]
    assert set(only["figures"]["all"]) == {measure.key for measure in MEASURES}
    assert len(only["events"]) == len(OUTCOMES)
    assert only["events"][0]["pauses"][1] == {
        "length_s": 0.5,
        "label": "could_end",
        "patience": "cut_in",
        "after_s": 0.4,
    }
    assert only["cpu_share"]["value"] == pytest.approx(0.1)


def test_the_table_marks_what_is_within_the_goal() -> None:
    text = table(results(system("riskcall", [turn(0.3)]), system("pipecat", [turn(0.9), turn(None)])))
    rows = {line.split(" | ")[0].strip("| "): line for line in text.splitlines()}
    assert "**0.30 (0.30–0.30) s**" in rows["response, p50"] and "| 0.90 (" in rows["response, p50"]
    assert "**0 of 1 (0–79 %)**" in rows["unanswered turns"] and "| 1 of 2 (" in rows["unanswered turns"]
    assert "≤ 0.40 s" in rows["response, p50"] and "≤ 2 %" in rows["cut-ins at pauses of 0.5–1.3 s"]
    assert len({line.count("|") for line in text.splitlines()}) == 1


def test_the_report_tells_machine_versions_conditions_and_losses() -> None:
    lost = (Lost("pipecat", "01", "it ended"), Lost("pipecat", "02", "it ended"))
    text = markdown(results(system("riskcall", OUTCOMES), lost=lost))
    for wanted in (
        "load 0.10 before",
        "riskcall 1.2",
        "### Clean line",
        "- pipecat: 01, 02: it ended",
        "10 %",
        "200 MB",
    ):
        assert wanted in text


def test_the_picture_is_drawn_and_stays_the_same(tmp_path: Path) -> None:
    needs_package("matplotlib", "draws the bench's picture")
    found = results(system("riskcall", OUTCOMES), system("livekit-vad", [turn(0.9)]), SystemResults("x", "X", ()))
    first, again, pixels = tmp_path / "a.svg", tmp_path / "b.svg", tmp_path / "a.png"
    for path in (first, again, pixels):
        draw(found, path)
    assert first.read_bytes() == again.read_bytes()
    assert ElementTree.fromstring(first.read_text(encoding="utf-8")).tag.endswith("svg")
    assert pixels.read_bytes().startswith(b"\x89PNG")
    assert set(ERRORS) <= {measure.key for measure in MEASURES}


def test_a_picture_of_another_kind_is_refused(tmp_path: Path) -> None:
    needs_package("matplotlib", "draws the bench's picture")
    with pytest.raises(PictureUnavailableError, match=r"\.svg or \.png"):
        check_picture(tmp_path / "a.jpg")


class TestRecords:
    RECORD = {
        **{"system": "x", "variant": "y", "versions": {}, "block": "01", "condition": "clean"},
        **{"cpu_s": 1, "wall_s": 2, "rss_mb": 3},
        "events": [{"kind": "answer", "exchange": "e", "begin_s": 1, "end_s": 3, "pauses": [[1.5, 2]], "tags": {}}],
    }

    def read(self, folder: Path, **changed: object) -> Record:
        (folder / TRUTH).write_text(json.dumps({**self.RECORD, **changed}), encoding="utf-8")
        return read_record(folder)

    def test_read(self, tmp_path: Path) -> None:
        assert self.read(tmp_path).events == (
            Event(kind=Kind.ANSWER, exchange="e", begin_s=1, end_s=3, pauses=((1.5, 2),), tags={}),
        )

    def test_refused(self, tmp_path: Path) -> None:
        with pytest.raises(RecordError, match="not played to its end"):
            read_record(tmp_path)
        (one,) = self.RECORD["events"]
        for wrong in ({**one, "end_s": 1.7}, {**one, "kind": "song"}, {**one, "pauses": [[0.5, 2]]}):
            with pytest.raises(RecordError, match="events"):
                self.read(tmp_path, events=[wrong])
        with pytest.raises(RecordError, match="order"):
            self.read(tmp_path, events=[one, {**one, "begin_s": 0.5}])
        with pytest.raises(RecordError, match="wall_s"):
            self.read(tmp_path, wall_s=0)

    def test_sound(self, tmp_path: Path) -> None:
        write_wav(tmp_path / RECORD, b"\x00\x10" * 32)
        with pytest.raises(RecordError, match="stereo"):
            read_ear(tmp_path)
        write_wav(tmp_path / RECORD, b"\x00\x10\x00\x20" * 32, channels=2)
        ear, rate = read_ear(tmp_path)
        assert (ear.size, rate, ear[0]) == (32, 16_000, 0.25)
