"""How far members lie apart, in the unit of what they speak of."""

import pytest
import torch

from foresee.worldmodel.interface import Quantity
from foresee.worldmodel.spread import bare, spread, spreads, with_spreads

PLACE, AXIS, NUMBER = Quantity((3,), "m", ""), Quantity((3,), "unit", ""), Quantity((), "probability", "")


def test_places_numbers_and_axes_have_the_spread_one_computes_by_hand():
    apart = torch.tensor([[0.0, 0.0, 0.03], [0.0, 0.0, -0.03]])
    assert spread(apart, PLACE).tolist() == pytest.approx([0.03, 0.03])
    assert spread(torch.tensor([[0.2], [0.8]]), NUMBER).flatten().tolist() == pytest.approx([0.3, 0.3])
    lean = torch.deg2rad(torch.tensor(10.0))
    axes = torch.stack([torch.stack([way * lean.sin(), torch.tensor(0.0), lean.cos()]) for way in (1, -1)])
    assert spread(3 * axes, AXIS).tolist() == pytest.approx([10.0, 10.0], abs=1e-3)  # however long they are


def test_members_that_agree_have_no_spread_and_a_slope():
    same = torch.ones(4, 2, 5, 3, requires_grad=True)
    found = spread(same, PLACE)
    assert found.shape == (4, 2, 5) and found.max() < 1e-6
    found.sum().backward()
    assert same.grad is not None and same.grad.isfinite().all()


def test_every_number_place_and_axis_has_one_and_pictures_have_none():
    known = {"cup.up": AXIS, "cup.held": NUMBER, "image": Quantity((3, 8, 8), "1", ""), "disagreement": PLACE}
    found = spreads(known)
    assert {name: q.unit for name, q in found.items()} == {
        "cup.up.disagreement": "degrees",
        "cup.held.disagreement": "probability",
    }
    assert bare(["cup.up.disagreement", "cup.up"]) == ["cup.up"]
    scene = with_spreads({"cup.up": torch.rand(2, 3, 3)}, ["cup.up.disagreement"], known)
    assert {name: tuple(v.shape) for name, v in scene.items()} == {"cup.up.disagreement": (2, 3)}
