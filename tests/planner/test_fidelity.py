import numpy as np
import pytest

from foresee.planner.fidelity import Pair, event_rows, fidelity, rows

UP = np.array([0.0, 0.0, 1.0])


def pair(shift: float = 0.0, lean: float = 0.0, late: int = 0, steps: int = 10) -> Pair:
    """A cup that is pushed 1 cm a step after step 2, as somebody imagines it who is wrong by so much."""
    way = np.zeros((steps, 3))
    way[2:, 0] = 0.01 * np.arange(1, steps - 1)
    tilt = np.radians(20.0)
    up = np.tile(UP, (steps, 1))
    up[5:] = np.sin(tilt), 0.0, np.cos(tilt)
    touch = (np.arange(steps) >= 2).astype(float)
    now = {"cup.position": np.zeros(3), "cup.up": UP, "contact.gripper.cup": np.array(0.0), "cup.held": np.array(0.0)}
    real = {"cup.position": way, "cup.up": up, "contact.gripper.cup": touch, "cup.held": np.zeros(steps)}
    angle = np.radians(lean)
    mine = up @ np.array([[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]])
    imagined = {
        "cup.position": way + np.array([0.0, shift, 0.0]),
        "cup.up": mine,
        "contact.gripper.cup": np.concatenate([np.zeros(late), touch])[:steps],
        "cup.held": np.zeros(steps),
    }
    return Pair(now, now, imagined, real)


def test_errors_have_units():
    found = fidelity([pair(0.004, 3.0), pair(0.006, 5.0), pair(0.005, 4.0)])
    at = found["steps"]["10"]
    assert at["moving object's position, mm"]["model"]["median"] == pytest.approx(5.0)
    assert at["moving object's position, mm"]["still"]["median"] == pytest.approx(80.0)
    assert at["moving object's up axis, degrees"]["model"]["median"] == pytest.approx(4.0)
    assert "20" not in found["steps"]  # chunks are not that long


def test_what_does_not_move_is_not_counted():
    still = pair()
    here = {**still.real, "cup.position": np.zeros((10, 3))}
    assert fidelity([still._replace(real=here)])["steps"] == {}


def test_an_onset_may_be_one_step_late_but_not_two():
    f1 = [fidelity([pair(late=late)] * 3)["events"]["contact onset"]["f1"] for late in (0, 1, 2)]
    assert f1 == [1.0, 1.0, 0.0]


def test_tips_are_counted_where_a_thing_stood():
    tip = fidelity([pair(), pair(lean=-10.0)])["events"]["tip"]  # the second one leans 10 degrees only
    assert (tip["recall"]["k"], tip["recall"]["n"], tip["precision"]["rate"]) == (1, 2, 1.0)
    fallen = pair()
    fallen = fallen._replace(now={**fallen.now, "cup.up": np.array([1.0, 0.0, 0.0])})
    assert fidelity([fallen])["events"]["tip"]["n"] == 0


def test_steady_goes_on_as_before():
    one = pair()
    before = {**one.now, "cup.position": np.array([-0.01, 0.0, 0.0])}
    at = fidelity([one._replace(before=before)])["steps"]["10"]["moving object's position, mm"]
    assert at["steady"]["median"] == pytest.approx(20.0)  # 100 mm in place of 80


def test_the_table_and_nothing_to_compare():
    for head, lines in (rows(fidelity([pair()])), event_rows(fidelity([pair()]))):
        assert all(len(line) == len(head) for line in lines) and lines
    with pytest.raises(ValueError, match="no chunk was executed"):
        fidelity([])
