"""Wishes that cannot be meant."""

import pytest

from foresee.costs import (
    AllOf,
    AnyOf,
    Clearance,
    Contact,
    Distance,
    Effort,
    Height,
    Held,
    Limit,
    Objective,
    Region,
    Stage,
    Stages,
    Tilt,
    Tolerance,
    Touching,
    Weighted,
    Workspace,
)
from foresee.costs.objective import UnknownQuantityError
from foresee.envs.action import ActionMap
from foresee.planner.refuse import check_contradictions, check_objects, check_places, refuse

LOW, HIGH = (0.3, -0.32, 0.0), (0.7, 0.32, 0.4)
HAND, CUP = "gripper.position", "red_cup.position"
KNOWN = ("gripper.position", "red_cup.position", "red_cup.up", "clearance.gripper.red_cup", "others.up", "latent")


def wish(cost, weight=1.0):
    return Objective({"wish": Weighted(cost, weight)})


def limit(cost, at_most=0.0, **options):
    return Objective({}, {"limit": Limit(cost, at_most, **options)})


@pytest.mark.parametrize(
    ("cost", "thing"),
    [
        (Tilt("blue_bowl"), "blue_bowl"),
        (Clearance("gripper", "vase", 0.1), "vase"),
        (Held("red_cups"), "red_cups"),
    ],
)
def test_an_object_that_is_not_there_is_refused_with_those_that_are(cost, thing):
    with pytest.raises(UnknownQuantityError, match=f"'{thing}', which is not there.* there are red_cup"):
        check_objects(wish(cost), KNOWN)


def test_what_is_no_object_is_left_alone():
    for cost in (Tilt("others"), Effort(), Distance(HAND, CUP), Contact("gripper", "table")):
        check_objects(wish(cost), KNOWN)
    check_objects(wish(Tilt("vase")), ("point.position", "vase.up"))
    check_objects(wish(Tilt("vase")), ("latent",))  # a model without objects says by itself what it knows


@pytest.mark.parametrize(
    ("aim", "place"),
    [
        (wish(Distance(HAND, (0.5, 0.0, 0.9))), "gripper.position at z = 0.9 m"),
        (wish(Distance(HAND, (0.5, 0.3, 0.1), offset=(0.0, 0.1, 0.0))), "gripper.position at y = 0.4 m"),
        (wish(Height(CUP, 0.5)), "red_cup.position at z = 0.5 m"),
        (wish(Height(CUP, -0.1)), "red_cup.position at z = -0.1 m"),
        (wish(Region(CUP, low=(0.8, None, None))), "red_cup.position at x = 0.8 m"),
        (wish(Region(CUP, high=(0.2, None, None))), "red_cup.position at x = 0.2 m"),
        (wish(Workspace(low=(-0.5, -0.3, 0.0), high=(-0.2, 0.3, 0.3))), "gripper.position at x = -0.2 m"),
        (wish(Stages({"up": Stage(Height(CUP, 0.5))})), "red_cup.position at z = 0.5 m"),
        (wish(AllOf({"up": Tolerance(Height(CUP, 0.5), within=0.05)})), "red_cup.position at z = 0.5 m"),
        (limit(Height(CUP, 0.5), 0.05), "red_cup.position at z = 0.5 m"),
    ],
)
def test_a_place_outside_of_the_workspace_is_refused(aim, place):
    with pytest.raises(ValueError) as refused:
        check_places(aim, LOW, HIGH)
    label = next(iter(aim.terms))
    assert str(refused.value) == (
        f"'{label}' wants {place}, but the workspace is x 0.3 to 0.7, y -0.32 to 0.32, z 0 to 0.4 m; "
        "choose a place inside."
    )


@pytest.mark.parametrize(
    "aim",
    [
        wish(Distance(HAND, (0.5, 0.3, 0.4))),
        wish(Distance(HAND, CUP, offset=(0.0, 0.0, 9.0))),
        wish(Height(CUP, 0.0)),
        wish(Height(CUP, 0.5), weight=-1.0),
        limit(Height(CUP, 0.5), 0.15),
        wish(Region(CUP, low=(0.6, None, None))),
        wish(Region(CUP, low=(0.8, None, None), out=True)),
        wish(AnyOf({"up": Height(CUP, 0.5), "level": Tilt("red_cup")})),
        wish(
            Stages({"up": Stage(Height(CUP, 0.5), done=Height(CUP, 0.5), at_most=0.2), "level": Stage(Tilt("red_cup"))})
        ),
    ],
)
def test_what_can_be_reached_or_needs_not_be_is_accepted(aim):
    check_places(aim, LOW, HIGH)


@pytest.mark.parametrize("wanted", [Touching("gripper", "red_cup"), Touching("red_cup", "gripper"), Held("red_cup")])
@pytest.mark.parametrize(
    "forbidding",
    [Limit(Contact("gripper", "red_cup"), 0.3), Limit(Clearance("red_cup", "gripper", keep=0.02), 0.0)],
)
def test_what_a_limit_forbids_cannot_be_wanted(wanted, forbidding):
    limits = {"untouched": forbidding}
    stages = Stages({"first": Stage(wanted, done=wanted, at_most=0.5), "up": Stage(Height(CUP, 0.2))})
    sentence = "wants gripper and red_cup to touch, which 'untouched' forbids; drop one of the two."
    for aim in (
        Objective({"take": Weighted(wanted, 1.0)}, limits),
        Objective({"take": Weighted(stages, 1.0)}, limits),
        Objective({}, {**limits, "take": Limit(wanted, 0.5)}),
    ):
        with pytest.raises(ValueError, match=sentence):
            check_contradictions(aim)


def test_what_only_looks_like_a_contradiction_is_accepted():
    touch = {"touch": Weighted(Touching("gripper", "red_cup"), 1.0)}
    for forbidding in (
        Limit(Contact("gripper", "blue_bowl"), 0.3),
        Limit(Contact("gripper", "red_cup"), 0.8),
        Limit(Contact("gripper", "red_cup"), 0.3, over="end"),
        Limit(Clearance("gripper", "red_cup", keep=0.0), 0.0),
    ):
        check_contradictions(Objective(touch, {"limit": forbidding}))
    away = Objective(
        {"away": Weighted(Touching("gripper", "red_cup"), -1.0)}, {"no": Limit(Contact("gripper", "red_cup"), 0.3)}
    )
    check_contradictions(away)


def test_the_environment_says_where_the_gripper_can_go():
    env = type("World", (), {"actions": ActionMap()})
    with pytest.raises(ValueError, match=r"z 0 to 0\.4 m"):
        refuse(wish(Height(CUP, 0.5)), KNOWN, env)
    refuse(wish(Height(CUP, 0.5)), KNOWN)
