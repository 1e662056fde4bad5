"""The quick slice of the side-by-side bench with every system: does all of it work? No time is asserted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.turn_taking.errors import PackageIndexUnreachableError
from bench.turn_taking.running.environments import python_of
from bench.turn_taking.running.run_folder import RunFolder
from bench.turn_taking.running.systems import SYSTEMS
from bench.turn_taking.scoring.scorer import Turn
from bench.turn_taking.side_by_side import DONE, Files, Options, again, run
from bench.turn_taking.stage.script import Kind
from tests.support.needs import lacks, needs_package, needs_program

BLOCKS = 2


@pytest.mark.audio
@pytest.mark.timeout(600)
def test_every_system_plays_the_quick_slice(tmp_path: Path) -> None:
    needs_program("flite", "it speaks the customers of the turn-taking bench")
    needs_package("matplotlib", "draws the bench's picture")
    for system in SYSTEMS:
        try:
            python_of(system)
        except PackageIndexUnreachableError as error:
            lacks(f"{system.title}: {error}")
    kept = tmp_path / "kept"
    files = Files(tmp_path / "r.json", tmp_path / "r.md", tmp_path / "r.svg")
    assert run(Options(quick=True, at_once=len(SYSTEMS), keep=kept, files=files)) == DONE

    results = RunFolder(kept).results()
    assert not results.lost
    assert [system.name for system in results.systems] == [system.name for system in SYSTEMS]
    for system in results.systems:
        assert len(system.played) == BLOCKS, system.name
        assert system.versions, system.name
        for one in system.played:
            assert len(one.outcomes) == len(one.record.events) > 0, system.name
        done = [outcome for one in system.played for outcome in one.outcomes]
        assert {outcome.event.kind for outcome in done} >= {Kind.ANSWER, Kind.BACKCHANNEL}, system.name
        assert any(isinstance(outcome, Turn) and outcome.response_s for outcome in done), system.name
    document = json.loads(files.json.read_text(encoding="utf-8")) if files.json else {}
    assert [len(system["events"]) > 0 for system in document["systems"]] == [True] * len(SYSTEMS)
    for path in (files.markdown, files.picture):
        assert path is not None and path.stat().st_size > 1000

    told = files.json.read_bytes() if files.json else b""
    assert again(kept, Files(json=tmp_path / "again.json")) == DONE
    assert (tmp_path / "again.json").read_bytes() == told
