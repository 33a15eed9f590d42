"""Bounds of actions."""

import pytest
import torch

from foresee.planner.bounds import Bounds


def test_actions_move_to_the_nearest_allowed_ones():
    bounds = Bounds.of((-0.5, 0.0), 1.0, 2)
    assert bounds.clip(torch.tensor([[-2.0, -2.0], [0.3, 2.0]])).tolist() == [[-0.5, 0.0], [pytest.approx(0.3), 1.0]]


@pytest.mark.parametrize(
    ("low", "high", "sentence"),
    [
        (0.5, -0.5, "action 0 is bounded by low=0.5 and high=-0.5; they must be ordered, -1 <= low <= high <= 1."),
        (
            -1.0,
            (1.0, 2.0),
            "action 1 is bounded by low=-1.0 and high=2.0; they must be ordered, -1 <= low <= high <= 1.",
        ),
        ((-1.0,) * 3, 1.0, "low has 3 numbers, but an action has 2; give one, or 2."),
    ],
)
def test_crossed_bounds_are_refused(low, high, sentence):
    with pytest.raises(ValueError) as error:
        Bounds.of(low, high, 2)
    assert str(error.value) == sentence
