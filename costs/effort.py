"""Move no more than needed."""

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import torch
from torch import Tensor

from .cost import Scene


@dataclass(frozen=True)
class Effort:
    """Root mean square of an action's entries, as a share of the full action: 1 is every entry at ±1."""

    unit: ClassVar[str] = "share"

    @property
    def needs(self) -> tuple[str, ...]:
        return ()

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        # A norm, whose slope at rest torch defines as 0; that of sqrt(mean) is not finite.
        return torch.linalg.vector_norm(actions, dim=-1) / sqrt(actions.shape[-1])
