"""Scenes that the red cup's objective would like, read by the shipped model in the simulator's scenes."""

import numpy as np
import pytest
import torch

from foresee.costs.displacement import Displacement
from foresee.costs.distance import Distance
from foresee.costs.objective import Limit, Objective, Weighted
from foresee.costs.speed import Speed
from foresee.planner import build
from foresee.planner.control import Controller
from foresee.planner.wanted import Wanted, normals, points
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
    goal, mover = Wanted(model, aim)(state)
    cup = model.catalogue.index("red_cup")
    assert (state.who[0, mover[0]] == cup).all()
    place = goal.place[0, range(8), mover[0]]
    assert (place[:, 2] - 0.22).abs().max() < 0.04 and (place[:, 5] > 0.9).all()
    hand = goal.robot[0, :, :3] - place[:, POSITION]
    assert hand.norm(dim=-1).max() < 0.08
    assert torch.isfinite(goal.place).any(-1).sum() == 8  # nothing is said of the bowl


def test_wanted_scenes_are_the_same_at_every_plan_and_in_every_company(seen):
    model, aim, state, _ = seen
    wanted = Wanted(model, aim)
    one, two = (wanted(state)[0].place.nan_to_num() for _ in range(2))
    assert one.equal(two) and len(one[0].flatten(1).unique(dim=0)) == 8
    other = model.told(state, {"red_cup.position": np.array([0.55, 0.2, 0.06])})
    both = type(state)(*(torch.cat([a, b]) for a, b in zip(other, state, strict=True)))
    torch.testing.assert_close(wanted(both)[0].place.nan_to_num()[1], one[0], atol=1e-5, rtol=0)


def test_a_limit_on_speed_does_not_keep_what_is_wanted_near_the_present(seen):
    """A wanted scene lies some steps ahead, so that nobody knows how fast anything gets there."""
    model, aim, state, _ = seen
    slow = Limit(Speed("red_cup.position"), at_most=0.01)
    goal, mover = Wanted(model, Objective(aim.minimize, {**aim.subject_to, "slow": slow}))(state)
    cup = model.catalogue.index("red_cup")
    assert (state.who[0, mover[0]] == cup).all() and (goal.place[0, range(8), mover[0], 2] > 0.15).all()


def test_where_only_motion_matters_no_scene_is_wanted_and_the_planner_does_without_the_actor(seen):
    model, aim, *_ = seen
    calm = Objective({"calm": Weighted(Speed("red_cup.position"), weight=1.0)})
    with pytest.raises(ValueError, match="what is wanted is only how things move"):
        Wanted(model, calm)
    config = build.load("red_cup")
    counts = [len(build.planner(config, model, each).offers.proposals) for each in (aim, calm)]
    assert counts[1] == counts[0] - 1


def test_what_must_not_move_now_is_not_wanted_elsewhere(seen):
    """Cup and bowl are to meet, and either could go."""
    model, _, state, _ = seen
    meet = {"meet": Weighted(Distance("red_cup.position", "blue_bowl.position"), 1.0)}
    movers = {}
    for fixed in ("red_cup", "blue_bowl"):
        stays = {"stays": Limit(Displacement(f"{fixed}.position", since="now"), at_most=0.01)}
        _, mover = Wanted(model, Objective(meet, stays))(state)
        movers[fixed] = {model.catalogue[int(which)] for which in state.who[0, mover[0]]}
    assert movers == {"red_cup": {"blue_bowl"}, "blue_bowl": {"red_cup"}}


def test_what_is_held_in_the_air_may_be_wanted_on_the_table(seen):
    model, _, state, scene = seen
    there = {**scene, "red_cup.position": np.array([0.5, 0.0, 0.3])}
    aim = Objective({"put": Weighted(Distance("red_cup.position", (0.55, 0.15, 0.05)), 1.0)})
    goal, mover = Wanted(model, aim)(model.told(state, there))
    assert float((goal.place[0, 0, mover[0, 0], POSITION] - torch.tensor([0.55, 0.15, 0.05])).norm()) < 0.03


def test_points_fill_the_cube_evenly():
    drawn = points(256, 2, 3)[0].flatten(1)
    part = points(192, 3, 3, 1)[0, ::16, 0]  # what one kept scene gets
    assert ((part > 0.5).float().mean(0) - 0.5).abs().max() < 0.3
    assert drawn.shape == (256, 6) and (drawn.mean(0) - 0.5).abs().max() < 0.01  # chance: 0.018 is usual
    assert not drawn.equal(points(256, 2, 3, 1)[0].flatten(1))
    assert abs(float(normals(points(1024, 1, 1)).std()) - 1.0) < 0.02


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
    goal, mover = Wanted(model, aim)(model.told(state, moved), anchors)
    cup = goal.place[0, 0, mover[0, 0], 1]
    assert abs(float(cup - began) - 0.15) < 0.03
    env.close()
