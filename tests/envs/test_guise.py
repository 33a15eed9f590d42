"""Another look of the robot: what it does, feels and moves is the same to the last bit."""

import numpy as np
import pybullet
import pytest

from foresee.envs import camera
from foresee.envs.oracle import Oracle
from foresee.envs.robots import panda
from foresee.envs.tabletop import Tabletop

HAND = {panda.HAND, panda.LEFT_FINGER, panda.RIGHT_FINGER}
RED = {"arm": [1.0, 0.0, 0.0]}
SEED, NOTHING = 5, -2


def played(**options):
    """Everything but pictures and depth, of an episode in which things are touched; and the pictures."""
    env = Tabletop(size=16, slots=True, begin={"held": 1.0}, **options)
    observation, info = env.reset(seed=SEED)
    values, pictures = [], []
    for _ in range(6):
        pictures.append(np.stack([observation["image"], observation["image.side"]]))
        observation, _, _, _, info = env.step(np.array([0.3, 0.2, -0.5, 0.2, 0.0]))
        known = {**info["scene"], **info["worst"], "proprio": observation["proprio"], "executed": info["executed"]}
        values.append({name: value for name, value in known.items() if name != "depth"})
    env.close()
    return values, np.array(pictures)


def looked(name="front", size=64, **options):
    """The picture of a reset, its depth, and the links of the robot that each pixel shows; -1 is its base."""
    env = Tabletop(size=size, **options)
    env.reset(seed=SEED)
    flags, world = pybullet.ER_SEGMENTATION_MASK_OBJECT_AND_LINKINDEX, env.world
    picture, buffer, marks = camera.shoot(world.id, world.factors.numbers, name, size, flags)
    robot = (marks >= 0) & (marks & 0xFFFFFF == world.robot)
    env.close()
    return picture, camera.metres(buffer), np.where(robot, (marks >> 24) - 1, NOTHING)


@pytest.fixture(scope="module")
def usual():
    return played()


@pytest.mark.parametrize(
    "options",
    [{"guise": RED}, {"guise": {"proxy_hand": True}}, {"guise": RED | {"proxy_hand": True}, "shift": "camera"}],
)
def test_the_same_happens_in_every_guise(usual, options):
    values, pictures = played(**options)
    for one, other in zip(usual[0], values, strict=True):
        assert one.keys() == other.keys() and "gripper.position" in one
        for name in one:
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)
    assert (pictures != usual[1]).reshape(6, 2, -1).any(-1).all()
    assert any(scene[f"contact.gripper.object{i}"] > 0.5 for scene in values for i in range(4))


@pytest.mark.parametrize("name", camera.EYES)
def test_of_a_proxy_hand_only_hand_and_fingers_are_seen(name):
    _, far, links = looked(name, guise={"proxy_hand": True})
    _, near, whole = looked(name)
    assert {*np.unique(links)} - {NOTHING} <= HAND and (links == panda.HAND).sum() > 50
    assert {*np.unique(whole)} - {NOTHING} > HAND  # the arm, too
    hand = np.isin(whole, list(HAND))
    np.testing.assert_array_equal(links[hand], whole[hand])
    np.testing.assert_array_equal(far[hand], near[hand])
    assert (far >= near).all() and (far > near).any()  # behind the arm, one sees what it hid


def test_a_painted_robot_has_that_colour_and_the_rest_its_own():
    (red, _, links), (white, _, _) = looked(guise=RED), looked()
    assert (red[links > NOTHING][:, 0] > 60).all() and not red[links > NOTHING][:, 1:].any()
    np.testing.assert_array_equal(red[links == NOTHING], white[links == NOTHING])


def test_the_simulator_as_a_model_looks_like_its_environment():
    env = Tabletop(size=32, guise=RED | {"proxy_hand": True})
    observation, _ = env.reset(seed=SEED)
    oracle = Oracle(env)
    oracle.read(oracle.encode(), ())
    pictures, _ = oracle.observe()
    np.testing.assert_array_equal(pictures[:3].transpose(1, 2, 0), observation["image"])
    oracle.close()
    env.close()


@pytest.mark.parametrize(
    "guise, sentence",
    [
        ({"hat": True}, r"guise has no option 'hat'; it takes \['arm', 'proxy_hand'\]"),
        (True, "guise has no option True; it takes"),
        ({"arm": [255, 0, 0]}, r"guise.arm is \[255, 0, 0\]; it is red, green and blue, three numbers from 0 to 1"),
        ({"arm": "red"}, "guise.arm is 'red'; it is red, green and blue"),
        ({"arm": 0.5}, "guise.arm is 0.5; it is red, green and blue"),
        ({"proxy_hand": 1}, "guise.proxy_hand is 1; it is true or false"),
    ],
)
def test_a_guise_that_makes_no_sense_is_refused(guise, sentence):
    with pytest.raises(ValueError, match=sentence):
        Tabletop(guise=guise)
