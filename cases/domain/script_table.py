"""The table of the call script: for each stage, what follows each cue; every move is listed, nothing is implied."""

from __future__ import annotations

from dataclasses import dataclass

from cases.domain import script_handover as handover
from cases.domain import script_moves as moves
from cases.domain.script_moves import Move
from cases.domain.script_reading import Cue
from cases.domain.vocabulary import Stage

OPENING, IDENTITY, TRANSACTION = Stage.OPENING, Stage.IDENTITY, Stage.TRANSACTION
PROBE, WARN, RESOLVE, CLOSE = Stage.PROBE, Stage.WARN, Stage.RESOLVE, Stage.CLOSE
ON_HOLD, WITH_PERSON = Stage.ON_HOLD, Stage.WITH_PERSON


@dataclass(frozen=True, slots=True)
class Row:
    """What follows a cue in a stage.

    Attributes:
        move: The move that is made.
        leads_to: Stages the call can stand in afterwards.
    """

    move: Move
    leads_to: tuple[Stage, ...]


def _row(move: Move, *leads_to: Stage) -> Row:
    return Row(move, leads_to)


_ANYWHERE: dict[Cue, Row] = {
    Cue.ASK_HUMAN: _row(moves.ask_human, ON_HOLD, RESOLVE),
    Cue.PERSON_NEEDED: _row(moves.person_needed, ON_HOLD, RESOLVE),
    Cue.CALLBACK: _row(moves.callback, RESOLVE),
    Cue.WRONG_PERSON: _row(moves.wrong_person, CLOSE),
    Cue.THIRD_PARTY: _row(moves.third_party, CLOSE),
    Cue.UNTRUSTED_VOICE: _row(moves.untrusted_voice, CLOSE),
    Cue.PERSON_JOINED: _row(handover.introduce, WITH_PERSON),
    Cue.KEY_PERSON: _row(moves.ask_human, ON_HOLD, RESOLVE),
}


def _talking(stage: Stage, ended: Stage, *beyond: Stage) -> dict[Cue, Row]:
    """Rows of a stage with an open question.

    Args:
        stage: The stage.
        ended: Where leaving it leads.
        beyond: Where going on without an answer leads, beside a person.
    """
    return _ANYWHERE | {
        Cue.NOT_ANSWERED: _row(moves.clarify, stage, *beyond, ON_HOLD, RESOLVE),
        Cue.BACK: _row(moves.resume, stage),
        Cue.ASK_WHO: _row(moves.explain, stage, *beyond, ON_HOLD, RESOLVE),
        Cue.ASK_DETAILS: _row(moves.answer_question, stage, *beyond, ON_HOLD, RESOLVE),
        Cue.ASK_REPEAT: _row(moves.repeat, stage, *beyond, ON_HOLD, RESOLVE),
        Cue.ASK_WAIT: _row(moves.wait, stage),
        Cue.REFUSE: _row(moves.refuse, ended),
        Cue.GOODBYE: _row(moves.goodbye, ended),
        Cue.SILENCE: _row(moves.still_there, stage, ended),
        Cue.SECRET: _row(moves.refuse_secret, stage, *beyond, ON_HOLD, RESOLVE),
        Cue.ASK_KEYS: _row(moves.want_keys, stage, *beyond, ON_HOLD, RESOLVE),
        Cue.KEY_OTHER: _row(moves.want_keys, stage, *beyond, ON_HOLD, RESOLVE),
        Cue.KEY_SEVERAL: _row(moves.refuse_digits, stage, *beyond, ON_HOLD, RESOLVE),
    }


_BEFORE_ANYBODY = {
    Cue.MACHINE: _row(moves.machine, CLOSE),
    Cue.SCREENER: _row(moves.screened, OPENING, CLOSE),
}


_CLOSING: dict[Cue, Row] = _ANYWHERE | {
    cue: _row(moves.recheck, RESOLVE, TRANSACTION)
    for cue in (
        Cue.ANSWERED,
        Cue.NOT_ANSWERED,
        Cue.SCAM_SIGN,
        Cue.ASK_WHO,
        Cue.ASK_DETAILS,
        Cue.ASK_REPEAT,
        Cue.ASK_WAIT,
        Cue.ASK_KEYS,
        Cue.GOODBYE,
    )
}

TABLE: dict[Stage, dict[Cue, Row]] = {
    OPENING: _talking(OPENING, CLOSE)
    | _BEFORE_ANYBODY
    | {
        Cue.ANSWERED: _row(moves.met, OPENING, IDENTITY, ON_HOLD, RESOLVE),
        Cue.ASK_WHO: _row(moves.explain, OPENING, IDENTITY, ON_HOLD, RESOLVE),
        Cue.ASK_DETAILS: _row(moves.answer_question, OPENING, IDENTITY, ON_HOLD, RESOLVE),
        Cue.PICKED_UP: _row(moves.picked_up, OPENING),
        Cue.SCREENER_WAITS: _row(moves.wait_screened, OPENING),
    },
    IDENTITY: _talking(IDENTITY, CLOSE)
    | _BEFORE_ANYBODY
    | {
        Cue.ANSWERED: _row(moves.identify, IDENTITY, TRANSACTION, CLOSE),
        Cue.REFUSE: _row(moves.refuse_identity, IDENTITY, CLOSE),
    },
    TRANSACTION: _talking(TRANSACTION, RESOLVE)
    | {
        Cue.ANSWERED: _row(moves.advance, TRANSACTION, PROBE, WARN, ON_HOLD, RESOLVE),
        Cue.SCAM_SIGN: _row(moves.advance, WARN, ON_HOLD, RESOLVE),
        Cue.KEY_MADE: _row(moves.advance, TRANSACTION, PROBE, WARN, ON_HOLD, RESOLVE),
        Cue.KEY_NOT_MADE: _row(moves.advance, RESOLVE),
    },
    PROBE: _talking(PROBE, RESOLVE, TRANSACTION, WARN)
    | {
        Cue.ANSWERED: _row(moves.advance, TRANSACTION, PROBE, WARN, ON_HOLD, RESOLVE),
        Cue.SCAM_SIGN: _row(moves.advance, WARN, ON_HOLD, RESOLVE),
    },
    WARN: _talking(WARN, RESOLVE)
    | {
        Cue.ANSWERED: _row(moves.advance, RESOLVE),
        Cue.SCAM_SIGN: _row(moves.advance, RESOLVE),
    },
    ON_HOLD: _ANYWHERE
    | {
        cue: _row(handover.keep_waiting, ON_HOLD)
        for cue in (
            Cue.ANSWERED,
            Cue.NOT_ANSWERED,
            Cue.SCAM_SIGN,
            Cue.ASK_WHO,
            Cue.ASK_DETAILS,
            Cue.ASK_HUMAN,
            Cue.ASK_REPEAT,
            Cue.ASK_WAIT,
            Cue.ASK_KEYS,
            Cue.KEY_OTHER,
            Cue.KEY_PERSON,
            Cue.PERSON_NEEDED,
            Cue.BACK,
            Cue.SILENCE,
            Cue.WAITED,
        )
    }
    | {
        Cue.CALLBACK: _row(handover.rather_called_back, RESOLVE),
        Cue.REFUSE: _row(handover.rather_called_back, RESOLVE),
        Cue.GOODBYE: _row(handover.rather_called_back, RESOLVE),
        Cue.SECRET: _row(handover.refuse_on_hold, ON_HOLD),
        Cue.KEY_SEVERAL: _row(handover.refuse_digits_on_hold, ON_HOLD),
        Cue.NOBODY_FREE: _row(handover.nobody_free, RESOLVE),
        Cue.PERSON_LOST: _row(handover.person_lost, RESOLVE),
        Cue.HANDED_BACK: _row(handover.take_back, OPENING, IDENTITY, TRANSACTION, PROBE, WARN, RESOLVE, CLOSE),
    },
    WITH_PERSON: {
        Cue.PERSON_JOINED: _row(handover.introduce, WITH_PERSON),
        Cue.PERSON_DONE: _row(handover.part, RESOLVE),
        Cue.PERSON_LOST: _row(handover.person_lost, RESOLVE),
        Cue.HANDED_BACK: _row(handover.take_back, OPENING, IDENTITY, TRANSACTION, PROBE, WARN, RESOLVE, CLOSE),
    },
    RESOLVE: _CLOSING
    | {
        Cue.DISPUTED: _row(moves.dispute, RESOLVE),
        Cue.REFUSE: _row(moves.dispute, RESOLVE),
        Cue.SECRET: _row(moves.part_refusing, RESOLVE),
        Cue.KEY_OTHER: _row(moves.dispute, RESOLVE),
        Cue.KEY_SEVERAL: _row(moves.part_refusing_digits, RESOLVE),
    },
    CLOSE: {cue: _row(moves.part, CLOSE) for cue in _CLOSING}
    | {
        Cue.REFUSE: _row(moves.part, CLOSE),
        Cue.SECRET: _row(moves.part_refusing, CLOSE),
        Cue.KEY_OTHER: _row(moves.part, CLOSE),
        Cue.KEY_SEVERAL: _row(moves.part_refusing_digits, CLOSE),
        Cue.PICKED_UP: _row(moves.picked_up, OPENING),
        Cue.ASK_HUMAN: _row(moves.ask_human, ON_HOLD, RESOLVE),
        Cue.KEY_PERSON: _row(moves.ask_human, ON_HOLD, RESOLVE),
        Cue.CALLBACK: _row(moves.callback, RESOLVE),
    },
}
"""What follows each cue in each stage; a cue that a stage does not list is illegal in it.

With a person on the line nothing that the customer says is read.
"""
