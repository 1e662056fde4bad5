"""The door of the room: reads one utterance in whichever language it is in."""

from __future__ import annotations

from agent.brains.lexicon import load
from agent.brains.spoken import spoken_language
from agent.brains.understanding.heard import Heard, Understood
from agent.brains.understanding.reader import Reader
from cases.domain.reading import Reading
from cases.domain.vocabulary import Intent, Language


def understand(heard: Heard) -> Understood:
    """Read one utterance."""
    language = spoken_language(heard.text, heard.language)
    if language is None:
        return Understood(Reading(Intent.UNCLEAR, language=None, complete=False), False, False, False)
    # A single English word in a Chinese call ("OK") does not make the call English.
    single = len(heard.text.split()) == 1 and language is Language.EN
    return Reader(heard, load(language), heard.language if single else language).read()
