"""Bring a point into a box, or keep it out."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from .cost import Scene
from .expect import expect_number

Corner = tuple[float | None, float | None, float | None]


@dataclass(frozen=True)
class Region:
    """Distance from a point to an axis-aligned box in metres, 0 inside; with `out`, depth inside it, 0 outside."""

    unit: ClassVar[str] = "m"
    of: str
    """A position, such as cup.position."""
    low: Corner = (None, None, None)
    """Least x, y, z in metres, world frame; None where the box is open."""
    high: Corner = (None, None, None)
    """Greatest x, y, z, alike."""
    out: bool = False
    """Whether the point belongs outside; its depth is the way to the nearest side."""
    by: float = 0.0
    """How far within the box the point has to be, or how far outside it with `out`, metres."""

    def __post_init__(self):
        check_box(type(self).__name__, self.low, self.high)
        expect_number("by", self.by, least=0)

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.of,)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        beyond = excess(scene[self.of], self.low, self.high) + (-self.by if self.out else self.by)  # (..., T, 6)
        return (-beyond).amin(dim=-1).clamp(min=0.0) if self.out else outside(beyond)


def excess(point: Tensor, low: Corner, high: Corner) -> Tensor:
    """How far a point is beyond each side of a box, negative within, metres. Shape (..., 3) -> (..., 6)."""
    least = point.new_tensor([-torch.inf if each is None else each for each in low])
    most = point.new_tensor([torch.inf if each is None else each for each in high])
    return torch.cat([least - point, point - most], dim=-1)


def outside(beyond: Tensor) -> Tensor:
    """Distance to the box from what is beyond its sides. Shape (..., 6) -> (...)."""
    return torch.linalg.vector_norm(beyond.clamp(min=0.0), dim=-1)  # a point is beyond one of two sides at most


def check_box(owner: str, low: Any, high: Any) -> None:
    """Refuse a box that is none."""
    for option, corner in (("low", low), ("high", high)):
        if not isinstance(corner, tuple | list) or len(corner) != 3:
            raise ValueError(f"{owner}: '{option}' is a corner (x, y, z) in metres, None for open, got {corner!r}.")
        for value in corner:
            if value is not None:
                expect_number(option, value)
    sides = list(zip(low, high, strict=True))
    if all(side == (None, None) for side in sides):
        raise ValueError(f"{owner}: the box is open on all sides; give a number in 'low' or in 'high'.")
    for axis, (least, most) in zip("xyz", sides, strict=True):
        if least is not None and most is not None and least >= most:
            raise ValueError(f"{owner}: 'low' lies below 'high', but along {axis} they are {least!r} and {most!r}.")
