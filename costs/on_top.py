"""Stack an object on another."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from .cost import Scene
from .expect import expect_number


@dataclass(frozen=True)
class OnTop:
    """Metres off the place on top: horizontal offset of the centres beyond `within`, plus |height above it - rise|."""

    unit: ClassVar[str] = "m"
    object: str
    support: str
    rise: float
    """How far the object's centre is above the support's when it stands on it, metres: half of both heights."""
    within: float = 0.01
    """Horizontal offset of the centres that does not count, metres."""

    def __post_init__(self):
        expect_number("rise", self.rise, above=0)
        expect_number("within", self.within, least=0)

    @property
    def needs(self) -> tuple[str, ...]:
        return (f"{self.object}.position", f"{self.support}.position")

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        offset = scene[f"{self.object}.position"] - scene[f"{self.support}.position"]  # (..., T, 3)
        aside = (torch.linalg.vector_norm(offset[..., :2], dim=-1) - self.within).clamp(min=0.0)
        return aside + (offset[..., 2] - self.rise).abs()
