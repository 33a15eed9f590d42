"""Behaviours of the tabletop are functions of their seeds, and do what they are named after."""

import numpy as np
import pytest

from foresee.envs.catalogue import kind
from foresee.envs.skills import SKILLS
from foresee.envs.tabletop import Tabletop


@pytest.fixture(scope="module")
def env():
    world = Tabletop(drawn=(1, 4), cameras=(), begin={"held": 0.5, "stacked": 0.5})
    yield world
    world.close()


@pytest.mark.parametrize("name", SKILLS)
def test_a_behaviour_is_a_function_of_its_seed(env, name):
    runs = []
    for _ in range(2):
        observation, info = env.reset(seed=8)
        policy, actions = env.behaviour(name, np.random.default_rng(1)), []
        for _ in range(10):
            actions.append(policy(observation, info))
            observation, *_, info = env.step(actions[-1])
        runs.append(np.stack(actions))
    np.testing.assert_array_equal(*runs)
    assert np.abs(runs[0]).max() <= 1


def test_a_scripted_pick_lifts_what_fits_between_the_fingers():
    for name in ("red_cup", "red_block", "red_bottle"):
        env, lifted = Tabletop(objects=[name], cameras=(), layouts=["roomy"], steps=35), 0
        for seed in range(3):
            observation, info = env.reset(seed=seed)
            policy, late, most = env.behaviour("pick", np.random.default_rng(seed)), False, 0.0
            while not late:
                observation, _, _, late, info = env.step(policy(observation, info))
                most = max(most, float(info["scene"][f"{name}.held"] * info["scene"][f"{name}.position"][2]))
            lifted += most > env.factors.shape(name).height / 2 + 0.02
        assert lifted >= 2, kind(name)
        env.close()
