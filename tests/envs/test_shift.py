"""A shift really lies beyond the training ranges, and changes nothing else."""

import hashlib
import json

import numpy as np
import pytest

from foresee.envs.action import GRIPPER_OPEN
from foresee.envs.distractor import DISTRACTORS, GAP, WAY, distract
from foresee.envs.expert import Pick
from foresee.envs.factors import BEYOND, FACTORS, LAYOUTS, RANGES, SHIFTS, Factors, check_shift, draw
from foresee.envs.red_cup import RedCup

BOTH = ("cup", "bowl")


def drawn(seed: int, *shift: str, layout: str = "roomy", vary=FACTORS) -> Factors:
    return draw(np.random.default_rng(seed), BOTH, (layout,), vary, shift)


def distracted(seed: int, layout: str) -> Factors:
    rng = np.random.default_rng(seed)
    return distract(rng, draw(rng, BOTH, (layout,), FACTORS, ("distractor",)))


def rounded(value):
    """The same with floats as a manifest keeps them."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return round(value, 6) if isinstance(value, float) else value


def test_scenes_without_a_shift_are_those_of_old():
    scenes = [rounded(drawn(seed, layout=layout).json()) for seed in range(20) for layout in LAYOUTS]
    digest = hashlib.sha256(json.dumps(scenes).encode()).hexdigest()
    assert digest == "8636990b55122829d2384bbe0eecd8e0b1b8b5a0cb12eeebd95635bb55556b21"


@pytest.mark.parametrize("factor", BEYOND)
def test_intervals_lie_outside_of_the_training_range(factor):
    assert BEYOND[factor].keys() == RANGES[factor].keys()
    for name, intervals in BEYOND[factor].items():
        _, low, high = RANGES[factor][name]
        assert all(a < b and (b < low or a > high) for a, b in intervals), name


@pytest.mark.parametrize("factor", BEYOND)
@pytest.mark.parametrize("vary", [FACTORS, ("pose",)])
def test_a_shift_takes_its_own_numbers_to_every_interval_and_leaves_the_others(factor, vary):
    visited = set()
    for seed in range(40):
        usual, shifted = drawn(seed, vary=vary), drawn(seed, factor, vary=vary)
        for name, value in shifted.numbers.items():
            if name in BEYOND[factor]:
                inside = [a <= value <= b for a, b in BEYOND[factor][name]]
                assert sum(inside) == 1, name
                visited.add((name, inside.index(True)))
            else:
                assert value == usual.numbers[name]
        if factor != "size":  # which moves the bowl, so that the gap is the layout's
            assert (shifted.positions, shifted.start) == (usual.positions, usual.start)
    assert visited == {(name, k) for name, intervals in BEYOND[factor].items() for k in range(len(intervals))}


def test_gaps_are_the_layouts_for_unseen_sizes_too():
    for seed in range(20):
        scene = drawn(seed, "size", layout="tight")
        cup, bowl = (np.array(scene.positions[name]) for name in BOTH)
        gap = np.linalg.norm(cup - bowl) - scene.numbers["cup.radius"] - scene.numbers["bowl.rim"]
        assert 0.015 <= gap <= 0.04


def test_an_unseen_cup_fits_between_the_fingers_and_a_bowl_keeps_its_form():
    assert 2 * max(high for _, high in BEYOND["size"]["cup.radius"]) <= GRIPPER_OPEN - 0.006
    assert BEYOND["size"]["bowl.foot"][-1][1] < BEYOND["size"]["bowl.rim"][0][0]


def test_in_unseen_colours_red_is_still_red_and_blue_still_blue():
    for seed in range(40):
        scene = drawn(seed, "colour")
        (red, *others, _), (*rest, blue, _) = scene.colour("cup"), scene.colour("bowl")
        assert red > max(others) + 0.1 and blue > max(rest) + 0.1


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_distractor_hinders_nobody(layout):
    for seed in range(60):
        scene = distracted(seed, layout)
        name = scene.objects[2]
        place, cup, hand = (np.array(p) for p in (scene.positions[name], scene.positions["cup"], scene.start[:2]))
        for other in BOTH:
            wide = scene.shape(other).radius + scene.shape(name).radius
            assert np.linalg.norm(place - scene.positions[other]) >= wide + GAP
        way = [np.linalg.norm(place - (hand + t * (cup - hand))) for t in np.linspace(0, 1, 101)]
        assert min(way) >= WAY
        usual = drawn(seed, layout=layout)
        assert {k: scene.positions[k] for k in BOTH} == usual.positions and scene.start == usual.start


def test_every_distractor_is_neither_red_nor_blue():
    seen = {}
    for seed in range(40):
        scene = distracted(seed, "roomy")
        red, green, blue, _ = scene.colour(scene.objects[2])
        seen[scene.objects[2]] = green > blue + 0.2 and (green > red or red - green < 0.2)
    assert seen == dict.fromkeys(DISTRACTORS, True)


@pytest.mark.parametrize("shift", SHIFTS)
def test_the_scripted_expert_lifts_the_cup_under_every_shift(shift):
    env = RedCup(cameras=(), shift=[shift])
    for seed, layout in enumerate(LAYOUTS):
        _, info = env.reset(seed=1_000_000 + seed, options={"layout": layout})
        assert info["factors"]["shift"] == [shift]
        pick, done = Pick(env.actions), False
        for _ in range(env.steps):
            _, _, done, _, info = env.step(pick(info["scene"]))
            if done:
                break
        assert done, layout
    env.close()


def test_shifts_combine_and_repeat_themselves_on_another_server_after_other_scenes():
    first, second = RedCup(shift=SHIFTS), RedCup(shift=tuple(reversed(SHIFTS)))
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


def test_a_distractor_is_a_body_and_in_the_pictures_but_no_quantity():
    usual, shifted = RedCup(), RedCup(shift=["distractor"])
    (before, old), (after, new) = usual.reset(seed=0), shifted.reset(seed=0)
    assert "shift" not in old["factors"]
    name = new["factors"]["objects"][2]
    assert name in DISTRACTORS and f"{name}.up" in new["worst"]
    for _ in range(2):
        info = shifted.step(np.zeros(5))[4]
    stands = shifted.factors.shape(name).height / 2
    assert shifted.world.pose(name)[0][2] == pytest.approx(stands, abs=1e-3)
    assert info["scene"].keys() == old["scene"].keys()
    assert any((before[key] != after[key]).any() for key in ("image", "image.side"))
    np.testing.assert_array_equal(before["proprio"], after["proprio"])
    usual.close()
    shifted.close()


def test_an_unknown_shift_is_refused_with_those_there_are():
    assert check_shift(["size", "colour"]) == ("colour", "size")
    with pytest.raises(ValueError, match=r"there is no shift 'gravity'; shift is a list of some of .*'distractor'"):
        RedCup(shift=["colour", "gravity"])
