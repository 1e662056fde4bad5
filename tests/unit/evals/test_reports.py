from __future__ import annotations

import html
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from cases.domain.call import Engines
from evals.comparison import compare
from evals.errors import ReportError
from evals.graders import VoiceRun
from evals.reports.html import comparison_page, report_page
from evals.reports.junit import junit_xml
from evals.reports.markdown import markdown_summary
from evals.reports.model import FORMAT
from evals.reports.records import shown_path
from evals.reports.store import read_report, to_json
from evals.reports.terminal import show_comparison, show_report
from evals.reports.write import Audio, write_report
from evals.runner import Graded, Mode
from tests.support.eval_reports import BAD, GOOD, evil, graded, report
from tests.support.eval_runs import TURNS, run

MIXED = [graded(GOOD, 1), graded(GOOD, 2), graded(BAD, 1), graded(BAD, 2, faults=("ran out of script",))]


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = report(MIXED)
    written = write_report(made, tmp_path / "new" / "folder")
    assert read_report(written.json) == made == read_report(tmp_path / "new" / "folder")
    assert not list(tmp_path.rglob("*.part"))


def test_the_same_runs_give_the_same_document() -> None:
    assert to_json(report(MIXED)) == to_json(report(MIXED))


def test_the_document_says_what_failed_and_why() -> None:
    document = json.loads(to_json(report(MIXED, planned=9)))
    assert (document["format"], document["planned"], document["done"], document["partial"]) == (FORMAT, 9, 4, True)
    first, _, third, fourth = document["suites"][0]["runs"]
    assert (first["status"], first["reason"], first["effects"]) == ("passed", "", ["hold", "release"])
    assert third["reason"] == "false_release: the scenario allows no release"
    assert [check["name"] for check in third["checks"] if not check["passed"]] == [
        "outcome",
        "said[0]",
        "false_release",
    ]
    assert (fourth["status"], fourth["reason"]) == ("invalid", "invalid: ran out of script")
    assert first["turns"][4]["acts"] == ["ask_made"]
    assert first["turns"][4]["started_ms"] is None
    assert first["answers"][1] == {"question": "made", "value": "yes", "quote": "Yes, that was me", "turn": 5}


def test_a_file_is_told_without_this_machine_s_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown_path(str(tmp_path / "mine" / "a.yaml")) == "mine/a.yaml"
    assert shown_path("mine/a.yaml") == "mine/a.yaml"
    import evals

    shipped = Path(evals.__file__).parent / "scenarios" / "coached" / "coached.yaml"
    assert shown_path(str(shipped)) == "evals/scenarios/coached/coached.yaml"
    assert shown_path("/somewhere/else/b.yaml") == "b.yaml"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read"),
        ("not json", "is not JSON"),
        ("[]", "names no format"),
        ('{"format": "riskcall-eval/0"}', "make the report anew"),
        (f'{{"format": "{FORMAT}"}}', "made_at"),
    ],
)
def test_what_is_no_report_is_refused_with_what_to_do(text: str | None, words: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "report.json").write_text(text)
    with pytest.raises(ReportError, match=words):
        read_report(tmp_path)


# JUnit as Jenkins, GitLab and GitHub's actions read it (the schema of Jenkins' xUnit plugin).
ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"},
    "testcase": {"name", "classname", "time"},
    "properties": set(),
    "property": {"name", "value"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "skipped": {"message"},
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "testcase": {"failure", "error", "skipped"},
    "properties": {"property"},
}


def test_junit_holds_a_case_a_run_and_tells_invalid_from_failed() -> None:
    broken = Graded(BAD, 3, None, MIXED[2].verdict, "RuntimeError: gone")
    root = ElementTree.fromstring(junit_xml(report([*MIXED, broken, evil()])))
    for element in root.iter():
        assert set(element.attrib) == ATTRIBUTES[element.tag]
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
    suite = root[0]
    counts = [suite.get(name) for name in ("tests", "failures", "errors", "skipped")]
    # Of the two invalid runs one was released falsely, which counts as a failure.
    assert counts == ["6", "2", "1", "2"]
    assert suite[0].tag == "properties"
    cases = {f"{case.get('name')}": [child.tag for child in case] for case in suite.iter("testcase")}
    assert cases["good-en"] in ([], ["skipped"])
    assert cases["bad-en"] == ["failure"]
    assert cases["bad-en run 2"] == ["failure"]
    assert cases["bad-en run 3"] == ["error"]
    failure = next(suite.iter("failure"))
    assert failure.get("message") == "false_release: the scenario allows no release"
    assert "hand.yaml:1" in (failure.text or "")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp") or "")


def test_what_customers_say_is_never_html() -> None:
    page = report_page(report([evil()]))
    assert "<img" not in page
    assert page.count("</script>") == 1
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img" not in comparison_page(compare(report([graded(GOOD)]), report([evil()])))


def test_a_page_asks_the_network_for_nothing() -> None:
    page = report_page(report(MIXED))
    assert not re.search(r"""(?:src|href)=["'](?!#|data:,)""", page)
    assert "http:" not in page and "https:" not in page and "url(" not in page and "@import" not in page
    assert "default-src 'none'" in html.unescape(page)


def test_quotes_of_what_was_read_are_marked() -> None:
    from cases.domain.reading import Reading, Signal
    from cases.domain.vocabulary import Intent, SignalCode

    reading = Reading(Intent.ANSWER, signals=(Signal(SignalCode.SAFE_ACCOUNT, "a <safe> account"),))
    said = replace(TURNS[5], text="It is a <safe> account.", heard_text="It is a <safe> account.", reading=reading)
    page = report_page(report([graded(GOOD, as_run=run(GOOD, turns=(*TURNS[:5], said, TURNS[6])))]))
    assert "It is <mark>a &lt;safe&gt; account</mark>." in page
    assert 'class="chip signal" title="“a &lt;safe&gt; account”">safe_account<' in page


def test_words_that_were_cut_off_are_struck() -> None:
    cut = replace(TURNS[4], text="There is a payment. Did you?", heard_text="There is a", interrupted=True)
    page = report_page(report([graded(GOOD, as_run=run(GOOD, turns=(*TURNS[:4], cut, *TURNS[5:])))]))
    assert re.search(r"There is a <s [^>]*>payment\. Did you\?</s>", page)


@pytest.mark.parametrize(
    ("audio", "inside", "beside"), [(Audio.EMBED, True, False), (Audio.LINK, False, True), (Audio.NONE, False, False)]
)
def test_recordings_are_inside_beside_or_left_out(audio: Audio, inside: bool, beside: bool, tmp_path: Path) -> None:
    recording = tmp_path / "recordings" / "good-en" / "1.ogg"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"OggS and more")
    voice = VoiceRun(recording, Engines("asr", "tts", "", "vad"), "flite:slt", "clean", length_ms=9000)
    made = report([graded(GOOD, voice=voice)], mode=Mode.VOICE, folder=tmp_path)
    page = write_report(made, tmp_path, audio=audio).html.read_text(encoding="utf-8")
    assert ("T2dnUyBhbmQgbW9yZQ==" in page) is inside
    assert ('src="recordings/good-en/1.ogg"' in page) is beside
    assert ("<audio" in page) is (inside or beside)
    record = made.runs[0]
    assert record.voice is not None and record.voice.recording == "recordings/good-en/1.ogg"
    assert (record.turns[1].started_ms, record.length_ms) == (1000, 9000)
    assert made.versions.engines[0].asr == "asr"


def printed(show: object, *, color: bool = False) -> str:
    out = io.StringIO()
    show(Console(file=out, force_terminal=color, width=60, highlight=False))  # type: ignore[operator]
    return out.getvalue()


def test_the_terminal_shows_groups_failures_goals_and_totals() -> None:
    text = printed(lambda console: show_report(console, report([*MIXED, evil()], planned=9)))
    assert "\x1b" not in text
    for line in (
        " ✗ hand.yaml 2/5",
        " ✗ bad-en\n   false_release: the scenario allows no release\n   hand.yaml:1",
        " ✗ False releases: 2 of 5",
        "2 passed, 1 failed, 2 invalid",
        "stopped: 5 of 9 runs were made",
    ):
        assert line in text
    assert "\x1b[31m" in printed(lambda console: show_report(console, report(MIXED)), color=True)


def test_markdown_holds_no_markup_of_customers() -> None:
    text = markdown_summary(
        report([*MIXED, evil()]), compare(report([graded(GOOD)]), report([graded(GOOD, held=True)]))
    )
    assert "<img" not in text
    assert "| ✗ | False releases | 2 of 5 |" in text
    assert "✗ good-en: outcome: expected confirmed" in text.replace("\\", "")


def test_nothing_finished_still_makes_a_report(tmp_path: Path) -> None:
    made = report([], planned=3)
    write_report(made, tmp_path)
    assert read_report(tmp_path).partial
    assert not made.succeeded
    assert "stopped: 0 of 3" in printed(lambda console: show_report(console, made))
    show_comparison(Console(file=io.StringIO()), compare(made, made))


def test_every_field_of_the_document_is_explained() -> None:
    text = (Path(__file__).parents[3] / "docs" / "evaluations.md").read_text(encoding="utf-8")
    document = json.loads(to_json(report(MIXED)))
    suite = document["suites"][0]
    named = {*document, *suite, *suite["total"]}
    assert {name for name in named if f"`{name}`" not in text} == set()
    assert f"`{FORMAT}`" in text
