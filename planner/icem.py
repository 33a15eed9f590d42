"""The cross-entropy method for real-time planning."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from .belief import Belief, best_of, check_options, fitted_evenly, sampled
from .noise import Noise, PowerLaw


@dataclass(frozen=True)
class ICEM:
    """CEM with coloured noise, elites that compete again and pass on to the next plan, and a shrinking population.

    iCEM (Pinneri et al., 2020). Its additions are options of the planner, for any search: `colour`, `keep`, `decay`;
    the elites that are kept compete in the next plan too, where `planner.proposal.LastPlan` offers them (`best`).
    """

    elites: int = 16
    """How many candidates to refit to."""
    smoothing: float = 0.1
    """Share of the old belief in the new one, in [0, 1)."""
    min_std: float = 0.05
    """Lower bound of the standard deviation, in units of the action range."""
    exponent: float = 2.0
    """β of the noise's power density 1 / f^β; higher values make smoother chunks."""
    share: float = 0.3
    """Share of the elites that is kept for the next iteration, and for the next plan."""
    decay: float = 1.25
    """γ: each iteration has 1 / γ as many candidates as the one before."""

    def __post_init__(self) -> None:
        check_options(self.elites, self.smoothing, self.min_std)
        if not 0 <= self.share <= 1:
            raise ValueError(f"share is {self.share}; it must lie in [0, 1].")

    @property
    def prefers(self) -> Mapping[str, Any]:
        """What the planner adds around it."""
        return {"colour": PowerLaw(self.exponent), "keep": round(self.share * self.elites), "decay": self.decay}

    def sample(self, belief: Belief, n: int, noise: Noise) -> Tensor:
        """Draw candidate chunks. Shape (B, n, T, A)."""
        return sampled(belief, n, noise)

    def update(self, belief: Belief, chunks: Tensor, ranking: Tensor) -> Belief:
        """Refit to the elites that are usable at all."""
        best, rank, _ = best_of(chunks, ranking, self.elites)
        return fitted_evenly(belief, best, rank, self.smoothing, self.min_std)
