"""Geometry that is recorded, weighed and seen."""

import numpy as np
from scipy.spatial.transform import Rotation

from foresee.envs.objects import Box, bowl, cup, write_obj


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
