import numpy as np
import pytest

from foresee.planner import build
from foresee.planner.curious import WHIMS, Curious, whim

SMALL = [
    "env.cameras=[front, side]", "env.distractors=2", "world_model.compile=false", "planner.candidates=16",
    "planner.iterations=1", "planner.horizon=3", "search.elites=4", "planner.keep=2",
]  # fmt: skip


def test_whims_are_about_what_is_there_and_differ():
    rng, found = np.random.default_rng(0), set()
    for _ in range(40):
        drawn = whim(rng, ["red_cup", "blue_bowl"])
        things = {name.split(".")[0] for name in drawn.needs} - {"gripper"}
        assert things <= {"red_cup", "blue_bowl"} and len(things) == 1 and not drawn.subject_to
        found |= {next(kind for kind in (*WHIMS, "reach") if kind in drawn.minimize), *things}
    assert found == {*WHIMS, "red_cup", "blue_bowl"}


def test_it_acts_on_whatever_stands_there_and_repeats_itself():
    config = build.load("tabletop", ["env.objects=[green_block]", *SMALL])
    env = build.environment(config)
    policy, done = Curious(config, env), []
    for seed in (3, 3, 4):
        obs, info = env.reset(seed=seed)
        policy.reset(obs, info, env)
        steps = []
        for _ in range(3):
            steps.append(policy.act(obs, info))
            obs, _, _, _, info = env.step(steps[-1])
        assert set(policy.named.objects) == set(info["objects"])
        done.append(np.stack(steps))
    env.close()
    assert np.array_equal(done[0], done[1]) and not np.array_equal(done[0], done[2])
    assert np.abs(done).max() <= 1.0


def test_a_model_without_objects_is_refused():
    config = build.load("rail", ["films=0"])
    with pytest.raises(ValueError, match="needs a model of objects"):
        Curious(config, build.environment(config))
