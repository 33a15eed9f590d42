"""Knots between which chunks are filled in."""

import pytest
import torch

from foresee.planner.basis import Knots, Repeat, coarse, expand, fine, project
from foresee.planner.belief import Belief

BASES = [Repeat(2), Repeat(3), Knots(4), Knots(4, "cubic"), Knots(2, "cubic")]


@pytest.mark.parametrize("basis", BASES, ids=str)
class TestBasis:
    def test_what_knots_can_say_survives_the_way_there_and_back(self, basis):
        knots = torch.rand(2, 5, basis.matrix(9).shape[1], 3)
        chunks = expand(basis, knots, 9)
        assert chunks.shape == (2, 5, 9, 3)
        torch.testing.assert_close(project(basis, chunks), knots, atol=1e-4, rtol=1e-4)

    def test_a_constant_stays_one(self, basis):
        knots = torch.full((basis.matrix(9).shape[1], 1), 0.7)
        torch.testing.assert_close(expand(basis, knots, 9), torch.full((9, 1), 0.7))

    def test_a_belief_keeps_its_width(self, basis):
        belief = coarse(basis, Belief.start(1, 9, 2, std=0.5))
        assert belief.std == pytest.approx(torch.full_like(belief.std, 0.5))
        assert fine(basis, belief, 9).std.shape == (1, 9, 2)

    def test_one_step_is_one_step(self, basis):
        assert expand(basis, torch.ones(basis.matrix(1).shape[1], 1), 1).shape == (1, 1)


def test_repeated_actions_are_repeated():
    assert expand(Repeat(2), torch.tensor([[1.0], [2.0], [3.0]]), 5)[:, 0].tolist() == [1, 1, 2, 2, 3]


def test_lines_and_curves_go_through_their_knots():
    knots = torch.tensor([[0.0], [1.0], [0.0]])
    assert expand(Knots(3), knots, 5)[:, 0].tolist() == pytest.approx([0, 0.5, 1, 0.5, 0])
    assert expand(Knots(3, "cubic"), knots, 5)[:, 0].tolist() == pytest.approx([0, 0.6875, 1, 0.6875, 0])


def test_without_a_basis_nothing_happens():
    chunks = torch.rand(1, 2, 3, 4)
    assert expand(None, chunks, 3) is chunks and project(None, chunks) is chunks


def test_impossible_options_are_refused():
    with pytest.raises(ValueError, match="times is 0; it must be at least 1"):
        Repeat(0)
    with pytest.raises(ValueError, match="a curve needs at least 2 knots"):
        Knots(1)
    with pytest.raises(ValueError, match=r"kind is 'round'; it must be one of \['linear', 'cubic'\]"):
        Knots(3, "round")  # type: ignore[arg-type]
