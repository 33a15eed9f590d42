"""Model-predictive path integral control."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .belief import Belief, best_of, check_options, fitted, sampled
from .noise import Noise


@dataclass(frozen=True)
class MPPI:
    """Refit the belief to candidates weighted by how good they are (Williams et al., 2017).

    w_i ∝ exp(-(r_i - r_min) / (λ s)), where r is the ranking and s the standard deviation of r among the elites.
    Measuring the temperature λ against s keeps plans, and good defaults, independent of the scale of the cost.
    Like TD-MPC2 (Hansen et al., 2024), it forgets candidates beyond the elites and refits the spread as well.
    """

    temperature: float = 0.5
    """λ, relative to the elites' spread; higher values take a more even average over the elites."""
    elites: int = 64
    """How many candidates may count; the rest weigh nothing."""
    smoothing: float = 0.1
    """Share of the old belief in the new one, in [0, 1)."""
    min_std: float = 0.05
    """Lower bound of the standard deviation, in units of the action range."""
    effective: float | None = None
    """If given, λ is chosen anew in every iteration so that the elites count like this many equal ones (the effective
    sample size (Σw)² / Σw²), and `temperature` is not read."""

    def __post_init__(self) -> None:
        check_options(self.elites, self.smoothing, self.min_std)
        if self.temperature <= 0:
            raise ValueError(f"temperature is {self.temperature}; it must be above 0.")
        if self.effective is not None and not 1 <= self.effective <= self.elites:
            raise ValueError(f"effective is {self.effective}; it must lie in 1..{self.elites}, the elites.")

    def sample(self, belief: Belief, n: int, noise: Noise) -> Tensor:
        """Draw candidate chunks. Shape (B, n, T, A)."""
        return sampled(belief, n, noise)

    def update(self, belief: Belief, chunks: Tensor, ranking: Tensor) -> Belief:
        """Refit to the elites, the better ones counting more."""
        best, rank, _ = best_of(chunks, ranking, self.elites)
        return fitted(belief, best, self.weights(rank).to(best.dtype), self.smoothing, self.min_std)

    def weights(self, ranking: Tensor) -> Tensor:
        """Weigh elites, which are sorted best first; unusable ones weigh nothing. Shape (B, E) -> (B, E)."""
        finite = ranking.isfinite()
        worse = torch.where(finite, ranking - ranking[:, :1], 0.0)  # (B, E), from 0 upwards
        count = finite.sum(dim=1, keepdim=True).clamp_min(1)
        centred = torch.where(finite, worse - worse.sum(dim=1, keepdim=True) / count, 0.0)
        spread = (centred.square().sum(dim=1, keepdim=True) / count).sqrt()  # (B, 1)
        relative = torch.where(spread > 0, worse / spread, 0.0)
        if self.effective is None:
            return torch.where(finite, torch.exp(-relative / self.temperature), 0.0)
        return _with_effective_size(relative, finite, self.effective)


def _with_effective_size(relative: Tensor, finite: Tensor, target: float) -> Tensor:
    """Find by bisection the temperature at which (Σw)² / Σw² is `target`, or as near as it gets. Shape (B, E)."""
    low, high = relative.new_full((len(relative), 1), -12.0), relative.new_full((len(relative), 1), 12.0)
    weights = finite.to(relative.dtype)
    for _ in range(24):  # log2 of the temperature, to 24 / 2^24
        middle = (low + high) / 2
        weights = torch.where(finite, torch.exp(-relative / middle.exp2()), 0.0)
        size = weights.sum(1, keepdim=True).square() / weights.square().sum(1, keepdim=True)
        low, high = torch.where(size < target, middle, low), torch.where(size < target, high, middle)
    return weights
