"""Scenes are drawn as the layouts promise, and only what varies varies."""

import numpy as np
import pytest

from foresee.envs.factors import FACTORS, LAYOUTS, RANGES, check_factors, draw

BOTH = ("cup", "bowl")


def drawn(seed: int, layout: str = "roomy", vary=FACTORS):
    return draw(np.random.default_rng(seed), BOTH, (layout,), vary)


@pytest.mark.parametrize(("layout", "low", "high"), [("roomy", 0.04, 0.12), ("tight", 0.015, 0.04)])
def test_the_gap_is_the_layouts(layout, low, high):
    for seed in range(20):
        scene = drawn(seed, layout)
        cup, bowl = (np.array(scene.positions[name]) for name in BOTH)
        gap = np.linalg.norm(cup - bowl) - scene.numbers["cup.radius"] - scene.numbers["bowl.rim"]
        assert low <= gap <= high


def test_between_means_that_the_bowl_is_in_the_way_of_a_low_hand():
    for seed in range(20):
        scene = drawn(seed, "between")
        cup, bowl, hand = np.array(scene.positions["cup"]), np.array(scene.positions["bowl"]), np.array(scene.start[:2])
        along = (cup - hand) / np.linalg.norm(cup - hand)
        reach = (bowl - hand) @ along
        assert 0 < reach < np.linalg.norm(cup - hand)
        assert np.linalg.norm(bowl - hand - reach * along) < scene.numbers["bowl.rim"]
        assert scene.start[2] < 0.6 * scene.numbers["bowl.height"]


def test_numbers_stay_in_their_ranges_and_defaults_lie_inside():
    scene = drawn(3)
    for entries in RANGES.values():
        for name, (default, low, high) in entries.items():
            assert low <= scene.numbers[name] <= high
            assert low <= default <= high


def test_switching_one_factor_off_leaves_the_others():
    all_, some = drawn(5), drawn(5, vary=tuple(f for f in FACTORS if f != "mass"))
    changed = {name for name in all_.numbers if all_.numbers[name] != some.numbers[name]}
    assert changed == set(RANGES["mass"])


def test_fixed_poses_are_the_same_for_every_seed():
    assert drawn(1, vary=("layout",)).positions == drawn(2, vary=("layout",)).positions


def test_all_names_every_factor_and_a_typing_mistake_none():
    assert check_factors(["all"]) == set(FACTORS)
    with pytest.raises(ValueError, match="no factor of variation 'mas'; there are"):
        check_factors(["mas"])


def test_layouts_are_three():
    assert LAYOUTS == ("roomy", "tight", "between")
