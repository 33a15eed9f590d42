"""Every shipped cost gives the known answer, on any leading dimensions."""

import math

import pytest
import torch

from foresee.costs import (
    Acceleration,
    Aligned,
    AllOf,
    AnyOf,
    Beside,
    Between,
    Clearance,
    Contact,
    Cost,
    Disagreement,
    Displacement,
    Distance,
    Effort,
    Expression,
    Force,
    GoalImage,
    Height,
    Held,
    Inside,
    Jerk,
    OnTop,
    PathLength,
    Region,
    Released,
    Smoothness,
    Speed,
    Stage,
    Stages,
    Tilt,
    Tolerance,
    Touching,
    Unexplained,
    Width,
    Workspace,
    check_cost,
)
from foresee.costs.check import shape_of

STILL = torch.zeros(2, 4)
"""Two steps of rest. Shape (T, A)."""
ALL = [
    Distance("gripper.position", "cup.position"),
    Distance("cup.position", (0.1, 0.2, 0.3), offset=(0.0, 0.0, 0.1)),
    Height("cup.position", 0.2),
    Tilt("bowl"),
    Held("cup"),
    Contact("gripper", "bowl"),
    Clearance("cup", "bowl", keep=0.02),
    Effort(),
    Smoothness(),
    Displacement("bowl.position"),
    Region("cup.position", low=(0.4, None, None), high=(None, 0.5, None)),
    Region("cup.position", low=(0.2, 0.1, None), out=True),
    Workspace(),
    Released("cup"),
    Touching("gripper", "bowl"),
    Inside("cup", "tray"),
    OnTop("cup", "block", rise=0.07),
    Between("cup.position", "bowl.position", "tray.position"),
    Between("cup.position", "bowl.position", "tray.position", where="segment"),
    Beside("cup.position", "bowl.position", "left_of"),
    Beside("cup.position", "bowl.position"),
    Aligned("gripper.side", "cup.up", symmetric=True),
    Aligned("gripper.down", (0.0, 0.0, -1.0)),
    Speed("cup.position"),
    Acceleration("cup.position"),
    Jerk("cup.position"),
    PathLength("gripper.position"),
    Width(0.04),
    Force(),
    Disagreement(),
    Unexplained(),
    GoalImage({"cup": torch.zeros(8)}),
    Expression("norm(cup.position - bowl.position@start) + max(cup.held, 0.5)"),
    AnyOf({"held": Held("cup"), "up": Tilt("cup")}, {"held": 1.0, "up": 20.0}),
    AllOf({"held": Held("cup"), "low": Height("cup.position", 0.1)}),
    Tolerance(Distance("cup.position", "bowl.position"), 0.1, most=0.5, beyond="smooth"),
    Stages(
        {
            "grasp": Stage(Distance("gripper.position", "cup.position"), Held("cup"), softness=1.0),
            "lift": Stage(Height("cup.position", 0.3), Height("cup.position", 0.3), 0.02, 0.05),
        }
    ),
]


@pytest.mark.parametrize("cost", ALL, ids=lambda cost: type(cost).__name__)
def test_slopes_are_finite_and_reach_what_is_read(cost):
    noise = torch.Generator().manual_seed(1)
    for scale in (1.0, 0.0):  # anywhere, and where everything coincides
        scene = {name: scale * torch.rand(2, 5, *shape_of(name, {}), generator=noise) for name in cost.needs}
        scene = {name: values.requires_grad_() for name, values in scene.items()}
        actions = (scale * torch.rand(2, 5, 4, generator=noise)).requires_grad_()
        values = cost(scene, actions)
        values.sum().backward()
        grads = [leaf.grad for leaf in (*scene.values(), actions) if leaf.grad is not None]
        assert grads
        if values.isfinite().all():  # a direction of no length has no angle
            assert all(grad.isfinite().all() for grad in grads)


@pytest.mark.parametrize("cost", ALL, ids=lambda cost: type(cost).__name__)
def test_says_its_unit(cost):
    assert isinstance(cost.unit, str)


@pytest.mark.parametrize("cost", ALL, ids=lambda cost: type(cost).__name__)
def test_keeps_the_promises_of_a_cost(cost):
    assert isinstance(cost, Cost)
    check_cost(cost)


def test_distance_is_metres_between_two_points():
    scene = {"a": torch.tensor([[0.3, 0.0, 0.0], [0.0, 0.0, 0.0]]), "b": torch.tensor([[0.0, 0.4, 0.0]] * 2)}
    assert Distance("a", "b")(scene, STILL).tolist() == pytest.approx([0.5, 0.4])
    assert Distance("a", (0.0, 0.0, 1.0))({"a": torch.zeros(2, 3)}, STILL).tolist() == [1.0, 1.0]


def test_distance_adds_the_offset_to_the_target():
    scene = {"hand": torch.tensor([[0.0, 0.0, 0.1]]), "cup": torch.zeros(1, 3)}
    assert Distance("hand", "cup", offset=(0.0, 0.0, 0.1))(scene, STILL[:1]).item() == 0.0


def test_distance_refuses_what_is_no_point():
    with pytest.raises(ValueError) as error:
        Distance("a", (0.0, 1.0))  # type: ignore[arg-type]
    assert str(error.value) == "Distance: 'to' is a position's name or a point (x, y, z) in metres, got (0.0, 1.0)."
    with pytest.raises(ValueError) as error:
        Distance("a", "b", offset=0.1)  # type: ignore[arg-type]
    assert str(error.value) == "Distance: 'offset' is a vector (x, y, z) in metres, got 0.1."


def test_height_is_metres_above_or_below():
    scene = {"cup.position": torch.tensor([[9.0, 9.0, 0.25], [9.0, 9.0, 0.15]])}
    assert Height("cup.position", 0.2)(scene, STILL).tolist() == pytest.approx([0.05, 0.05])


@pytest.mark.parametrize("degrees", [0.0, 0.01, 15.0, 90.0, 180.0])
@pytest.mark.parametrize("length", [1.0, 0.3])
def test_tilt_is_degrees_whatever_the_length_of_the_vector(degrees, length):
    angle = math.radians(degrees)
    up = length * torch.tensor([[math.sin(angle), 0.0, math.cos(angle)]])
    assert Tilt("bowl")({"bowl.up": up}, STILL[:1]).item() == pytest.approx(degrees, rel=1e-5, abs=1e-5)


def test_tilt_ignores_yaw_and_direction():
    yaw = torch.linspace(0.0, 6.0, 7)
    up = torch.stack([0.5 * yaw.cos(), 0.5 * yaw.sin(), torch.full((7,), math.sqrt(0.75))], dim=-1)
    torch.testing.assert_close(Tilt("bowl")({"bowl.up": up}, STILL), torch.full((7,), 30.0))


def test_tilt_of_nothing_is_not_level():
    assert Tilt("bowl")({"bowl.up": torch.zeros(1, 3)}, STILL[:1]).isnan().all()


def test_held_is_one_minus_the_probability():
    assert Held("cup")({"cup.held": torch.tensor([0.25, 1.0])}, STILL).tolist() == [0.75, 0.0]


def test_contact_is_the_probability_of_exactly_this_name():
    assert Contact("gripper", "bowl").needs == ("contact.gripper.bowl",)
    assert Contact("gripper", "bowl")({"contact.gripper.bowl": torch.tensor([0.5])}, STILL[:1]).item() == 0.5


def test_clearance_is_signed_metres_inside_the_zone():
    scene = {"clearance.cup.bowl": torch.tensor([0.05, -0.01])}
    assert Clearance("cup", "bowl", keep=0.02)(scene, STILL).tolist() == pytest.approx([-0.03, 0.03])


def test_effort_is_one_at_full_action():
    actions = torch.tensor([[1.0, -1.0], [1.0, 0.0], [0.0, 0.0]])
    assert Effort()({}, actions).tolist() == pytest.approx([1.0, math.sqrt(0.5), 0.0])


def test_smoothness_starts_at_zero_and_is_two_at_a_full_reversal():
    actions = torch.tensor([[1.0, 1.0], [1.0, 1.0], [-1.0, -1.0]])
    assert Smoothness()({}, actions).tolist() == pytest.approx([0.0, 0.0, 2.0])
    assert Smoothness()({}, actions[:1]).tolist() == [0.0]


def test_displacement_counts_from_where_the_episode_began():
    scene = {
        "bowl.position": torch.tensor([[1.0, 0.0, 0.1], [1.3, 0.4, 0.0], [1.0, 0.0, 0.0]]),
        "bowl.position@start": torch.tensor([[1.0, 0.0, 0.0]]).expand(3, 3),
    }
    assert Displacement("bowl.position")(scene, torch.zeros(3, 4)).tolist() == pytest.approx([0.1, 0.5, 0.0])


@pytest.mark.parametrize("cost", [Tilt("bowl"), Effort(), Smoothness(), Distance("bowl.up", (0.0, 0.0, 1.0))])
def test_slope_is_finite_at_the_optimum(cost):
    up = torch.tensor([[0.0, 0.0, 1.0]] * 2, requires_grad=True)
    actions = torch.zeros(2, 4, requires_grad=True)
    cost({"bowl.up": up}, actions).sum().backward()
    for leaf in (up, actions):
        assert leaf.grad is None or leaf.grad.isfinite().all()
