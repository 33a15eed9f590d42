"""Scenes are arranged as the layouts promise, and only what varies varies."""

import numpy as np
import pytest

from foresee.envs.arrange import arrange
from foresee.envs.arrangement import check_wishes
from foresee.envs.catalogue import kind
from foresee.envs.factors import FACTORS, LAYOUTS, RANGES
from foresee.envs.outline import Outline, gap

FOUR = ("red_tray", "blue_block", "green_cup", "yellow_bowl")


def drawn(seed: int, layout: str, objects=FOUR, vary=FACTORS, **wishes):
    wishes = check_wishes(objects, 0, {}, wishes.get("begin", {}), wishes.get("drawn"))
    return arrange(np.random.default_rng(seed), wishes, (layout,), vary)


def outline(scene, name: str) -> Outline:
    (x, y, _), shape = scene.positions[name], scene.shape(name)
    if shape.half is None:
        return Outline(x, y, rounding=shape.radius)
    return Outline(x, y, scene.yaws[name], shape.half, shape.half)


def gaps(scene) -> dict[frozenset, float]:
    names = scene.objects
    return {
        frozenset((a, b)): gap(outline(scene, a), outline(scene, b))
        for i, a in enumerate(names)
        for b in names[i + 1 :]
    }


@pytest.mark.parametrize("layout", LAYOUTS)
def test_gaps_follow_the_layout(layout):
    for seed in range(12):
        scene = drawn(seed, layout)
        found = gaps(scene)
        near = min(value for pair, value in found.items() if "red_tray" in pair)
        if layout == "tight":
            assert 0.014 < near < 0.041
            assert sorted(found.values())[1] > 0.0299
        else:
            assert min(found.values()) > (0.0499 if layout == "roomy" else 0.0299)


def test_between_hides_the_first_object_behind_another_from_a_low_hand():
    for seed in range(12):
        scene = drawn(seed, "between")
        hand, goal = np.array(scene.start[:2]), np.array(scene.positions["red_tray"][:2])
        along = (goal - hand) / np.linalg.norm(goal - hand)
        assert 0.03 <= scene.start[2] <= 0.06
        hidden = []
        for name in FOUR[1:]:
            to = np.array(scene.positions[name][:2]) - hand
            across = abs(to[0] * along[1] - to[1] * along[0])
            hidden.append(0 < to @ along < np.linalg.norm(goal - hand) and across < scene.shape(name).radius)
        assert any(hidden)


def test_numbers_stay_in_their_ranges():
    scene, all_ = drawn(3, "roomy"), {k: v for entries in RANGES.values() for k, v in entries.items()}
    assert all(all_[name][1] <= value <= all_[name][2] for name, value in scene.numbers.items())
    assert {name.partition(".")[0] for name in scene.numbers} == {*FOUR, "table", "light", "camera"}


def test_switching_one_factor_off_leaves_the_others():
    all_, some = drawn(5, "roomy"), drawn(5, "roomy", vary=tuple(f for f in FACTORS if f != "mass"))
    changed = {name for name in all_.numbers if all_.numbers[name] != some.numbers[name]}
    assert changed == {f"{name}.mass" for name in FOUR}
    assert (all_.positions, all_.start) == (some.positions, some.start)


def test_fixed_poses_are_the_same_for_every_seed():
    one, other = (drawn(seed, "roomy", vary=("layout",)) for seed in (1, 2))
    assert (one.positions, one.yaws, one.start) == (other.positions, other.yaws, other.start)


def test_any_number_of_objects_is_drawn_each_once():
    scenes = [drawn(seed, "tight", (), drawn=(1, 4)) for seed in range(40)]
    assert {len(scene.objects) for scene in scenes} == {1, 2, 3, 4}
    assert all(len(set(scene.objects)) == len(scene.objects) for scene in scenes)
    assert len({name for scene in scenes for name in scene.objects}) > 20


def test_shares_of_beginnings_are_as_asked():
    scenes = [drawn(seed, "roomy", begin={"held": 0.5, "stacked": 0.5}) for seed in range(40)]
    held = sum(scene.held is not None for scene in scenes)
    assert 10 < held < 30
    assert all(bool(scene.stack) != bool(scene.held) for scene in scenes)
    assert all(kind(scene.held) in ("cup", "block", "bottle") for scene in scenes if scene.held)


def test_four_trays_find_room_in_every_layout():
    trays = tuple(f"{colour}_tray" for colour in ("red", "blue", "green", "yellow"))
    for layout in LAYOUTS:
        assert len(drawn(0, layout, trays).positions) == 4


def test_gaps_of_outlines_are_known():
    square, turned = Outline(0, 0, 0, 0.1, 0.1), Outline(0.4, 0, np.pi / 4, 0.1, 0.1)
    assert gap(square, turned) == pytest.approx(0.3 - 0.1 * np.sqrt(2))
    assert gap(square, Outline(0.3, 0, rounding=0.05)) == pytest.approx(0.15)
    assert gap(Outline(0, 0, rounding=0.1), Outline(0.3, 0.4, rounding=0.1)) == pytest.approx(0.3)
    assert gap(Outline(0, 0, 0, 0.3, 0.01), Outline(0, 0, 0, 0.01, 0.3)) <= 0  # a cross: no corner inside the other
    assert gap(square, turned) == gap(turned, square)
