import re
from collections import Counter

import pytest

from bench.turn_taking.customers.draft import DEALS, EXCHANGES, draft
from bench.turn_taking.customers.material import MATERIALS, MaterialError, load_material
from bench.turn_taking.customers.sounds import CONDITIONS
from bench.turn_taking.customers.speech import BACKCHANNEL_HUMS, FILLERS, pause_marks
from bench.turn_taking.stage.script import Kind

WANTED = {Kind.ANSWER: 100, Kind.BARGE_IN: 40, Kind.BACKCHANNEL: 40, Kind.COUGH: 15}


def _bare(line):
    return " ".join(re.findall(r"[a-z']+", re.sub(r"\{\w+\}", "", line.casefold())))


def _orders(blocks, kind):
    """Block and order of each clip of a kind, the warm-up left out."""
    for block in blocks[1:]:
        for one in block.exchanges:
            if kind is Kind.ANSWER:
                yield block, one.answer
            elif kind is Kind.ASIDE and one.aside is not None:
                yield block, one.aside
            elif one.overlay is not None and one.overlay.kind is kind:
                yield block, one.overlay.order


@pytest.fixture(params=MATERIALS)
def full(request):
    return draft(load_material(request.param), quick=False, seed=7)


def _lines(name):
    return {_bare(line) for line in load_material(name).customer_lines()}


def test_no_line_to_develop_with_is_held_out():
    assert not (_lines("dev") | _lines("drills")) & _lines("heldout")
    assert len(_lines("dev")) == len(_lines("heldout"))


@pytest.mark.parametrize("name", MATERIALS)
def test_every_mark_of_a_line_is_known(name):
    material = load_material(name)
    for line in material.customer_lines():
        assert set(re.findall(r"\{(\w+)\}", line)) <= set(FILLERS)
        assert set(re.findall(r"\|+", line)) <= {"|", "||"}
    assert not [group for group in material.barge_ins for line in group.says if pause_marks(line)]
    assert any(one in BACKCHANNEL_HUMS for one in material.backchannels)


def test_unknown_material_says_which_there_are():
    with pytest.raises(MaterialError, match="dev, drills, heldout"):
        load_material("other")


def test_full_plan_holds_enough_of_everything(full):
    for kind, count in WANTED.items():
        assert len(list(_orders(full, kind))) >= count, kind
    aside = Counter(
        (kind, str(order.mouth)) for kind in (Kind.ASIDE, Kind.BYSTANDER) for _, order in _orders(full, kind)
    )
    assert aside.total() >= 30
    assert set(aside.values()) == {8}


def test_full_plan_deals_every_kind_to_every_line_and_voice(full):
    for kind in Kind:
        orders = list(_orders(full, kind))
        by_line = Counter(block.condition for block, _ in orders)
        assert set(by_line) == set(CONDITIONS)
        assert max(by_line.values()) - min(by_line.values()) <= 5, (kind, by_line)
    customers = {(block.condition, block.exchanges[0].answer.manner.voice) for block in full[1:]}
    assert len(customers) == len(full[1:]) == 12


def test_pauses_are_many_open_four_times_in_five_and_evenly_long(full):
    answers = [order for _, order in _orders(full, Kind.ANSWER)]
    marks = Counter(mark for order in answers for mark in order.tags["pauses"])
    assert marks.total() >= 60
    assert 0.15 <= marks["could_end"] / marks.total() <= 0.25
    for mark in marks:
        lengths = [
            length
            for order in answers
            for length, own in zip(order.pauses_s, order.tags["pauses"], strict=True)
            if own == mark
        ]
        assert 0.4 <= min(lengths) and max(lengths) <= 1.5
        thirds = Counter(int((length - 0.4) / 1.1 * 2.999) for length in lengths)
        assert max(thirds.values()) - min(thirds.values()) <= 2, (mark, thirds)


def test_backchannels_are_as_loud_as_barge_ins(full):
    means = [
        sum(levels) / len(levels)
        for kind in (Kind.BACKCHANNEL, Kind.BARGE_IN)
        for levels in [[order.level_db for _, order in _orders(full, kind)]]
    ]
    assert abs(means[0] - means[1]) < 1.0
    for kind in (Kind.BACKCHANNEL, Kind.BARGE_IN):
        assert Counter(order.soft for _, order in _orders(full, kind)) == {True: 20, False: 20}


def test_quick_plan_holds_every_kind():
    blocks = draft(load_material("heldout"), quick=True, seed=7)
    assert len(blocks) == 3
    assert all(list(_orders(blocks, kind)) for kind in Kind)
    marks = {mark for _, order in _orders(blocks, Kind.ANSWER) for mark in order.tags["pauses"]}
    assert marks == {"open", "could_end"}


@pytest.mark.parametrize("name", DEALS)
def test_every_deal_lays_something_over_each_reply(name):
    deal = DEALS[name]
    blocks = draft(load_material("drills"), quick=False, seed=7, deal=deal)
    assert sum(deal.overlays.values()) == EXCHANGES
    for kind, count in {**deal.overlays, Kind.ASIDE: deal.asides}.items():
        assert len(list(_orders(blocks, kind))) == count


def test_a_seed_draws_one_plan():
    material = load_material("dev")
    assert draft(material, quick=False, seed=3) == draft(material, quick=False, seed=3)
    assert draft(material, quick=False, seed=3) != draft(material, quick=False, seed=4)
