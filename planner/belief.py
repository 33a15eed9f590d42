"""What a search believes about the best chunk, and what a search is."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from .noise import Noise

START_STD = 0.8
"""Standard deviation where nothing is known yet, in units of the action range [-1, 1]."""


class Belief(NamedTuple):
    """An independent normal distribution over every action of a chunk, one per scene."""

    mean: Tensor
    """Shape (B, T, A)."""
    std: Tensor
    """Shape (B, T, A)."""
    best: Tensor | None = None
    """The best chunks of the last plan, best first. Shape (B, E, T, A)."""
    memory: Any = None
    """What a search knows beyond mean and std during one plan."""

    @classmethod
    def start(
        cls, batch: int, horizon: int, action_dim: int, std: float = START_STD, device: torch.device | str = "cpu"
    ) -> "Belief":
        """Know nothing: zero mean, the same std everywhere."""
        mean = torch.zeros(batch, horizon, action_dim, device=device)
        return cls(mean, torch.full_like(mean, std))

    def shifted(self, steps: int | Sequence[int], std: float = START_STD) -> "Belief":
        """Drop the first `steps` actions, which were executed, and open as many new ones at the end.

        The new actions are zero (stand still), not a copy of the last one: in normalised steps a copy means to keep
        moving, which is seldom right where a chunk ends; their std is `START_STD`. The kept ones are searched anew with
        `std`: a smaller one refines the old plan, a larger one follows a new observation that disagrees with it.

        Args:
            steps: how many, the same for every scene or one number for each. As many as T or more is a fresh start.
            std: of the kept actions, in units of the action range.
        """
        batch, length, _ = self.mean.shape
        elapsed = torch.as_tensor(steps, device=self.mean.device).expand(batch)
        if bool((elapsed < 0).any()):
            raise ValueError(f"a belief cannot be shifted by {int(elapsed.min())} steps; give 0 or more.")
        source = torch.arange(length, device=self.mean.device) + elapsed[:, None]  # (B, T)
        kept = (source < length)[..., None]  # (B, T, 1)
        rows = torch.arange(batch, device=self.mean.device)[:, None]
        source = source.clamp(max=length - 1)
        mean = torch.where(kept, self.mean[rows, source], 0.0)
        stds = torch.where(kept, std, START_STD).expand_as(mean).to(mean.dtype)
        best = self.best
        if best is not None:
            best = torch.where(kept[:, None], best.transpose(1, 2)[rows, source].transpose(1, 2), 0.0)
        return Belief(mean, stds, best)

    def renewed(self, rows: Sequence[bool] | Tensor) -> "Belief":
        """Forget everything about the scenes that begin anew. Shape of `rows` (B,), bool."""
        new = torch.as_tensor(rows, dtype=torch.bool, device=self.mean.device)[:, None, None]
        best = None if self.best is None else torch.where(new[..., None], 0.0, self.best)
        return Belief(torch.where(new, 0.0, self.mean), torch.where(new, START_STD, self.std), best)


@runtime_checkable
class Search(Protocol):
    """Pure: what it knows is in the belief, and the loop around its two verbs is written once, in `plan.py`.

    A search may also have `prefers`, a mapping of options of `Planner` that it works best with; what the planner is
    told explicitly comes first.
    """

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


def best_of(chunks: Tensor, ranking: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Pick the best `count` candidates (all, if there are fewer), best first.

    Returns:
        Their chunks, shape (B, E, T, A), their ranking and their places among the candidates, shape (B, E).
    """
    # A stable sort, so that ties fall the same way in every batch.
    rank, order = ranking.sort(dim=1, stable=True)
    order = order[:, :count]
    batch, n = ranking.shape
    place = order if batch == 1 else order + n * torch.arange(batch, device=order.device)[:, None]
    picked = chunks.flatten(0, 1).index_select(0, place.flatten()).view(batch, -1, *chunks.shape[2:])
    return picked, rank[:, :count], order


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
    mean = (share * usable).sum(dim=1)  # sums, not products of matrices, which depend on the batch
    std = (share * (usable - mean[:, None]).square()).sum(dim=1).sqrt()
    fit = blended(belief, mean, std, smoothing, min_std)
    known = (total > 0)[:, 0]
    return fit if bool(known.all()) else chosen(known, fit, belief)


def fitted_evenly(belief: Belief, chunks: Tensor, ranking: Tensor, smoothing: float, min_std: float) -> Belief:
    """Fit to the chunks that are usable at all, each counting alike; `ranking` of shape (B, E) is sorted."""
    mean = chunks.mean(dim=1)
    std = (chunks - mean[:, None]).square().mean(dim=1).sqrt()
    even = blended(belief, mean, std, smoothing, min_std)
    usable = ranking < torch.inf
    if bool((whole := usable[:, -1]).all()):
        return even
    # Decided scene by scene, so that none is rounded otherwise because of its neighbours.
    some = fitted(belief, chunks, usable.to(chunks.dtype), smoothing, min_std)
    return chosen(whole, even, some)


def chosen(rows: Tensor, one: Belief, other: Belief) -> Belief:
    """Believe the one in some scenes and the other elsewhere. Shape of `rows` (B,), bool."""
    rows = rows[:, None, None]
    return Belief(torch.where(rows, one.mean, other.mean), torch.where(rows, one.std, other.std))


def blended(belief: Belief, mean: Tensor, std: Tensor, smoothing: float, min_std: float) -> Belief:
    """Mix a fit with the old belief."""
    std = torch.lerp(std, belief.std, smoothing).clamp_min(min_std)
    return Belief(torch.lerp(mean, belief.mean, smoothing), std)


def sampled(belief: Belief, n: int, noise: Noise) -> Tensor:
    """Draw from a belief. Shape (B, n, T, A), not clipped."""
    return torch.addcmul(belief.mean[:, None], belief.std[:, None], noise(n, *belief.mean.shape[1:]))


def check_options(elites: int, smoothing: float, min_std: float) -> None:
    """Refuse options no search can work with."""
    if elites < 1:
        raise ValueError(f"elites is {elites}; it must be at least 1.")
    if min_std <= 0:
        raise ValueError(f"min_std is {min_std}; it must be above 0, or the search cannot move.")
    if not 0 <= smoothing < 1:
        raise ValueError(f"smoothing is {smoothing}; it must lie in [0, 1).")
