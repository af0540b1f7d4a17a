"""The reference of kinds says all of them, with the thresholds of the checks."""

import pytest

from trainability.diagnostics import KINDS
from trainability.diagnostics.checks import units
from trainability.diagnostics.meanings import MEANINGS


def test_every_kind_has_its_meaning_in_the_order_of_causes():
    assert tuple(MEANINGS) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_meaning_is_two_texts_of_whole_sentences(kind):
    for text in MEANINGS[kind]:
        assert text[0].isupper() or text[0].isdigit()
        assert text.endswith(".") and "  " not in text


def test_a_threshold_is_that_of_the_check():
    assert f"More than {units.DEAD:.0%} of a layer" in MEANINGS["dead_units"][1]
