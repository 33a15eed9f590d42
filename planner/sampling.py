"""Predictive sampling."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .belief import Belief
from .noise import Noise
from .shooting import to_best


@dataclass(frozen=True)
class PredictiveSampling:
    """Perturb the best chunk so far, and keep the best (Howell et al., 2022)."""

    std: float = 0.3
    """Standard deviation of the perturbation, in units of the action range."""

    def __post_init__(self) -> None:
        if self.std <= 0:
            raise ValueError(f"std is {self.std}; it must be above 0, or the search cannot move.")

    @property
    def prefers(self) -> Mapping[str, Any]:
        """The best chunk competes again."""
        return {"keep": 1}

    def sample(self, belief: Belief, n: int, noise: Noise) -> Tensor:
        """Draw candidate chunks around the mean. Shape (B, n, T, A)."""
        return torch.add(belief.mean[:, None], noise(n, *belief.mean.shape[1:]), alpha=self.std)

    def update(self, belief: Belief, chunks: Tensor, ranking: Tensor) -> Belief:
        """Move the mean to the best chunk."""
        return to_best(belief, chunks, ranking)
