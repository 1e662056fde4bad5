"""Phrase patterns, the language model built from them, and the words of pocketsphinx."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.brains.lexicon import expected_phrases
from agent.speech.language_model import END, START, Counts, Smoothing, arpa
from agent.speech.phrase_grammar import PatternError, PhrasePattern
from agent.speech.sphinx_vocabulary import Vocabulary
from cases.domain.vocabulary import Language, Question

CLASSES = {"month": ["march", "may"], "amount": ["a hundred", "ten"]}
PATTERNS = st.lists(
    st.sampled_from(["yes", "(yes|no|)", "it was [month]", "(a|b) c (d (e|f)|)", "[amount] pounds", "no"]), min_size=1
)


def sentences(pattern: str) -> dict[str, float]:
    slots = PhrasePattern.parse(pattern, CLASSES).slots
    found: dict[str, float] = {}
    for row in itertools.product(*slots):
        text = " ".join(word for words, _ in row for word in words)
        found[text] = found.get(text, 0.0) + math.prod(p for _, p in row)
    return found


def test_a_pattern_stands_for_its_sentences_with_their_shares() -> None:
    assert sentences("(yes|) [amount] (in [month]|now)") == pytest.approx(
        {
            f"{start}{amount} {end}": 0.25 * share
            for start in ("yes ", "")
            for amount in ("a hundred", "ten")
            for end, share in (("in march", 0.25), ("in may", 0.25), ("now", 0.5))
        }
    )


@pytest.mark.parametrize("pattern", ["(yes|no", "yes)", "a | b", "[planet]", "(a (b|c)"])
def test_a_broken_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        PhrasePattern.parse(pattern, CLASSES)


@given(PATTERNS)
def test_expected_counts_are_those_of_the_sentences(patterns: list[str]) -> None:
    counts = Counts()
    plain: dict[tuple[str, ...], float] = {}
    for pattern in patterns:
        counts.add(PhrasePattern.parse(pattern, CLASSES))
        for text, share in sentences(pattern).items():
            words = [START, *text.split(), END]
            for gram in zip(words, words[1:], words[2:], strict=False):
                plain[gram] = plain.get(gram, 0.0) + share
    assert dict(counts.trigrams) == pytest.approx(plain)
    assert counts.sentences == pytest.approx(len(patterns))


def read_arpa(text: str) -> tuple[dict[tuple[str, ...], float], dict[tuple[str, ...], float]]:
    probability, back_off = {}, {}
    for line in text.splitlines():
        if match := re.fullmatch(r"(-[\d.]+|0\.0000)\t([^\t]+)(?:\t(-?[\d.]+))?", line):
            gram = tuple(match[2].split())
            probability[gram] = 10 ** float(match[1])
            back_off[gram] = 10 ** float(match[3] or 0)
    return probability, back_off


@given(PATTERNS, st.booleans())
def test_after_any_history_the_probabilities_add_up_to_one(patterns: list[str], hinted: bool) -> None:
    counts = Counts()
    for pattern in patterns:
        counts.add(PhrasePattern.parse(pattern, CLASSES))
    if hinted:
        more = Counts()
        more.add(PhrasePattern.parse("no never", CLASSES))
        counts = counts.merge(more, 2.0)
    text = arpa(counts, {"weather": 2.0, "yes": 1.0}, Smoothing())
    probability, back_off = read_arpa(text)

    def chance(gram: tuple[str, ...]) -> float:
        if gram in probability:
            return probability[gram]
        return back_off.get(gram[:-1], 1.0) * chance(gram[1:])

    words = [gram[0] for gram in probability if len(gram) == 1 and gram[0] != START]
    histories = [()] + [gram for gram in probability if len(gram) < 3 and END not in gram]
    for history in histories:
        assert sum(chance((*history, word)) for word in words) == pytest.approx(1, abs=0.01)
    sizes = [len([gram for gram in probability if len(gram) == order]) for order in (1, 2, 3)]
    assert re.findall(r"ngram \d=(\d+)", text) == [str(size) for size in sizes]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    import pocketsphinx

    return Vocabulary(Path(pocketsphinx.get_model_path("en-us")) / "cmudict-en-us.dict")


def test_every_word_of_the_phrase_files_can_be_said(vocabulary: Vocabulary) -> None:
    silent = [word for word in vocabulary.words() if not vocabulary.pronounce(word)]
    assert silent == []
    assert len(vocabulary.words()) > 3000


def test_words_that_the_dictionary_lacks_are_put_together(vocabulary: Vocabulary) -> None:
    assert vocabulary.pronounce("northwind") == (
        f"{vocabulary.pronounce('north')[0]} {vocabulary.pronounce('wind')[0]}",
    )
    assert vocabulary.pronounce("monzo's")[0].endswith(" Z")
    assert vocabulary.pronounce("xqzt") == ()


def test_hints_are_likelier_and_a_phrase_is_cut_at_what_cannot_be_said(vocabulary: Vocabulary) -> None:
    base, added = vocabulary.hinted(())
    assert added == {}
    hinted, added = vocabulary.hinted(("Northwind’s xqzt trading",))
    assert set(added) == {"northwind's"}
    before, _ = read_arpa(base)
    after, _ = read_arpa(hinted)
    assert after[(START, "northwind's")] > 0.1
    assert ("northwind's", "trading") not in after
    assert after[("trading",)] > before[("trading",)]


@pytest.mark.parametrize("question", [None, *Question])
def test_nearly_all_words_that_the_rules_expect_can_be_said(vocabulary: Vocabulary, question: Question | None) -> None:
    words = {word for phrase in expected_phrases(Language.EN, question) for word in phrase.split()}
    silent = {word for word in words if not vocabulary.pronounce(word)}
    assert len(silent) <= 0.02 * len(words), silent
