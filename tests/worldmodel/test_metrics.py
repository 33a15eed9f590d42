import math

import pytest
import torch

from foresee.worldmodel.interface import Quantity
from foresee.worldmodel.metrics import Tally, score

POSITION, UP, HELD = Quantity((3,), "m", ""), Quantity((3,), "unit", ""), Quantity((), "probability", "")


def test_a_position_is_wrong_by_its_distance_in_metres():
    assert score("cup.position", POSITION, torch.tensor([[0.3, 0.4, 0.0]]), torch.zeros(1, 3))[
        "error"
    ] == pytest.approx(0.5)


def lean(*degrees):
    return torch.tensor([[math.sin(math.radians(d)), 0.0, math.cos(math.radians(d))] for d in degrees])


def test_an_up_vector_is_wrong_by_an_angle_and_tips_at_fifteen_degrees():
    result = score("bowl.up", UP, lean(10, 16, 30, 0), lean(0, 20, 14, 40))
    assert result["degrees"] == pytest.approx((10 + 4 + 16 + 40) / 4, abs=1e-3)
    assert result["recall"] == 0.5 and result["precision"] == 0.5


def test_chances_are_scored_as_events():
    result = score("cup.held", HELD, torch.tensor([0.9, 0.9, 0.1, 0.1]), torch.tensor([1.0, 0.0, 0.0, 1.0]))
    assert result == {"accuracy": 0.5, "f1": 0.5}
    assert "f1" not in score("cup.held", HELD, torch.tensor([0.1]), torch.tensor([0.0]))


def test_what_nobody_knows_is_nobodys_mistake():
    true = torch.tensor([[0.0, 0.0, 0.0], [torch.nan, 0.0, 0.0]])
    assert score("cup.position", POSITION, torch.zeros(2, 3), true) == {"error": 0.0}
    assert score("cup.position", POSITION, torch.zeros(1, 3), true[1:]) == {}


def test_members_are_scored_one_by_one():
    tally = Tally({"cup.position": POSITION})
    read = torch.stack([torch.full((2, 3), s) for s in (0.1, -0.1)])  # their mean would be right
    tally.add("step 1", {"cup.position": read}, {"cup.position": torch.zeros(2, 3)})
    assert tally.results()["cup.position/error/step 1"] == pytest.approx(0.1 * math.sqrt(3))
