from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain.money import Money
from cases.domain.vocabulary import Act, BankAction, Disposition, Language, Outcome, SignalCode
from evals.errors import ScenarioError
from evals.loader import load_scenarios, parse_scenarios, read_scenarios
from evals.scenario import Codec, Echo, NoiseKind

WHOLE = """\
id: safe-account-coached-en
title: Coached victim says yes
locale: en-GB
tags: [app-scam]
alert:
  example: new-payee-transfer
  changes: {transaction.amount.minor: 480000, score: 0.93}
channel:
  codec: pcmu
  noise: {kind: babble, snr_db: 15}
  loss: 0.02
  jitter_ms: 40
customer:
  voice: flite:slt
  answers:
    greet: "Yes, speaking."
    ask_told_what_to_say: ["Um, they said I should not tell the bank."]
  default: "Sorry, could you say that again?"
  events:
    - {on: ask_purpose, after_ms: 700, say: "Wait, who are you?"}
    - {on: ask_made, backchannel: "mm-hm", after_ms: 500}
    - {on: ask_purpose, silence_ms: 7000}
    - {on: warn, hang_up: true}
    - {on: greet, dtmf: "1"}
  answered_by: person
expect:
  outcome: suspected_scam
  effect: hold
  escalated: true
  disclosed: true
  signals: {include: [told_to_keep_secret], exclude: [safe_account]}
  said: ['specialist']
  never_said: ['one.?time (code|password)']
  max_agent_turns: 20
"""

SMALL = """\
id: small
locale: zh-CN
alert: {example: zh-new-payee}
customer: {default: ""}
expect: {outcome: [inconclusive, unreached]}
"""


def test_reads_every_part_of_the_format() -> None:
    (scenario,) = parse_scenarios(WHOLE, "whole.yaml")
    assert scenario.id == "safe-account-coached-en"
    assert scenario.twin_key == "safe-account-coached"
    assert scenario.language is Language.EN
    assert scenario.alert.transaction.amount == Money(480000, "GBP")
    assert scenario.alert.score == 0.93
    assert scenario.channel.codec is Codec.PCMU
    assert scenario.channel.noise is not None and scenario.channel.noise.kind is NoiseKind.BABBLE
    assert (scenario.channel.loss, scenario.channel.jitter_ms) == (0.02, 40)
    assert scenario.customer.voice == "flite:slt"
    assert scenario.customer.answers[Act.GREET] == ("Yes, speaking.",)
    assert [event.on for event in scenario.customer.events][-1] is Act.GREET
    assert scenario.customer.events[4].dtmf == "1"
    assert scenario.answers_everything
    assert scenario.expect.outcomes == (Outcome.SUSPECTED_SCAM,)
    assert scenario.expect.effects == (BankAction.HOLD,)
    assert scenario.expect.include == (SignalCode.TOLD_TO_KEEP_SECRET,)
    assert scenario.expect.never_said[0].search("ONE-TIME CODE")
    assert scenario.expect.max_agent_turns == 20


def test_what_is_left_out_asks_for_nothing() -> None:
    (scenario,) = parse_scenarios(SMALL, "small.yaml")
    assert scenario.title == "small"
    assert scenario.language is Language.ZH
    assert scenario.channel.codec is Codec.NONE
    assert scenario.customer.answered_by is Disposition.ANSWERED
    assert (scenario.expect.escalated, scenario.expect.disclosed, scenario.expect.effects) == (None, None, ())
    assert not scenario.expect.may_release


def test_the_scenario_s_locale_is_the_alert_s() -> None:
    text = SMALL.replace("zh-new-payee", "card-not-present")
    assert parse_scenarios(text, "x.yaml")[0].alert.locale == "zh-CN"


def test_a_line_may_bring_the_agent_s_voice_back() -> None:
    text = SMALL + "channel: {echo: {level_db: -20, delay_ms: 150, room_ms: 300}}\n"
    assert parse_scenarios(text, "x.yaml")[0].channel.echo == Echo(-20.0, 150, 300)


@pytest.mark.parametrize(
    ("echo", "key"),
    [("{level_db: 3, delay_ms: 9}", "level_db"), ("{level_db: -9}", "delay_ms"), ("{level: -9}", "level")],
)
def test_an_echo_that_cannot_be_is_told(echo: str, key: str) -> None:
    with pytest.raises(ScenarioError, match=f"channel.echo.{key}"):
        parse_scenarios(SMALL + f"channel: {{echo: {echo}}}\n", "x.yaml")


def test_words_that_yaml_takes_for_truth_values_are_words() -> None:
    text = SMALL.replace('{default: ""}', "{answers: {greet: no}, events: [{on: greet, hang_up: yes}], default: yes}")
    customer = parse_scenarios(text, "x.yaml")[0].customer
    assert (customer.answers[Act.GREET], customer.default) == (("no",), "yes")
    assert customer.events[0].hang_up


def test_a_file_may_hold_a_list() -> None:
    text = "- " + SMALL.replace("\n", "\n  ").strip() + "\n- " + SMALL.replace("small", "other").replace("\n", "\n  ")
    assert [scenario.id for scenario in parse_scenarios(text, "x.yaml")] == ["small", "other"]


def test_a_whole_document_can_stand_in_for_an_example() -> None:
    import json

    from evals.alert_examples import example_document

    document = json.dumps(example_document("card-not-present"))
    text = SMALL.replace("{example: zh-new-payee}", f"{{document: {document}}}")
    assert parse_scenarios(text, "x.yaml")[0].alert.transaction.creditor.name == "Velocity Electronics"


# Each: what to replace, by what, the line and key that are told, and what the message must hold.
AMOUNT = "transaction.amount.minor"
MISTAKES = [
    ("title:", "titel:", 2, "titel", "did you mean 'title'"),
    ("locale: en-GB", "locale: en-AU", 3, "locale", "en-GB, en-US, zh-CN"),
    ("locale: en-GB\n", "", 1, "locale", "is missing"),
    ("id: safe-account-coached-en", "id: Safe Account", 1, "id", "small letters"),
    ("tags: [app-scam]", "tags: app-scam", 4, "tags", "must be a list"),
    (
        "example: new-payee-transfer",
        "example: new-payee-transfr",
        6,
        "alert.example",
        "did you mean 'new-payee-transfer'",
    ),
    ("example: new-payee-transfer", "examples: x", 6, "alert.examples", "unknown key"),
    ("transaction.amount.minor: 480000", "transaction.amount.minr: 1", 7, "alert.changes.transaction.amount.minr", ""),
    ("transaction.amount.minor: 480000", "score.x: 1", 7, "alert.changes.score.x", "leads nowhere"),
    (
        "transaction.amount.minor: 480000",
        "transaction.amount.minor: -1",
        7,
        "alert.changes.transaction.amount.minor",
        "0",
    ),
    (
        "transaction.amount.minor: 480000",
        "customer.contacts.9.forwarding: true",
        7,
        "alert.changes.customer.contacts.9.forwarding",
        "a place from 0 to",
    ),
    ("transaction.amount.minor: 480000", "locale: zh-CN", 7, "alert.changes.locale", "scenario's own"),
    ("score: 0.93", "score: 1.7", 7, "alert.changes.score", "1"),
    ("codec: pcmu", "codec: g729", 9, "channel.codec", "none, pcmu, pcma, opus"),
    ("kind: babble", "kind: bable", 10, "channel.noise.kind", "did you mean 'babble'"),
    ("snr_db: 15", "snr_db: loud", 10, "channel.noise.snr_db", "must be a number"),
    (", snr_db: 15", "", 10, "channel.noise.snr_db", "is missing"),
    ("loss: 0.02", "loss: 2", 11, "channel.loss", "from 0 to 1"),
    ("jitter_ms: 40", "jitter_ms: 4.5", 12, "channel.jitter_ms", "whole number of milliseconds"),
    ("voice: flite:slt", "voice: slt", 14, "customer.voice", "engine:name"),
    ('greet: "Yes, speaking."', 'greets: "Yes, speaking."', 16, "customer.answers.greets", "did you mean 'greet'"),
    ('greet: "Yes, speaking."', "greet: 12", 16, "customer.answers.greet", "put it in quotes"),
    ('greet: "Yes, speaking."', "greet: []", 16, "customer.answers.greet", "at least one"),
    ('["Um, they said I should not tell the bank."]', "", 17, "customer.answers.ask_told_what_to_say", "is empty"),
    ("on: ask_purpose, after_ms: 700", "on: ask_porpoise, after_ms: 700", 20, "customer.events[0].on", "ask_purpose"),
    ("after_ms: 700, ", "", 20, "customer.events[0].after_ms", "is missing"),
    (', say: "Wait, who are you?"', "", 20, "customer.events[0]", "nothing to do"),
    ("silence_ms: 7000", "silence_ms: soon", 22, "customer.events[2].silence_ms", "milliseconds"),
    ("hang_up: true", "hang_up: now", 23, "customer.events[3].hang_up", "true or false"),
    ('dtmf: "1"', 'dtmf: "1x"', 24, "customer.events[4].dtmf", "keys of a telephone"),
    ("answered_by: person", "answered_by: nobody", 25, "customer.answered_by", "voicemail"),
    ("  outcome: suspected_scam\n", "", 27, "expect.outcome", "is missing"),
    ("outcome: suspected_scam", "outcome: suspected", 27, "expect.outcome", "suspected_scam"),
    ("outcome: suspected_scam", "outcome: []", 27, "expect.outcome", "at least one"),
    ("effect: hold", "effect: freeze", 28, "expect.effect", "hold, release, block"),
    ("escalated: true", "escalated: maybe", 29, "expect.escalated", "true or false"),
    ("[told_to_keep_secret]", "[told_to_keep_secrets]", 31, "expect.signals.include[0]", "told_to_keep_secret"),
    ("exclude: [safe_account]", "exclude: [told_to_keep_secret]", 31, "expect.signals.exclude", "one of the two"),
    ("exclude:", "excludes:", 31, "expect.signals.excludes", "did you mean 'exclude'"),
    ("said: ['specialist']", "said: ['specialist(']", 32, "expect.said[0]", "not a regular expression"),
    ("max_agent_turns: 20", "max_agent_turns: 0", 34, "expect.max_agent_turns", "from 1"),
    ("effect: hold", "outcome: denied", 28, "expect.outcome", "twice"),
    ("locale: en-GB", "locale: [en-GB", 4, "", "not YAML"),
]


@pytest.mark.parametrize(("old", "new", "line", "key", "hint"), MISTAKES)
def test_a_mistake_is_told_with_file_line_key_and_what_would_be_right(
    old: str, new: str, line: int, key: str, hint: str
) -> None:
    assert old in WHOLE
    with pytest.raises(ScenarioError) as caught:
        parse_scenarios(WHOLE.replace(old, new, 1), "dir/whole.yaml")
    error = caught.value
    assert (error.source, error.line, error.key) == ("dir/whole.yaml", line, key)
    assert hint in error.problem
    assert str(error).startswith(f"dir/whole.yaml:{line}: ")


def test_an_alert_needs_exactly_one_source() -> None:
    with pytest.raises(ScenarioError, match="either `example: NAME` or `document:`") as caught:
        parse_scenarios(SMALL.replace("{example: zh-new-payee}", "{changes: {score: 0.5}}"), "x.yaml")
    assert caught.value.line == 3


def test_a_field_of_a_whole_document_is_told_by_its_own_line(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(SMALL.replace("{example: zh-new-payee}", "\n  document:\n    id: x\n    bank_name: 3"))
    _, problems = read_scenarios([file])
    assert (6, "alert.document.bank_name") in [(one.line, one.key) for one in problems]
    assert any(one.key == "alert.document" and "transaction" in one.problem for one in problems)


def test_everything_that_is_wrong_with_all_files_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(SMALL)
    wrong = WHOLE
    for old, new, *_ in MISTAKES[0], MISTAKES[13], MISTAKES[20]:
        wrong = wrong.replace(old, new)
    wrong = wrong.replace("effect: hold", "effect: freeze").replace("  outcome: suspected_scam\n", "")
    (tmp_path / "wrong.yaml").write_text(wrong)
    (tmp_path / "list.yaml").write_text("- 3\n- " + SMALL.replace("\n", "\n  ").replace("id: small", "id:"))
    found, problems = read_scenarios([tmp_path, tmp_path / "none.yaml"])
    assert [one.id for one in found] == ["small"]
    assert [f"{Path(one.source).name}:{one.line} {one.key}" for one in problems] == [
        "list.yaml:1 ",
        "list.yaml:2 id",
        "wrong.yaml:2 titel",
        "wrong.yaml:9 channel.codec",
        "wrong.yaml:16 customer.answers.greets",
        "wrong.yaml:27 expect.outcome",
        "wrong.yaml:27 expect.effect",
        "none.yaml:0 ",
    ]


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]", "3", "- 3"])
def test_a_file_without_a_scenario_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError):
        parse_scenarios(text, "x.yaml")


def test_an_alias_to_itself_is_refused() -> None:
    with pytest.raises(ScenarioError, match="alias"):
        parse_scenarios(SMALL.replace("{example: zh-new-payee}", "&a {document: *a}"), "x.yaml")


@pytest.mark.parametrize("value", ["!!int abc", "!!python/name:os.system x", "!mine x"])
def test_a_tag_is_refused(value: str) -> None:
    text = SMALL.replace("zh-new-payee", f"zh-new-payee, changes: {{score: {value}}}")
    with pytest.raises(ScenarioError, match="plain value") as caught:
        parse_scenarios(text, "x.yaml")
    assert caught.value.key == "alert.changes.score"


def test_an_id_is_taken_once_over_all_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "b.yml").write_text("# second\n" + SMALL, encoding="utf-8")
    with pytest.raises(ScenarioError, match="already taken by") as caught:
        load_scenarios([tmp_path])
    assert caught.value.source.endswith("b.yml")
    assert (caught.value.line, caught.value.key) == (2, "id")


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SMALL, encoding="utf-8")
    assert len(load_scenarios([tmp_path, tmp_path / "a.yaml"])) == 1


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no such file or folder"):
        load_scenarios([tmp_path / "none.yaml"])
    with pytest.raises(ScenarioError, match=r"no \.yaml file"):
        load_scenarios([tmp_path])
    (tmp_path / "a.yaml").write_bytes(b"id: x\ntitle: \xff\n")
    with pytest.raises(ScenarioError, match="UTF-8") as caught:
        load_scenarios([tmp_path])
    assert caught.value.line == 2


@given(st.text(max_size=200))
def test_any_text_is_a_scenario_or_a_scenario_error(text: str) -> None:
    try:
        parse_scenarios(text, "x.yaml")
    except ScenarioError as error:
        assert error.line >= 1


@given(st.integers(0, len(WHOLE)), st.integers(0, 30), st.text(alphabet=" \n:-[]{}'\"&*!#abc0", max_size=4))
def test_a_damaged_scenario_is_read_or_refused_with_its_line(start: int, length: int, put: str) -> None:
    damaged = WHOLE[:start] + put + WHOLE[start + length :]
    try:
        parse_scenarios(damaged, "x.yaml")
    except ScenarioError as error:
        assert 1 <= error.line <= damaged.count("\n") + 1
        assert re.match(r"x\.yaml:\d+: ", str(error))
