"""The script's table, and what has no place in it."""

from __future__ import annotations

import pytest

from cases.domain import script
from cases.domain.errors import IllegalInputError
from cases.domain.script_reading import Cue
from cases.domain.script_table import TABLE
from cases.domain.vocabulary import Intent, Stage
from tests.support.script_talk import Talk, card_alert, reading


class TestIllegal:
    def test_silence_after_the_last_words_is_illegal(self) -> None:
        talk = Talk(card_alert()).confirmed()
        before = talk.state
        with pytest.raises(IllegalInputError, match="silence has no place in stage resolve"):
            script.on_silence(talk.plan, talk.state)
        assert talk.state == before

    def test_a_machine_after_identity_is_illegal(self) -> None:
        talk = Talk().identified()
        with pytest.raises(IllegalInputError) as caught:
            script.on_machine(talk.plan, talk.state)
        assert caught.value.code == "illegal_input"

    def test_a_turn_is_read_once(self) -> None:
        talk = Talk().identified()
        with pytest.raises(IllegalInputError, match="was read already"):
            script.on_reading(talk.plan, talk.state, reading(Intent.CONFIRM), talk.turn)

    def test_an_utterance_has_an_act(self) -> None:
        talk = Talk()
        with pytest.raises(IllegalInputError):
            script.on_played(talk.plan, talk.state, (), True)


class TestTable:
    def test_every_stage_takes_every_cue_of_a_reading(self) -> None:
        """What a customer can say is never illegal, whatever was said before."""
        only_where = {
            Cue.SCAM_SIGN: set(Stage) - {Stage.OPENING, Stage.IDENTITY},
            Cue.DISPUTED: {Stage.RESOLVE},
            Cue.BACK: set(Stage) - {Stage.RESOLVE, Stage.CLOSE},
            Cue.KEY_MADE: {Stage.TRANSACTION},
            Cue.KEY_NOT_MADE: {Stage.TRANSACTION},
            Cue.PICKED_UP: {Stage.OPENING, Stage.CLOSE},
        }
        beside = {Cue.SILENCE, Cue.MACHINE, Cue.SCREENER, Cue.SCREENER_WAITS, *script.PERSON_CUES}
        for stage, rows in TABLE.items():
            if stage is Stage.WITH_PERSON:
                continue  # Nothing is read while a person talks.
            expected = {cue for cue in Cue if cue not in beside and stage in only_where.get(cue, set(Stage))}
            assert expected <= set(rows), stage

    def test_the_table_knows_every_stage(self) -> None:
        assert set(TABLE) == set(Stage)
