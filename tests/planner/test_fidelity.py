import numpy as np
import pytest

from foresee.planner.fidelity import EQUAL, SHOWN, Pair, fidelity, psnr, rows

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
    return Pair(now, now, imagined, real, {})


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


def test_steady_goes_on_as_before():
    one = pair()
    before = {**one.now, "cup.position": np.array([-0.01, 0.0, 0.0])}
    at = fidelity([one._replace(before=before)])["steps"]["10"]["moving object's position, mm"]
    assert at["steady"]["median"] == pytest.approx(20.0)  # 100 mm in place of 80


def plain(now: dict, imagined: dict, real: dict, read: dict | None = None) -> Pair:
    """One step of anything."""
    return Pair(now, now, *({k: v[None] for k, v in side.items()} for side in (imagined, real)), read or {})


def test_how_far_apart_distant_things_are_is_not_asked():
    gap = "clearance.gripper.cup"
    for mine, real, wrong in ((0.15, 0.29, 0.0), (0.14, 0.29, 10.0), (0.05, 0.02, 30.0)):
        found = fidelity([plain({gap: np.array(real)}, {gap: np.array(mine)}, {gap: np.array(real)})])
        error = found["steps"]["1"]["clearance up to 15 cm, mm"]["model"]["median"]
        assert error == pytest.approx(wrong)


def test_depth_is_relative_and_looks_at_objects_only():
    real, shown = np.full((2, 2), 0.5), np.array([[True, True], [False, False]])
    mine, now = np.array([[0.51, 0.49], [9.0, 9.0]]), np.full((2, 2), 0.6)
    truth = {"depth": real, SHOWN: shown}
    one = plain({"depth": now, SHOWN: ~shown}, {"depth": mine}, truth, {"depth": 1.5 * now})
    at = fidelity([one])["steps"]
    depth = at["1"]["depth of objects, %"]
    assert depth["model"]["median"] == pytest.approx(2.0) and depth["still"]["median"] == pytest.approx(20.0)
    assert at["0"]["depth of objects, %"]["model"]["median"] == pytest.approx(50.0) and "steady" not in depth
    assert fidelity([plain(one.now, {"depth": mine}, {**truth, SHOWN: shown & False})])["steps"] == {}


def test_a_point_of_contact_counts_where_both_touch():
    touch, point = "contact.gripper.cup", "contact.gripper.cup.point"
    here, there = np.zeros(3), np.array([0.003, 0.0, 0.004])
    for mine, real in ((1.0, 1.0), (0.4, 1.0), (0.9, 0.0)):
        sides = ({touch: np.array(chance), point: where} for chance, where in ((mine, here), (real, there)))
        found = fidelity([plain({touch: np.array(0.0), point: here}, *sides)])["steps"]
        if mine > 0.5 and real > 0.5:
            assert found["1"]["contact point, mm"]["model"]["median"] == pytest.approx(5.0)
            assert found["1"]["contact point, mm"].keys() == {"model"}
        else:
            assert found == {}


def test_a_shifted_picture_has_the_psnr_that_one_computes_by_hand():
    stripe = np.zeros((4, 8, 3), np.uint8)
    stripe[:, 2] = 255
    moved = np.roll(stripe, 1, axis=1)  # two of eight columns are wrong by 255: an eighth of the square, twice
    assert psnr(moved, stripe) == pytest.approx(10 * np.log10(4)) and psnr(stripe, stripe) == EQUAL
    dim = np.full((4, 8, 3), 100, np.uint8)
    assert psnr(dim, dim + np.uint8(10)) == pytest.approx(20 * np.log10(25.5))  # whichever is brighter
    assert psnr(dim + np.uint8(10), dim) == pytest.approx(20 * np.log10(25.5))
    found = fidelity([plain({"image": moved}, {"image": stripe}, {"image": stripe})])["steps"]["1"]
    (told,) = found.values()
    assert told["model"]["median"] == EQUAL and told["still"]["median"] == pytest.approx(10 * np.log10(4))


def test_what_is_read_is_told_apart_from_what_is_imagined():
    one = pair(0.004)
    read = {"cup.position": np.array([0.0, 0.003, 0.0]), "cup.up": UP}
    at = fidelity([one._replace(read=read)])["steps"]
    assert list(at) == ["0", "1", "5", "10"]
    assert at["0"]["moving object's position, mm"].keys() == {"model"}
    assert at["0"]["moving object's position, mm"]["model"]["median"] == pytest.approx(3.0)
    assert at["10"]["moving object's position, mm"]["model"]["median"] == pytest.approx(4.0)


def test_the_table_ends_with_the_picture_and_nothing_cannot_be_compared():
    picture = np.zeros((1, 4, 4, 3), np.uint8)
    one = pair()
    one = one._replace(
        now={**one.now, "image": picture[0]},
        before={**one.before, "image": picture[0]},
        imagined={**one.imagined, "image": picture},
        real={**one.real, "image": picture},
    )
    head, lines = rows(fidelity([one._replace(read=one.now)]))
    assert all(len(line) == len(head) for line in lines)
    of = {step: [line[1] for line in lines if line[0] == step] for step in ("0", "1")}
    assert all(whats[-1].startswith("picture PSNR") and len(whats) == 3 for whats in of.values())
    with pytest.raises(ValueError, match="no chunk was executed"):
        fidelity([])
