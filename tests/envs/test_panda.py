"""The fingers move as one: what they hold does not slide between them."""

import numpy as np
import pybullet
import pytest

from foresee.envs.robots import panda
from foresee.envs.tabletop import Tabletop


@pytest.mark.parametrize("seed", [3, 4])
def test_what_is_held_stays_in_the_middle_of_the_hand(seed):
    env = Tabletop(objects=["red_block"], cameras=(), begin={"held": 1.0}, layouts=("roomy",))
    _, info = env.reset(seed=seed)
    assert info["scene"]["red_block.held"]
    world, places = env.world, []
    for sign in (1, -1, 1, -1):
        for axis in range(2):
            action = np.zeros(5, np.float32)
            action[axis], action[2], action[4] = sign, 0.3, -1.0
            _, _, _, _, info = env.step(action)
            hand, turn = world.hand()
            places.append(turn.T @ (info["scene"]["red_block.position"] - hand))
            left, right = pybullet.getJointStates(
                world.robot, (panda.LEFT_FINGER, panda.RIGHT_FINGER), physicsClientId=world.id
            )
            assert abs(left[0] - right[0]) < 1e-3
    assert info["scene"]["red_block.held"]
    assert np.ptp(np.array(places)[:, 1]) < 1e-3  # along the closing axis, metres
    env.close()
