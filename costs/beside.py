"""Bring a point to one side of another."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor

from .cost import Scene
from .expect import expect_number, expect_one_of

Side = Literal["left_of", "right_of", "in_front_of", "behind", "any"]
WAYS = {"left_of": (0.0, 1.0), "right_of": (0.0, -1.0), "in_front_of": (-1.0, 0.0), "behind": (1.0, 0.0)}
"""Side -> direction in x and y, as the robot sees it: left is +y, in front is towards the robot, -x."""


@dataclass(frozen=True)
class Beside:
    """Metres off the place at `distance` to a side of another point, beyond `tolerance`; heights do not count."""

    unit: ClassVar[str] = "m"
    of: str
    """A position, such as cup.position."""
    to: str
    """The position beside which it belongs."""
    side: Side = "any"
    """left_of, right_of, in_front_of (nearer to the robot), behind, or any direction."""
    distance: float = 0.12
    """Horizontal distance between the two, metres."""
    tolerance: float = 0.03
    """How far off does not count, metres."""

    def __post_init__(self):
        expect_one_of("side", self.side, get_args(Side))
        expect_number("distance", self.distance, above=0)
        expect_number("tolerance", self.tolerance, least=0)

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.of, self.to)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        offset = (scene[self.of] - scene[self.to])[..., :2]  # (..., T, 2)
        if self.side == "any":
            off = (torch.linalg.vector_norm(offset, dim=-1) - self.distance).abs()
        else:
            off = torch.linalg.vector_norm(offset - self.distance * offset.new_tensor(WAYS[self.side]), dim=-1)
        return (off - self.tolerance).clamp(min=0.0)
