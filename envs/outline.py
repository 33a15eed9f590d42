"""Outlines of things seen from above, and the gaps between them."""

from math import cos, hypot, sin
from typing import NamedTuple


class Outline(NamedTuple):
    """A turned rectangle with its corners rounded: a circle has no sides, a square no rounding. Metres, radians."""

    x: float
    y: float
    yaw: float = 0.0
    half_x: float = 0.0
    half_y: float = 0.0
    rounding: float = 0.0

    def corners(self) -> list[tuple[float, float]]:
        """Corners of the rectangle; all are the centre for a circle."""
        c, s = cos(self.yaw), sin(self.yaw)
        signs = ((1, 1), (1, -1), (-1, -1), (-1, 1)) if self.half_x or self.half_y else ((0, 0),)
        along = [(i * self.half_x, j * self.half_y) for i, j in signs]
        return [(self.x + c * u - s * v, self.y + s * u + c * v) for u, v in along]

    def distance(self, x: float, y: float) -> float:
        """Distance of a point from the rectangle, negative inside."""
        c, s = cos(self.yaw), sin(self.yaw)
        u = abs(c * (x - self.x) + s * (y - self.y)) - self.half_x
        v = abs(c * (y - self.y) - s * (x - self.x)) - self.half_y
        return hypot(max(u, 0.0), max(v, 0.0)) + min(max(u, v), 0.0)

    def moved(self, x: float, y: float) -> "Outline":
        """The same outline elsewhere."""
        return self._replace(x=x, y=y)


def gap(a: Outline, b: Outline) -> float:
    """Distance between two outlines, metres; not above 0 where they overlap."""
    nearest = min([b.distance(x, y) for x, y in a.corners()] + [a.distance(x, y) for x, y in b.corners()])
    if nearest > 0.0 and _cross(a, b):
        nearest = 0.0
    return nearest - a.rounding - b.rounding


def _cross(a: Outline, b: Outline) -> bool:
    """Whether no side of either rectangle separates the two."""
    for one in (a, b):
        for angle in (one.yaw, one.yaw + 1.5707963267948966):
            c, s = cos(angle), sin(angle)
            p, q = ([c * x + s * y for x, y in o.corners()] for o in (a, b))
            if max(p) < min(q) or max(q) < min(p):
                return False
    return True
