"""Leave a thing where it is."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .cost import Scene


@dataclass(frozen=True)
class Displacement:
    """Distance in metres from where the thing was at the first step of the chunk.

    What the first action itself moved is not seen: step 0 is the scene after it.
    """

    of: str
    """A position, such as bowl.position."""

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.of,)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        position = scene[self.of]  # (..., T, 3)
        return torch.linalg.vector_norm(position - position[..., :1, :], dim=-1)
