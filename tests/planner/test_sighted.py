import numpy as np
import pytest

from foresee.planner import build
from foresee.planner.methods import method_named

SMALL = ["world_model.compile=false", "planner.candidates=16", "planner.iterations=1", "planner.horizon=3",
         "search.elites=4", "planner.keep=2", "films=0"]  # fmt: skip


def test_a_sighted_planner_starts_from_what_is_true():
    config = build.load("tabletop", ["pick up the red cup without knocking over the blue bowl", *SMALL])
    env = build.environment(config)
    method = method_named("sighted", config, env)
    obs, info = env.reset(seed=5)
    method.reset(obs, info, env)
    for _ in range(2):
        action = method.act(obs, info)
        controller = method.controller
        read = controller.planner.model.read(controller.state, ["red_cup.position", "blue_bowl.up"])
        for name, value in read.items():
            assert np.allclose(value[0].numpy(), info["scene"][name], atol=1e-6)
        obs, _, _, _, info = env.step(action)
    env.close()


def test_a_model_whose_places_nobody_can_put_is_refused():
    config = build.load("rail", ["films=0"])
    with pytest.raises(ValueError, match="needs a model of objects"):
        method_named("sighted", config, build.environment(config))


def test_there_is_no_sight_of_a_goal_picture():
    config = build.load("tasks/goal_image", SMALL)
    env = build.environment(config)
    with pytest.raises(ValueError, match="not of a goal picture"):
        method_named("sighted", config, env)
    env.close()
