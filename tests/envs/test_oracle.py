"""The simulator as a world model agrees with the simulator."""

import numpy as np
import pytest
import torch

from foresee.envs.oracle import Oracle
from foresee.envs.red_cup import RedCup
from foresee.envs.scripted import Scripted
from foresee.envs.tabletop import Tabletop

NAMES = ["red_cup.position", "red_cup.held", "blue_bowl.up", "clearance.gripper.blue_bowl", "gripper.position"]


@pytest.fixture(scope="module")
def env():
    world = RedCup(cameras=())
    yield world
    world.close()


@pytest.mark.parametrize("before", [0, 9])
def test_an_exact_oracle_foretells_bit_for_bit(env, before):
    _, info = env.reset(seed=4)
    pick = Scripted(env.actions, [{"verb": "pick", "object": "red_cup"}])
    for _ in range(before):
        info = env.step(pick(info["scene"]))[4]
    oracle = Oracle(env, exact=True)
    chunks = torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, (1, 2, 6, 5)).astype(np.float32))
    imagined = oracle.imagine(oracle.encode(), chunks, NAMES)
    for step, action in enumerate(chunks[0, 1].numpy()):
        scene = env.step(action)[4]["scene"]
        for name in NAMES:
            np.testing.assert_array_equal(imagined[name][0, 0, 1, step].numpy(), scene[name], err_msg=name)
    oracle.close()


def test_imagining_leaves_the_world_alone(env):
    env.reset(seed=4)
    oracle, before = Oracle(env), env.world.proprio()
    oracle.imagine(oracle.encode(), torch.ones(1, 2, 3, 5), NAMES)
    np.testing.assert_array_equal(before, env.world.proprio())
    oracle.close()


def test_two_scenes_at_once_are_refused(env):
    env.reset(seed=4)
    oracle = Oracle(env)
    with pytest.raises(ValueError, match="one scene at a time, not 2"):
        oracle.imagine(oracle.encode(), torch.zeros(2, 1, 1, 5), NAMES)
    oracle.close()


def test_on_the_tabletop_it_also_begins_with_what_the_hand_holds_and_knows_the_others():
    env = Tabletop(objects=["red_block"], distractors=2, begin={"held": 1.0}, cameras=())
    oracle = Oracle(env, exact=True)
    env.reset(seed=2)
    names = [name for name in oracle.quantities if "others" in name or "red_block" in name]
    chunks = torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, (1, 1, 5, 5)).astype(np.float32))
    imagined = oracle.imagine(oracle.encode(), chunks, names)
    for step, action in enumerate(chunks[0, 0].numpy()):
        scene = env.step(action)[4]["scene"]
        for name in names:
            np.testing.assert_array_equal(imagined[name][0, 0, 0, step].numpy(), scene[name], err_msg=name)
    oracle.close()
    env.close()


def test_it_says_that_it_is_exact(env):
    for exact, said in ((True, "exact"), (False, "exact until things touch")):
        oracle = Oracle(env, exact=exact)
        assert oracle.error_of("red_cup.position") == said and "what a real robot does differently" in oracle.unknowable
        oracle.close()
