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
    correlation: float = 0.0
    """How much noise resembles that of the step before, in [0, 1); higher values make smoother chunks."""

    def __post_init__(self) -> None:
        check_options(self.elites, self.smoothing, self.min_std, self.correlation)
        if self.temperature <= 0:
            raise ValueError(f"temperature is {self.temperature}; it must be above 0.")

    def sample(self, belief: Belief, n: int, noise: Noise) -> Tensor:
        """Draw candidate chunks. Shape (B, n, T, A)."""
        return sampled(belief, n, noise, self.correlation)

    def update(self, belief: Belief, chunks: Tensor, ranking: Tensor) -> Belief:
        """Refit to the elites, the better ones counting more."""
        best, rank = best_of(chunks, ranking, self.elites)
        return fitted(belief, best, self.weights(rank), self.smoothing, self.min_std)

    def weights(self, ranking: Tensor) -> Tensor:
        """Weigh elites, which are sorted best first; unusable ones weigh nothing. Shape (B, E) -> (B, E)."""
        finite = ranking.isfinite()
        worse = torch.where(finite, ranking - ranking[:, :1], 0.0)  # (B, E), from 0 upwards
        count = finite.sum(dim=1, keepdim=True).clamp_min(1)
        centred = torch.where(finite, worse - worse.sum(dim=1, keepdim=True) / count, 0.0)
        spread = ((centred**2).sum(dim=1, keepdim=True) / count).sqrt()  # (B, 1)
        relative = torch.where(spread > 0, worse / (self.temperature * spread), 0.0)
        return torch.where(finite, torch.exp(-relative), 0.0)
