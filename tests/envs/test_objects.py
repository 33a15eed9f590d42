"""Geometry that is recorded, weighed and seen."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from foresee.envs.catalogue import CATALOGUE, SIZES, colour, identity, kind, shape
from foresee.envs.objects import Box, block, bottle, bowl, cup, tray, write_obj


def test_a_cup_weighs_like_a_solid_cylinder():
    shape = cup(radius=0.03, height=0.10)
    assert np.allclose(shape.inertia, [(3 * 0.03**2 + 0.10**2) / 12] * 2 + [0.03**2 / 2])


def test_walls_of_a_bowl_lean_outwards_and_end_at_the_rim():
    shape = bowl(foot=0.026, rim=0.056, height=0.07)
    for wall in (piece for piece in shape.pieces if isinstance(piece, Box)):
        top = np.array(wall.centre) + Rotation.from_quat(wall.rotation).apply([0, 0, wall.half[2]])
        assert abs(np.hypot(*top[:2]) - 0.056) < 0.004
        assert abs(top[2] - 0.035) < 0.004


def test_pictures_are_closed_round_bodies(tmp_path):
    lines = write_obj(cup(0.03, 0.1), tmp_path / "cup.obj").read_text().splitlines()
    corners = np.array([list(map(float, line.split()[1:])) for line in lines if line.startswith("v ")])
    assert np.isclose(np.hypot(corners[:, 0], corners[:, 1]).max(), 0.03)
    assert {line.split()[0] for line in lines} == {"v", "vn", "f"}


@pytest.mark.parametrize("name", CATALOGUE[::4])
def test_everything_collides_where_it_is_seen(name):
    numbers = {f"{name}.{number}": default for number, (default, *_) in SIZES[kind(name)].items()}
    body = shape(name, numbers)
    tops = [
        np.abs(Rotation.from_quat(p.rotation).as_matrix()[2]) @ p.half if isinstance(p, Box) else p.height / 2
        for p in body.pieces
    ]
    ends = [(p.centre[2] - top, p.centre[2] + top) for p, top in zip(body.pieces, tops, strict=True)]
    assert min(low for low, _ in ends) == pytest.approx(-body.height / 2, abs=0.003)
    assert max(high for _, high in ends) == pytest.approx(body.height / 2, abs=0.003)
    assert max(abs(z) for _, z in body.profile) == pytest.approx(body.height / 2)


def test_square_things_are_seen_square(tmp_path):
    lines = write_obj(block(0.05), tmp_path / "block.obj").read_text().splitlines()
    corners = np.array([list(map(float, line.split()[1:])) for line in lines if line.startswith("v ")])
    assert np.allclose(np.abs(corners).max(0), 0.025)
    assert tray(0.08).half == 0.08


def test_a_bottle_is_narrow_above_two_thirds():
    body, neck = bottle(0.026, 0.14).pieces
    assert neck.radius == 0.012 and body.radius == 0.026
    assert body.height + neck.height == pytest.approx(0.14)


def test_the_catalogue_is_kind_by_kind_and_its_colours_are_apart():
    assert CATALOGUE[:5] == ("red_cup", "blue_cup", "green_cup", "yellow_cup", "red_bowl") and len(CATALOGUE) == 24
    assert [identity(name) for name in CATALOGUE] == list(range(24))
    paints = [
        np.array(colour(name, {f"{name}.shade": shade, f"{name}.pale": pale})[:3])
        for name in CATALOGUE[:4]
        for shade, pale in ((0.74, 0.20), (0.96, 0.02))
    ]
    for i, one in enumerate(paints):
        for j, other in enumerate(paints):
            if i // 2 != j // 2:
                assert np.abs(one - other).max() > 0.3
