"""A shift really lies beyond the training ranges, and changes nothing else."""

import hashlib
import json
from itertools import product

import numpy as np
import pytest

from foresee.envs import catalogue
from foresee.envs.action import GRIPPER_OPEN
from foresee.envs.arrange import arrange
from foresee.envs.arrangement import Arrangement, check_wishes
from foresee.envs.catalogue import CATALOGUE, kind
from foresee.envs.factors import FACTORS, LAYOUTS, RANGES
from foresee.envs.outline import Outline, gap
from foresee.envs.red_cup import RedCup
from foresee.envs.scripted import Scripted
from foresee.envs.shift import BEYOND, SHIFTS, beyond, check_shift
from foresee.envs.tabletop import Tabletop

FOUR = ("red_cup", "blue_bowl", "green_block", "yellow_plate")


def drawn(seed: int, *shift: str, objects=FOUR, layout: str = "roomy", vary=FACTORS, some=None) -> Arrangement:
    wishes = check_wishes(objects, 0, {}, {}, some)
    return arrange(np.random.default_rng(seed), wishes, (layout,), vary, shift)


def rounded(value):
    """The same with floats as a manifest keeps them."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return round(value, 6) if isinstance(value, float) else value


def test_scenes_without_a_shift_are_those_of_old():
    scenes = [drawn(s, objects=(), layout=layout, some=(1, 4)) for s in range(20) for layout in LAYOUTS]
    digest = hashlib.sha256(json.dumps([rounded(scene.json()) for scene in scenes]).encode()).hexdigest()
    assert digest == "816dd4c3b32c66fcedad64d0826201d8a45199cb892264d5b32cb9ce2d1ba975"


@pytest.mark.parametrize("factor", SHIFTS)
def test_intervals_lie_outside_of_the_training_range(factor):
    assert BEYOND[factor].keys() == RANGES[factor].keys()
    for name, intervals in BEYOND[factor].items():
        _, low, high = RANGES[factor][name]
        assert intervals and all(a < b and (b < low or a > high) for a, b in intervals), name


@pytest.mark.parametrize("factor", SHIFTS)
@pytest.mark.parametrize("vary", [FACTORS, ("pose",)])
def test_a_shift_takes_its_own_numbers_to_every_interval_and_leaves_the_others(factor, vary):
    visited = set()
    for seed in range(40):
        usual, shifted = drawn(seed, vary=vary), drawn(seed, factor, vary=vary)
        assert shifted.numbers.keys() == usual.numbers.keys()
        for name, value in shifted.numbers.items():
            if name in BEYOND[factor]:
                inside = [a <= value <= b for a, b in BEYOND[factor][name]]
                assert sum(inside) == 1, name
                visited.add((name, inside.index(True)))
            else:
                assert value == usual.numbers[name]
        assert shifted.json()["shift"] == [factor] and "shift" not in usual.json()
        if factor != "size":  # things of another size may not fit where they stood
            alike = ("positions", "yaws", "start", "objects", "layout")
            assert all(getattr(shifted, what) == getattr(usual, what) for what in alike)
    own = {name for name in BEYOND[factor] if name in usual.numbers}
    assert visited == {(name, k) for name in own for k in range(len(BEYOND[factor][name]))}


def test_a_share_goes_through_the_intervals_from_end_to_end():
    (a, b), (c, d) = BEYOND["size"]["red_cup.radius"]
    shares = (0.0, 0.25, 0.5, 0.75, 1.0)
    wanted = (a, (a + b) / 2, c, (c + d) / 2, d)
    assert [beyond("size", "red_cup.radius", share) for share in shares] == pytest.approx(wanted)


def test_gaps_are_the_layouts_for_unseen_sizes_too():
    for seed in range(20):
        scene = drawn(seed, "size", objects=FOUR[:2], layout="tight")
        cup, bowl = (Outline(*scene.positions[n][:2], rounding=scene.shape(n).radius) for n in FOUR[:2])
        assert 0.0149 <= gap(cup, bowl) <= 0.0401


def test_unseen_things_fit_between_the_fingers_and_keep_their_form():
    most = {name: intervals[-1][1] for name, intervals in BEYOND["size"].items()}
    for name in CATALOGUE:
        wide = {"cup": lambda n: 2 * most[f"{n}.radius"], "block": lambda n: most[f"{n}.side"]}.get(kind(name))
        assert wide is None or wide(name) <= GRIPPER_OPEN - 0.006
        if kind(name) == "bowl":
            assert most[f"{name}.foot"] < BEYOND["size"][f"{name}.rim"][0][0]


def test_in_unseen_colours_every_colour_is_still_itself():
    for name in CATALOGUE:
        ends = ([end for each in BEYOND["colour"][f"{name}.{part}"] for end in each] for part in ("shade", "pale"))
        for shade, pale in product(*ends):
            red, green, blue, _ = catalogue.colour(name, {f"{name}.shade": shade, f"{name}.pale": pale})
            assert 0 <= min(red, green, blue) and max(red, green, blue) <= 1
            assert {
                "red": red > max(green, blue) + 0.1,
                "blue": blue > max(red, green) + 0.1,
                "green": green > max(red, blue) + 0.1,
                "yellow": min(red, green) > blue + 0.1 and abs(red - green) < 0.2,
            }[name.partition("_")[0]]


@pytest.mark.parametrize("shift", SHIFTS)
def test_the_scripted_expert_lifts_the_cup_under_every_shift(shift):
    env = RedCup(cameras=(), shift=[shift])
    for seed, layout in enumerate(LAYOUTS):
        _, info = env.reset(seed=1_000_000 + seed, options={"layout": layout})
        assert info["factors"]["shift"] == [shift]
        pick, done = Scripted(env.actions, [{"verb": "pick", "object": "red_cup"}]), False
        for _ in range(env.steps):
            _, _, done, _, info = env.step(pick(info["scene"]))
            if done:
                break
        assert done, layout
    env.close()


def test_shifts_combine_and_repeat_themselves_on_another_server_after_other_scenes():
    first, second = (Tabletop(objects=FOUR, size=16, shift=names) for names in (SHIFTS, SHIFTS[::-1]))
    second.reset(seed=8)
    seen = []
    for env in (first, second):
        observation, info = env.reset(seed=3)
        seen.append([*observation.values(), *info["scene"].values()])
        assert info["factors"]["shift"] == list(SHIFTS)
        for _ in range(4):
            observation, _, _, _, info = env.step(np.full(5, 0.3))
            seen[-1] += [*observation.values(), *info["scene"].values(), *info["worst"].values()]
        env.close()
    for a, b in zip(*seen, strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_unknown_shift_is_refused_with_those_there_are():
    assert check_shift(["size", "colour"]) == ("colour", "size") and check_shift("camera") == ("camera",)
    with pytest.raises(ValueError, match=r"there is no shift 'gravity'; shift is a list of some of \['colour', "):
        Tabletop(shift=["colour", "gravity"])
