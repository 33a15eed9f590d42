"""Limits that are broken before anything has moved."""

import math

import pytest
import torch

from foresee.costs import (
    Clearance,
    Contact,
    Displacement,
    Height,
    Limit,
    Objective,
    Speed,
    Tilt,
    UnknownQuantityError,
    Weighted,
    broken_at_start,
    sentences_at_start,
)

ANGLE = math.radians(23.1)
READINGS = {
    "bowl.up": torch.tensor([math.sin(ANGLE), 0.0, math.cos(ANGLE)]),
    "bowl.position": torch.tensor([0.5, 0.0, 0.04]),
    "contact.gripper.bowl": torch.tensor(1.0),
    "clearance.gripper.bowl": torch.tensor(0.05),
}


def test_only_limits_that_must_always_hold_are_named():
    limits = {
        "upright": Limit(Tilt("bowl"), at_most=15.0, margin=5.0),
        "high": Limit(Height("bowl.position", 0.2), 0.01, over="end"),
        "still": Limit(Displacement("bowl.position"), 0.01),
        "slow": Limit(Speed("bowl.position"), 0.1),
        "free": Limit(Clearance("bowl", "gripper", keep=0.02), 0.0),
        "untouched": Limit(Contact("bowl", "gripper"), 0.5),
    }
    aim = Objective({"low": Weighted(Height("bowl.position", 0.0), 1.0)}, limits)
    assert broken_at_start(aim, READINGS) == pytest.approx({"upright": 8.1, "untouched": 0.5}, abs=1e-4)
    assert sentences_at_start(aim, READINGS) == [
        "'upright' does not hold at the start: 23.1 degrees, 8.1 more than allowed.",
        "'untouched' does not hold at the start: 1 probability, 0.5 more than allowed.",
    ]


def test_nothing_to_hold_is_nothing_broken():
    assert broken_at_start(Objective({"up": Weighted(Tilt("bowl"), 1.0)}), {}) == {}


def test_what_is_not_a_number_does_not_hold():
    aim = Objective({}, {"upright": Limit(Tilt("bowl"), 15.0)})
    assert list(broken_at_start(aim, {"bowl.up": torch.zeros(3)})) == ["upright"]


def test_an_unknown_quantity_is_refused():
    with pytest.raises(UnknownQuantityError, match=r"'up' needs 'cup\.up', which the scene does not know"):
        broken_at_start(Objective({}, {"up": Limit(Tilt("cup"), 15.0)}), READINGS)
