"""Costs of places, directions, motion and touch, on hand-written scenes."""

import math

import pytest
import torch

from foresee.costs import (
    Acceleration,
    Aligned,
    Beside,
    Between,
    Contact,
    Disagreement,
    Displacement,
    Force,
    Held,
    Inside,
    Jerk,
    OnTop,
    PathLength,
    Region,
    Released,
    Speed,
    Touching,
    Width,
    Workspace,
)


def measure(cost, **quantities):
    """Measure a scene of T steps; `cup_position` stands for cup.position, `cup_position_now` for cup.position@now."""
    scene = {}
    for name, values in quantities.items():
        key = name.replace("_", ".", 1).replace("_now", "@now")
        scene[key] = torch.tensor(values, dtype=torch.float32)
    steps = max(len(values) for values in scene.values())
    return cost({k: v.expand(steps, *v.shape[1:]) for k, v in scene.items()}, torch.zeros(steps, 4)).tolist()


def test_a_region_is_metres_to_its_box_and_open_where_it_is_none():
    box = Region("cup.position", low=(0.4, None, 0.0), high=(0.6, None, 0.1))
    points = [[0.5, 9.0, 0.05], [0.3, 0.0, 0.05], [0.9, -9.0, 0.5], [0.4, 0.0, 0.0]]
    assert measure(box, cup_position=points) == pytest.approx([0.0, 0.1, 0.5, 0.0])


def test_a_region_to_leave_is_metres_to_its_nearest_side():
    left = Region("cup.position", low=(None, 0.0, None), out=True)
    assert measure(left, cup_position=[[0.5, 0.2, 0.0], [0.5, -0.1, 0.0]]) == pytest.approx([0.2, 0.0])


def test_a_region_may_be_kept_by_some_metres():
    left = {"low": (None, 0.1, None), "by": 0.02}
    points = [[0.5, 0.13, 0.0], [0.5, 0.11, 0.0], [0.5, 0.09, 0.0], [0.5, 0.07, 0.0]]
    assert measure(Region("cup.position", **left), cup_position=points) == pytest.approx([0.0, 0.01, 0.03, 0.05])
    assert measure(Region("cup.position", **left, out=True), cup_position=points) == pytest.approx(
        [0.05, 0.03, 0.01, 0]
    )
    with pytest.raises(ValueError, match="'by' is at least 0"):
        Region("cup.position", low=(None, 0.1, None), by=-0.02)


def test_displacement_counts_from_the_start_of_the_episode_or_of_the_chunk():
    scene = {"bowl_position": [[0.5, 0.0, 0.0], [0.5, 0.1, 0.0]], "bowl_position_now": [[0.5, 0.0, 0.0]]}
    assert measure(Displacement("bowl.position", since="now"), **scene) == pytest.approx([0.0, 0.1])
    assert Displacement("bowl.position").needs == ("bowl.position", "bowl.position@start")
    with pytest.raises(ValueError, match="'start' or 'now', got 'then'"):
        Displacement("bowl.position", since="then")


def test_the_workspace_is_a_region_of_the_gripper():
    assert Workspace().needs == ("gripper.position",)
    assert measure(Workspace(), gripper_position=[[0.5, 0.0, 0.2], [0.5, 0.42, 0.2]]) == pytest.approx([0.0, 0.1])
    assert measure(Workspace(), gripper_position=[[0.5, 0.0, 0.015], [0.5, 0.0, 0.005]]) == pytest.approx([0.0, 0.01])


def test_released_and_touching_are_the_opposites_of_held_and_contact():
    for one, other in ((Released("cup"), Held("cup")), (Touching("gripper", "cup"), Contact("gripper", "cup"))):
        assert one.needs == other.needs
        scene = {one.needs[0]: torch.tensor([0.0, 0.25, 1.0])}
        assert torch.equal(one(scene, torch.zeros(3, 4)), 1.0 - other(scene, torch.zeros(3, 4)))
    assert measure(Released("cup"), cup_held=[0.25]) == [0.25]


def test_inside_is_metres_from_the_cylinder_over_the_container():
    inside = Inside("cup", "tray", within=0.03, above=0.06, below=0.02)
    cups = [[0.0, 0.0, 0.0], [0.0, 0.03, 0.06], [0.06, 0.0, 0.10], [0.0, 0.0, -0.05]]
    assert measure(inside, cup_position=cups, tray_position=[[0.0, 0.0, 0.0]]) == pytest.approx([0.0, 0.0, 0.05, 0.03])


def test_on_top_adds_the_way_aside_and_the_way_up_or_down():
    stack = OnTop("cup", "block", rise=0.07, within=0.01)
    cups = [[0.5, 0.0, 0.12], [0.5, 0.04, 0.12], [0.5, 0.0, 0.20], [0.5, 0.0, 0.05]]
    assert measure(stack, cup_position=cups, block_position=[[0.5, 0.0, 0.05]]) == pytest.approx(
        [0.0, 0.03, 0.08, 0.07], abs=1e-6
    )


def test_between_is_metres_from_the_middle_or_from_the_segment():
    ends = {"a_position": [[0.0, 0.0, 0.0]], "b_position": [[0.4, 0.0, 0.0]]}
    cups = [[0.2, 0.0, 0.0], [0.3, 0.1, 0.0], [0.7, 0.4, 0.0]]
    names = ("cup.position", "a.position", "b.position")
    assert measure(Between(*names), cup_position=cups, **ends) == pytest.approx([0.0, math.sqrt(0.02), math.sqrt(0.41)])
    assert measure(Between(*names, where="segment"), cup_position=cups, **ends) == pytest.approx([0.0, 0.1, 0.5])


@pytest.mark.parametrize(
    ("side", "place"),
    [
        ("left_of", [0.5, 0.1, 0.0]),
        ("right_of", [0.5, -0.1, 0.0]),
        ("in_front_of", [0.4, 0.0, 0.0]),
        ("behind", [0.6, 0.0, 0.0]),
    ],
)
def test_beside_knows_the_sides_as_the_robot_sees_them(side, place):
    bowl = [[0.5, 0.0, 0.3]]  # heights do not count
    exact = {"distance": 0.1, "tolerance": 0.0}
    there = Beside("cup.position", "bowl.position", side, **exact)
    assert measure(there, cup_position=[place], bowl_position=bowl) == pytest.approx([0.0], abs=1e-6)
    opposite = [[1.0 - place[0], -place[1], 0.0]]
    assert measure(there, cup_position=opposite, bowl_position=bowl) == pytest.approx([0.2])
    anywhere = Beside("cup.position", "bowl.position", **exact)
    assert measure(anywhere, cup_position=opposite, bowl_position=bowl) == pytest.approx([0.0], abs=1e-6)


def test_beside_forgives_up_to_its_tolerance():
    near = Beside("cup.position", "bowl.position", distance=0.10, tolerance=0.03)
    cups = [[0.13, 0.0, 0.0], [0.20, 0.0, 0.0], [0.02, 0.0, 0.0]]
    found = measure(near, cup_position=cups, bowl_position=[[0.0, 0.0, 0.0]])
    assert found == pytest.approx([0.0, 0.07, 0.05], abs=1e-6)


def test_aligned_is_degrees_and_may_forget_the_sign():
    sides = [[0.0, 2.0, 0.0], [0.0, -1.0, 1.0], [0.0, -3.0, 0.0]]
    assert measure(Aligned("cup.up", (0.0, 1.0, 0.0)), cup_up=sides) == pytest.approx([0.0, 135.0, 180.0])
    assert measure(Aligned("cup.up", (0.0, 1.0, 0.0), symmetric=True), cup_up=sides) == pytest.approx([0.0, 45.0, 0.0])
    assert measure(Aligned("cup.up", "bowl.up"), cup_up=sides, bowl_up=[[1.0, 0.0, 0.0]]) == pytest.approx([90.0] * 3)
    assert math.isnan(measure(Aligned("cup.up", (0.0, 1.0, 0.0)), cup_up=[[0.0, 0.0, 0.0]])[0])


def along(*places):
    return [[x, 0.0, 0.0] for x in places]


def test_speed_counts_from_where_the_chunk_begins():
    found = measure(Speed("cup.position"), cup_position=along(0.02, 0.06, 0.06), cup_position_now=along(0.0))
    assert found == pytest.approx([0.1, 0.2, 0.0])  # metres a second, at 5 steps a second
    found = measure(Speed("cup.position", fps=1.0), cup_position=along(0.02), cup_position_now=along(0.0))
    assert found == pytest.approx([0.02])


def test_acceleration_and_jerk_are_zero_until_enough_steps_are_seen():
    time = torch.arange(1.0, 6.0)
    path = {"cup_position": along(*(time**3).tolist()), "cup_position_now": along(0.0)}
    assert measure(Acceleration("cup.position", fps=1.0), **path) == pytest.approx([0.0, 6.0, 12.0, 18.0, 24.0])
    assert measure(Jerk("cup.position", fps=1.0), **path) == pytest.approx([0.0, 0.0, 6.0, 6.0, 6.0])
    assert measure(Jerk("cup.position", fps=2.0), **path)[2] == pytest.approx(48.0)
    short = {"cup_position": along(1.0), "cup_position_now": along(0.0)}
    assert measure(Jerk("cup.position"), **short) == measure(Acceleration("cup.position"), **short) == [0.0]


def test_the_way_only_grows():
    found = measure(PathLength("cup.position"), cup_position=along(0.1, 0.0, 0.0), cup_position_now=along(0.0))
    assert found == pytest.approx([0.1, 0.2, 0.2])


def test_width_force_and_disagreement_are_read_as_they_are():
    assert measure(Width(to=0.08), gripper_width=[0.02, 0.09]) == pytest.approx([0.06, 0.01])
    assert measure(Force(), gripper_force=[3.0]) == [3.0]
    assert Disagreement()({"disagreement": torch.tensor([0.01])}, torch.zeros(1, 4)).item() == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Region("a.position"), "Region: the box is open on all sides; give a number in 'low' or in 'high'."),
        (
            lambda: Region("a.position", low=(0.0, 0.0)),  # type: ignore[arg-type]
            "Region: 'low' is a corner (x, y, z) in metres, None for open, got (0.0, 0.0).",
        ),
        (
            lambda: Region("a.position", (0.0, 0.2, 0.0), (1.0, 0.1, 1.0)),
            "Region: 'low' lies below 'high', but along y they are 0.2 and 0.1.",
        ),
        (lambda: Region("a.position", ("0", None, None)), "'low' is a finite number, got '0'."),  # type: ignore[arg-type]
        (lambda: Inside("a", "b", within=-0.1), "'within' is at least 0, got -0.1."),
        (lambda: OnTop("a", "b", rise=0.0), "'rise' is larger than 0, got 0.0."),
        (lambda: Between("a", "b", "c", "end"), "'where' is one of middle, segment, got 'end'."),  # type: ignore[arg-type]
        (
            lambda: Beside("a", "b", "left"),  # type: ignore[arg-type]
            "'side' is one of left_of, right_of, in_front_of, behind, any, got 'left'.",
        ),
        (
            lambda: Aligned("a.up", (0.0, 0.0, 0.0)),
            "Aligned: 'to' is a direction's name or a vector (x, y, z) with a length, got (0.0, 0.0, 0.0).",
        ),
        (lambda: Speed("a.position", fps=0.0), "'fps' is larger than 0, got 0.0."),
        (lambda: Width(to="wide"), "'to' is a finite number, got 'wide'."),  # type: ignore[arg-type]
    ],
)
def test_options_that_cannot_be_meant_are_refused(make, sentence):
    with pytest.raises(ValueError) as error:
        make()
    assert str(error.value) == sentence
