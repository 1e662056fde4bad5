from __future__ import annotations

import pytest

from agent.brains.identity_answers import find_identity
from cases.domain.alert import IdentityQuestion, IdentityQuestionKind
from cases.domain.identity import answers_identity

POSTCODE = IdentityQuestionKind.POSTCODE


@pytest.mark.parametrize(
    ("said", "locale", "found"),
    [
        ("SW1A 2AA", "en-GB", "SW1A2AA"),
        ("it's N1 9GU", "en-GB", "N19GU"),
        ("S for sugar, W for whiskey, one A", "en-GB", "SW1A"),
        ("sierra whiskey one alpha", "en-GB", "SW1A"),
        ("ess double-u one a", "en-GB", "SW1A"),
        ("S E fifteen", "en-GB", "SE15"),
        ("it's P E nineteen, eight A B", "en-GB", "PE198AB"),
        ("Y O ten", "en-GB", "YO10"),
        ("M twenty", "en-GB", "M20"),
        ("em twenty-one nine double u X", "en-GB", "M219WX"),
        ("B forty two", "en-GB", "B42"),
        ("nine oh two one oh", "en-US", "90210"),
        ("邮编是一零零零二零", "zh-CN", "100020"),
    ],
)
def test_a_postcode_is_heard_as_it_is_spelled(said: str, locale: str, found: str) -> None:
    assert find_identity(said, POSTCODE, locale) == found


@pytest.mark.parametrize(
    ("expected", "given", "same"),
    [
        ("SW1A", "SW1A", True),
        ("SW1A", "SW1A2AA", True),
        ("2AA", "SW1A2AA", True),
        ("SW1A2AA", "SW1A", True),
        ("SW1A2AA", "2AA", False),
        ("N1", "N19GU", True),
        ("N1", "N16", False),
        ("SW1A", "SW1", False),
        ("902", "90210", True),
        ("90210", "902", True),
        ("90210", "90", False),
        ("200", "200040", True),
        ("200040", "100040", False),
    ],
)
def test_a_part_of_a_postcode_agrees_with_the_whole(expected: str, given: str, same: bool) -> None:
    assert answers_identity(IdentityQuestion(POSTCODE, expected), given) is same


def test_a_birthday_must_be_the_same() -> None:
    question = IdentityQuestion(IdentityQuestionKind.BIRTHDAY, "03-12")
    assert answers_identity(question, "03-12") and not answers_identity(question, "03-1")
