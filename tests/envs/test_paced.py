"""A paced environment is the same one, and no quicker than a robot."""

from time import perf_counter

import numpy as np
import pytest

from foresee.envs.interface import SceneEnv
from foresee.envs.paced import paced
from foresee.envs.rail import Rail


def test_steps_take_their_time_and_nothing_else_changes():
    plain, slow = Rail(size=8), paced(Rail(size=8), 10.0)
    assert isinstance(slow, SceneEnv) and slow.fps == plain.fps == 5.0
    plain.reset(seed=3), slow.reset(seed=3)
    assert slow.unwrapped.np_random_seed == 3
    began = perf_counter()
    for action in np.linspace(-1, 1, 9, dtype=np.float32).reshape(3, 3):
        (one, *_), (other, *_) = plain.step(action), slow.step(action)
        np.testing.assert_array_equal(one["proprio"], other["proprio"])
    assert perf_counter() - began >= 3 / (5.0 * 10.0)


def test_no_pace_is_the_environment_itself():
    env = Rail(size=8)
    assert paced(env, None) is env


@pytest.mark.parametrize("pace", [0, -1, True, "fast", float("nan"), float("inf")])
def test_a_pace_that_cannot_be_is_refused(pace):
    with pytest.raises(ValueError, match="it must be a number above 0: 1 is as fast as the robot"):
        paced(Rail(size=8), pace)
