"""The scorer on sound whose answer is known by construction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.turn_taking.scoring.scorer import Aside, Floor, Overlay, Patience, Reply, Restraint, Turn, Yielding, score
from bench.turn_taking.scoring.waveform import stretches
from bench.turn_taking.stage.script import RATE, Kind
from bench.turn_taking.stage.stubs import spoken
from tests.support.agent_sound import Said, ear, event, outcomes

EXACT_S = 0.002
OVERLAYS = (Kind.BACKCHANNEL, Kind.COUGH, Kind.BYSTANDER)
SENTENCE = (200.0, 310.0, 260.0, 350.0, 230.0, 410.0, 290.0, 180.0, 330.0, 240.0)


def turn(
    *said: Said, kind: Kind = Kind.ANSWER, pauses: tuple[tuple[float, float], ...] = (), end_s: float = 5.0
) -> Turn:
    """What a turn from 2 s on comes to."""
    (only,) = outcomes(said, event(kind, 2.0, end_s, *pauses))
    assert isinstance(only, Turn)
    return only


def overlay(*said: Said, kind: Kind = Kind.BACKCHANNEL) -> Overlay:
    """What an overlay from 3 to 3.4 s comes to."""
    (only,) = outcomes(said, event(kind, 3.0, 3.4))
    assert isinstance(only, Overlay)
    return only


def aside(*said: Said) -> Aside:
    """What an aside from 2 to 4 s, followed by an answer at 6 s, comes to."""
    first, _ = outcomes(said, event(Kind.ASIDE, 2.0, 4.0), event(Kind.ANSWER, 6.0, 7.0))
    assert isinstance(first, Aside)
    return first


@st.composite
def bursts(draw: st.DrawFn) -> list[Said]:
    """Bursts with gaps that are none of the scorer's holes."""
    at, placed = 0.0, []
    for _ in range(draw(st.integers(1, 6))):
        begin = at + draw(st.floats(0.07, 1.0))
        at = begin + draw(st.floats(0.05, 1.5))
        pitch = draw(st.floats(90, 500))
        placed.append(Said(begin, at, draw(st.floats(-12, 0)), (pitch,), draw(st.booleans())))
    return placed


@given(bursts())
def test_the_placed_times_are_found(placed: list[Said]) -> None:
    found = stretches(ear(placed, placed[-1].end_s + 0.5), RATE)
    assert len(found) == len(placed)
    for one, truth in zip(found, placed, strict=True):
        assert one.begin_s == pytest.approx(truth.begin_s, abs=EXACT_S)
        assert one.end_s == pytest.approx(truth.end_s, abs=EXACT_S)


@given(st.floats(0.01, 4.9), st.booleans())
def test_a_reply_is_timed_to_the_sample(wait_s: float, noise: bool) -> None:
    result = turn(Said(0.5, 1.5), Said(5.0 + wait_s, 12.0, noise=noise))
    assert result.reply is Reply.ANSWERED
    assert result.response_s == pytest.approx(wait_s, abs=EXACT_S)
    assert result.yielding is None


@given(st.floats(0.02, 1.95), st.floats(2.1, 4.0))
def test_a_yield_is_timed_to_the_sample(yield_s: float, length_s: float) -> None:
    (result,) = outcomes(
        [Said(0.0, 2.0 + yield_s), Said(2.5 + length_s, 9.0)], event(Kind.BARGE_IN, 2.0, 2.0 + length_s)
    )
    assert isinstance(result, Turn)
    assert (result.yielding, result.reply) == (Yielding.YIELDED, Reply.ANSWERED)
    assert result.yield_s == pytest.approx(yield_s, abs=EXACT_S)
    assert result.response_s == pytest.approx(0.5, abs=EXACT_S)


@given(st.floats(0.0, 0.5))
def test_an_agent_that_is_later_is_measured_later(shift_s: float) -> None:
    said = [Said(1.0, 2.3), Said(5.4, 8.0)]
    events = (event(Kind.BARGE_IN, 2.0, 5.0),)
    (plain,), (shifted,) = outcomes(said, *events), outcomes(said, *events, shift_s=shift_s)
    assert isinstance(plain, Turn) and isinstance(shifted, Turn)
    assert plain.response_s is not None and plain.yield_s is not None
    assert shifted.response_s == pytest.approx(plain.response_s + shift_s, abs=EXACT_S)
    assert shifted.yield_s == pytest.approx(plain.yield_s + shift_s, abs=EXACT_S)


def test_the_stubs_own_voice_is_found_to_the_sample() -> None:
    voice = np.frombuffer(spoken("Thank you, I have written that down."), "<i2") / 32_768
    (found,) = stretches(np.concatenate([np.zeros(4321), voice, np.zeros(999)]), RATE)
    assert found.begin_s == pytest.approx(4321 / RATE, abs=EXACT_S)
    assert found.end_s == pytest.approx((4321 + voice.size) / RATE, abs=EXACT_S)


def test_holes_of_pacing_and_clicks_are_nothing() -> None:
    sound = ear([Said(1.0, 2.0), Said(2.05, 3.0), Said(4.0, 4.005)], 5.0)
    assert len(stretches(sound, RATE)) == 1
    assert stretches(np.zeros(RATE), RATE) == ()
    assert stretches(np.zeros(0), RATE) == ()


class TestReply:
    def test_none_in_time(self) -> None:
        result = turn(Said(0.5, 1.5), Said(10.1, 12.0))
        assert (result.reply, result.response_s) == (Reply.UNANSWERED, None)

    def test_none_at_all(self) -> None:
        assert turn().reply is Reply.UNANSWERED

    def test_not_before_the_customer_speaks_on(self) -> None:
        first, second = outcomes([Said(8.2, 9.0)], event(Kind.ANSWER, 2.0, 5.0), event(Kind.ANSWER, 7.0, 8.0))
        assert isinstance(first, Turn) and isinstance(second, Turn)
        assert (first.reply, second.reply) == (Reply.UNANSWERED, Reply.ANSWERED)

    def test_an_agent_that_talks_over_the_end_has_not_replied(self) -> None:
        result = turn(Said(4.9, 6.0), Said(7.0, 8.0))
        assert (result.reply, result.response_s) == (Reply.OVERRUN, None)

    def test_a_late_yield_and_then_a_reply(self) -> None:
        result = turn(Said(0.5, 2.8), Said(3.2, 4.5), kind=Kind.BARGE_IN, end_s=2.6)
        assert (result.yielding, result.reply) == (Yielding.YIELDED, Reply.ANSWERED)
        assert result.yield_s == pytest.approx(0.8, abs=EXACT_S)
        assert result.response_s == pytest.approx(0.6, abs=EXACT_S)


class TestPauses:
    PAUSES = ((2.5, 3.3), (4.0, 4.6))

    def patience(self, *said: Said) -> list[Patience]:
        result = turn(*said, Said(5.5, 7.0), pauses=self.PAUSES)
        return [pause.patience for pause in result.pauses]

    def test_held(self) -> None:
        assert self.patience() == [Patience.HELD, Patience.HELD]

    def test_cut_in_at_the_first_and_given_up(self) -> None:
        assert self.patience(Said(3.1, 3.5)) == [Patience.CUT_IN, Patience.HELD]

    def test_cut_in_at_each(self) -> None:
        assert self.patience(Said(2.9, 3.7), Said(4.4, 4.9)) == [Patience.CUT_IN, Patience.CUT_IN]

    def test_each_of_two_quick_ones_counts(self) -> None:
        pauses = ((2.5, 3.0), (3.1, 3.6))
        result = turn(Said(2.9, 3.05), Said(3.4, 3.7), pauses=pauses)
        assert [pause.patience for pause in result.pauses] == [Patience.CUT_IN, Patience.CUT_IN]

    def test_cut_in_at_the_first_and_talked_through_the_second(self) -> None:
        result = turn(Said(3.1, 7.0), pauses=self.PAUSES)
        assert [pause.patience for pause in result.pauses] == [Patience.CUT_IN, Patience.UNTESTED]
        assert result.reply is Reply.OVERRUN

    def test_a_cut_in_that_comes_late_belongs_to_the_pause_before(self) -> None:
        assert self.patience(Said(3.6, 3.9)) == [Patience.CUT_IN, Patience.HELD]

    def test_into_the_speech_before_any_pause(self) -> None:
        result = turn(Said(2.2, 2.4), Said(5.5, 7.0), pauses=self.PAUSES)
        assert result.spoken_into
        assert {pause.patience for pause in result.pauses} == {Patience.HELD}

    def test_the_line_from_before_is_no_cut_in(self) -> None:
        result = turn(Said(0.5, 2.1), Said(2.4, 2.6), Said(5.5, 7.0), pauses=((3.0, 3.5),))
        assert not result.spoken_into
        assert [pause.patience for pause in result.pauses] == [Patience.HELD]

    def test_length_label_and_time(self) -> None:
        (result,) = outcomes([Said(3.1, 3.5)], event(Kind.ANSWER, 2.0, 5.0, *self.PAUSES, labels=["open", "could_end"]))
        assert isinstance(result, Turn)
        first, second = result.pauses
        assert (first.label, second.label) == ("open", "could_end")
        assert first.length_s == pytest.approx(0.8)
        assert first.after_s == pytest.approx(0.6, abs=EXACT_S)
        assert second.after_s is None


class TestBargeIn:
    def test_ignored(self) -> None:
        result = turn(Said(0.5, 9.0), kind=Kind.BARGE_IN)
        assert (result.yielding, result.yield_s, result.reply) == (Yielding.IGNORED, None, Reply.OVERRUN)

    def test_given_way_too_late(self) -> None:
        result = turn(Said(0.5, 4.2), kind=Kind.BARGE_IN)
        assert (result.yielding, result.yield_s) == (Yielding.IGNORED, None)

    def test_the_line_was_over(self) -> None:
        assert turn(Said(0.5, 1.2), kind=Kind.BARGE_IN).yielding is Yielding.NOTHING_TO_YIELD

    def test_a_pause_within_the_line_is_no_yield(self) -> None:
        result = turn(Said(0.5, 2.4), Said(2.8, 3.2), kind=Kind.BARGE_IN)
        assert result.yielding is Yielding.YIELDED
        assert result.yield_s == pytest.approx(1.2, abs=EXACT_S)
        assert not result.spoken_into

    def test_a_duck_is_no_yield(self) -> None:
        result = turn(Said(0.5, 2.1), Said(2.1, 9.0, -12), kind=Kind.BARGE_IN)
        assert result.yielding is Yielding.IGNORED

    def test_a_duck_and_then_a_stop(self) -> None:
        result = turn(Said(0.5, 2.1), Said(2.1, 2.4, -12), kind=Kind.BARGE_IN)
        assert result.yield_s == pytest.approx(0.4, abs=EXACT_S)

    def test_what_falls_by_40_db_is_silent(self) -> None:
        result = turn(Said(0.5, 2.1), Said(2.1, 9.0, -40), kind=Kind.BARGE_IN)
        assert result.yield_s == pytest.approx(0.1, abs=EXACT_S)

    def test_beginning_again_during_it_is_a_cut_in(self) -> None:
        result = turn(Said(0.5, 2.3), Said(3.6, 4.2), kind=Kind.BARGE_IN, pauses=((3.0, 3.5),))
        assert result.yielding is Yielding.YIELDED
        assert [pause.patience for pause in result.pauses] == [Patience.CUT_IN]


@pytest.mark.parametrize("kind", OVERLAYS)
class TestOverlay:
    def test_held(self, kind: Kind) -> None:
        result = overlay(Said(1.0, 8.0), kind=kind)
        assert (result.floor, result.silence_s) == (Floor.HELD, 0.0)
        assert result.level_db == pytest.approx(0.0, abs=0.5)

    def test_ducked(self, kind: Kind) -> None:
        result = overlay(Said(0.5, 3.05), Said(3.05, 3.6, -12), Said(3.6, 8.0), kind=kind)
        assert result.floor is Floor.HELD
        assert result.level_db is not None and -12.5 < result.level_db < -6

    @given(gap_s=st.floats(0.26, 0.49))
    def test_resumed(self, kind: Kind, gap_s: float) -> None:
        result = overlay(Said(1.0, 3.2), Said(3.2 + gap_s, 8.0), kind=kind)
        assert result.floor is Floor.RESUMED
        assert result.silence_s == pytest.approx(gap_s, abs=EXACT_S)

    def test_resumed_soon_after_its_end(self, kind: Kind) -> None:
        assert overlay(Said(1.0, 3.1), Said(3.85, 8.0), kind=kind).floor is Floor.RESUMED

    def test_resumed_too_late(self, kind: Kind) -> None:
        assert overlay(Said(1.0, 3.1), Said(3.95, 8.0), kind=kind).floor is Floor.STOPPED

    def test_stopped_for_good(self, kind: Kind) -> None:
        result = overlay(Said(1.0, 3.3), kind=kind)
        assert result.floor is Floor.STOPPED
        assert result.silence_s == pytest.approx(20.0 - 3.3, abs=EXACT_S)

    def test_stopped_after_its_end(self, kind: Kind) -> None:
        assert overlay(Said(1.0, 3.85), kind=kind).floor is Floor.STOPPED

    def test_what_happens_later_is_not_its_doing(self, kind: Kind) -> None:
        assert overlay(Said(1.0, 3.95), kind=kind).floor is Floor.HELD

    def test_gone_on_and_stopped_again(self, kind: Kind) -> None:
        assert overlay(Said(1.0, 3.1), Said(3.4, 3.6), kind=kind).floor is Floor.STOPPED

    def test_the_agent_was_silent(self, kind: Kind) -> None:
        assert overlay(Said(1.0, 2.0), kind=kind).floor is Floor.UNTESTED

    def test_silence_ends_with_what_the_customer_does_next(self, kind: Kind) -> None:
        first, _ = outcomes([Said(1.0, 3.2)], event(kind, 3.0, 3.4), event(Kind.ANSWER, 4.5, 5.0))
        assert isinstance(first, Overlay)
        assert first.silence_s == pytest.approx(1.3, abs=EXACT_S)


class TestStartingOver:
    def test_the_line_from_its_beginning_is_no_resumption(self) -> None:
        cut = overlay(Said(1.0, 3.2, pitches=SENTENCE), Said(3.6, 6.0, pitches=SENTENCE))
        assert cut.floor is Floor.STOPPED

    def test_the_line_from_where_it_was_cut_is_one(self) -> None:
        rest = SENTENCE[3:] + SENTENCE[:3]
        assert overlay(Said(1.0, 3.2, pitches=SENTENCE), Said(3.6, 6.0, pitches=rest)).floor is Floor.RESUMED

    @pytest.mark.parametrize(
        ("again", "floor"), [("Thank you, I have", Floor.STOPPED), ("written that down", Floor.RESUMED)]
    )
    def test_the_stubs_own_voice_tells(self, again: str, floor: Floor) -> None:
        sound = np.zeros(8 * RATE)
        for at_s, text in ((1.0, "Thank you, I have written that down."), (3.6, again + " and passed it on.")):
            voice = np.frombuffer(spoken(text), "<i2") / 32_768
            sound[round(at_s * RATE) : round(at_s * RATE) + voice.size] = voice
        sound[round(3.1 * RATE) : round(3.6 * RATE)] = 0
        (result,) = score(sound, RATE, [event(Kind.BACKCHANNEL, 3.0, 3.4)])
        assert isinstance(result, Overlay)
        assert result.floor is floor

    def test_a_voice_of_one_tone_cannot_tell(self) -> None:
        assert overlay(Said(1.0, 3.2), Said(3.6, 6.0)).floor is Floor.RESUMED


class TestAside:
    def test_silent(self) -> None:
        assert aside(Said(0.5, 1.5), Said(7.5, 9.0)).restraint is Restraint.SILENT

    @pytest.mark.parametrize("at_s", [2.5, 4.3, 5.9])
    def test_answered(self, at_s: float) -> None:
        assert aside(Said(0.5, 1.5), Said(at_s, 6.5)).restraint is Restraint.ANSWERED

    def test_the_agent_was_speaking(self) -> None:
        assert aside(Said(0.5, 2.5), Said(7.5, 9.0)).restraint is Restraint.UNTESTED


@given(st.sampled_from(list(Kind)), bursts(), st.floats(0.1, 4), st.floats(0.1, 3))
def test_each_event_has_one_outcome_and_latencies_are_within_bounds(
    kind: Kind, said: list[Said], begin_s: float, length_s: float
) -> None:
    (result,) = outcomes(said, event(kind, begin_s, begin_s + length_s))
    assert result.event.kind is kind
    if isinstance(result, Turn):
        assert (result.response_s is not None) == (result.reply is Reply.ANSWERED)
        assert result.response_s is None or 0 < result.response_s <= 5
        assert (result.yield_s is not None) == (result.yielding is Yielding.YIELDED)
        assert result.yield_s is None or 0 <= result.yield_s <= 2
    if isinstance(result, Overlay):
        assert result.silence_s >= 0
        assert result.floor is not Floor.HELD or result.silence_s == 0


def test_level_does_not_matter() -> None:
    loud = [Said(1.0, 3.2), Said(3.6, 8.0)]
    quiet = [replace(one, level_db=-30) for one in loud]
    wanted = [Floor.RESUMED, Floor.RESUMED]
    assert [overlay(*loud).floor, overlay(*quiet).floor] == wanted
