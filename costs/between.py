"""Bring a point between two others."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor

from .cost import Scene
from .expect import expect_one_of

Where = Literal["middle", "segment"]


@dataclass(frozen=True)
class Between:
    """Distance in metres of a point from the middle of two others, or from the straight segment that joins them."""

    unit: ClassVar[str] = "m"
    of: str
    """A position, such as cup.position."""
    a: str
    """A position at one end."""
    b: str
    """A position at the other end."""
    where: Where = "middle"
    """The middle, or anywhere on the segment."""

    def __post_init__(self):
        expect_one_of("where", self.where, get_args(Where))

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.of, self.a, self.b)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        here, a, b = scene[self.of], scene[self.a], scene[self.b]  # (..., T, 3)
        if self.where == "middle":
            return torch.linalg.vector_norm(here - (a + b) / 2, dim=-1)
        along = b - a
        length = (along * along).sum(dim=-1, keepdim=True).clamp(min=1e-12)  # two ends may coincide
        share = (((here - a) * along).sum(dim=-1, keepdim=True) / length).clamp(0.0, 1.0)
        return torch.linalg.vector_norm(here - a - share * along, dim=-1)
