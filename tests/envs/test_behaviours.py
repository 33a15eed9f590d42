"""Behaviours repeat themselves, stay in bounds, and do what they are named after."""

import numpy as np
import pytest

from foresee.envs.behaviours import SKILLS, make
from foresee.envs.red_cup import RedCup


@pytest.fixture(scope="module")
def env():
    world = RedCup(cameras=(), endless=True, steps=30)
    yield world
    world.close()


def play(env: RedCup, name: str, seed: int) -> dict[str, np.ndarray]:
    obs, info = env.reset(seed=seed)
    policy, rows = make(name, np.random.default_rng(seed), env), []
    late = False
    while not late:
        action = policy(obs, info)
        assert np.abs(action).max() <= 1.0
        obs, _, _, late, info = env.step(action)
        rows.append({**info["scene"], "action": action})
    return {key: np.stack([row[key] for row in rows]) for key in rows[0]}


@pytest.mark.parametrize("name", SKILLS)
def test_a_behaviour_is_a_function_of_its_seed(env, name):
    first, second = play(env, name, 3), play(env, name, 3)
    np.testing.assert_array_equal(first["action"], second["action"])


def test_pushing_tips_bowls_and_picking_holds_cups(env):
    tipped = sum(play(env, "push_bowl", seed)["bowl.up"][:, 2].min() < 0.9 for seed in range(4))
    held = sum(play(env, "pick", seed)["cup.held"].max() for seed in range(4))
    assert tipped >= 2 and held >= 2


def test_near_misses_close_on_nothing_at_height(env):
    closed_on_air = 0
    for seed in range(6):
        seen = play(env, "near_miss", seed)
        high = (seen["gripper.position"][:, 2] > 0.12) & (seen["gripper.width"] < 0.02) & (seen["cup.held"] == 0)
        closed_on_air += high.any()
    assert closed_on_air >= 1


def test_an_unknown_behaviour_is_refused_with_those_there_are(env):
    with pytest.raises(ValueError, match=r"there is no behaviour 'pikc'; there are \['pick', 'near_miss'"):
        make("pikc", np.random.default_rng(0), env)
