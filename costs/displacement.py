"""Leave a thing where it is."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from .cost import Scene


@dataclass(frozen=True)
class Displacement:
    """Distance in metres from where the thing was when the episode began."""

    unit: ClassVar[str] = "m"
    of: str
    """A position, such as bowl.position; its position@start is read too."""

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.of, f"{self.of}@start")

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        return torch.linalg.vector_norm(scene[self.of] - scene[f"{self.of}@start"], dim=-1)
