"""Margins per step."""

import pytest

from foresee.costs import Height, Limit, Margin
from foresee.costs.margin import margin_of


def test_a_margin_grows_up_to_its_end():
    assert Margin(first=0.01, growth=0.02, most=0.04).steps(4) == pytest.approx([0.01, 0.03, 0.04, 0.04])


def test_what_does_not_grow_is_one_number_or_none():
    assert Margin(0.5).steps(9) == 0.5
    assert margin_of(None).steps(9) is None


def test_calibrated_steps_are_taken_as_they_are():
    assert margin_of((0.1, 0.2, 0.3)).steps(2) == [0.1, 0.2]


@pytest.mark.parametrize(
    ("margin", "sentence"),
    [
        ({"growth": 0.1}, "a margin that grows needs an end: give 'margin.most', in the unit of the cost."),
        ({"growth": -0.1, "most": 1.0}, "'margin.growth' is at least 0, got -0.1."),
        ({"first": 2.0, "most": 1.0}, "'margin.most' is at least 'margin.first' = 2.0, got 1.0."),
        ({"grow": 0.1}, "a margin has no 'grow'; it is made of first, growth, most."),
        ("wide", "'margin' is a finite number, got 'wide'."),
        ((0.1, float("nan")), "'margin' is a finite number, got nan."),
    ],
)
def test_a_margin_that_cannot_be_meant_is_refused(margin, sentence):
    with pytest.raises(ValueError) as error:
        Limit(Height("cup.position", 0.0), at_most=1.0, margin=margin)
    assert str(error.value) == sentence
