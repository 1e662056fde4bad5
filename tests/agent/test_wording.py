"""The check of all wording passes on ours, and finds every kind of fault in a copy."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

import prompts
from agent.wording import Book, check, heard_lines, variants
from agent.wording.limits import load_contents, load_limits
from agent.wording.measures import grade, rare_characters, seconds, size, syllables
from agent.wording.rendering import MARKERS, marked
from agent.wording.style import style_problems
from cases.domain.script import DISCLOSING_ACTS
from cases.domain.vocabulary import Act, Language, SignalCode, Typology
from evals.graders.forbidden import forbidden_in
from prompts import Problem, PromptError
from prompts.parsing import required_files
from riskcall.cli import app
from riskcall.wording import samples

SAMPLES = samples()
ONE_EACH = tuple(next(s for s in SAMPLES if s.alert.language is language) for language in Language)
"""One sample of each language: enough to find a fault."""
OURS = Path(prompts.__file__).parent


@pytest.fixture(scope="module")
def book() -> Book:
    return Book(prompts.read_texts(), prompts.load())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OURS, tmp_path / "wording"))


Change = Callable[[str, str, str], tuple[Problem, ...]]


@pytest.fixture
def changed(copy: Path) -> Change:
    """Change words in one file of a copy, and check all of it."""

    def change(name: str, old: str, new: str) -> tuple[Problem, ...]:
        file = copy / name
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{old!r} does not stand in {name}"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return check(prompts.read_texts(copy), ONE_EACH, forbidden_in)

    return change


def test_nothing_is_wrong_with_our_wording() -> None:
    assert [str(one) for one in check(prompts.read_texts(), SAMPLES, forbidden_in)] == []


EN, ZH = "acts/en.yaml", "acts/zh.yaml"
FAULTS = yaml.safe_load((Path(__file__).parent / "wording_faults.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_each_kind_of_fault_is_found(changed: Change, fault: dict[str, str]) -> None:
    problems = changed(fault["file"], fault["old"], fault["new"])
    assert any(re.search(fault["found"], one.problem) for one in problems), [str(one) for one in problems]
    assert all(one.right and one.line >= 1 for one in problems)


def test_a_fault_is_told_with_its_line_and_key(changed: Change) -> None:
    (problem,) = changed("acts/en.yaml", "Hello, can you hear me?", "Hello, the ATM can hear me?")
    line = next(
        number
        for number, text in enumerate((OURS / "acts/en.yaml").read_text(encoding="utf-8").splitlines(), start=1)
        if "Hello, can you hear me?" in text
    )
    assert (problem.file, problem.line, problem.key) == ("acts/en.yaml", line, "still_there[1]")


@pytest.mark.parametrize("name", required_files())
def test_a_file_that_is_missing_or_empty_is_told(copy: Path, name: str) -> None:
    (copy / name).write_text(" \n", encoding="utf-8")
    assert any((one.file, one.problem) == (name, "the file is empty") for one in _problems(copy))
    (copy / name).unlink()
    assert any((one.file, one.problem) == (name, "the file is missing") for one in _problems(copy))


def test_a_file_that_nobody_reads_is_told(copy: Path) -> None:
    (copy / "acts/fr.yaml").write_text("greet: [Bonjour]\n", encoding="utf-8")
    assert [one.problem for one in _problems(copy)] == ["nobody reads this file"]


def test_bytes_that_are_no_text_are_told_with_their_line(copy: Path) -> None:
    (copy / EN).write_bytes(b"greet:\n  - \xff\n")
    with pytest.raises(PromptError, match="acts/en.yaml:2: the file is not UTF-8"):
        prompts.read_texts(copy)


def _problems(folder: Path) -> tuple[Problem, ...]:
    return check(prompts.read_texts(folder), ONE_EACH, forbidden_in)


@pytest.mark.parametrize("sample", ONE_EACH, ids=lambda one: one.name)
def test_no_line_to_anybody_names_a_marked_payee_or_amount(book: Book, sample: object) -> None:
    one = marked(sample)  # type: ignore[arg-type]
    amount = "nine hundred and eighty-seven thousand" if one.alert.language is Language.EN else "九十八万七千"
    open_lines = told = 0
    for heard in heard_lines(book, one):
        named = MARKERS[one.alert.language] in heard.text or amount in heard.text
        told += heard.verified and named
        open_lines += not heard.verified
        assert heard.verified or not named, heard
    assert open_lines > 30 and told > 10


def test_a_neutral_act_that_names_a_fact_is_found_by_what_is_heard(changed: Change) -> None:
    problems = changed(EN, "Are you still there?", "Is it about {payee}?")
    assert any("tells the payee to anybody" in one.problem for one in problems)


def test_every_act_form_warning_and_reason_is_heard_in_some_sample(book: Book) -> None:
    heard = {
        one.written.key for sample in SAMPLES for variant in variants(sample) for one in heard_lines(book, variant)
    }
    assert heard == {one.key for one in book.written}
    for act in Act:
        assert act in DISCLOSING_ACTS or any(one.of is act and not one.disclosing for one in book.written)


def test_limits_and_contents_speak_of_what_exists() -> None:
    limits, contents = load_limits(), load_contents()
    assert set(limits.seconds) - {"default"} <= {act.value for act in Act}
    for language in Language:
        assert set(contents.names[language]) == set(Typology)
        for forms in contents.names[language].values():
            assert set(forms) <= {"default", *(code.value for code in SignalCode)}


def test_style_is_checked_for_every_wording(book: Book) -> None:
    assert list(style_problems(book, load_limits(), load_contents())) == []
    assert len(book.written) > 300


@pytest.mark.parametrize(
    ("word", "count"),
    [("a", 1), ("payment", 2), ("impersonation", 5), ("we've", 1), ("brightside", 2), ("zzyzxade", 2)],
)
def test_syllables(word: str, count: int) -> None:
    assert syllables(word) == count


def test_measures() -> None:
    assert size("We've stopped a payment.", Language.EN) == 4
    assert size("我是ABC银行。", Language.ZH) == 5
    assert seconds("one two three four five", Language.EN, 150) == pytest.approx(2.0)
    assert seconds("四个汉字", Language.ZH, 240) == pytest.approx(1.0)
    assert grade("The cat sat on the mat.") == pytest.approx(0.39 * 6 + 11.8 - 15.59)
    assert grade("Notwithstanding, communication necessitates audibility.") > 20
    assert rare_characters("您的银行卡，谛聆") == "谛聆"


RUN = CliRunner()


def test_the_command_passes_and_names_the_version() -> None:
    result = RUN.invoke(app, ["prompts", "check"])
    assert (result.exit_code, "nothing wrong" in result.output) == (0, True)
    assert prompts.load().version[:12] in result.output


def test_the_command_says_file_line_key_and_what_would_be_right(copy: Path) -> None:
    file = copy / ZH
    file.write_text(file.read_text(encoding="utf-8").replace("您还在听吗？", "你还在听吗？"), encoding="utf-8")
    result = RUN.invoke(app, ["prompts", "check", "--folder", str(copy)])
    assert result.exit_code == 1
    assert "acts/zh.yaml:" in result.output and "still_there[0]" in result.output and "say '您'" in result.output


def test_the_command_shows_what_a_customer_hears() -> None:
    result = RUN.invoke(
        app, ["prompts", "check", "--show", "ask_made", "--lang", "zh", "--alert", "zh-police-impersonation"]
    )
    assert result.exit_code == 0
    assert "李志强" in result.output and "九万八千元" in result.output and "{" not in result.output


def test_every_act_and_warning_can_be_shown() -> None:
    for name in (*Act, *Typology):
        assert RUN.invoke(app, ["prompts", "check", "--show", name.value]).exit_code == 0


@pytest.mark.parametrize(
    "options",
    [["--show", "sing"], ["--show", "greet", "--lang", "fr"], ["--show", "greet", "--alert", "zh-investment"]],
)
def test_what_does_not_exist_cannot_be_shown(options: list[str]) -> None:
    result = RUN.invoke(app, ["prompts", "check", *options])
    assert result.exception is not None and "of" in str(result.exception)


def test_the_list_has_every_file_and_the_version() -> None:
    result = RUN.invoke(app, ["prompts", "list"])
    for name, file_hash in prompts.load().hashes.items():
        assert name in result.output and file_hash in result.output
    assert prompts.load().version in result.output
