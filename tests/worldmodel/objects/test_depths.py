"""Depth is painted thing by thing: in any order, without those that are not there, and it can be learned."""

import pytest
import torch

from foresee.worldmodel.objects.depths import Depths
from foresee.worldmodel.objects.physics import ABOUT

FEATURES, KINDS, SIDE = 2, 3, 16


@pytest.fixture
def made():
    torch.manual_seed(0)
    robot, slots = torch.zeros(5, 14), torch.randn(5, 3, 6 + FEATURES)
    robot[:, 7] = -1.0
    return Depths(FEATURES, KINDS, ABOUT), robot, slots, torch.eye(KINDS).expand(5, 3, KINDS), torch.ones(5, 3, 1)


def test_objects_may_come_in_any_order(made):
    depths, robot, slots, kind, there = made
    turned = [2, 0, 1]
    other = depths(robot, slots[:, turned], kind[:, turned], there)
    assert torch.allclose(depths(robot, slots, kind, there), other, atol=1e-5)


def test_who_is_not_there_hides_nothing(made):
    depths, robot, slots, kind, there = made
    there[:, 2] = 0.0
    shown = depths(robot, slots, kind, there)
    slots[:, 2] += 1.0
    assert torch.equal(shown, depths(robot, slots, kind, there)) and shown.shape == (5, SIDE, SIDE)
    assert torch.allclose(shown, depths(robot, slots[:, :2], kind[:, :2], there[:, :2]), atol=1e-5)


def test_several_futures_are_painted_at_once(made):
    depths, robot, slots, kind, there = made
    both = depths.layers(torch.stack([robot, robot]), torch.stack([slots, slots + 0.1]), kind, there)
    for two, one in zip(both, depths.layers(robot, slots, kind, there), strict=True):
        assert torch.allclose(two[0], one, atol=1e-5) and not torch.equal(two[0], two[1])


def test_what_is_seen_is_likelier_than_what_is_not(made):
    depths, *scene = made
    seen, layers = depths(*scene), depths.layers(*scene)
    assert depths.error(layers, seen) < depths.error(layers, seen + 0.02) < depths.error(layers, seen + 0.2)


def test_a_block_is_found_where_it_stands():
    torch.manual_seed(0)
    depths, robot = Depths(0, 1, ABOUT), torch.zeros(64, 14)
    robot[:, 7] = -1.0
    optimizer = torch.optim.Adam(depths.parameters(), lr=3e-3)
    kind, there = torch.ones(64, 1, 1), torch.ones(64, 1, 1)
    axis = torch.linspace(-1.0, 1.0, SIDE)

    def scenes():
        at = 1.6 * torch.rand(64, 2) - 0.8
        slots = torch.zeros(64, 1, 6)
        slots[:, 0, :2] = torch.tensor([0.52, 0.0]) + 0.1 * at
        near = ((axis[:, None] - at[:, None, None, 0]).abs() < 0.2) & ((axis - at[:, None, None, 1]).abs() < 0.2)
        return slots, torch.where(near, 0.8, 1.0)

    for _ in range(250):
        slots, depth = scenes()
        loss = depths.error(depths.layers(robot, slots, kind, there), depth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    slots, depth = scenes()
    with torch.no_grad():
        gap = (depths(robot, slots, kind, there) - depth).abs()
    assert float(gap[depth < 0.9].mean()) < 0.05  # of a block that stands out by 0.2 m
