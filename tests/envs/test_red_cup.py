"""The red cup is exact, honest about what happened, and its bowl really tips."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import foresee.envs  # noqa: F401  (registers the ids)
from foresee.envs.camera import EYES
from foresee.envs.expert import Pick
from foresee.envs.factors import LAYOUTS
from foresee.envs.red_cup import RedCup


def up_tilt(up: np.ndarray) -> float:
    """Angle of an up axis from the vertical, degrees."""
    return float(np.degrees(np.arccos(np.clip(up[2], -1.0, 1.0))))


@pytest.fixture(scope="module")
def env():
    world = RedCup()
    yield world
    world.close()


def roll(env: RedCup, seed: int, steps: int = 15) -> list[np.ndarray]:
    observation, info = env.reset(seed=seed)
    rng, seen = np.random.default_rng(1), [*observation.values(), *info["scene"].values()]
    for _ in range(steps):
        observation, _, _, _, info = env.step(rng.uniform(-1, 1, 5))
        seen += [*observation.values(), *info["scene"].values(), info["executed"]]
    return seen


def test_gymnasium_finds_nothing_to_complain_about():
    env = gymnasium.make("foresee/RedCup-v0", disable_env_checker=True)
    check_env(env.unwrapped)
    env.close()


def test_two_resets_with_one_seed_are_bit_equal(env):
    for a, b in zip(roll(env, 5), roll(env, 5), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_fresh_server_repeats_a_used_one(env):
    roll(env, 9)
    fresh = RedCup()
    for a, b in zip(roll(env, 5, 4), roll(fresh, 5, 4), strict=True):
        np.testing.assert_array_equal(a, b)
    fresh.close()


def test_the_scene_has_every_quantity_in_its_shape(env):
    _, info = env.reset(seed=0)
    assert info["scene"].keys() == env.quantities.keys()
    for name, value in info["scene"].items():
        assert value.shape == env.quantities[name].shape, name
        assert value.dtype == np.float32 and np.isfinite(value).all(), name


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_scripted_expert_lifts_the_cup_and_leaves_the_bowl(env, layout):
    _, info = env.reset(seed=11, options={"layout": layout})
    assert info["factors"]["layout"] == layout
    pick, worst, done = Pick(env.actions), 0.0, False
    for _ in range(env.steps):
        _, reward, done, _, info = env.step(pick(info["scene"]))
        worst = max(worst, up_tilt(info["worst"]["bowl.up"]))
        if done:
            break
    assert done and reward == 1.0 and info["is_success"]
    assert worst < 5.0


def test_an_idle_hand_succeeds_at_nothing(env):
    env.reset(seed=11)
    ends = [env.step(np.zeros(5))[2:4] for _ in range(env.steps)]
    assert not any(done for done, _ in ends)
    assert ends[-1][1]


def sweep(env: RedCup, height: float) -> float:
    """Push along x through the bowl at a height and return its worst tilt, degrees."""
    _, info = env.reset(seed=3, options={"layout": "roomy", "variation": ["pose"]})
    bowl, worst = info["scene"]["bowl.position"].copy(), 0.0
    goals = [(-0.13, 0.2, 8), (-0.13, height, 6), (0.05, height, 6)]
    for dx, z, steps in goals:
        for _ in range(steps):
            move = (np.array([bowl[0] + dx, bowl[1], z]) - info["scene"]["gripper.position"]) / 0.04
            info = env.step(np.array([*(move / max(1, np.abs(move).max())), 0.0, -1.0]))[4]
            worst = max(worst, up_tilt(info["worst"]["bowl.up"]))
    return worst


def test_the_bowl_tips_when_its_rim_is_pushed_and_not_otherwise(env):
    assert sweep(env, 0.07) > 15.0
    assert sweep(env, 0.16) < 1.0


def test_pressing_from_above_is_touching_and_not_holding(env):
    _, info = env.reset(seed=3, options={"layout": "roomy"})
    cup, touched, held = info["scene"]["cup.position"].copy(), False, False
    for z in [0.2] * 9 + [0.09] * 8:
        move = (np.array([cup[0], cup[1], z]) - info["scene"]["gripper.position"]) / 0.04
        scene = env.step(np.array([*(move / max(1, np.abs(move).max())), 0.0, -1.0]))[4]["scene"]
        info, touched, held = {"scene": scene}, touched or scene["contact.gripper.cup"], held or scene["cup.held"]
    assert touched and not held


def test_hands_reach_what_is_commanded(env):
    _, info = env.reset(seed=2)
    for _ in range(8):
        info = env.step(np.array([0.2, 0.1, -0.1, 0.3, 0.0]))[4]
    for _ in range(3):
        info = env.step(np.zeros(5))[4]
    assert info["scene"]["gripper.position"] == pytest.approx(env.world.target.position, abs=1e-3)


def test_a_moving_hand_is_close_behind_its_command(env):
    env.reset(seed=2)
    for _ in range(4):
        hand = env.step(np.array([0.0, -1.0, 0.5, 0.0, 0.0]))[4]["scene"]["gripper.position"]
        assert np.linalg.norm(hand - env.world.target.position) < 0.006


def test_a_factor_that_does_not_vary_has_its_default(env):
    drawn = [env.reset(seed=s, options={"variation": ["pose"]})[1]["factors"]["numbers"] for s in (0, 1)]
    assert drawn[0] == drawn[1]
    assert drawn[0] != env.reset(seed=0)[1]["factors"]["numbers"]


def test_gaps_follow_the_layout(env):
    for layout, low, high in (("roomy", 0.04, 0.13), ("tight", 0.013, 0.042)):
        for seed in range(3):
            gap = env.reset(seed=seed, options={"layout": layout})[1]["scene"]["clearance.cup.bowl"]
            assert low - 0.003 < gap < high


def test_a_world_without_cameras_takes_no_pictures():
    env = RedCup(cameras=())
    observation, info = env.reset(seed=0)
    assert observation.keys() == {"proprio"} and "depth" not in info["scene"]
    env.close()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"objects": ["cup", "plate"]}, r"the red cup has no object 'plate'; it has \['cup', 'bowl'\]"),
        ({"cameras": ["top"]}, r"the red cup has no camera 'top'; it has \['front', 'side'\]"),
        ({"layouts": ["messy"]}, r"there is no layout 'messy'; there are \['roomy', 'tight', 'between'\]"),
        ({"variation": ["weather"]}, "there is no factor of variation 'weather'"),
        ({"size": 50}, "must be a multiple of 16, not 50"),
    ],
)
def test_wrong_arguments_are_refused_with_what_is_right(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        RedCup(**arguments)


def test_an_unknown_reset_option_is_refused(env):
    with pytest.raises(ValueError, match="reset has no option 'layuot'"):
        env.reset(seed=0, options={"layuot": "tight"})


def test_cells_that_show_an_object_are_known(env):
    _, info = env.reset(seed=3, options={"layout": "roomy"})
    both, depth = env.objects_seen(), info["scene"]["depth"]
    assert both.shape == depth.shape and 4 <= both.sum() <= 40
    far = np.linalg.norm(np.array(EYES["front"]) - info["scene"]["cup.position"])
    assert (np.abs(depth[both] - far) < 0.35).all() and not both[:4].any()  # up there is the arm, which is no object
    cup = RedCup(objects=["cup"])
    cup.reset(seed=3, options={"layout": "roomy"})
    alone = cup.objects_seen()
    cup.close()
    assert alone.any() and alone.sum() < both.sum()
