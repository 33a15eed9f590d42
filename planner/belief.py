"""What a search believes about the best chunk, and what a search is."""

from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from .noise import Noise, correlated

START_STD = 0.8
"""Standard deviation where nothing is known yet, in units of the action range [-1, 1]."""


class Belief(NamedTuple):
    """An independent normal distribution over every action of a chunk, one per scene."""

    mean: Tensor
    """Shape (B, T, A)."""
    std: Tensor
    """Shape (B, T, A)."""

    @classmethod
    def start(
        cls, batch: int, horizon: int, action_dim: int, std: float = START_STD, device: torch.device | str = "cpu"
    ) -> "Belief":
        """Know nothing: zero mean, the same std everywhere."""
        mean = torch.zeros(batch, horizon, action_dim, device=device)
        return cls(mean, torch.full_like(mean, std))

    def shifted(self, steps: int, std: float = START_STD) -> "Belief":
        """Drop the first `steps` actions, which were executed, and open as many new ones at the end.

        The new actions are zero (stand still), not a copy of the last one: in normalised steps a copy means to keep
        moving, which is seldom right where a chunk ends; their std is `START_STD`. The kept ones are searched anew with
        `std`: a smaller one refines the old plan, a larger one follows a new observation that disagrees with it.
        """
        if steps < 0:
            raise ValueError(f"a belief cannot be shifted by {steps} steps; give 0 or more.")
        kept = self.mean[:, steps:]
        new = self.mean.new_zeros(self.mean.shape[0], self.mean.shape[1] - kept.shape[1], self.mean.shape[2])
        stds = (torch.full_like(kept, std), torch.full_like(new, START_STD))
        return Belief(torch.cat([kept, new], dim=1), torch.cat(stds, dim=1))


@runtime_checkable
class Search(Protocol):
    """Pure: what it knows is in the belief, and the loop around its two verbs is written once, in `plan.py`."""

    def sample(self, belief: Belief, n: int, noise: Noise) -> Tensor:
        """Draw candidate chunks. Shape (B, n, T, A), not clipped to the bounds."""
        ...

    def update(self, belief: Belief, chunks: Tensor, ranking: Tensor) -> Belief:
        """Learn from a ranking.

        Args:
            belief: what `chunks` were mostly drawn from.
            chunks: the candidates, not clipped. Shape (B, N, T, A).
            ranking: small is good, infinite is unusable. Shape (B, N).
        """
        ...


def best_of(chunks: Tensor, ranking: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Pick the best `count` candidates (all, if there are fewer), best first.

    Returns:
        Their chunks, shape (B, E, T, A), and their ranking, shape (B, E).
    """
    # A stable sort, so that ties fall the same way in every batch.
    order = ranking.argsort(dim=1, stable=True)[:, :count]
    best = chunks.gather(1, order[..., None, None].expand(-1, -1, *chunks.shape[2:]))
    return best, ranking.gather(1, order)


def fitted(belief: Belief, chunks: Tensor, weights: Tensor, smoothing: float, min_std: float) -> Belief:
    """Fit a normal distribution to weighted chunks and blend it with the old belief.

    A scene without any weight (every candidate was unusable) keeps its belief.

    Args:
        belief: the old belief.
        chunks: Shape (B, E, T, A).
        weights: not negative; they need not sum to one. Shape (B, E).
        smoothing: share of the old belief in the new one; higher values learn more slowly.
        min_std: lower bound of the std; higher values keep exploring.
    """
    total = weights.sum(dim=1, keepdim=True)  # (B, 1)
    share = (weights / total.clamp_min(torch.finfo(weights.dtype).tiny))[..., None, None]  # (B, E, 1, 1)
    usable = torch.where(share > 0, chunks, 0.0)  # 0 × NaN is NaN
    mean = (share * usable).sum(dim=1)
    std = (share * (usable - mean[:, None]) ** 2).sum(dim=1).sqrt()
    mean = smoothing * belief.mean + (1 - smoothing) * mean
    std = (smoothing * belief.std + (1 - smoothing) * std).clamp_min(min_std)
    known = (total > 0)[..., None]  # (B, 1, 1)
    return Belief(torch.where(known, mean, belief.mean), torch.where(known, std, belief.std))


def sampled(belief: Belief, n: int, noise: Noise, correlation: float) -> Tensor:
    """Draw from a belief with noise that may be correlated in time. Shape (B, n, T, A), not clipped."""
    steps, size = belief.mean.shape[1:]
    return belief.mean[:, None] + belief.std[:, None] * correlated(noise(n, steps, size), correlation)


def check_options(elites: int, smoothing: float, min_std: float, correlation: float) -> None:
    """Refuse options no search can work with."""
    if elites < 1:
        raise ValueError(f"elites is {elites}; it must be at least 1.")
    if min_std <= 0:
        raise ValueError(f"min_std is {min_std}; it must be above 0, or the search cannot move.")
    for name, value in (("smoothing", smoothing), ("correlation", correlation)):
        if not 0 <= value < 1:
            raise ValueError(f"{name} is {value}; it must lie in [0, 1).")
