"""Leave a thing where it is."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from .cost import Scene


@dataclass(frozen=True)
class Displacement:
    """Distance in metres from where the thing was when the episode began, or from where it is when the chunk begins."""

    unit: ClassVar[str] = "m"
    of: str
    """A position, such as bowl.position; its position@start, or position@now, is read too."""
    since: Literal["start", "now"] = "start"
    """A limit that plans with "now" asks that nothing is moved by the chunk itself: how well the thing was seen when
    the episode began does not matter then, and what was moved before is not held against the future."""

    def __post_init__(self):
        if self.since not in ("start", "now"):
            raise ValueError(f"Displacement: 'since' is 'start' or 'now', got {self.since!r}.")

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.of, f"{self.of}@{self.since}")

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        return torch.linalg.vector_norm(scene[self.of] - scene[f"{self.of}@{self.since}"], dim=-1)
