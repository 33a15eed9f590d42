"""Change the action gently."""

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import torch
from torch import Tensor

from .cost import Scene


@dataclass(frozen=True)
class Smoothness:
    """Root mean square change of an action from the step before, as a share of the full action, 0 to 2.

    The first step is 0: the action before the chunk is not known here.
    """

    unit: ClassVar[str] = "share"

    @property
    def needs(self) -> tuple[str, ...]:
        return ()

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        change = actions.diff(dim=-2, prepend=actions[..., :1, :])  # (..., T, A)
        return torch.linalg.vector_norm(change, dim=-1) / sqrt(actions.shape[-1])
