"""Random shooting: the baseline that learns nothing."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .belief import Belief, best_of
from .noise import Noise


@dataclass(frozen=True)
class RandomShooting:
    """Draw every action evenly from the whole range, and remember the best chunk."""

    def sample(self, belief: Belief, n: int, noise: Noise) -> Tensor:
        """Draw candidate chunks, uniform in [-1, 1]. Shape (B, n, T, A)."""
        return torch.erf(noise(n, *belief.mean.shape[1:]) / 2**0.5)  # the normal distribution function, stretched

    def update(self, belief: Belief, chunks: Tensor, ranking: Tensor) -> Belief:
        """Move the mean, from which nothing is drawn, to the best chunk."""
        return to_best(belief, chunks, ranking)


def to_best(belief: Belief, chunks: Tensor, ranking: Tensor) -> Belief:
    """Move the mean to the best chunk; where no chunk is usable, leave it."""
    best, rank, _ = best_of(chunks, ranking, 1)
    return belief._replace(mean=torch.where(rank[..., None].isfinite(), best[:, 0], belief.mean))
