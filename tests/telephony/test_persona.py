from __future__ import annotations

from pathlib import Path

import pytest

from cases.domain.vocabulary import Act, Disposition, Language
from telephony.persona import (
    PersonaError,
    PersonaReplies,
    load_persona,
    parse_persona,
    persona_from,
    persona_names,
    read_persona,
)

NAMES = ("denies", "genuine", "coached", "wrong-person", "asks-human", "barges-in", "silent", "presses-keys")
ZH_NAMES = ("zh-denies", "zh-genuine", "zh-coached", "zh-wrong-person", "zh-asks-human", "zh-silent", "zh-presses-keys")


def test_every_persona_loads_in_its_language() -> None:
    assert set(NAMES) | set(ZH_NAMES) <= set(persona_names())
    for name in persona_names():
        persona = load_persona(name)
        assert persona.name == name and persona.title
        assert persona.language is (Language.ZH if name.startswith("zh-") else Language.EN)
        assert all(any("\u4e00" <= sign <= "\u9fff" for sign in line) for line in persona.lines()) or (
            persona.language is Language.EN
        )


def test_answers_every_question_where_the_call_is_long() -> None:
    for name in ("genuine", "coached", "zh-genuine", "zh-coached"):
        asking = {act for act in Act if act.value.startswith("ask_")}
        assert asking <= set(load_persona(name).answers)


def test_on_yes_and_no_are_words() -> None:
    persona = parse_persona("answers: {greet: no}\nevents: [{on: greet, hang_up: true}]", name="x", source="x")
    assert persona.answers == {Act.GREET: ("no",)}
    assert persona.events[0].hang_up and persona.events[0].on is Act.GREET


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("answers: {greeting: hi}", "x: answers: there is no act 'greeting'"),
        ("answer: {}", "x: unknown key 'answer'"),
        ("answers: {greet: 7}", "x: answers.greet: must be text"),
        ("answers: [a]", "x: answers: must be a mapping"),
        ("language: fr", "x: language: 'fr' is not one of en, zh"),
        ("answered_by: cat", "x: answered_by: 'cat' is not one of person"),
        ("events: {}", "x: events: must be a list"),
        ("events: [{hang_up: true}]", r"x: events\[0\]: `on` is missing"),
        ("events: [{on: greet}]", r"x: events\[0\]: says nothing to do"),
        ("events: [{on: greet, say: hi}]", r"x: events\[0\]: after_ms is missing"),
        ("events: [{on: greet, after_ms: -1, say: hi}]", r"x: events\[0\]: after_ms: must be a whole number"),
        ("events: [{on: greet, hang_up: 1}]", r"x: events\[0\]: hang_up: must be true or false"),
        ("events: [{on: greet, dtmf: 'one'}]", r"x: events\[0\]: dtmf: must be keys"),
        ("events: [{on: greet, dtmf: '1', nod: true}]", r"x: events\[0\]: unknown key 'nod'"),
        ("- a", "x: must be a mapping"),
        ("a: [", "x: not YAML"),
    ],
)
def test_says_what_is_wrong_and_where(text: str, complaint: str) -> None:
    with pytest.raises(PersonaError, match=complaint):
        parse_persona(text, name="x", source="x")


def test_an_unknown_persona_names_those_there_are() -> None:
    with pytest.raises(PersonaError, match="coached, denies"):
        load_persona("nobody")


def test_reads_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("default: hm\nanswered_by: busy\n", encoding="utf-8")
    assert (read_persona(path).name, read_persona(path).answered_by) == ("mine", Disposition.BUSY)
    with pytest.raises(PersonaError, match="no such file"):
        read_persona(tmp_path / "none.yaml")


def test_answers_in_order_and_repeats_the_last() -> None:
    replies = PersonaReplies(persona_from({"answers": {"greet": ["one", "two"]}}, name="x", source="x"))
    assert [replies.answer((Act.GREET,)) for _ in range(3)] == ["one", "two", "two"]


def test_the_last_act_with_an_answer_counts() -> None:
    customer = {"answers": {"warn": "oh", "ask_proceed": "yes"}, "default": "what"}
    replies = PersonaReplies(persona_from(customer, name="x", source="x"))
    assert replies.answer((Act.WARN, Act.ASK_PROCEED)) == "yes"
    assert replies.answer((Act.WARN, Act.ASK_PURPOSE)) == "oh"


def test_a_re_ask_gets_the_answer_again_and_a_farewell_none() -> None:
    replies = PersonaReplies(persona_from({"answers": {"ask_made": "no"}, "default": "what"}, name="x", source="x"))
    assert replies.answer((Act.CLARIFY,)) == "what"
    assert replies.answer((Act.ASK_MADE,)) == "no"
    assert replies.answer((Act.CLARIFY,)) == "no"
    assert replies.answer((Act.GOODBYE,)) == ""
    assert replies.answer((Act.WARN,)) == "what"


def test_an_empty_answer_is_silence() -> None:
    replies = PersonaReplies(persona_from({"answers": {"greet": ""}, "default": "what"}, name="x", source="x"))
    assert replies.answer((Act.GREET,)) == ""
