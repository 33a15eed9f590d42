"""The tabletop is exact, arranged as asked, and says what is true of whatever stands there."""

import gymnasium
import numpy as np
import pytest

import foresee.envs  # noqa: F401  (registers the ids)
from foresee.envs.camera import EYES
from foresee.envs.catalogue import CATALOGUE
from foresee.envs.check import check_env
from foresee.envs.factors import LAYOUTS
from foresee.envs.tabletop import Tabletop
from foresee.envs.truth import SLOTS

FOUR = ("red_cup", "blue_bowl", "green_plate", "yellow_bottle")


@pytest.fixture(scope="module")
def env():
    world = Tabletop(objects=FOUR, cameras=("front",), size=16)
    yield world
    world.close()


@pytest.fixture(scope="module")
def anything():
    world = Tabletop(drawn=(1, 4), cameras=(), begin={"held": 0.5, "stacked": 0.5})
    yield world
    world.close()


def test_it_keeps_the_promises_of_an_environment():
    env = gymnasium.make("foresee/Tabletop-v0", disable_env_checker=True)
    check_env(env.unwrapped)
    env.close()


def test_full_slots_keep_the_promises_too():
    env = gymnasium.make("foresee/Tabletop-v0", disable_env_checker=True, drawn=(4, 4), slots=True)
    check_env(env.unwrapped)
    env.close()


@pytest.mark.parametrize("begin", [{}, {"held": 1.0}, {"stacked": 1.0}])
def test_a_fresh_server_repeats_a_used_one(begin):
    used, fresh = (Tabletop(drawn=(2, 4), cameras=("front",), size=16, begin=begin) for _ in range(2))
    used.reset(seed=1)
    histories = []
    for env in (used, fresh):
        observation, info = env.reset(seed=4)
        rng, seen = np.random.default_rng(0), [*observation.values(), *info["scene"].values()]
        for _ in range(6):
            observation, *_, info = env.step(rng.uniform(-1, 1, 5))
            seen += [*observation.values(), *info["scene"].values(), *info["worst"].values()]
        histories.append(seen)
        env.close()
    for one, other in zip(*histories, strict=True):
        np.testing.assert_array_equal(one, other)


def test_nothing_is_asked_for(env):
    env.reset(seed=0)
    _, reward, terminated, _, info = env.step(np.zeros(5))
    assert (reward, terminated) == (0.0, False)
    assert not {"success", "is_success"} & set(info)
    assert info["objects"] == sorted(FOUR, key=CATALOGUE.index) and {f"{name}.up" for name in FOUR} < set(info["worst"])


def test_ids_are_places_in_the_catalogue_and_minus_one_for_none(anything):
    for seed in range(5):
        observation, info = anything.reset(seed=seed)
        ids = [int(i) for i in observation["objects"]]
        assert [CATALOGUE[i] for i in ids if i >= 0] == info["objects"]
        assert ids[len(info["objects"]) :] == [-1] * (4 - len(info["objects"]))
        assert info["scene"].keys() == anything.quantities.keys()


def test_distractors_join_those_asked_for_and_are_the_others():
    env = Tabletop(objects=["yellow_tray"], distractors=2, cameras=())
    seen = set()
    for seed in range(6):
        _, info = env.reset(seed=seed)
        assert len(set(info["objects"])) == 3 and "yellow_tray" in info["objects"]
        others = [name for name in info["objects"] if name != "yellow_tray"]
        nearest = min(info["scene"][f"clearance.gripper.{name}"] for name in others)
        assert info["scene"]["clearance.gripper.others"] == nearest
        seen |= set(others)
    assert len(seen) > 6
    env.close()


def test_without_others_nothing_of_them_is_tilted_touched_or_near(env):
    scene = env.reset(seed=0)[1]["scene"]
    np.testing.assert_array_equal(scene["others.up"], [0, 0, 1])
    assert scene["contact.gripper.others"] == 0 and scene["clearance.gripper.others"] == np.float32(0.3)


def test_a_hand_never_begins_inside_an_object(anything):
    for seed in range(25):
        _, info = anything.reset(seed=seed)
        free = [name for name in info["objects"] if name != info["factors"]["held"]]
        assert all(info["scene"][f"clearance.gripper.{name}"] > 0.002 for name in free)


def test_what_begins_in_the_hand_stays_there_and_stacks_stand(anything):
    held = stacked = 0
    for seed in range(14):
        _, info = anything.reset(seed=seed)
        factors, before = info["factors"], info["scene"]
        grips = []
        for _ in range(4):
            info = anything.step(np.zeros(5))[4]
            grips.append([name for name in info["objects"] if info["scene"][f"{name}.held"]])
        if factors["held"]:
            held += 1
            assert grips == [[factors["held"]]] * 4
            assert before[f"{factors['held']}.position"][2] > 0.04
        if factors["stack"]:
            stacked += 1
            top = f"{factors['stack'][0]}.position"
            assert np.abs(info["scene"][top] - before[top]).max() < 0.005
            assert info["scene"][f"{factors['stack'][0]}.up"][2] > 0.98
    assert held >= 3 and stacked >= 2


def test_slots_and_names_say_the_same():
    named, slots = (Tabletop(drawn=(1, 4), cameras=(), slots=slots) for slots in (False, True))
    for seed in range(4):
        _, one = named.reset(seed=seed)
        _, other = slots.reset(seed=seed)
        alias = dict(zip(one["objects"], SLOTS, strict=False))
        for name, value in one["scene"].items():
            if "others" not in name:
                slot = ".".join(alias.get(part, part) for part in name.split("."))
                np.testing.assert_array_equal(value, other["scene"][slot])
        for name, value in other["scene"].items():
            empty = any(slot in name.split(".") for slot in SLOTS[len(alias) :])
            assert np.isnan(value).all() == (empty and not name.endswith(".who"))
        ids = [other["scene"][f"{slot}.who"] for slot in SLOTS]
        assert ids == [*map(CATALOGUE.index, one["objects"])] + [-1.0] * (4 - len(alias))
    named.close()
    slots.close()


def sweep(env: Tabletop, name: str, height: float) -> tuple[float, float]:
    """Push along y through an object; return its worst tilt (degrees) and how far it went (metres)."""
    _, info = env.reset(seed=5, options={"layout": "roomy", "variation": ["pose"]})
    centre, worst = info["scene"][f"{name}.position"].copy(), 1.0
    wide = env.factors.shape(name).radius
    goals = ((-0.06, 0.25, 8), (-0.06, height, 8), (wide + 0.05, height, 7))
    for dy, z, steps in goals:
        for _ in range(steps):
            goal = np.array([centre[0], centre[1] + dy + min(dy, 0) / 0.06 * wide, z])
            move = (goal - info["scene"]["gripper.position"]) / 0.04
            info = env.step(np.array([*(move / max(1, np.abs(move).max())), 0.0, -1.0]))[4]
            worst = min(worst, float(info["worst"][f"{name}.up"][2]))
    far = float(np.linalg.norm((info["scene"][f"{name}.position"] - centre)[:2]))
    return float(np.degrees(np.arccos(min(worst, 1.0)))), far


@pytest.mark.parametrize(
    ("name", "height", "tips"),
    [
        ("red_bottle", 0.10, True),
        ("red_block", 0.02, False),
        ("red_plate", 0.015, False),
        ("red_tray", 0.016, False),
        ("red_bowl", 0.07, True),
    ],
)
def test_low_things_slide_and_high_pushes_tip(name, height, tips):
    env = Tabletop(objects=[name], cameras=(), regions={name: [0.45, -0.05, 0.55, 0.05]})
    tilt, far = sweep(env, name, height)
    assert tilt > 30 if tips else tilt < 15 and far > 0.03
    env.close()


def test_regions_restrict_where_an_object_begins():
    env = Tabletop(objects=["red_cup", "blue_cup"], cameras=(), regions={"blue_cup": [0.5, 0.1, 0.55, 0.2]})
    for seed in range(5):
        x, y, _ = env.reset(seed=seed)[1]["factors"]["positions"]["blue_cup"]
        assert 0.5 <= x <= 0.55 and 0.1 <= y <= 0.2
    env.close()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"objects": ["pink_cup"]},
            "there is no object 'pink_cup'; an object is a colour of .*'yellow'.* and a kind of",
        ),
        ({"objects": ["red_cup", "red_cup"]}, "'red_cup' is named twice"),
        ({"objects": [*FOUR, "red_tray"]}, "5 objects and 0 distractors are too many; a scene holds at most 4"),
        ({"objects": FOUR, "distractors": 1}, "4 objects and 1 distractors are too many"),
        (
            {"objects": ["red_cup"], "regions": {"red_bowl": [0, 0, 1, 1]}},
            "regions names 'red_bowl', which is not among",
        ),
        ({"objects": ["red_cup"], "regions": {"red_cup": [1, 0, 0, 1]}}, r"it is \[x_low, y_low, x_high, y_high\]"),
        ({"drawn": [0, 5]}, r"drawn is \[0, 5\]; it is the fewest and the most objects, 1 to 4"),
        ({"begin": {"hold": 1.0}}, r"begin has no 'hold'; it takes \['held', 'stacked', 'askew', 'around', 'fallen'\]"),
        ({"begin": ["held"]}, r"begin is \['held'\]; it is a mapping such as \{held: 0.5\}"),
        ({"begin": {"held": 0.7, "stacked": 0.7}}, "its shares lie between 0 and 1"),
        ({"cameras": ["top"]}, r"the tabletop has no camera 'top'; it has \['front', 'side'\]"),
        ({"layouts": ["messy"]}, r"there is no layout 'messy'"),
        ({"size": 50}, "must be a multiple of 16, not 50"),
    ],
)
def test_wrong_arguments_are_refused_with_what_is_right(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        Tabletop(**arguments)


def test_an_impossible_scene_is_refused_in_one_sentence():
    box = [0.5, 0.0, 0.51, 0.01]
    env = Tabletop(objects=["red_cup", "blue_cup"], cameras=(), regions={"red_cup": box, "blue_cup": box})
    with pytest.raises(ValueError, match=r"found no place for .* ask for fewer or smaller objects"):
        env.reset(seed=0)
    env.close()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_can_be_asked_for(anything, layout):
    assert anything.reset(seed=0, options={"layout": layout})[1]["factors"]["layout"] == layout


def test_a_goal_picture_shows_the_same_things_elsewhere():
    env = Tabletop(objects=["red_block", "blue_bowl"], goal=["red_block"])
    obs, info = env.reset(seed=0, options={"layout": "roomy"})
    assert env.observation_space.contains(obs)
    scene, goal = info["scene"], info["goal"]
    assert np.linalg.norm((goal["red_block.position"] - scene["red_block.position"])[:2]) >= 0.1
    assert np.allclose(goal["blue_bowl.position"], scene["blue_bowl.position"], atol=1e-5)
    later, *_ = env.step(np.ones(5, np.float32))
    assert np.array_equal(later["goal"], obs["goal"]) and not np.array_equal(later["goal"], later["image"])
    plain, _ = Tabletop(objects=["red_block", "blue_bowl"]).reset(seed=0, options={"layout": "roomy"})
    assert np.array_equal(plain["image"], obs["image"])  # the scene itself is as it would be
    with pytest.raises(ValueError, match="goal moves 'red_cup', which is not among"):
        Tabletop(objects=["red_block"], goal=["red_cup"])


def test_pressing_from_above_is_touching_and_not_holding(env):
    scene = env.reset(seed=3, options={"layout": "roomy"})[1]["scene"]
    cup, touched, held = scene["red_cup.position"].copy(), False, False
    for z in [0.2] * 9 + [0.09] * 8:
        move = (np.array([cup[0], cup[1], z]) - scene["gripper.position"]) / 0.04
        scene = env.step(np.array([*(move / max(1, np.abs(move).max())), 0.0, -1.0]))[4]["scene"]
        touched, held = touched or scene["contact.gripper.red_cup"], held or scene["red_cup.held"]
    assert touched and not held


def test_hands_reach_what_is_commanded(env):
    env.reset(seed=2, options={"layout": "roomy"})
    for action in [np.array([0.1, 0.1, 0.3, 0.3, 0.0])] * 8 + [np.zeros(5)] * 3:
        info = env.step(action)[4]
    assert info["scene"]["gripper.position"] == pytest.approx(env.world.target.position, abs=1e-3)


def test_a_moving_hand_is_close_behind_its_command(env):
    env.reset(seed=2, options={"layout": "roomy"})
    for _ in range(4):
        hand = env.step(np.array([0.0, 0.0, 0.8, 0.0, 0.0]))[4]["scene"]["gripper.position"]
        assert np.linalg.norm(hand - env.world.target.position) < 0.006


def test_a_reset_takes_a_layout_and_a_variation_and_nothing_else(env):
    drawn = [env.reset(seed=s, options={"variation": ["pose"]})[1]["factors"]["numbers"] for s in (0, 1)]
    assert drawn[0] == drawn[1] != env.reset(seed=0)[1]["factors"]["numbers"]
    with pytest.raises(ValueError, match="reset has no option 'layuot'"):
        env.reset(seed=0, options={"layuot": "tight"})


def test_cells_that_show_an_object_are_known():
    env = Tabletop(objects=["red_cup", "blue_bowl"], cameras=("front",))
    _, info = env.reset(seed=3, options={"layout": "roomy"})
    seen, depth = env.objects_seen(), info["scene"]["depth"]
    assert seen.shape == depth.shape and 4 <= seen.sum() <= 40
    far = np.linalg.norm(np.array(EYES["front"]) - info["scene"]["red_cup.position"])
    assert (np.abs(depth[seen] - far) < 0.35).all() and not seen[:4].any()  # up there is the arm, which is no object
    env.close()
