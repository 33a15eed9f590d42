"""What holds of any actor, whatever it has learned: who is not there, where the table is, and what is said."""

import math

import pytest
import torch

from foresee.worldmodel.objects.goal import Goal
from foresee.worldmodel.objects.model import Objects
from foresee.worldmodel.objects.state import HAND, TARGET, State

from .conftest import SMALL, made

M, T, FEATURES = 6, 3, SMALL["features"]
PLACE, HEADING = (6, 7), (9, 10, 11)
"""Numbers of `about` that say where on the table the hand is told to be, and how it is turned in the world."""


@pytest.fixture
def network():
    return made(actor=16, chunk=T).eval().requires_grad_(False)


@pytest.fixture
def scene():
    """Hands that point down, two objects each, and a place for both hand and objects."""
    noise = torch.Generator().manual_seed(0)

    def drawn(*shape):
        return torch.randn(*shape, generator=noise)

    def robot():
        angle = drawn(M, 1)
        side = torch.cat([angle.cos(), angle.sin(), 0 * angle], -1)
        down = torch.tensor([[0.0, 0.0, -1.0]]).expand(M, 3)
        return torch.cat([0.2 * drawn(M, 3), down, side, 0.04 + 0 * angle, 0.2 * drawn(M, 3), 0.04 + 0 * angle], -1)

    slots = torch.cat([0.2 * drawn(M, 2, 3), drawn(M, 2, 3), drawn(M, 2, FEATURES)], -1)
    now = State(robot(), slots, torch.tensor([[0, 3]]).expand(M, 2))
    goal = Goal.of(robot(), drawn(M, 2, 6), torch.zeros(M, 2), torch.full((M,), 5.0))
    return now, goal, (drawn(M, T * 5), drawn(M, 2, 6))


def test_who_is_not_there_changes_no_chunk(network, scene):
    now, goal, noise = scene
    model, drawn = Objects.of(network), torch.cat([part.flatten(1) for part in noise], -1)[:, None]
    alone = State(now.robot, now.slots[:, :1], now.who[:, :1])
    beside = now._replace(who=torch.tensor([[0, -1]]).expand(M, 2))
    about_one = goal._replace(place=goal.place[:, :1], held=goal.held[:, :1])
    nobody = goal._replace(place=goal.place.clone(), held=goal.held.clone())
    nobody.place[:, 1], nobody.held[:, 1] = torch.nan, torch.nan
    one, two, full = (
        model.act(state, Goal(*(each[:, None] for each in wanted)), drawn)
        for state, wanted in ((alone, about_one), (beside, nobody), (now, nobody))
    )
    torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(two, full, atol=1e-3)  # whoever is there does


def spun(vectors):
    """Turn vectors about the vertical. Shape (..., 3 n)."""
    cos, sin = math.cos(0.7), math.sin(0.7)
    turn = torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    return (vectors.unflatten(-1, (-1, 3)) @ turn.T).flatten(-2)


def gone(place):
    """Turn places about the vertical, and move them over the table."""
    return spun(place) + torch.tensor([0.2, -0.1, 0.0])


def elsewhere(now, goal):
    """The same scene and wish, turned and moved."""
    x = now.robot
    robot = torch.cat([gone(x[:, HAND]), spun(x[:, 3:9]), x[:, 9:10], gone(x[:, TARGET]), x[:, 13:]], -1)
    slots = torch.cat([gone(now.slots[..., :3]), spun(now.slots[..., 3:6]), now.slots[..., 6:]], -1)
    hand, side, width = goal.robot.split([3, 2, 1], -1)
    side = spun(torch.cat([side, 0 * width], -1))[:, :2]
    place = torch.cat([gone(goal.place[..., :3]), spun(goal.place[..., 3:])], -1)
    return State(robot, slots, now.who), goal._replace(robot=torch.cat([gone(hand), side, width], -1), place=place)


def test_chunks_and_outcomes_turn_and_move_with_the_scene(network, scene):
    """But for what is told of the table: the robot's limits lie where they lie, whichever way the scene is turned."""
    now, goal, noise = scene
    there, wish = elsewhere(now, goal)

    def found():
        (chunk, place), (other, end) = (
            network.actor.sample(state, network.known(state.who), wanted, noise)
            for state, wanted in ((now, goal), (there, wish))
        )
        alike = (
            torch.cat([spun(chunk[..., :3]), chunk[..., 3:]], -1),
            torch.cat([gone(place[..., :3]), spun(place[..., 3:])], -1),
        )
        return zip(alike, (other, end), strict=True)

    assert not any(torch.allclose(*pair, atol=1e-3) for pair in found())
    for layer in (network.actor.scene, network.actor.whole[0]):
        layer.weight[:, [*PLACE, *HEADING]] = 0.0
    for one, other in found():
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def test_what_is_wanted_of_an_object_changes_the_chunk(network, scene):
    now, goal, noise = scene

    def chunk(wanted):
        return network.actor.sample(now, network.known(now.who), wanted, noise)[0]

    silent = goal._replace(place=torch.full_like(goal.place, torch.nan))
    swapped = goal._replace(place=goal.place.flip(1))
    found = torch.stack([chunk(each) for each in (goal, silent, swapped)])
    assert (torch.cdist(found.flatten(2).transpose(0, 1), found.flatten(2).transpose(0, 1)) > 1e-4).sum() == 6 * M
