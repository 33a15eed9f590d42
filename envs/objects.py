"""Cups, bowls, blocks, bottles, plates and trays as plain geometry: what collides, what is seen, how it is weighted."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

SEGMENTS = 16
"""Sides of a round picture."""
WALLS = 8
"""Wall pieces of a bowl; more cost time and hold no better."""
NECK, BODY = 0.012, 0.65
"""A bottle's neck: its radius (metres), and the share of the height where it begins."""
FLOOR, WALL, EDGE = 0.006, 0.005, 0.022
"""A tray's floor, the thickness of its walls, and how high they end, metres."""


@dataclass(frozen=True)
class Box:
    """A collision box. Half extents, centre (metres) and rotation (quaternion x, y, z, w) in the object's frame."""

    half: tuple[float, float, float]
    centre: tuple[float, float, float]
    rotation: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Cylinder:
    """An upright collision cylinder; metres, in the object's frame."""

    radius: float
    height: float
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Shape:
    """An object whose frame sits in the middle of its height, z up."""

    pieces: tuple[Box | Cylinder, ...]
    profile: tuple[tuple[float, float], ...]
    """Outline (radius, z) that is turned around z for the picture, metres."""
    height: float
    """Metres."""
    radius: float
    """Widest radius, metres."""
    inertia: tuple[float, float, float]
    """Principal moments of one kilogram, kg m²."""
    half: float | None = None
    """Half side of a square object, whose outline is turned with four sides; None where it is round. Metres."""


def cup(radius: float, height: float) -> Shape:
    """A straight cup; it collides as a solid cylinder, and is seen hollow."""
    h, wall, floor = height / 2, 0.004, 0.006
    profile = ((0.0, -h), (radius, -h), (radius, h), (radius - wall, h), (radius - wall, floor - h), (0.0, floor - h))
    across = (3 * radius**2 + height**2) / 12
    return Shape((Cylinder(radius, height),), profile, height, radius, (across, across, radius**2 / 2))


def bowl(foot: float, rim: float, height: float) -> Shape:
    """A bowl of a flat foot and slanted walls, which tips when its rim is pushed."""
    h, wall, base = height / 2, 0.005, 0.008
    profile = ((0.0, -h), (foot, -h), (rim, h), (rim - wall, h), (foot - wall, base - h), (0.0, base - h))
    rise = height - base
    slant = float(np.arctan2(rim - foot, rise))
    length = float(np.hypot(rim - foot, rise))
    middle = (foot + rim) / 2 - wall / 2
    width = rim * np.tan(np.pi / WALLS)
    pieces: list[Box | Cylinder] = [Cylinder(foot, base, (0.0, 0.0, base / 2 - h))]
    for angle in np.arange(WALLS) * 2 * np.pi / WALLS:
        x, y, z, w = map(float, Rotation.from_euler("ZY", [angle, slant]).as_quat())  # turned, then leaned outwards
        centre = (middle * float(np.cos(angle)), middle * float(np.sin(angle)), base / 2)
        pieces.append(Box((wall / 2, width, length / 2), centre, (x, y, z, w)))
    across = (3 * middle**2 + height**2) / 12 + middle**2 / 4
    return Shape(tuple(pieces), profile, height, rim, (across, across, middle**2))


def block(side: float) -> Shape:
    """A cube."""
    h, corner = side / 2, side / 2 * 2**0.5
    profile = ((0.0, -h), (corner, -h), (corner, h), (0.0, h))
    moment = side**2 / 6
    return Shape((Box((h, h, h), (0.0, 0.0, 0.0)),), profile, side, corner, (moment, moment, moment), h)


def bottle(radius: float, height: float) -> Shape:
    """A bottle: a straight body and a narrow neck; tall for its foot, so that it tips when it is pushed high."""
    h, shoulder = height / 2, BODY * height
    body = shoulder - 0.006
    profile = ((0.0, -h), (radius, -h), (radius, body - h), (NECK, shoulder + 0.004 - h), (NECK, h), (0.0, h))
    pieces = (
        Cylinder(radius, body, (0.0, 0.0, body / 2 - h)),
        Cylinder(NECK, height - body, (0.0, 0.0, body / 2)),
    )
    across = (3 * radius**2 + height**2) / 12
    return Shape(pieces, profile, height, radius, (across, across, radius**2 / 2))


def plate(radius: float, height: float) -> Shape:
    """A round plate with a flat top."""
    h = height / 2
    profile = ((0.0, -h), (radius, -h), (radius, h), (0.0, h))
    across = (3 * radius**2 + height**2) / 12
    return Shape((Cylinder(radius, height),), profile, height, radius, (across, across, radius**2 / 2))


def tray(half: float) -> Shape:
    """A square tray: a floor and four low walls."""
    h, w, inner = EDGE / 2, WALL / 2, half - WALL
    floor = Box((half, half, FLOOR / 2), (0.0, 0.0, FLOOR / 2 - h))
    long, rise = (half, (EDGE - FLOOR) / 2), FLOOR / 2
    walls = [Box((w, *long), (side * (half - w), 0.0, rise)) for side in (-1, 1)]
    walls += [Box((long[0], w, long[1]), (0.0, side * (half - w), rise)) for side in (-1, 1)]
    outside, inside = half * 2**0.5, inner * 2**0.5
    profile = ((0.0, -h), (outside, -h), (outside, h), (inside, h), (inside, FLOOR - h), (0.0, FLOOR - h))
    across = 0.4 * half**2
    return Shape((floor, *walls), profile, EDGE, outside, (across, across, 0.75 * half**2), half)


def write_obj(shape: Shape, path: Path) -> Path:
    """Write the turned outline as a Wavefront file, which PyBullet's renderer reads."""
    sides, first = (SEGMENTS, 0.0) if shape.half is None else (4, np.pi / 4)
    angles = first + np.arange(sides) * 2 * np.pi / sides
    lines, count = [], len(shape.profile)
    for radius, z in shape.profile:
        lines += [f"v {radius * np.cos(a):.6f} {radius * np.sin(a):.6f} {z:.6f}" for a in angles]
    normals: list[str] = []
    faces: list[str] = []
    for ring in range(count - 1):
        (r0, z0), (r1, z1) = shape.profile[ring], shape.profile[ring + 1]
        out = np.array([z1 - z0, r0 - r1]) / max(np.hypot(z1 - z0, r0 - r1), 1e-9)  # (outwards, up)
        for k in range(sides):
            a = angles[k] + np.pi / sides
            normals.append(f"vn {out[0] * np.cos(a):.4f} {out[0] * np.sin(a):.4f} {out[1]:.4f}")
            corner = [ring * sides + k, ring * sides + (k + 1) % sides]
            corner += [corner[1] + sides, corner[0] + sides]
            n = len(normals)
            a0, b0, c0, d0 = (f"{i + 1}//{n}" for i in corner)
            faces += [f"f {a0} {b0} {c0}", f"f {a0} {c0} {d0}"]
    path.write_text("\n".join(lines + normals + faces) + "\n")
    return path
