"""The first analysis on a case's page: who wrote it, what it says, where each sentence leads, by click and by key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent.analysis.template import TemplateAnalyst
from cases.domain import events as ev
from cases.domain.analysis import Analysis, Section, Writer
from cases.domain.case import Case
from cases.domain.dossiers import dossier_of
from cases.domain.vocabulary import BankAction, Language
from desk.analysis_view import analysis_view
from desk.texts import load_texts
from tests.desk.test_desk_chromium import CASE, served, sign_in
from tests.support.chromium import Chromium
from tests.support.desk_harness import Desk, desk

pytestmark = pytest.mark.timeout(300)


def written(case: Case, bench: Desk) -> Analysis:
    dossier = dossier_of(case, 1, bench.intake._rules)
    assert dossier is not None
    return TemplateAnalyst().write(dossier)


async def analysed(bench: Desk, case: Case, **changes: object) -> Analysis:
    """Write and record the analysis of the case's call, as the effect does."""
    analysis = replace(written(case, bench), **changes)  # type: ignore[arg-type]
    await bench.record(case.id, ev.AnalysisWritten(1, analysis), "analysis")
    return analysis


async def test_the_page_shows_who_wrote_what_and_where_it_rests(tmp_path: Path) -> None:
    async with desk(tmp_path) as bench:
        case = await bench.review_case()
        browser = await bench.sign_in()
        before = (await browser.get(CASE)).text
        assert "The first analysis is being written." in before
        await analysed(bench, case)
        page = (await browser.get(CASE)).text
        assert "written by template" in page and "The first analysis is being written." not in page
        assert "Proposal: Hold" in page and "checked" not in page.split('id="decision-form"')[1].split("</fieldset>")[0]
        assert "Contradictions" in page and "The customer was told to keep the payment secret" in page
        assert 'href="#call-1-turn-9"' in page and 'data-turn-link="call-1-turn-9" data-play' in page
        chinese = (await browser.get(f"/language/zh?next={CASE}", follow_redirects=True)).text
        assert "由模板撰写" in chinese and "建议：止付" in chinese and "有人要求客户对付款保密：" in chinese


async def test_a_models_analysis_says_so_and_what_fell(tmp_path: Path) -> None:
    async with desk(tmp_path) as bench:
        case = await bench.review_case()
        browser = await bench.sign_in()
        findings = ("signals: quote not said", "what_happened: word outside the list")
        await analysed(bench, case, writer=Writer.LLM, model="m-1", findings=findings)
        page = (await browser.get(CASE)).text
        assert "written by model m-1, checked" in page and "2 sentences did not stand the check" in page
        assert "some sentences by template" in page


async def test_why_no_model_wrote_is_told(tmp_path: Path) -> None:
    async with desk(tmp_path) as bench:
        case = await bench.review_case()
        browser = await bench.sign_in()
        await analysed(bench, case, findings=("template: model stalled",))
        assert "template in place of the model: it did not answer in time" in (await browser.get(CASE)).text


async def test_an_analysis_comes_once_and_rests_on_its_call(tmp_path: Path) -> None:
    async with desk(tmp_path) as bench:
        case = await bench.review_case()
        with pytest.raises(Exception, match="proposes something else than triage"):
            await analysed(bench, case, proposal=BankAction.RELEASE)
        await analysed(bench, case)
        again = ev.AnalysisWritten(1, written(case, bench))
        with pytest.raises(Exception, match="analysed already"):
            await bench.record(case.id, again, "another-analysis")


async def test_a_citation_leads_to_its_turn_and_plays_it(tmp_path: Path) -> None:
    async with served(tmp_path) as (bench, origin), Chromium.launch() as browser:
        case = await bench.review_case()
        page = await browser.open(origin + CASE)
        await sign_in(page)
        assert "being written" in await page.text("#analysis")
        await page.evaluate("window.marked = true")
        await analysed(bench, case)
        await page.until("document.querySelector('#analysis').innerText.includes('written by template')")
        assert await page.evaluate("window.marked") is True, "it came without loading the page again"
        await page.until("document.querySelector('audio').readyState >= 1")

        await page.click("#analysis .is-signals .cite[data-turn-link='call-1-turn-9']")
        start = float(await page.evaluate("document.querySelector('#call-1-turn-9').dataset.start"))
        await page.until("document.querySelector('[data-player]').classList.contains('is-playing')")
        await page.until(f"document.querySelector('audio').currentTime * 1000 >= {start} - 1")
        await page.until("document.querySelector('#call-1-turn-9').classList.contains('is-now')")
        assert await page.evaluate("location.hash") == "#call-1-turn-9"
        await page.until("document.activeElement.matches('#call-1-turn-9 [data-seek-turn]')")

        await page.evaluate("document.querySelector('audio').pause()")
        await page.evaluate("document.querySelector('#analysis .cite[data-turn-link=\"call-1-turn-7\"]').focus()")
        await page.press("Enter", text="\r", virtual=13)
        earlier = float(await page.evaluate("document.querySelector('#call-1-turn-7').dataset.start"))
        await page.until("!document.querySelector('audio').paused")
        assert float(await page.evaluate("document.querySelector('audio').currentTime * 1000")) < start
        assert float(await page.evaluate("document.querySelector('audio').currentTime * 1000")) >= earlier - 1
        assert await page.evaluate("document.querySelector('#decision-form input[name=action]:checked')") is None
        names = set(await page.accessibility())
        assert ("heading", "First analysis") in names
        assert [name for role, name in names if role == "link" and name.startswith("Play turn 9")]
        wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0 and page.errors == []
        phone = await browser.open(origin + CASE, width=360, height=740, mobile=True)
        wide = await phone.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0 and "First analysis" in await phone.text("#analysis")


async def test_every_word_of_the_view_exists_in_both_languages(tmp_path: Path) -> None:
    reasons = ("stalled", "erred", "refused", "broke the schema", "wrote too much", "failed the check")
    async with desk(tmp_path) as bench:
        case = await bench.review_case()
        await analysed(bench, case)
        found = await bench.store.case(case.id)
        assert found is not None
        for language, texts in load_texts().items():
            view = analysis_view(found.calls[0], language)
            assert all(texts.has(f"analysis.section.{section}") for section in Section)
            assert all(texts.has(f"analysis.reason.model_{one.replace(' ', '_')}") for one in reasons)
            assert view.sections[Section.SIGNALS] and view.language is Language.EN
            words = "".join(text for line in view.sections[Section.SIGNALS] for text, _ in line.pieces)
            assert "“" in words
