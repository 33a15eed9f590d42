"""Scenes that the red cup's objective would like, read by the shipped model in the simulator's scenes."""

import numpy as np
import pytest
import torch

from foresee.planner import build
from foresee.planner.control import Controller
from foresee.planner.noise import Noise
from foresee.planner.wanted import Wanted, independent
from foresee.worldmodel.objects.state import POSITION


@pytest.fixture(scope="module")
def seen():
    """The red cup's model, objective, one scene as the model sees it, and as it is."""
    config = build.load("red_cup", ["world_model.compile=false"])
    env = build.environment(config)
    model, aim = build.world_model(config, env), build.objective(config)
    obs, info = env.reset(seed=3)
    controller: Controller = build.controller(config, build.planner(config, model, aim))
    controller.reset(obs)
    yield model, aim, model.encode(controller.context), info["scene"]
    env.close()


def test_the_red_cup_is_wanted_in_the_air_and_the_hand_at_it(seen):
    model, aim, state, _ = seen
    goal, mover = Wanted(model, aim)(state, Noise([(0,)]))
    cup = model.catalogue.index("red_cup")
    assert (state.who[0, mover[0]] == cup).all()
    place = goal.place[0, range(8), mover[0]]
    assert (place[:, 2] - 0.22).abs().max() < 0.04 and (place[:, 5] > 0.9).all()
    hand = goal.robot[0, :, :3] - place[:, POSITION]
    assert hand.norm(dim=-1).max() < 0.08
    assert torch.isfinite(goal.place).any(-1).sum() == 8  # nothing is said of the bowl


def test_wanted_scenes_are_those_of_their_seed_alone(seen):
    model, aim, state, _ = seen
    wanted = Wanted(model, aim)
    one, two, other = (wanted(state, Noise([(seed,)]))[0].place for seed in (0, 0, 1))
    assert one.equal(two) or torch.equal(one.nan_to_num(), two.nan_to_num())
    assert not torch.equal(one.nan_to_num(), other.nan_to_num())
    twice = type(state)(*(torch.cat([each, each]) for each in state))
    both = wanted(twice, Noise([(1,), (0,)]))[0].place
    torch.testing.assert_close(both[1].nan_to_num(), one[0].nan_to_num(), atol=1e-5, rtol=0)


def test_numbers_hang_together_in_no_way_whatever_the_colour():
    from foresee.planner.noise import Correlated

    drawn = independent(Noise([(0,)], colour=Correlated(0.9)), 4000, 2, 1)[0, :, :, 0]
    assert abs(float(torch.corrcoef(drawn.T)[0, 1])) < 0.05


def test_what_is_wanted_does_not_move_away_with_the_object():
    """15 cm to the left of where the cup was when the episode began, wherever it is by now."""
    config = build.load("tasks/carry", ["world_model.compile=false", "env.distractors=0"])
    env = build.environment(config)
    model, aim = build.world_model(config, env), build.objective(config)
    obs, info = env.reset(seed=3)
    controller = build.controller(config, build.planner(config, model, aim))
    controller.reset(obs)
    state = model.encode(controller.context)
    began = model.read(state, ["yellow_cup.position"])["yellow_cup.position"][0, 1]
    anchors = {f"{name}@start": value for name, value in model.read(state, list(model.quantities)).items()}
    moved = {**info["scene"], "yellow_cup.position": info["scene"]["yellow_cup.position"] + np.array([0.0, 0.1, 0.0])}
    goal, mover = Wanted(model, aim)(model.told(state, moved), Noise([(0,)]), anchors)
    cup = goal.place[0, 0, mover[0, 0], 1]
    assert abs(float(cup - began) - 0.15) < 0.03
    env.close()
