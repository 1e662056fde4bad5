"""Calls in text, and what their first analyses may rest on."""

from __future__ import annotations

from dataclasses import replace

from cases.domain.alert import Alert
from cases.domain.analysis import Analysis, Dossier, Section
from cases.domain.call import Call
from cases.domain.vocabulary import Disposition, Language
from tests.support.text_talk import ALERTS, EN, POLICY, ZH, Script, call, judged, scripted

COACHED_EN: Script = {
    **EN,
    "ask_purpose": "It's a gift for family. I've paid them before.",
    "ask_contacted": "No, nobody contacted me.",
    "ask_told_what_to_say": "Yes, the man from the bank told me to say it's for family.",
    "ask_proceed": "Yes, I still want to make the payment.",
}
COACHED_ZH: Script = {
    **ZH,
    "ask_purpose": "给亲戚的。我以前给他转过钱。",
    "ask_contacted": "没有，没人联系过我。",
    "ask_told_what_to_say": "有，他们让我说是给亲戚的。",
    "ask_proceed": "要，我还是要转。",
}
DENIES_EN: Script = {**EN, "ask_made": "No, that wasn't me."}


def dossier(alert: Alert, held: Call, **changes: object) -> Dossier:
    """What an analysis of a call may rest on, as triage judged it."""
    assessment = judged(alert, held)
    made = Dossier(alert, Disposition.ANSWERED, held, assessment, assessment.action, POLICY)
    return replace(made, **changes)  # type: ignore[arg-type]


async def talked(script: Script, language: Language = Language.EN) -> Dossier:
    """The dossier of a call with a customer who answers so."""
    alert = ALERTS[language]
    return dossier(alert, await call(alert, scripted(script)))


def texts(analysis: Analysis, section: Section, language: Language = Language.EN) -> list[str]:
    """The sentences of one section."""
    return [one.text.get(language) for one in analysis.of(section)]
