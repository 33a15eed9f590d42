"""Actions stay inside the limits, and what is executed is what is said."""

import numpy as np
import pytest

from foresee.envs.action import ActionMap, Pose


def pose(**changes) -> Pose:
    values = {"position": np.array([0.5, 0.0, 0.2]), "angles": np.zeros(3), "width": 0.08} | changes
    return Pose(**values)


def test_a_full_step_is_four_centimetres():
    after, executed = ActionMap().apply(pose(), np.array([1.0, 0, 0, 0, 0]))
    assert after.position == pytest.approx([0.54, 0.0, 0.2])
    assert executed == pytest.approx([1, 0, 0, 0, 0])


def test_the_workspace_cuts_a_step_and_says_so():
    actions = ActionMap()
    after, executed = actions.apply(pose(position=np.array([0.69, 0.0, 0.2])), np.array([1.0, 0, 0, 0, 0]))
    assert after.position[0] == actions.high[0]
    assert executed[0] == pytest.approx(0.25)


def test_actions_beyond_one_count_as_one():
    actions = ActionMap()
    wild, tame = actions.apply(pose(), np.full(5, 9.0)), actions.apply(pose(), np.ones(5))
    np.testing.assert_array_equal(wild[1], tame[1])


def test_not_a_number_moves_nothing():
    after, executed = ActionMap().apply(pose(width=0.04), np.full(5, np.nan))
    assert after.position == pytest.approx([0.5, 0.0, 0.2])
    assert not executed.any()


def test_an_open_gripper_opens_no_further():
    assert ActionMap().apply(pose(), np.array([0, 0, 0, 0, 1.0]))[1][-1] == 0.0


def test_tilt_adds_two_axes_that_stop_at_their_limit():
    actions = ActionMap(tilt=True)
    assert actions.names == ("x", "y", "z", "yaw", "roll", "pitch", "gripper")
    now = pose()
    for _ in range(4):
        now, _ = actions.apply(now, np.array([0, 0, 0, 0, 1.0, -1.0, 0]))
    assert now.angles == pytest.approx([0.0, actions.tilt_limit, -actions.tilt_limit])


def test_a_hand_without_tilt_points_down():
    assert pose(angles=np.array([0.7, 0.0, 0.0])).rotation().as_matrix()[:, 2] == pytest.approx([0, 0, -1])
